"""One run of the desktop, from the window's first paint to the last process's end: the composition root."""

import asyncio
import importlib
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QFileOpenEvent, QIcon
from PySide6.QtWidgets import QApplication

from studiolo import __version__
from studiolo.desktop import language, loop
from studiolo.desktop.chat.messages import Activity, Phase
from studiolo.desktop.clipboard import release_clipboard
from studiolo.desktop.crash_log import CrashLog
from studiolo.desktop.report import Reporter
from studiolo.desktop.settings.schema import DesktopSettings
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.settings.text_size import TextSizeStepper
from studiolo.desktop.shell.memory import give_back
from studiolo.desktop.shell.navigation import CHAT
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.tasks import TaskScope
from studiolo.desktop.widgets import theme
from studiolo.logs import start_logging
from studiolo.paths import Paths, resource_path

logger = logging.getLogger(__name__)

_TRACE_VARIABLE = "STUDIOLO_STARTUP_TRACE"
_PAINT_SECONDS = 2.0
# Longer than a server may take to end by itself.
_STAGE_SECONDS = 15.0
_SETTLED_SECONDS = 3.0
_LOOKS = frozenset({"colour_scheme", "text_size", "density", "code_font"})
"""The settings that dress the whole application."""


def run_session(paths: Paths, *, hidden: bool = False, link: str = "") -> int:
    """Open the window and stay until somebody quits; the result is the exit status.

    hidden: it waits in the tray. link: of a browser; what it would do is shown.
    """
    start_logging("desktop", paths.logs)
    logger.info("version %s, process %d", __version__, os.getpid())
    crash_log = CrashLog(paths.logs)
    crash_log.begin()
    app = Application(sys.argv[:1])
    settings = DesktopSettingsStore(paths.config / "desktop.json")
    dress(app, settings.current)
    language.apply(app, settings.current.language)
    status = loop.run(app, lambda: DesktopApp(app, paths, settings, hidden=hidden, link=link).run())
    crash_log.end()
    return status


def dress(app: QApplication, settings: DesktopSettings) -> None:
    """Let the windows look as a person wants them."""
    theme.apply(
        app,
        settings.colour_scheme,
        text_size=settings.text_size,
        density=settings.density,
        code_font=settings.code_font,
    )


class Application(QApplication):
    """Asks to be quit, where Qt would end the event loop with everything still open.

    The desktop's own "quit" (a menu, logging out) arrives as an event. `aboutToQuit` would be too late: nothing can be
    awaited there.
    """

    quit_requested = Signal()
    link_opened = Signal(str)
    """A browser hands over a link, as macOS does it."""

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self.setApplicationName("Studiolo")
        self.setApplicationVersion(__version__)
        self.setDesktopFileName("studiolo")
        self.setWindowIcon(QIcon(str(resource_path("studiolo.svg"))))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Quit:
            self.quit_requested.emit()
            return True
        if isinstance(event, QFileOpenEvent) and event.url().scheme() in ("studiolo", "lmstudio"):
            self.link_opened.emit(event.url().toString(QUrl.ComponentFormattingOption.FullyEncoded))
            return True
        return super().event(event)


