"""Between the downloads page and the servers."""

import time
from collections.abc import Callable
from typing import assert_never

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from studiolo.api.settings import SETTINGS
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.connections.states import Lost
from studiolo.desktop.downloads.actions import DownloadAction
from studiolo.desktop.downloads.cancelling import Cancelling
from studiolo.desktop.downloads.commands import DownloadCommands
from studiolo.desktop.downloads.graph import STEPS
from studiolo.desktop.downloads.jobs import Download, JobKey
from studiolo.desktop.downloads.monitor import TELL_MS, Monitor
from studiolo.desktop.downloads.page import DownloadsPage
from studiolo.desktop.file_manager import open_folder
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.undo import Undo


class DownloadsPresenter(QObject):
    """`chat_requested`: a complete download that is to be talked to."""

    chat_requested = Signal(object)

    def __init__(
        self,
        page: DownloadsPage,
        servers: Servers,
        monitor: Monitor,
        steering: DownloadCommands,
        cancelling: Cancelling,
        report: Report,
        *,
        name_of: Callable[[str], str],
    ) -> None:
        super().__init__(page)
        self._page = page
        self._servers = servers
        self._monitor = monitor
        self._steering = steering
        self.cancelling = cancelling
        self._undo = Undo(page.toast)
        page.undo_last = self._undo.undo
        self._name_of = name_of
        self._scope = TaskScope(page, report)
        # The picture moves on, and the time left runs down, also where a server has nothing new to tell.
        self._clock = QTimer(self)
        self._clock.setInterval(2 * TELL_MS)
        self._clock.timeout.connect(self._show_totals)
        page.action_requested.connect(self._do)
        page.clear_requested.connect(self._clear)
        cancelling.cancelled.connect(self._tell_cancelled)
        monitor.changed.connect(self._show)
        servers.selected.changed.connect(self._server_changed)
        self._server_changed()
        self._show(None)

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        self._clock.stop()
        await self._scope.aclose()

    def _show(self, changed: set[JobKey] | None) -> None:
        lost = isinstance(self._servers.selected.state, Lost)
        self._page.show_downloads(self._monitor.downloads, changed, looking=self._monitor.looking, lost=lost)
        self._show_totals()

    def _server_changed(self) -> None:
        """A server that speaks the documented API alone has no limits."""
        self._page.limits.setEnabled(SETTINGS in self._servers.selected.capabilities)
        self._show(set())

    def _show_totals(self) -> None:
        totals = self._monitor.totals
        free = [
            (self._name_of(address), count)
            for address in self._servers.connections
            if (count := self._monitor.free_bytes(address)) is not None
        ]
        self._page.show_totals(totals, self._monitor.speeds.steps(time.monotonic(), STEPS), free)
        if totals.active and not self._clock.isActive():
            self._clock.start()
        elif not totals.active:
            self._clock.stop()

    def _do(self, action: DownloadAction, keys: list[JobKey]) -> None:
        jobs = [job for key in keys if (job := self._monitor.downloads.get(key))]
        if not jobs:
            return
        match action:
            case DownloadAction.PAUSE:
                self._scope.start(self._steering.pause(keys))
            case DownloadAction.RESUME:
                self._scope.start(self._steering.resume(keys))
            case DownloadAction.RETRY:
                self._scope.start(self._steering.retry(keys))
            case DownloadAction.MOVE_UP | DownloadAction.MOVE_DOWN:
                self._scope.start(self._steering.move(keys, -1 if action is DownloadAction.MOVE_UP else 1))
            case DownloadAction.CANCEL:
                self.cancelling.cancel(keys)
            case DownloadAction.FORGET:
                self.cancelling.cancel(job.key for job in jobs if job.group in ("done", "failed") or not job.steerable)
            case DownloadAction.OPEN_FOLDER:
                open_folder(jobs[0].folder)
            case DownloadAction.COPY_LINK:
                QGuiApplication.clipboard().setText("\n".join(job.url for job in jobs if job.url))
            case DownloadAction.START_CHAT:
                self.chat_requested.emit(jobs[0])
            case _:
                assert_never(action)

    def _clear(self) -> None:
        done = [job.key for job in self._monitor.downloads.values() if job.group == "done"]
        self.cancelling.cancel(done)

    def _tell_cancelled(self, jobs: list[Download]) -> None:
        def back() -> None:
            if not self.cancelling.take_back(jobs):
                self._undo.tell(self._page.gone_text())

        self._undo.add(self._page.cancelled_text([job.name for job in jobs]), back)
