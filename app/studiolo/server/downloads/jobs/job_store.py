"""All jobs as they are just now, what of them is journaled, and who is told of their changes."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace

from studiolo.api.downloads import DownloadEvent, DownloadInfo, DownloadList
from studiolo.errors import NotFoundError, StorageError
from studiolo.server.downloads.jobs.job import RUNNING, TRANSITIONS, UNFINISHED, Job, State
from studiolo.server.downloads.jobs.journal import JobJournal

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class _Follower:
    """The jobs that it has not been told of since they changed; several changes are one."""

    changed: dict[str, None] = field(default_factory=dict)
    event: asyncio.Event = field(default_factory=asyncio.Event)


class JobStore:
    """For the event loop's thread. Only what a restart must know is journaled, by `save`, in a thread.

    A disk that can't be written stops nothing: what could not be saved is saved later. `described` makes what followers
    are told of a job.
    """

    def __init__(self, journal: JobJournal, described: Callable[[Job], DownloadInfo]) -> None:
        self._journal = journal
        self._described = described
        self._jobs: dict[str, Job] = {}
        self._journaled: dict[str, Job] = {}
        self._saving = asyncio.Lock()
        self._followers: set[_Follower] = set()
        self.loaded = False
        self._complained = False

    async def load(self) -> None:
        """Read the journal, if that was not done yet. Raises StorageError."""
        if self.loaded:
            return
        found = await asyncio.to_thread(self._journal.load)
        self.loaded = True
        for job in found:
            self._journaled[job.id] = job
            self._jobs.setdefault(job.id, job)
            self.mark_changed(job.id)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._jobs

    def all(self) -> list[Job]:
        """Return all jobs, in the order of the queue."""
        return sorted(self._jobs.values(), key=lambda job: job.position)

    def unfinished(self) -> list[Job]:
        """Return the jobs that are neither completed nor failed, in the order of the queue."""
        return [job for job in self.all() if job.state in UNFINISHED]

    def get(self, job_id: str) -> Job:
        """Return a job by its id. Raises NotFoundError."""
        job = self._jobs.get(job_id)
        if job is None:
            raise NotFoundError(f"No download job '{job_id[:40]}' is known.", what="job", param="job_id")
        return job

    def upsert(self, job: Job) -> Job:
        """Have a job as it is now, a new one or a changed one."""
        if self._jobs.get(job.id) != job:
            self._jobs[job.id] = job
            self.mark_changed(job.id)
        return job

    async def add(self, job: Job, *, instead_of: Iterable[Job] = ()) -> Job:
        """Put a new job at the end of the queue, once it is journaled. Raises StorageError."""
        async with self._saving:
            await self.load()
            job = replace(job, position=max((other.position for other in self._jobs.values()), default=0.0) + 1)
            await asyncio.to_thread(self._journal.save, [job])
            self._journaled[job.id] = job
        for former in instead_of:
            self.remove(former.id)
        return self.upsert(job)

    def change(self, job_id: str, state: State, *, problem: str = "", hint: str = "") -> Job:
        """Let a job be in another state. Raises NotFoundError, and RequestError for a change that is not allowed."""
        return self.upsert(self.get(job_id).with_state(state, problem=problem, hint=hint))

    def change_running(self, job_id: str, state: State, *, problem: str = "", hint: str = "") -> None:
        """Change a job that runs.

        It is looked at now and then, so it may have been in another state in between.
        """
        now = self.get(job_id).state
        if state != now and state not in TRANSITIONS[now]:
            self.change(job_id, "downloading")
        self.change(job_id, state, problem=problem, hint=hint)

    def renew(self, job_id: str, fresh: Job) -> None:
        """Let a job fetch the files that the hub has now, which `fresh` names; it says so."""
        now = self.get(job_id)
        note = f"{now.note} It was changed on the hub meanwhile, so its new files were fetched.".strip()
        self.upsert(replace(now, files=fresh.files, revision=fresh.revision, renewed=True, note=note))
        if now.state in RUNNING:
            self.change(job_id, "queued")

    def remove(self, job_id: str) -> None:
        """Remove a job, and tell followers so; an id that is not known is ignored."""
        if self._jobs.pop(job_id, None):
            self.mark_changed(job_id)

    def move(self, job_id: str, before: str | None) -> None:
        """Put a job before another, or, for None, at the end. Raises NotFoundError."""
        job = self.get(job_id)
        if before == job_id:
            return
        order = [other for other in self.all() if other.id != job_id]
        order.insert(len(order) if before is None else order.index(self.get(before)), job)
        for number, entry in enumerate(order, 1):
            self.upsert(replace(entry, position=float(number)))

    @property
    def saved(self) -> bool:
        """Return whether the journal has everything."""
        return self.loaded and self._wanted() == self._journaled

    async def save(self) -> None:
        """Journal what changed. Raises StorageError; then it is still to be done."""
        async with self._saving:
            await self.load()
            wanted = self._wanted()
            changed = [job for name, job in wanted.items() if self._journaled.get(name) != job]
            gone = [name for name in self._journaled if name not in wanted]
            if changed:
                await asyncio.to_thread(self._journal.save, changed)
                self._journaled |= {job.id: job for job in changed}
            if gone:
                await asyncio.to_thread(self._journal.remove, gone)
                for name in gone:
                    del self._journaled[name]
            self._complained = False

    async def save_if_possible(self) -> None:
        """Save a job; where the disk does not let it, only the log says so."""
        try:
            await self.save()
        except StorageError as error:
            if not self._complained:
                logger.warning("%s %s", error.message, error.details)
            self._complained = True

    def mark_changed(self, job_id: str) -> None:
        """Let followers be told of this job."""
        for follower in self._followers:
            follower.changed[job_id] = None
            follower.event.set()

    async def follow(
        self, overview: Callable[[], Awaitable[DownloadList]], free: Callable[[], int | None]
    ) -> AsyncGenerator[DownloadEvent, None]:
        """Yield all jobs, and then each that changes. Somebody who is slow gets fewer events, and the last in any case.

        free: what was free on the disk when it was looked at last.
        """
        follower = _Follower()
        self._followers.add(follower)
        try:
            yield DownloadEvent(type="downloads.list", list=await overview())
            while True:
                await follower.event.wait()
                follower.event.clear()
                changed, follower.changed = follower.changed, {}
                for job_id in changed:
                    if job := self._jobs.get(job_id):
                        job_info = self._described(job)
                        yield DownloadEvent(type="downloads.job", job=job_info, disk_free_bytes=free())
                    else:
                        yield DownloadEvent(type="downloads.removed", job_id=job_id)
        finally:
            self._followers.discard(follower)

    def _wanted(self) -> dict[str, Job]:
        return {name: job.journaled() for name, job in self._jobs.items()}
