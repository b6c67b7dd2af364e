"""Orders to the servers about their downloads: what page, tray and mini monitor have in common."""

from collections.abc import Awaitable, Callable, Iterable

from PySide6.QtCore import QObject

from studiolo.client.downloads import DownloadsApi
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.downloads.jobs import Download, JobKey
from studiolo.desktop.downloads.monitor import Monitor
from studiolo.errors import AppError, NotFoundError


class DownloadCommands(QObject):
    """Jobs are given by their keys; those that are gone, or whose state has no use for it, are passed over.

    Everything is tried; the first AppError of those that failed is raised at the end.
    """

    def __init__(self, servers: Servers, monitor: Monitor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._servers = servers
        self._monitor = monitor

    async def pause(self, keys: Iterable[JobKey]) -> None:
        """Pause those of the jobs that run or wait."""
        await self._each(keys, lambda job: job.active and job.state != "away", lambda one, job: one.pause(job.id))

    async def resume(self, keys: Iterable[JobKey]) -> None:
        """Go on with those of the jobs that are paused; those that wait try again now."""
        await self._each(keys, lambda job: job.group in ("paused", "waiting"), lambda one, job: one.resume(job.id))

    async def retry(self, keys: Iterable[JobKey]) -> None:
        """Try those of the jobs again that failed."""
        await self._each(keys, lambda job: job.group == "failed", lambda one, job: one.resume(job.id))

    async def pause_all(self) -> None:
        """Pause every job of every server."""
        await self.pause(self._monitor.downloads)

    async def resume_all(self) -> None:
        """Go on with every job of every server."""
        await self.resume(self._monitor.downloads)

    async def move(self, keys: Iterable[JobKey], step: int) -> None:
        """Move jobs one place earlier (-1) or later (1) among those of their server that are not over."""
        keys = list(keys)
        for address in dict.fromkeys(key[0] for key in keys):
            order = [job.id for job in self._monitor.of_server(address) if job.group not in ("done", "failed")]
            jobs = [self._monitor.downloads.get(key) for key in keys if key[0] == address]
            chosen = [job.id for job in jobs if job is not None and job.steerable]
            for name, before in moves(order, chosen, step):
                await DownloadsApi(self._servers.client(address)).move(name, before)

    async def _each(
        self,
        keys: Iterable[JobKey],
        wanted: Callable[[Download], bool],
        order: Callable[[DownloadsApi, Download], Awaitable[object]],
    ) -> None:
        failure: AppError | None = None
        for key in list(keys):
            job = self._monitor.downloads.get(key)
            if job is None or not job.steerable or not wanted(job):
                continue
            try:
                await order(DownloadsApi(self._servers.client(job.server)), job)
            except NotFoundError:
                continue  # It went meanwhile.
            except AppError as error:
                failure = failure or error
        if failure:
            raise failure


def moves(order: list[str], chosen: list[str], step: int) -> list[tuple[str, str | None]]:
    """Return which jobs to put before which others (None: at the end) to move the chosen ones by one place.

    Those at the edge stay, and the chosen ones keep their order.
    """
    order, orders = list(order), []
    places = [place for place, name in enumerate(order) if name in chosen]
    for place in places if step < 0 else reversed(places):
        other = place + step
        if 0 <= other < len(order) and order[other] not in chosen:
            name = order.pop(place)
            order.insert(other, name)
            after = order.index(name) + 1
            orders.append((name, order[after] if after < len(order) else None))
    return orders
