"""The queue of downloads: starts them in their order, watches them, and goes on by itself after whatever happened."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from studiolo.api.downloads import DownloadEvent, DownloadInfo, DownloadList
from studiolo.api.settings import ServerSettings
from studiolo.errors import AppError, NotFoundError, StorageError
from studiolo.hub.belonging import is_model
from studiolo.server.downloads.blocks import BlockJournal
from studiolo.server.downloads.disk import DiskFullError
from studiolo.server.downloads.disk_budget import DiskBudget, look_at_disks
from studiolo.server.downloads.host_events import KeepAwake, Surroundings, limit_in_force
from studiolo.server.downloads.hub_responses import FileChangedError
from studiolo.server.downloads.job_run import JobRun, Source, discard, received_files
from studiolo.server.downloads.job_store import JobStore
from studiolo.server.downloads.job_view import described
from studiolo.server.downloads.jobs import RUNNING, UNFINISHED, Job, JobFile, State
from studiolo.server.downloads.journal import JobJournal
from studiolo.server.downloads.limiter import Limiter
from studiolo.server.downloads.meter import Meter
from studiolo.server.downloads.transfer import TransferStopped

logger = logging.getLogger(__name__)

_FULL_PAUSE = 30.0
"""Seconds that a disk, which was full though it had room, is left alone: a quota does not show."""
_MOST_THREADS = 64
_END_SECONDS = 2.0
"""So long the end of what runs is waited for when the server ends."""


@dataclass
class _Run:
    fetching: JobRun
    meter: Meter = field(default_factory=Meter)
    task: "asyncio.Task[None] | None" = None


class DownloadQueue:
    """Jobs, and those of them that run. `run` is a task for as long as the server lives.

    folder: where models go. sources: where a file may be had. renewed: the job as the hub has it today. on_change:
    called when files came or are expected.
    """

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
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._blocks = blocks
        self._settings = settings
        self._folder = folder
        self._sources = sources
        self._renewed = renewed
        self._on_change = on_change
        self._board = JobStore(journal, self.info)
        self._runs: dict[str, _Run] = {}
        self._rest: dict[str, int] = {}
        """Bytes on the disk of jobs that don't run."""
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._adding = asyncio.Lock()
        self._threads = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="download")
        self._limiter = Limiter()
        self._changed = asyncio.Event()
        self._full_until = 0.0
        self._room = DiskBudget({}, 0)
        self._free: int | None = None
        self._surroundings = Surroundings()
        self._awake = KeepAwake()

    # -- what is there

    @property
    def incoming(self) -> frozenset[Path]:
        """Model files that are not complete, or parts of what is not."""
        jobs = [job for job in self._board.all() if job.state != "completed"]
        files = [(job, file) for job in jobs for file in job.files if is_model(file.path)]
        return frozenset(Path(file.target) for job, file in files if file.target not in job.preexisting)

    async def overview(self) -> DownloadList:
        """Return every job, in the order of the queue."""
        disks = await asyncio.to_thread(look_at_disks, [self._folder])
        jobs = [self.info(job) for job in self._board.all()]
        return DownloadList(
            jobs=jobs,
            bytes_per_second=sum(run.meter.bytes_per_second for run in self._runs.values()),
            disk_free_bytes=disks[self._folder].free if self._folder in disks else 0,
        )

    def get(self, job_id: str) -> DownloadInfo:
        """Return a job by its id. Raises NotFoundError."""
        return self.info(self._board.get(job_id))

    def sha256_of(self, path: Path) -> str | None:
        """Return what the hub said of a file that was downloaded to `path`."""
        files = [file for job in self._board.all() for file in job.files if file.target == str(path)]
        return next((file.sha256 for file in reversed(files) if file.sha256), None)

    def follow(self) -> AsyncGenerator[DownloadEvent, None]:
        """Return all jobs, and then each that changes."""
        return self._board.follow(self.overview, lambda: self._free)

    def is_fetching(self, job: Job) -> bool:
        """Return whether the files of `job` are among those that are still to come."""
        return any(job.targets <= other.targets for other in self._board.unfinished())

    def received(self, job: Job) -> int:
        """Return how many bytes of a job's files are there."""
        if job.state == "completed":
            return job.total_bytes
        run = self._runs.get(job.id)
        return max(run.fetching.received, 0) if run else self._rest.get(job.id, 0)

    def info(self, job: Job) -> DownloadInfo:
        """Return what the API tells of a job; its speed is in it only while it runs."""
        run, received = self._runs.get(job.id), self.received(job)
        return described(job, received, run.meter if run and job.state in RUNNING else None)

    # -- what people ask for

    async def add(self, job: Job) -> DownloadInfo:
        """Journal a job and queue it; the one that fetches the same files already is given instead.

        Raises StorageError where it can't be journaled; then nothing was begun.
        """
        async with self._adding:
            for other in self._board.unfinished():
                if job.targets <= other.targets:
                    return self.info(self._wanted_again(other))
            former = [other for other in self._board.all() if other.targets == job.targets]
            fresh = await self._board.add(job, instead_of=former)
            self._on_change()
            await self._look_at_rest(fresh)
            await self._look_for_room()
            self._wake_up()
            return self.info(self._board.get(fresh.id))

    async def pause(self, job_id: str) -> DownloadInfo:
        """Pause a job. Raises NotFoundError, and RequestError for one that is over."""
        job = self._board.change(job_id, "paused")
        if run := self._runs.get(job_id):
            run.fetching.stop()
        await self._board.save_if_possible()
        self._wake_up()
        return self.info(job)

    async def resume(self, job_id: str) -> DownloadInfo:
        """Go on with a paused or failed job; one that waits tries again now. Raises as `pause` does."""
        job = self._board.get(job_id)
        if run := self._runs.get(job_id):
            run.fetching.wake()
        if job.state not in RUNNING:
            job = self._board.change(job_id, "queued")
            self._full_until = 0.0
        await self._board.save_if_possible()
        self._wake_up()
        return self.info(job)

    async def cancel(self, job_id: str) -> None:
        """Forget a job, and what came of it unless it is complete. Raises NotFoundError, StorageError."""
        job = self._board.get(job_id)
        self._board.remove(job_id)
        if run := self._runs.get(job_id):
            run.fetching.stop()
            if run.task:
                await asyncio.wait([run.task])
        if job.state != "completed":
            wanted = frozenset(target for other in self._board.unfinished() for target in other.targets)
            await asyncio.to_thread(discard, job, self._blocks, keep=wanted)
        self._rest.pop(job_id, None)
        self._on_change()
        await self._board.save_if_possible()
        self._wake_up()

    async def move(self, job_id: str, before: str | None) -> DownloadInfo:
        """Put a job before another, or at the end. Raises NotFoundError."""
        self._board.move(job_id, before)
        await self._board.save_if_possible()
        self._wake_up()
        return self.get(job_id)

    def settings_changed(self) -> None:
        """Have the queue look at its jobs again now, with the settings in force."""
        self._wake_up()

    # -- what goes on

    async def load(self) -> None:
        """Know the jobs of before. A disk that can't be read is tried again later."""
        try:
            await self._board.load()
        except StorageError as error:
            logger.warning("%s %s", error.message, error.details)
        for job in self._board.all():
            await self._look_at_rest(job)
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
        for run in self._runs.values():
            run.fetching.stop()
        if tasks := [run.task for run in self._runs.values() if run.task]:
            # A thread that hangs in a disk or a network must not keep the server from ending.
            await asyncio.wait(tasks, timeout=_END_SECONDS)
        self._awake.close()
        self._threads.shutdown(wait=False)
        await self._board.save_if_possible()

    def _wake_up(self) -> None:
        self._changed.set()

    def _step_seconds(self) -> float | None:
        if self._runs:
            return self.running_seconds
        waiting = any(job.state in ("no_space", "queued") for job in self._board.all())
        return self.waiting_seconds if waiting or not self._board.saved else None

    async def _step(self, expected: float | None) -> None:
        if not self._board.loaded:
            await self.load()
        elif not self._board.saved:
            await self._board.save_if_possible()
        await self._look_around(expected)
        settings = self._settings()
        limit = limit_in_force(settings, datetime.now().astimezone())
        if limit != self._limiter.rate:
            self._limiter.rate = limit
        for job_id, run in self._runs.items():
            self._watch(job_id, run)
        await self._look_for_room()
        self._stop_surplus(settings.download_jobs)
        for job in self._board.unfinished():
            if job.state == "queued" and job.id not in self._runs and len(self._runs) < settings.download_jobs:
                self._start(job, settings)
        self._awake.want(settings.keep_awake and bool(self._runs))

    async def _look_around(self, expected: float | None) -> None:
        if reason := await self._surroundings.changed(expected, network=bool(self._runs)):
            logger.info("%s: connections are made anew", reason)
            for run in self._runs.values():
                run.fetching.reconnect()

    def _watch(self, job_id: str, run: _Run) -> None:
        run.meter.sample(run.fetching.fetched)
        job = self._board.get(job_id) if job_id in self._board else None
        if job is None or job.state not in RUNNING:
            return
        trouble = run.fetching.trouble
        state: State = "waiting" if trouble else "verifying" if run.fetching.verifying else "downloading"
        self._board.change_running(job_id, state, problem=f"Waiting: {trouble}." if trouble else "")
        self._board.mark_changed(job_id)

    async def _look_for_room(self) -> None:
        """Pause what there is no room for, and let go on what there is room for again."""
        jobs = [job for job in self._board.unfinished() if job.state != "paused"]
        if not jobs:
            return
        disks = await asyncio.to_thread(look_at_disks, {self._folder, *(job.folder for job in jobs)})
        self._free = disks[self._folder].free if self._folder in disks else None
        self._room = DiskBudget(disks, int(self._settings().disk_reserve_gb * 1e9))
        blocked = asyncio.get_running_loop().time() < self._full_until
        for job in [self._board.get(job.id) for job in jobs if job.id in self._board]:
            left = job.total_bytes - self.received(job)
            if job.state in RUNNING:
                if self._room.is_low(job.folder):
                    self._pause_for_room(job, self._room.problem(job.folder, left))
                self._room.reserve(job.folder, left)
            elif job.state in ("queued", "no_space"):
                if self._room.has(job.folder, left) and not (blocked and job.state == "no_space"):
                    self._room.reserve(job.folder, left)
                    if job.state == "no_space":
                        self._board.change(job.id, "queued")
                elif job.state == "queued" or not blocked:
                    self._pause_for_room(job, self._room.problem(job.folder, left))

    def _pause_for_room(self, job: Job, problem: str) -> None:
        if job.state != "no_space":
            logger.info("%s waits for room: %s", job.model, problem)
        hint = "Free some space: it goes on by itself."
        self._board.change(job.id, "no_space", problem=problem, hint=hint)
        if run := self._runs.get(job.id):
            run.fetching.stop()

    def _stop_surplus(self, most: int) -> None:
        running = [job for job in self._board.unfinished() if job.state in RUNNING]
        for job in running[most:]:
            self._board.change(job.id, "queued")
            self._runs[job.id].fetching.stop()

    def _start(self, job: Job, settings: ServerSettings) -> None:
        self._board.change(job.id, "downloading")
        fetching = JobRun(
            job,
            self._sources,
            self._blocks,
            self._limiter,
            self._locks,
            self._threads,
            connections=settings.download_connections,
        )
        run = self._runs[job.id] = _Run(fetching)
        run.meter.sample(0)
        run.task = asyncio.create_task(self._carry_out(job.id, fetching), name=f"download {job.model}")

    async def _carry_out(self, job_id: str, fetching: JobRun) -> None:
        try:
            try:
                await fetching.run()
            except (FileChangedError, NotFoundError) as error:
                await self._renew(fetching.job, error)
            else:
                self._over(job_id, "completed")
        except TransferStopped:
            pass  # Whoever stopped it has said what it is now.
        except DiskFullError as error:
            self._full_until = asyncio.get_running_loop().time() + _FULL_PAUSE
            self._over(job_id, "no_space", error)
        except AppError as error:
            self._over(job_id, "failed", error)
        except Exception as error:
            logger.exception("a download failed by a mistake in Studiolo")
            self._over(job_id, "failed", AppError("The download failed by a mistake in Studiolo.", hint=repr(error)))
        finally:
            self._rest[job_id] = fetching.received
            self._runs.pop(job_id, None)
            if job_id in self._board:
                self._board.mark_changed(job_id)
            self._on_change()
            self._wake_up()

    def _over(self, job_id: str, state: State, error: AppError | None = None) -> None:
        if job_id not in self._board or self._board.get(job_id).state not in RUNNING:
            return  # Cancelled, or paused at the last moment.
        if error:
            logger.warning("%s: %s (%s)", self._board.get(job_id).model, error, error.details)
            problem = _sentences(error.message, error.details) if state == "failed" else error.message
            self._board.change_running(job_id, state, problem=problem, hint=error.hint)
        else:
            self._board.change_running(job_id, state)

    async def _renew(self, job: Job, error: AppError) -> None:
        """The hub has other files now: fetch those, once. Raises `error` where it does not, AppErrors."""
        fresh = await self._renewed(job)
        if job.id not in self._board:
            return
        if job.renewed or fresh.files == job.files:
            raise error
        logger.info("%s was changed on the hub: its new files are fetched", job.repository)
        same = {file.target for file in fresh.files} & {file.target for file in job.files if file in fresh.files}
        await asyncio.to_thread(discard, job, self._blocks, keep=frozenset(same))
        self._board.renew(job.id, fresh)

    async def _look_at_rest(self, job: Job) -> None:
        if job.state in UNFINISHED or job.state == "failed":
            found = await asyncio.to_thread(received_files, job, self._blocks)
            self._rest[job.id] = sum(found.values())
            self._board.mark_changed(job.id)

    def _wanted_again(self, job: Job) -> Job:
        self._wake_up()
        return self._board.change(job.id, "queued") if job.state == "paused" else job


def _sentences(*texts: str) -> str:
    return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in texts if text)