class DesktopApp:
    """What one run is made of, in the order it is made; it is ended in the opposite order."""

    def __init__(
        self, app: Application, paths: Paths, settings: DesktopSettingsStore, *, hidden: bool = False, link: str = ""
    ) -> None:
        """Make the window of an application that is dressed already, and show nothing yet.

        Args:
            app: Quits this run when it is asked to.
            paths: The folders of the person's data and settings.
            settings: Those of the desktop; a change is in force at once.
            hidden: Whether it begins in the tray, without its window.
            link: From a browser; what it would do is shown.
        """
        self._app = app
        self._paths = paths
        self._settings = settings
        self._hidden = hidden
        self._link = link
        self._quit_asked = asyncio.Event()
        self._report = Reporter(app)
        self._window = MainWindow(paths)
        self._text_size = TextSizeStepper(settings, self._report)
        self._stages: list[tuple[str, Callable[[], Awaitable[None]]]] = []

    async def run(self) -> int:
        """Run until somebody quits; return the exit status."""
        self._report.window = self._window
        self._report.catch_everything(asyncio.get_running_loop())
        self._listen_for_quit()
        try:
            if not self._hidden:
                await self._show_window()
            await self._connect()
            await self._quit_asked.wait()
        finally:
            await self._end()
        return 0

    def quit(self) -> None:
        """Begin to end; asked again, it changes nothing."""
        self._quit_asked.set()

    def _listen_for_quit(self) -> None:
        self._settings.changed.connect(self._settings_changed)
        self._window.text_step_requested.connect(self._text_size.step)
        self._window.page.use_settings(self._settings.current)
        self._window.closed.connect(self.quit)
        # Until there is somebody who knows what goes on, and may ask.
        self._window.quit_requested.connect(self.quit)
        self._app.quit_requested.connect(self.quit)
        running = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if sys.platform != "win32":
                running.add_signal_handler(getattr(signal, name), self.quit)
            elif number := getattr(signal, name, None):
                signal.signal(number, lambda *_: running.call_soon_threadsafe(self.quit))

    def _settings_changed(self, names: frozenset[str]) -> None:
        if names & _LOOKS:
            dress(self._app, self._settings.current)
        self._window.page.use_settings(self._settings.current)

    async def _show_window(self) -> None:
        painted = asyncio.Event()
        watch = _FirstPaint(self._window, painted.set)
        self._window.page.composer.hold()
        self._window.page.show_starting(Activity(Phase.SENDING, time.monotonic()))
        self._window.show()
        # A window that another one covers, or that starts minimized, is not painted: the server must not wait for that.
        with suppress(TimeoutError):
            async with asyncio.timeout(_PAINT_SECONDS):
                await painted.wait()
        watch.deleteLater()

    async def _connect(self) -> None:
        # The client takes half as long to import as the window takes to open, which is on screen by now.
        await asyncio.to_thread(importlib.import_module, "studiolo.desktop.connections.warm_up")
        from studiolo.desktop.chat.presenter import ChatPresenter
        from studiolo.desktop.chat.sidebar.presenter import SidebarPresenter
        from studiolo.desktop.connections.header_store import HeaderStore
        from studiolo.desktop.connections.lost_notice import LostNotice
        from studiolo.desktop.connections.marks import ColourStrip
        from studiolo.desktop.connections.server_button import ServerButton
        from studiolo.desktop.connections.servers import Servers
        from studiolo.desktop.connections.warm_up import warm_client
        from studiolo.desktop.history.leftovers import remove_leftovers
        from studiolo.desktop.history.store import History
        from studiolo.desktop.instance import INSTANCE_FILE, FirstInstance
        from studiolo.desktop.known_servers.presenter import ServersPresenter
        from studiolo.desktop.network.sections import add_network_panels
        from studiolo.desktop.network.window_network import ServerFollower, WindowNetwork
        from studiolo.desktop.settings.presenter import SettingsPresenter
        from studiolo.desktop.shell.first_minute import FirstMinute
        from studiolo.desktop.shell.pages import Pages
        from studiolo.desktop.shell.session_actions import SessionActions
        from studiolo.desktop.tray.presenter import TrayPresenter
        from studiolo.desktop.widgets.undo import Undo

        await asyncio.to_thread(remove_leftovers, self._paths.data)
        history = History(self._paths.data / "history.sqlite")
        self._stages.append(("history", history.aclose))
        network = WindowNetwork(self._settings, self._paths, self._report)
        self._stages.append(("network", network.aclose))
        servers = Servers(self._paths, self._report, network=network.network)
        self._stages.append(("servers", servers.aclose))
        follower = ServerFollower(self._settings, servers, network, self._report, parent=self._window)
        self._stages.append(("the server's network", follower.aclose))
        undo = Undo(self._window.page.toast)
        chat = ChatPresenter(
            self._window.page,
            servers.selected,
            history,
            undo,
            self._report,
            headers=HeaderStore(self._paths.config),
            name_of=servers.name_of,
            titles=lambda: self._settings.current.chat_titles,
        )
        self._stages.append(("chat", chat.aclose))
        sidebar = SidebarPresenter(self._window.sidebar, history, chat, undo, self._report)
        self._stages.append(("sidebar", sidebar.aclose))
        warming = TaskScope(None, self._report)
        self._stages.append(("warming", warming.aclose))
        chooser = ServerButton(servers, self._report, self._window.navigation)
        self._stages.append(("server button", chooser.aclose))
        pages = Pages(self._window, servers, chat, self._paths, self._report, name_of=chooser.name_of)
        self._stages.append(("pages", pages.aclose))
        pages.online_requested.connect(lambda: self._settings.change(offline=False))
        self._window.navigation.add(pages.status)
        self._window.navigation.add_foot(chooser)
        strip = ColourStrip(servers, self._window)
        notice = LostNotice(servers, name_of=chooser.name_of, parent=self._window)
        self._window.add_above(strip)
        self._window.add_above(notice)
        strip.colour_changed.connect(self._window.page.picker.set_colour)
        self._window.page.picker.set_colour(strip.colour)
        # The chat says it beside what is written.
        notice.want(self._window.shown_page != CHAT)
        self._window.page_shown.connect(lambda page: notice.want(page != CHAT))
        self._app.applicationStateChanged.connect(lambda: _come_back(self._app, servers.try_now))
        manager = ServersPresenter(self._window, servers, self._report, name_of=chooser.name_of)
        self._stages.append(("manager", manager.aclose))
        chooser.manage_requested.connect(manager.open_dialog)
        chooser.check_requested.connect(manager.check_server)
        notice.manage_requested.connect(manager.open_dialog)
        notice.focus_released.connect(self._window.focus_page)
        first_minute = FirstMinute(
            self._window, servers, chat, pages, chooser, self._settings, self._paths, self._report
        )
        self._stages.append(("first minute", first_minute.aclose))
        settings = SettingsPresenter(
            self._window, self._settings, servers, self._paths, self._report, name_of=chooser.name_of
        )
        end_panels = add_network_panels(settings.panels, self._settings, servers, network, follower, self._report)
        self._stages.append(("network panels", end_panels))
        self._stages.append(("settings", settings.aclose))
        for asking in (chooser, self._window.navigation):
            asking.settings_requested.connect(lambda: settings.open_dialog())
        pages.settings_requested.connect(settings.open_dialog)
        settings.server_settings_changed.connect(pages.server_settings_changed)
        # What the window insists on comes back at once, and is shown.
        settings.server_settings_changed.connect(lambda _: follower.look())
        follower.changed.connect(settings.source.refresh)
        actions = SessionActions(
            self._window,
            servers,
            chat,
            history,
            self._settings,
            settings,
            chooser,
            self._paths,
            self._report,
        )
        self._stages.append(("actions", actions.aclose))
        tray = TrayPresenter(self._window, servers, chat, pages, self._settings, self._report, quit=self.quit)
        self._stages.append(("tray", tray.aclose))
        self._window.show_wanted()
        self._window.may_close = tray.may_close
        self._window.close_refused.connect(tray.close_refused)
        self._window.quit_requested.disconnect(self.quit)
        self._window.quit_requested.connect(tray.ask_to_quit)
        tray.settings_requested.connect(self._window.come_up)
        tray.settings_requested.connect(lambda: settings.open_dialog())
        self._window.page.servers_requested.connect(chooser.open_menu_at)
        instance = FirstInstance(self._paths.runtime / INSTANCE_FILE, self._window.come_up, pages.add_tools)
        self._stages.append(("instance", instance.aclose))
        await instance.open()
        if self._hidden:
            tray.stay_hidden()
        network.open()
        servers.open()
        self._app.link_opened.connect(pages.add_tools)
        if self._link:
            pages.add_tools(self._link)
        warming.start(_warm(warm_client))

    async def _end(self) -> None:
        """The window goes first: whoever quits has no reason to watch the rest."""
        self._window.close_anyway()
        for name, stage in reversed(self._stages):
            await _run_stage(name, stage)
        self._report.release()
        self._window.deleteLater()
        release_clipboard()
        logger.info("ended")


