"""The download of the model that the start page shows: from the question for it to its end. No widgets."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studiolo.api.downloads import DOWNLOAD_FILES, DownloadInfo
from studiolo.api.hub import HUB
from studiolo.client.downloads import DownloadsApi, selection_of
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.downloads.cancelling import Cancelling
from studiolo.desktop.downloads.commands import DownloadCommands
from studiolo.desktop.downloads.jobs import Download, JobKey
from studiolo.desktop.downloads.monitor import Monitor
from studiolo.desktop.start.offers import ModelOffer
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AppError


class ModelFetch(QObject):
    """At most one download of the server that is selected: one that was begun here, or of a model that is watched for.

    Signals:
        changed: How far it is, or that it is gone.
        already_downloaded: What was asked for has been on the server's disk.
    """

    changed = Signal()
    already_downloaded = Signal()

    def __init__(
        self,
        servers: Servers,
        monitor: Monitor,
        commands: DownloadCommands,
        cancelling: Cancelling,
        catalog_file: Path,
        report: Report,
        parent: QObject,
    ) -> None:
        """Have nothing to fetch yet.

        Args:
            servers: The selected one downloads.
            monitor: Knows how far it is.
            commands: Pauses it and goes on with it.
            cancelling: Cancels it.
            catalog_file: Where a catalog of one's own would be, which has the repositories.
            report: Hears of orders that failed.
            parent: Owns this.
        """
        super().__init__(parent)
        self._servers = servers
        self._monitor = monitor
        self._commands = commands
        self._cancelling = cancelling
        self._catalog_file = catalog_file
        self._scope = TaskScope(self, report)
        self._report = report
        self._model: str | None = None
        self._watched: dict[str, str] = {}
        self._key: JobKey | None = None
        self._seen = False
        """The monitor has told of it."""
        self._starting = False
        self._failure: AppError | None = None
        monitor.changed.connect(self._look)

    @property
    def starting(self) -> bool:
        """Return whether the server is being asked for it."""
        return self._starting

    @property
    def failure(self) -> AppError | None:
        """Return why the server would not begin."""
        return self._failure

    @property
    def job(self) -> Download | None:
        """Return the download as it is just now."""
        return self._monitor.downloads.get(self._key) if self._key else None

    @property
    def model(self) -> str | None:
        """Return the name of the model that was asked for, until there is no download of it."""
        return self._model

    @property
    def idle(self) -> bool:
        """Return whether nothing is under way or was brought."""
        return self._key is None and not self._starting

    def begin(self, offer: ModelOffer) -> None:
        """Ask the selected server for a model."""
        self._key, self._seen = None, False
        self._model, self._starting, self._failure = offer.name, True, None
        self._scope.start(self._start(offer), replace="start", on_error=self._start_failed)
        self.changed.emit()

    def watch_for(self, names: Iterable[str]) -> None:
        """Take up a download of one of these models, whoever began it."""
        self._watched = {name.lower(): name for name in names}
        self._look()

    def reset(self) -> None:
        """Forget it, and watch for nothing. The download goes on."""
        self._scope.cancel("start")
        self._watched = {}
        self._key, self._model, self._seen, self._starting, self._failure = None, None, False, False, None

    def retry(self) -> None:
        """Go on with a download that failed."""
        self._order(self._commands.retry)

    def pause(self) -> None:
        """Stop it until it is resumed."""
        self._order(self._commands.pause)

    def resume(self) -> None:
        """Go on with it."""
        self._order(self._commands.resume)

    def cancel(self) -> None:
        """Give it up; what came of it is kept for a minute."""
        if self._key:
            self._cancelling.cancel([self._key])

    async def aclose(self) -> None:
        """End what is asked for; the download goes on at its server."""
        await self._scope.aclose()

    def _order(self, command: Callable[[Iterable[JobKey]], Awaitable[None]]) -> None:
        async def carry_out(key: JobKey) -> None:
            await command([key])

        if self._key:
            self._scope.start(carry_out(self._key), replace="order")

    def _look(self, _changed: object = None) -> None:
        if self._starting or (self._key is None and not self._adopt()):
            return
        if self.job is not None:
            self._seen = True
        elif self._seen:
            self._key, self._model, self._seen = None, None, False
        self.changed.emit()

    def _adopt(self) -> bool:
        """Return whether there is a download that was watched for, which goes on or is paused."""
        for job in self._monitor.of_server(self._servers.selected_address) if self._watched else ():
            if (job.active or job.group == "paused") and job.model.lower() in self._watched:
                self._key, self._failure = job.key, None
                self._model = self._watched[job.model.lower()]
                return True
        return False

    async def _start(self, offer: ModelOffer) -> None:
        address = self._servers.selected_address
        info = await self._request(address, offer)
        self._starting = False
        if info.job_id:
            self._key, self._seen = (address, info.job_id), False
            self._monitor.note(address, info, model=offer.name)
            self._look()
        else:
            self._model = None
            self.changed.emit()
            self.already_downloaded.emit()

    def _start_failed(self, error: BaseException) -> None:
        self._starting, self._model = False, None
        if isinstance(error, AppError):
            self._failure = error
        else:
            self._report(error)
        self.changed.emit()

    async def _request(self, address: str, offer: ModelOffer) -> DownloadInfo:
        downloads, able = DownloadsApi(self._servers.client(address)), self._servers.selected.capabilities
        selection = selection_of(offer.details, offer.choice) if offer.details and offer.choice else None
        if selection and DOWNLOAD_FILES in able:
            return await downloads.start(offer.name, selection=selection)
        if HUB in able:
            return await downloads.start(offer.name)
        from studiolo.desktop.start.finding import link_of

        return await downloads.start(await link_of(offer, self._catalog_file))
