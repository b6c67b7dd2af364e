"""What goes on while the window is away: the tray shows it, notifications tell it, closing the window may leave it."""

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime, time
from typing import assert_never

from PySide6.QtCore import QEvent, QObject, Signal

from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.connections.connection import Connection, Ready, Starting
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.downloads.actions import DownloadAction
from studiolo.desktop.downloads.jobs import Download, JobKey
from studiolo.desktop.language import translate
from studiolo.desktop.settings.schema import DesktopSettings
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.shell.memory import rest
from studiolo.desktop.shell.navigation import CHAT, DOWNLOADS
from studiolo.desktop.shell.pages import Pages
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.tray.activity import ServerActivity
from studiolo.desktop.tray.bus import SessionBus
from studiolo.desktop.tray.closing import ClosingDialog
from studiolo.desktop.tray.ending import Ending
from studiolo.desktop.tray.launcher import DockBadge, LauncherEntry
from studiolo.desktop.tray.mini_monitor import MiniMonitor
from studiolo.desktop.tray.notifier import NOTIFICATIONS, Notifier
from studiolo.desktop.tray.tray import Tray, TrayAction, TrayJobAction, TrayState
from studiolo.desktop.widgets.dialogs import ask, finished

_TRAY_SECONDS = 15
"""How long a panel may take to come up after a login."""


