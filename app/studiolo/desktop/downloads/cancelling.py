"""Downloads that a person cancelled: for a minute what came of them is kept, and they can be gone on with."""

import asyncio
import logging
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from studiolo.client.downloads import DownloadsApi
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.downloads.jobs import Download, JobKey
from studiolo.desktop.downloads.monitor import Monitor
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AppError, NotFoundError

logger = logging.getLogger(__name__)

KEPT_SECONDS = 60.0
_END_SECONDS = 5.0


class Cancelling(QObject):
    """Cancelled jobs are paused on their server and out of sight of the monitor, until their time is over.

    A program that is killed meanwhile leaves paused downloads, so nothing is lost by it. Whoever goes on with a job,
    from wherever, takes its cancelling back. `cancelled` tells of those that can be taken back.
    """

    cancelled = Signal(list)

    def __init__(
        self,
        servers: Servers,
        monitor: Monitor,
        report: Report,
        *,
        kept_seconds: float = KEPT_SECONDS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._servers = servers
        self._monitor = monitor
        self._kept_seconds = kept_seconds
        self._scope = TaskScope(self, report)
        self._waiting: dict[JobKey, Download] = {}
        """As they were when they were cancelled."""
        self._resting: set[JobKey] = set()
        monitor.changed.connect(self._look)

    @property
    def waiting(self) -> list[JobKey]:
        """Return the jobs whose cancelling can be taken back."""
        return list(self._waiting)

    async def aclose(self) -> None:
        """Cancel for good what waits, as far as the servers answer soon."""
        await self._scope.aclose()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._end(list(self._waiting))
        except TimeoutError:
            logger.warning("cancelled downloads are still there, paused: their server does not answer")
        except AppError as error:
            logger.warning("cancelled downloads are still there, paused: %s", error)

    def cancel(self, keys: Iterable[JobKey]) -> None:
        """Take jobs out of sight; those that are complete, or of which nothing came, are forgotten at once."""
        jobs = [job for key in keys if (job := self._monitor.downloads.get(key))]
        kept = [job for job in jobs if job.steerable and job.received and job.group != "done"]
        for job in kept:
            self._waiting[job.key] = job
        self._monitor.hide(job.key for job in kept)
        self._scope.start(self._forget([job for job in jobs if job not in kept]))
        if kept:
            self._scope.start(self._keep_for_a_while(kept))
            self.cancelled.emit(kept)

    def take_back(self, jobs: Iterable[Download]) -> bool:
        """Go on with jobs where they were; False if their time was over for all of them."""
        back = [job for job in jobs if self._waiting.pop(job.key, None)]
        self._resting -= {job.key for job in back}
        self._monitor.unhide(job.key for job in back)
        self._scope.start(self._go_on([job for job in back if job.active]))
        return bool(back)

    async def _keep_for_a_while(self, jobs: list[Download]) -> None:
        for job in jobs:
            try:
                if job.active:
                    await self._client(job).pause(job.id)
            except NotFoundError:
                self._drop(job.key)
            except AppError:
                self._drop(job.key)
                raise
            else:
                self._resting.add(job.key)
        await asyncio.sleep(self._kept_seconds)
        await self._end([job.key for job in jobs])

    async def _end(self, keys: list[JobKey]) -> None:
        """Forget jobs whose time is over, and what came of them."""
        await self._forget([job for key in keys if (job := self._waiting.pop(key, None))])

    async def _forget(self, jobs: list[Download]) -> None:
        """Everything is tried; the first AppError is raised at the end."""
        failure: AppError | None = None
        for job in jobs:
            self._monitor.forget(job.key)
            try:
                if job.steerable:
                    await self._client(job).cancel(job.id)
            except NotFoundError:
                pass  # It went meanwhile.
            except AppError as error:
                failure = failure or error
                self._monitor.unhide([job.key])
        if failure:
            raise failure

    async def _go_on(self, jobs: list[Download]) -> None:
        for job in jobs:
            await self._client(job).resume(job.id)

    def _look(self, changed: set[JobKey]) -> None:
        for key in changed & self._resting:
            job = self._monitor.hidden(key)
            if job is None or job.active:
                self._drop(key)

    def _drop(self, key: JobKey) -> None:
        self._waiting.pop(key, None)
        self._resting.discard(key)
        self._monitor.unhide([key])

    def _client(self, job: Download) -> DownloadsApi:
        return DownloadsApi(self._servers.client(job.server))
