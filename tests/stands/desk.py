"""A real server that downloads from the stand-in hub, and what watches it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from PySide6.QtCore import QItemSelectionModel

from studiolo.client.downloads import DownloadsApi
from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.downloads.cancelling import KEPT_SECONDS, Cancelling
from studiolo.desktop.downloads.commands import DownloadCommands
from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.downloads.monitor import ASK_SECONDS, BACK_OFF, Monitor
from studiolo.desktop.downloads.page import DownloadsPage
from studiolo.desktop.downloads.presenter import DownloadsPresenter
from studiolo.paths import app_paths
from tests.stands.waiting import until


@dataclass
class DownloadsDesk:
    servers: Servers
    monitor: Monitor
    page: DownloadsPage
    presenter: DownloadsPresenter
    address: str
    reported: list[BaseException]

    @property
    def client(self) -> DownloadsApi:
        return DownloadsApi(self.servers.connection(self.address).client)

    def job(self, model: str) -> Download | None:
        return next((job for job in self.monitor.downloads.values() if job.model == model), None)

    async def state(self, model: str, *states: str) -> Download:
        await until(lambda: (job := self.job(model)) and job.state in states)
        job = self.job(model)
        assert job
        return job

    def choose(self, *models: str) -> None:
        self.page.view.clearSelection()
        for model in models:
            job = self.job(model)
            assert job
            row = self.page.table.row_of(job.key)
            assert row is not None
            flag = QItemSelectionModel.SelectionFlag
            self.page.view.selectionModel().select(self.page.table.index(row, 0), flag.Select | flag.Rows)


@asynccontextmanager
async def desk_at(
    address: str,
    token: str | None = None,
    *,
    ask_seconds: float = ASK_SECONDS,
    back_off: Sequence[float] = BACK_OFF,
    kept_seconds: float = KEPT_SECONDS,
) -> AsyncIterator[DownloadsDesk]:
    """A desktop that knows a server at an address, beside its own, which is not started."""
    reported: list[BaseException] = []
    servers = Servers(app_paths(), reported.append)
    monitor = Monitor(
        servers,
        app_paths().data / "watched.json",
        reported.append,
        name_of=lambda one: one.partition("://")[2],
        ask_seconds=ask_seconds,
        back_off=back_off,
    )
    steering = DownloadCommands(servers, monitor)
    cancelling = Cancelling(servers, monitor, reported.append, kept_seconds=kept_seconds)
    page = DownloadsPage()
    page.resize(1000, 700)
    presenter = DownloadsPresenter(
        page, servers, monitor, steering, cancelling, reported.append, name_of=lambda one: one
    )
    page.show()
    address = await servers.add(address, "", token)
    servers.select(address)
    await until(lambda: isinstance(servers.selected.state, Ready))
    try:
        yield DownloadsDesk(servers, monitor, page, presenter, address, reported)
    finally:
        await presenter.aclose()
        await cancelling.aclose()
        await monitor.aclose()
        await servers.aclose()
        page.close()
        page.deleteLater()
        monitor.deleteLater()
        servers.deleteLater()