def _come_back(app: QApplication, try_now: Callable[[], None]) -> None:
    """Whoever comes back to the window, or wakes the machine, does not wait for what is tried again in a minute."""
    if app.applicationState() is Qt.ApplicationState.ApplicationActive:
        try_now()


async def _warm(client: Callable[[], None]) -> None:
    """Prepare what will be asked for soon, and give back what starting took."""
    await asyncio.to_thread(client)
    await asyncio.sleep(_SETTLED_SECONDS)
    running = asyncio.get_running_loop()
    assert isinstance(running, loop.AppLoop)
    running.begin_collecting()
    await asyncio.to_thread(give_back)


async def _run_stage(name: str, stage: Callable[[], Awaitable[None]]) -> None:
    """A stage that fails must not keep the later ones from ending what they hold."""
    try:
        async with asyncio.timeout(_STAGE_SECONDS):
            await stage()
    except Exception:
        logger.exception("quitting: %s", name)


class _FirstPaint(QObject):
    """Calls `then` once `window` has been painted, and tells whoever measures."""

    def __init__(self, window: MainWindow, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._then = then
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            # The event comes before the painting.
            QTimer.singleShot(0, self, self._painted)
        return False

    def _painted(self) -> None:
        if os.environ.get(_TRACE_VARIABLE):
            print(f"shown {_process_age():.3f}", flush=True)
        self._then()


def _process_age() -> float:
    """Return seconds since this process began."""
    import psutil  # Of no use to a start that nobody measures.

    created = psutil.Process().create_time()
    if sys.platform == "linux":
        # There it is reckoned from the machine's start, which is known in whole seconds only.
        return time.clock_gettime(time.CLOCK_BOOTTIME) - (created - psutil.boot_time())
    return time.time() - created
