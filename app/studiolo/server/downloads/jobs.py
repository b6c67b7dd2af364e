"""Download jobs: their states, and the journal that survives whatever happens to the server."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from studiolo.errors import NotFoundError, RequestError, StorageError

State = Literal["queued", "downloading", "waiting", "verifying", "no_space", "paused", "completed", "failed"]
"""waiting: for the network or the hub; no_space: for room on the disk; paused: somebody said so."""

CHANGES: dict[State, frozenset[State]] = {
    "queued": frozenset({"downloading", "no_space", "paused", "failed"}),
    "downloading": frozenset({"queued", "waiting", "verifying", "no_space", "paused", "failed", "completed"}),
    "waiting": frozenset({"queued", "downloading", "no_space", "paused", "failed"}),
    "verifying": frozenset({"queued", "downloading", "no_space", "paused", "failed", "completed"}),
    "no_space": frozenset({"queued", "paused", "failed"}),
    "paused": frozenset({"queued"}),
    "failed": frozenset({"queued"}),
    "completed": frozenset(),
}
"""Which state may follow which: the only table of it."""

RUNNING: frozenset[State] = frozenset({"downloading", "waiting", "verifying"})
UNFINISHED: frozenset[State] = frozenset(CHANGES) - {"completed", "failed"}

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY,
    place REAL NOT NULL,
    state TEXT NOT NULL,
    record TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class JobFile:
    """A file of a job. `path`: in the repository; `target`: where it goes; `size`: bytes; `sha256`: in hex."""

    path: str
    target: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True)
class Job:
    """A model that is, was or will be downloaded. Times are seconds since the epoch; `remark` is for the person.

    `place` is its place in the queue: lower ones come first. `problem` and `hint`: why it failed or waits.
    """

    model: str
    repository: str
    revision: str
    quantization: str | None
    files: tuple[JobFile, ...]
    remark: str = ""
    id: str = field(default_factory=lambda: f"job_{secrets.token_hex(5)}")
    state: State = "queued"
    place: float = 0.0
    started: float = field(default_factory=time.time)
    completed: float | None = None
    problem: str = ""
    hint: str = ""

    @property
    def total_bytes(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def targets(self) -> frozenset[str]:
        return frozenset(file.target for file in self.files)


class JobStore:
    """The journal of jobs. What a method returned is on the disk. Safe from any thread.

    Raises StorageError for a disk that fails, NotFoundError for a job that isn't there.
    """

    def __init__(self, file: Path) -> None:
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        with _storage(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
            self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _SCHEMA)
            rows = self._connection.execute("SELECT record, place, state FROM jobs").fetchall()
        for record, place, state in rows:
            job = replace(_from_record(record), place=place, state=state)
            self._jobs[job.id] = job
        self._file = file

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def all(self) -> list[Job]:
        """In the order of the queue."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: job.place)

    def get(self, job_id: str) -> Job:
        with self._lock:
            if job_id not in self._jobs:
                raise NotFoundError(f"No download job '{job_id}' is known.", what="job", param="job_id")
            return self._jobs[job_id]

    def add(self, job: Job) -> Job:
        """Journal a job at the end of the queue; the one that already fetches one of its files is given instead."""
        with self._lock:
            for other in self._jobs.values():
                if other.state in UNFINISHED and other.targets & job.targets:
                    return other
            place = max((other.place for other in self._jobs.values()), default=0.0) + 1
            return self._write(replace(job, place=place))

    def change(self, job_id: str, state: State, *, problem: str = "", hint: str = "") -> Job:
        """Take a job to another state. Raises RequestError where CHANGES does not allow it."""
        with self._lock:
            job = self.get(job_id)
            if state == job.state:
                return self._write(replace(job, problem=problem, hint=hint))
            if state not in CHANGES[job.state]:
                raise RequestError(
                    f"A download that is {job.state} can't become {state}.", param="job_id", code="invalid_value"
                )
            completed = time.time() if state == "completed" else None
            return self._write(replace(job, state=state, problem=problem, hint=hint, completed=completed))

    def recover(self) -> None:
        """After a start: what was under way is queued again, in its old place."""
        with self._lock:
            for job in list(self._jobs.values()):
                if job.state in RUNNING | {"no_space"}:
                    self.change(job.id, "queued")

    def move(self, job_id: str, before: str | None) -> None:
        """Put a job before another in the queue, or, for None, at its end."""
        with self._lock:
            job = self.get(job_id)
            if before == job_id:
                return
            order = [other for other in self.all() if other.id != job_id]
            order.insert(len(order) if before is None else order.index(self.get(before)), job)
            places = [(float(number), entry.id) for number, entry in enumerate(order, 1)]
            with _storage(self._file), self._connection:
                self._connection.execute("BEGIN")
                self._connection.executemany("UPDATE jobs SET place = ? WHERE id = ?", places)
            for place, name in places:
                self._jobs[name] = replace(self._jobs[name], place=place)

    def remove(self, job_id: str) -> None:
        with self._lock:
            self.get(job_id)
            with _storage(self._file):
                self._connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
            del self._jobs[job_id]

    def _write(self, job: Job) -> Job:
        row = (job.id, job.place, job.state, _to_record(job))
        with _storage(self._file):
            self._connection.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?)", row)
        self._jobs[job.id] = job
        return job


@contextmanager
def _storage(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StorageError("The list of downloads can't be written.", hint=f"{file}: {error}.") from error


def _to_record(job: Job) -> str:
    data = {name: value for name, value in vars(job).items() if name not in ("place", "state")}
    return json.dumps(data | {"files": [vars(file) for file in job.files]})


def _from_record(record: str) -> Job:
    data = json.loads(record)
    return Job(**data | {"files": tuple(JobFile(**file) for file in data["files"])})
