"""The jobs that run: each is a task, which is started, looked at, and carried to its end here."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from studiolo.errors import AppError, NotFoundError, OfflineError
from studiolo.server.downloads.disk import DiskFullError
from studiolo.server.downloads.jobs.job import RUNNING, UNFINISHED, Job, JobFile, State
from studiolo.server.downloads.jobs.job_run import JobRun, RuntimeMaker, Source, discard, received_files
from studiolo.server.downloads.jobs.job_store import JobStore
from studiolo.server.downloads.jobs.meter import Meter
from studiolo.server.downloads.transfer.blocks import BlockJournal
from studiolo.server.downloads.transfer.hub_responses import FileChangedError
from studiolo.server.downloads.transfer.limiter import Limiter
from studiolo.server.downloads.transfer.transfer import TransferStopped

logger = logging.getLogger(__name__)

_MOST_THREADS = 64
_END_SECONDS = 2.0
"""So long the end of what runs is waited for when the server ends."""


@dataclass
class _Run:
    job_run: JobRun
    meter: Meter = field(default_factory=Meter)
    task: "asyncio.Task[None] | None" = None


class RunningJobs:
    """The runs of a queue's jobs, by the jobs' ids. What becomes of a job is told to the `store`.

    Attributes:
        disk_full_at: When a disk was full for a run last, on the event loop's clock; None where that is forgotten.
    """

    def __init__(
        self,
        store: JobStore,
        blocks: BlockJournal,
        *,
        sources: Callable[[Job, JobFile], list[Source]],
        renewed: Callable[[Job], Awaitable[Job]],
        on_end: Callable[[], None],
        runtimes: RuntimeMaker,
    ) -> None:
        """Have no runs yet.

        Args:
            store: The jobs of the queue.
            blocks: Which blocks of their files came.
            sources: Where a file may be had, the best first.
            renewed: A job as the hub has it today.
            on_end: Called after each run, however it ended.
            runtimes: What makes runtimes of what came.
        """
        self._runtimes = runtimes
        self._store = store
        self._blocks = blocks
        self._sources = sources
        self._renewed = renewed
        self._on_end = on_end
        self._runs: dict[str, _Run] = {}
        self._bytes_at_rest: dict[str, int] = {}
        """Bytes on the disk of jobs that don't run."""
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._threads = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="download")
        self._limiter = Limiter()
        self.disk_full_at: float | None = None

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._runs

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def bytes_per_second(self) -> float:
        """Return how fast all of them are together."""
        return sum(run.meter.bytes_per_second for run in self._runs.values())

    def meter_of(self, job_id: str) -> Meter | None:
        """Return how fast a job is; None for one that does not run."""
        run = self._runs.get(job_id)
        return run.meter if run else None

    def received(self, job: Job) -> int:
        """Return how many bytes of a job's files are there."""
        if job.state == "completed":
            return job.total_bytes
        run = self._runs.get(job.id)
        return max(run.job_run.received, 0) if run else self._bytes_at_rest.get(job.id, 0)

    async def look_at_rest(self, job: Job) -> None:
        """Find out what is there of a job that does not run."""
        if job.state in UNFINISHED or job.state == "failed":
            found = await asyncio.to_thread(received_files, job, self._blocks)
            self._bytes_at_rest[job.id] = sum(found.values())
            self._store.mark_changed(job.id)

    def limit_rate(self, bytes_per_second: int) -> None:
        """Have all runs together take no more than this; 0 for as much as comes."""
        if bytes_per_second != self._limiter.rate:
            self._limiter.rate = bytes_per_second

    def start(self, job: Job, *, connections: int) -> None:
        """Begin to fetch a job's files, each over so many connections."""
        self._store.change(job.id, "downloading")
        job_run = JobRun(
            job,
            self._sources,
            self._blocks,
            self._limiter,
            self._locks,
            self._threads,
            connections=connections,
            runtimes=self._runtimes,
        )
        run = self._runs[job.id] = _Run(job_run)
        run.meter.sample(0)
        run.task = asyncio.create_task(self._carry_out(job.id, job_run), name=f"download {job.model}")

    def stop(self, job_id: str) -> None:
        """Have a run end soon; one that there is not is ignored. Whoever stops it has said what its job is now."""
        if run := self._runs.get(job_id):
            run.job_run.stop()

    def try_again(self, job_id: str) -> None:
        """Have a run that waits try again now."""
        if run := self._runs.get(job_id):
            run.job_run.wake()

    def reconnect(self) -> None:
        """Have all runs leave their connections, which may be dead without knowing it."""
        for run in self._runs.values():
            run.job_run.reconnect()

    def look_at_all(self) -> None:
        """Tell the store how far each run is, and whether it waits."""
        for job_id, run in self._runs.items():
            self._look_at(job_id, run)

    async def discard(self, job: Job) -> None:
        """Stop a job that is not in the store any more, and remove what came of it, unless it is complete.

        What other jobs fetch stays. Raises StorageError.
        """
        if run := self._runs.get(job.id):
            run.job_run.stop()
            if run.task:
                await asyncio.wait([run.task])
        if job.state != "completed":
            wanted = frozenset(target for other in self._store.unfinished() for target in other.targets)
            await asyncio.to_thread(discard, job, self._blocks, keep=wanted)
        self._bytes_at_rest.pop(job.id, None)

    async def aclose(self) -> None:
        """Stop all of them, to go on another time."""
        for run in self._runs.values():
            run.job_run.stop()
        if tasks := [run.task for run in self._runs.values() if run.task]:
            # A thread that hangs in a disk or a network must not keep the server from ending.
            await asyncio.wait(tasks, timeout=_END_SECONDS)
        self._threads.shutdown(wait=False)

    def _look_at(self, job_id: str, run: _Run) -> None:
        run.meter.sample(run.job_run.fetched)
        job = self._store.get(job_id) if job_id in self._store else None
        if job is None or job.state not in RUNNING:
            return
        trouble = run.job_run.trouble
        state: State = "waiting" if trouble else "verifying" if run.job_run.verifying else "downloading"
        self._store.change_running(job_id, state, problem=f"Waiting: {trouble}." if trouble else "")
        self._store.mark_changed(job_id)

    async def _carry_out(self, job_id: str, job_run: JobRun) -> None:
        try:
            try:
                await job_run.run()
            except (FileChangedError, NotFoundError) as error:
                await self._renew(job_run.job, error)
            else:
                self._finish(job_id, "completed")
        except TransferStopped:
            pass  # Whoever stopped it has said what it is now.
        except DiskFullError as error:
            self.disk_full_at = asyncio.get_running_loop().time()
            self._finish(job_id, "no_space", error)
        except OfflineError as error:
            self._finish(job_id, "offline", error)
        except AppError as error:
            self._finish(job_id, "failed", error)
        except Exception as error:
            logger.exception("a download failed by a mistake in Studiolo")
            self._finish(job_id, "failed", AppError("The download failed by a mistake in Studiolo.", hint=repr(error)))
        finally:
            self._bytes_at_rest[job_id] = job_run.received
            self._runs.pop(job_id, None)
            if job_id in self._store:
                self._store.mark_changed(job_id)
            self._on_end()

    def _finish(self, job_id: str, state: State, error: AppError | None = None) -> None:
        if job_id not in self._store or self._store.get(job_id).state not in RUNNING:
            return  # Cancelled, or paused at the last moment.
        if error:
            logger.warning("%s: %s (%s)", self._store.get(job_id).model, error, error.details)
            problem = _sentences(error.message, error.details) if state == "failed" else error.message
            self._store.change_running(job_id, state, problem=problem, hint=error.hint)
        else:
            self._store.change_running(job_id, state)

    async def _renew(self, job: Job, error: AppError) -> None:
        """The hub has other files now: have those fetched, once. Raises `error` where it does not, AppErrors."""
        fresh = await self._renewed(job)
        if job.id not in self._store:
            return
        if job.renewed or fresh.files == job.files:
            raise error
        logger.info("%s was changed on the hub: its new files are fetched", job.repository)
        same = {file.target for file in fresh.files} & {file.target for file in job.files if file in fresh.files}
        await asyncio.to_thread(discard, job, self._blocks, keep=frozenset(same))
        self._store.renew(job.id, fresh)


def _sentences(*texts: str) -> str:
    return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in texts if text)
