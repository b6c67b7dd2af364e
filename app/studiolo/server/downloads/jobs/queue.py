"""The queue of downloads: starts them in their order, watches them, and goes on by itself after whatever happened."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from pathlib import Path

from studiolo.api.downloads import DownloadEvent, DownloadInfo, DownloadList
from studiolo.api.settings import ServerSettings
from studiolo.errors import StorageError
from studiolo.hub.belonging import is_model
from studiolo.server.downloads.jobs.disk_budget import DiskBudget, look_at_disks
from studiolo.server.downloads.jobs.host_events import KeepAwake, Surroundings, limit_in_force
from studiolo.server.downloads.jobs.job import RUNNING, Job, JobFile
from studiolo.server.downloads.jobs.job_run import RuntimeMaker, Source
from studiolo.server.downloads.jobs.job_store import JobStore
from studiolo.server.downloads.jobs.job_view import described
from studiolo.server.downloads.jobs.journal import JobJournal
from studiolo.server.downloads.jobs.running_jobs import RunningJobs
from studiolo.server.downloads.transfer.blocks import BlockJournal

logger = logging.getLogger(__name__)

_FULL_PAUSE = 30.0
"""Seconds that a disk, which was full though it had room, is left alone: a quota does not show."""


class DownloadQueue:
    """All jobs, in their order: which may run, which wait for room. `run` is a task for as long as the server lives."""

    running_seconds = 0.5
    waiting_seconds = 5.0
    """Between two looks: while bytes come, and while something waits for room or for the disk."""

    def __init__(
        self,
        journal: JobJournal,
        blocks: BlockJournal,
        settings: Callable[[], ServerSettings],
        folder: Path,
        *,
        sources: Callable[[Job, JobFile], list[Source]],
        renewed: Callable[[Job], Awaitable[Job]],
        runtimes: RuntimeMaker,
        on_change: Callable[[], None] = lambda: None,
        permitted: Callable[[Job], bool] = lambda _: True,
    ) -> None:
        """Have no jobs yet: `load` reads them.

        Args:
            journal: What is kept of the jobs.
            blocks: Which blocks of their files came.
            settings: The settings in force.
            folder: Where models go.
            sources: Where a file may be had, the best first.
            renewed: A job as the hub has it today.
            runtimes: What makes runtimes of what came.
            on_change: Called when files came or are expected.
            permitted: Whether whoever has a job's files may be asked now.
        """
        self._settings = settings
        self._permitted = permitted
        self._folder = folder
        self._on_change = on_change
        self._store = JobStore(journal, self.info)
        self._running = RunningJobs(
            self._store, blocks, sources=sources, renewed=renewed, on_end=self._note_end, runtimes=runtimes
        )
        self._adding = asyncio.Lock()
        self._changed = asyncio.Event()
        self._free: int | None = None
        self._surroundings = Surroundings()
        self._awake = KeepAwake()

    # -- what is there

    @property
    def incoming(self) -> frozenset[Path]:
        """Return model files that are not complete, or parts of what is not."""
        jobs = [job for job in self._store.all() if job.state != "completed"]
        files = [(job, file) for job in jobs for file in job.files if is_model(file.path)]
        return frozenset(Path(file.target) for job, file in files if file.target not in job.preexisting)

    async def overview(self) -> DownloadList:
        """Return every job, in the order of the queue."""
        disks = await asyncio.to_thread(look_at_disks, [self._folder])
        jobs = [self.info(job) for job in self._store.all()]
        return DownloadList(
            jobs=jobs,
            bytes_per_second=self._running.bytes_per_second,
            disk_free_bytes=disks[self._folder].free if self._folder in disks else 0,
        )

    def get(self, job_id: str) -> DownloadInfo:
        """Return a job by its id. Raises NotFoundError."""
        return self.info(self._store.get(job_id))

    def sha256_of(self, path: Path) -> str | None:
        """Return what the hub said of a file that was downloaded to `path`."""
        files = [file for job in self._store.all() for file in job.files if file.target == str(path)]
        return next((file.sha256 for file in reversed(files) if file.sha256), None)

    def follow(self) -> AsyncGenerator[DownloadEvent, None]:
        """Return all jobs, and then each that changes."""
        return self._store.follow(self.overview, lambda: self._free)

    def is_fetching(self, job: Job) -> bool:
        """Return whether the files of `job` are among those that are still to come."""
        return any(job.targets <= other.targets for other in self._store.unfinished())

    def info(self, job: Job) -> DownloadInfo:
        """Return what the API tells of a job; its speed is in it only while it runs."""
        meter = self._running.meter_of(job.id) if job.state in RUNNING else None
        return described(job, self._running.received(job), meter)

    # -- what people ask for

    async def add(self, job: Job) -> DownloadInfo:
        """Journal a job and queue it; the one that fetches the same files already is given instead.

        Raises StorageError where it can't be journaled; then nothing was begun.
        """
        async with self._adding:
            for other in self._store.unfinished():
                if job.targets <= other.targets:
                    return self.info(self._wanted_again(other))
            former = [other for other in self._store.all() if other.targets == job.targets]
            fresh = await self._store.add(job, instead_of=former)
            self._on_change()
            await self._running.look_at_rest(fresh)
            await self._look_for_room()
            self._wake_up()
            return self.info(self._store.get(fresh.id))

    async def pause(self, job_id: str) -> DownloadInfo:
        """Pause a job. Raises NotFoundError, and RequestError for one that is over."""
        job = self._store.change(job_id, "paused")
        self._running.stop(job_id)
        await self._store.save_if_possible()
        self._wake_up()
        return self.info(job)

    async def resume(self, job_id: str) -> DownloadInfo:
        """Go on with a paused or failed job; one that waits tries again now. Raises as `pause` does."""
        job = self._store.get(job_id)
        self._running.try_again(job_id)
        if job.state not in RUNNING:
            job = self._store.change(job_id, "queued")
            self._running.disk_full_at = None
        await self._store.save_if_possible()
        self._wake_up()
        return self.info(job)

    async def cancel(self, job_id: str) -> None:
        """Forget a job, and what came of it unless it is complete. Raises NotFoundError, StorageError."""
        job = self._store.get(job_id)
        self._store.remove(job_id)
        await self._running.discard(job)
        self._on_change()
        await self._store.save_if_possible()
        self._wake_up()

    async def move(self, job_id: str, before: str | None) -> DownloadInfo:
        """Put a job before another, or at the end. Raises NotFoundError."""
        self._store.move(job_id, before)
        await self._store.save_if_possible()
        self._wake_up()
        return self.get(job_id)

    def settings_changed(self) -> None:
        """Have the queue look at its jobs again now, with the settings in force."""
        self._wake_up()

    # -- what goes on

    async def load(self) -> None:
        """Know the jobs of before. A disk that can't be read is tried again later."""
        try:
            await self._store.load()
        except StorageError as error:
            logger.warning("%s %s", error.message, error.details)
        for job in self._store.all():
            await self._running.look_at_rest(job)
        self._on_change()

    async def run(self) -> None:
        """Fetch what is queued, until cancelled; then everything is stopped, to go on at the next start."""
        self._wake_up()
        try:
            while True:
                step = self._step_seconds()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(step):
                        await self._changed.wait()
                self._changed.clear()
                try:
                    await self._step(step)
                except Exception:
                    logger.exception("the queue of downloads stumbled")
                    await asyncio.sleep(self.waiting_seconds)
        finally:
            await self._end()

    async def _end(self) -> None:
        await self._running.aclose()
        self._awake.close()
        await self._store.save_if_possible()

    def _note_end(self) -> None:
        self._on_change()
        self._wake_up()

    def _wake_up(self) -> None:
        self._changed.set()

    def _step_seconds(self) -> float | None:
        if self._running:
            return self.running_seconds
        waiting = any(job.state in ("no_space", "queued") for job in self._store.all())
        return self.waiting_seconds if waiting or not self._store.saved else None

    async def _step(self, expected: float | None) -> None:
        if not self._store.loaded:
            await self.load()
        elif not self._store.saved:
            await self._store.save_if_possible()
        await self._look_around(expected)
        self._go_by_choice()
        settings = self._settings()
        self._running.limit_rate(limit_in_force(settings, datetime.now().astimezone()))
        self._running.look_at_all()
        await self._look_for_room()
        self._stop_surplus(settings.download_jobs)
        for job in self._store.unfinished():
            if job.state == "queued" and job.id not in self._running and len(self._running) < settings.download_jobs:
                self._running.start(job, connections=settings.download_connections)
        self._awake.want(settings.keep_awake and bool(self._running))

    async def _look_around(self, expected: float | None) -> None:
        if reason := await self._surroundings.changed(expected, network=bool(self._running)):
            logger.info("%s: connections are made anew", reason)
            self._running.reconnect()

    def _go_by_choice(self) -> None:
        """Pause everything while nothing may leave this machine, and let it go on after that."""
        for job in self._store.unfinished():
            permitted = self._permitted(job)
            if permitted and job.state == "offline":
                self._store.change(job.id, "queued")
            elif not permitted and job.state not in ("offline", "paused"):
                hint = "It goes on by itself when “Work offline” is switched off."
                self._store.change(job.id, "offline", problem="The server is offline by choice.", hint=hint)
                self._running.stop(job.id)

    async def _look_for_room(self) -> None:
        """Pause what there is no room for, and let go on what there is room for again."""
        jobs = [job for job in self._store.unfinished() if job.state not in ("paused", "offline")]
        if not jobs:
            return
        disks = await asyncio.to_thread(look_at_disks, {self._folder, *(job.folder for job in jobs)})
        self._free = disks[self._folder].free if self._folder in disks else None
        room = DiskBudget(disks, int(self._settings().disk_reserve_gb * 1e9))
        full_at = self._running.disk_full_at
        blocked = full_at is not None and asyncio.get_running_loop().time() < full_at + _FULL_PAUSE
        for job in [self._store.get(job.id) for job in jobs if job.id in self._store]:
            left = job.total_bytes - self._running.received(job) + job.unpacked_bytes
            if job.state in RUNNING:
                if room.is_low(job.folder):
                    self._pause_for_room(job, room.problem(job.folder, left))
                room.reserve(job.folder, left)
            elif job.state in ("queued", "no_space"):
                if room.has(job.folder, left) and not (blocked and job.state == "no_space"):
                    room.reserve(job.folder, left)
                    if job.state == "no_space":
                        self._store.change(job.id, "queued")
                elif job.state == "queued" or not blocked:
                    self._pause_for_room(job, room.problem(job.folder, left))

    def _pause_for_room(self, job: Job, problem: str) -> None:
        if job.state != "no_space":
            logger.info("%s waits for room: %s", job.model, problem)
        hint = "Free some space: it goes on by itself."
        self._store.change(job.id, "no_space", problem=problem, hint=hint)
        self._running.stop(job.id)

    def _stop_surplus(self, most: int) -> None:
        running = [job for job in self._store.unfinished() if job.state in RUNNING]
        for job in running[most:]:
            self._store.change(job.id, "queued")
            self._running.stop(job.id)

    def _wanted_again(self, job: Job) -> Job:
        self._wake_up()
        return self._store.change(job.id, "queued") if job.state == "paused" else job