class TrayPresenter(QObject):
    """quit: ends the program; nobody is asked any more."""

    settings_requested = Signal()

    def __init__(
        self,
        window: MainWindow,
        servers: Servers,
        chat: ChatPresenter,
        pages: Pages,
        settings: DesktopSettingsStore,
        report: Report,
        *,
        quit: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._servers = servers
        self._chat = chat
        self._pages = pages
        self._settings = settings
        self._quit = quit
        self._failed: set[JobKey] = set()
        self._scope = TaskScope(self, report)
        self._mini: MiniMonitor | None = None
        self._mini_dismissed = False
        self._ended = False
        self._activity = ServerActivity(self._own, report, self)
        self.tray = Tray(self)
        self._bus = SessionBus({NOTIFICATIONS: self._heard}) if sys.platform == "linux" else None
        self._notifier = Notifier(self.tray, self._bus, report)
        self._dock = LauncherEntry(self._bus) if self._bus else DockBadge()
        self._connect()
        self._show()

    @property
    def _own(self) -> Connection:
        return self._servers.connection(OWN)

    @property
    def _state(self) -> TrayState:
        jobs = [job for job in self._pages.monitor.downloads.values() if job.group not in ("done", "failed")]
        return TrayState(
            totals=self._pages.monitor.totals,
            jobs=jobs,
            failed=len(self._failed),
            replies=len(self._chat.busy),
            answering=self._activity.count,
            serving=isinstance(self._own.state, Ready),
        )

    @property
    def _away(self) -> bool:
        return not self._window.isVisible() or self._window.isMinimized()

    @property
    def _ending(self) -> Ending:
        """Return what quitting would mean now."""
        return Ending.of(
            self._pages.monitor.downloads.values(),
            # It ends with the program that has started it, and goes on where another one has.
            ending_with=OWN if self._own.owned else None,
            replies=len(self._chat.replies.conversations),
            waiting=self._chat.waiting,
        )

    @property
    def _going_on(self) -> str:
        """Return what would end with the program, in words; empty for nothing."""
        if self._chat.busy:
            return translate("Tray", "A reply is being written.")
        if self._pages.monitor.totals.active:
            return translate("Tray", "Downloads are running.")
        # One that starts just now is as good as running: else to be early with the cross would end it.
        if self._own.owned or isinstance(self._own.state, Starting):
            return translate("Tray", "The server is running, and other programs may use it.")
        return ""

    def may_close(self) -> bool:
        """Return whether closing the window ends the program without another word."""
        return not (self._ending.ends if self._settings.current.closing == "quit" else self._going_on)

    def close_refused(self) -> None:
        """Somebody closed the window, which may not just go."""
        self._scope.start(self._decide(), replace="close")

    def ask_to_quit(self) -> None:
        """Quit, after a question if something ends with it."""
        self._scope.start(self._ask_to_quit(), replace="close")

    def go_away(self) -> None:
        """Leave the tray alone; without one the window is minimised."""
        self._mini_dismissed = False
        if self.tray.available():
            self._window.hide()
        else:
            self._window.showMinimized()

    def stay_hidden(self) -> None:
        """Begin without a window, as at login; where no tray comes up in time, minimised."""
        self._scope.start(self._stay_hidden(), replace="hidden")

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        self._ended = True
        await self._activity.aclose()
        await self._notifier.aclose()
        await self._scope.aclose()
        if self._mini:
            self._mini.close()
            self._mini.deleteLater()
        self.tray.close()
        if self._bus:
            self._bus.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.WindowStateChange):
            self._scope.start(self._window_changed())
        return False

    def _connect(self) -> None:
        self._window.installEventFilter(self)
        self._pages.monitor.changed.connect(self._show)
        self._pages.monitor.ended.connect(self._download_ended)
        self._chat.busy_changed.connect(self._show)
        self._chat.reply_finished.connect(self._reply_finished)
        self._chat.approval_requested.connect(self._tool_waits)
        self._own.changed.connect(self._show)
        self._activity.changed.connect(self._show)
        self._settings.changed.connect(self._show)
        self._window.page_shown.connect(self._page_shown)
        self.tray.job_action_requested.connect(self._steer)
        self.tray.action_requested.connect(self._choose)

    def _heard(self, member: str, body: list[object]) -> None:
        self._notifier.received(member, body)

    def _show(self, _changed: object = None) -> None:
        if self._ended:
            return
        self.tray.appear()
        self._failed &= self._pages.monitor.downloads.keys()
        state = self._state
        self.tray.show_state(state)
        fraction = state.totals.fraction if state.totals.active else None
        self._scope.start(self._dock.show(fraction, state.totals.running), replace="dock")
        wanted = self._settings.current.mini_monitor and self._away and bool(state.jobs) and not self._mini_dismissed
        if wanted and self._mini is None:
            self._mini = self._make_mini()
        if self._mini:
            self._mini.show_state(state)
            self._mini.setVisible(wanted)

    def _make_mini(self) -> MiniMonitor:
        mini = MiniMonitor()
        mini.opened.connect(self._window.come_up)
        mini.toggled.connect(lambda pause: self._choose(TrayAction.PAUSE_ALL if pause else TrayAction.RESUME_ALL))
        mini.dismissed.connect(self._dismiss_mini)
        return mini

    def _dismiss_mini(self) -> None:
        self._mini_dismissed = True
        self._show()

    async def _stay_hidden(self) -> None:
        for _ in range(_TRAY_SECONDS):
            if self.tray.available():
                self.tray.appear()
                rest()
                return
            await asyncio.sleep(1)
        if not self._window.isVisible():
            self._window.showMinimized()

    async def _window_changed(self) -> None:
        if not self._away:
            self._mini_dismissed = False
            if self._window.shown_page == DOWNLOADS:
                self._failed.clear()
        self._show()
        if not self._window.isVisible():
            rest()

    def _page_shown(self, page: str) -> None:
        if page == DOWNLOADS and not self._away:
            self._failed.clear()
            self._show()

    def _steer(self, action: TrayJobAction, key: JobKey) -> None:
        match action:
            case DownloadAction.PAUSE:
                self._scope.start(self._pages.steering.pause([key]))
            case DownloadAction.RESUME:
                self._scope.start(self._pages.steering.resume([key]))
            case DownloadAction.CANCEL:
                # The way back must be seen.
                self._show_download(key)
                self._pages.cancelling.cancel([key])
            case _:
                assert_never(action)

    def _choose(self, action: TrayAction) -> None:
        match action:
            case TrayAction.OPEN:
                self._window.come_up()
            case TrayAction.START_CHAT:
                self._window.come_up()
                self._window.new_chat()
            case TrayAction.SHOW_DOWNLOADS:
                self._window.come_up()
                self._window.show_page(DOWNLOADS)
            case TrayAction.PAUSE_ALL:
                self._scope.start(self._pages.steering.pause_all())
            case TrayAction.RESUME_ALL:
                self._scope.start(self._pages.steering.resume_all())
            case TrayAction.TOGGLE_SERVER if isinstance(self._own.state, Ready):
                self._own.stop()
            case TrayAction.TOGGLE_SERVER:
                self._own.retry()
            case TrayAction.SHOW_SETTINGS:
                self.settings_requested.emit()
            case TrayAction.QUIT:
                self.ask_to_quit()
            case _:
                assert_never(action)

    def _download_ended(self, job: Download) -> None:
        settings = self._settings.current
        failed = job.group == "failed"
        if failed:
            self._failed.add(job.key)
        wanted = settings.notify_failed if failed else settings.notify_completed
        if not wanted or self._window.isActiveWindow() or is_quiet(settings):
            return
        title = translate("Tray", "Download failed") if failed else translate("Tray", "Download complete")
        text = f"{job.name}. {job.message} {job.hint}".strip() if failed else job.name
        self._notifier.notify(title, text, lambda: self._show_download(job.key))

    def _show_download(self, key: JobKey) -> None:
        self._window.come_up()
        self._pages.show_download(key)

    def _reply_finished(self, chat: int, title: str, complete: bool) -> None:
        settings = self._settings.current
        if settings.notify_replies and not self._window.isActiveWindow() and not is_quiet(settings):
            told = translate("Tray", "The reply is there") if complete else translate("Tray", "The reply failed")
            self._notifier.notify(told, title, lambda: self._show_chat(chat))

    def _tool_waits(self, chat: int, title: str) -> None:
        """Nothing goes on in that chat before somebody answers."""
        settings = self._settings.current
        if settings.notify_replies and not self._window.isActiveWindow() and not is_quiet(settings):
            told = translate("Tray", "A tool waits for you")
            self._notifier.notify(told, title, lambda: self._show_chat(chat))

    def _show_chat(self, chat: int) -> None:
        self._window.come_up()
        self._window.show_page(CHAT)
        self._chat.open_chat(chat)

    async def _decide(self) -> None:
        match self._settings.current.closing:
            case "keep":
                self.go_away()
                return
            case "quit":
                await self._ask_to_quit()
                return
        dialog = ClosingDialog(self._window, reason=self._going_on, has_tray=self.tray.available())
        if not await finished(dialog):
            return
        changes: dict[str, object] = {"closing": dialog.answer} if dialog.remember else {}
        if dialog.answer == "keep" and dialog.mini.isChecked():
            changes["mini_monitor"] = True
        if dialog.answer == "keep":
            self.go_away()
        else:
            self._quit()
        if changes:
            self._settings.change(**changes)

    async def _ask_to_quit(self) -> None:
        ending = self._ending
        if ending.ends:
            self._window.come_up()
            if not await ask(
                self._window,
                translate("Tray", "Quit Studiolo?"),
                explanation=ending.text(),
                yes=translate("Tray", "Quit"),
            ):
                return
        self._quit()


def is_quiet(settings: DesktopSettings, now: time | None = None) -> bool:
    """Return whether nobody is to be disturbed. now: a local time."""
    if not settings.quiet_from or not settings.quiet_to:
        return False
    at = (now or datetime.now().astimezone().time()).replace(tzinfo=None)
    begin, end = time.fromisoformat(settings.quiet_from), time.fromisoformat(settings.quiet_to)
    return begin <= at < end if begin <= end else at >= begin or at < end
