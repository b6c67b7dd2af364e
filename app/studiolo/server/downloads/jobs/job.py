"""Download jobs, and the states that they may be in."""

import secrets
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from studiolo.errors import RequestError

State = Literal["queued", "downloading", "waiting", "verifying", "no_space", "offline", "paused", "completed", "failed"]
"""waiting: for the network or the hub; no_space: for room on the disk; offline: nothing may leave this machine now;
paused: somebody said so."""

TRANSITIONS: dict[State, frozenset[State]] = {
    "queued": frozenset({"downloading", "no_space", "offline", "paused", "failed"}),
    "downloading": frozenset(
        {"queued", "waiting", "verifying", "no_space", "offline", "paused", "failed", "completed"}
    ),
    "waiting": frozenset({"queued", "downloading", "no_space", "offline", "paused", "failed"}),
    "verifying": frozenset({"queued", "downloading", "no_space", "offline", "paused", "failed", "completed"}),
    "no_space": frozenset({"queued", "offline", "paused", "failed"}),
    "offline": frozenset({"queued", "paused", "failed"}),
    "paused": frozenset({"queued"}),
    "failed": frozenset({"queued"}),
    "completed": frozenset(),
}
"""Which state may follow which: the only table of it."""

JobKind = Literal["model", "runtime"]
"""runtime: files of a release, which are unpacked in the end and make a runtime of the server."""

_UNPACKED = 3
"""What is unpacked takes about so many times what is downloaded: llama.cpp's releases take two to two and a half."""

RUNNING: frozenset[State] = frozenset({"downloading", "waiting", "verifying"})
UNFINISHED: frozenset[State] = frozenset(TRANSITIONS) - {"completed", "failed"}
TRANSIENT: frozenset[State] = RUNNING | {"no_space", "offline"}
"""What a restart makes "queued" of, and what is journaled as that."""


@dataclass(frozen=True)
class JobFile:
    """A file of a job. `path`: in the repository; `target`: where it goes; `size`: bytes; `sha256`: in hex.

    `url`: its address, of what is in no repository.
    """

    path: str
    target: str
    size: int
    sha256: str | None = None
    url: str = ""


@dataclass(frozen=True)
class Job:
    """A model or a runtime that is, was or will be downloaded. Times are seconds since the epoch.

    Attributes:
        note: What was decided for the person who asked.
        preexisting: The targets that were there before.
        page: Where the model is described.
        renewed: Whether the hub changed its files since.
        position: Its place in the queue; lower ones come first.
        problem: Why it failed or waits.
        hint: What the person can do about that.
        entry: Of a runtime: what the list of runtimes says of it, as JSON.
    """

    model: str
    repository: str
    revision: str
    quantization: str | None
    files: tuple[JobFile, ...]
    note: str = ""
    preexisting: tuple[str, ...] = ()
    page: str = ""
    renewed: bool = False
    id: str = field(default_factory=lambda: f"job_{secrets.token_hex(5)}")
    state: State = "queued"
    position: float = 0.0
    started: float = field(default_factory=time.time)
    completed: float | None = None
    problem: str = ""
    hint: str = ""
    kind: JobKind = "model"
    entry: str = ""

    @property
    def total_bytes(self) -> int:
        """Return the size of all files together, in bytes."""
        return sum(file.size for file in self.files)

    @property
    def unpacked_bytes(self) -> int:
        """Return what the end of the job takes on the disk beside its files, in bytes; about."""
        return _UNPACKED * self.total_bytes if self.kind == "runtime" else 0

    @property
    def targets(self) -> frozenset[str]:
        """Return the paths at which the job's files are to be."""
        return frozenset(file.target for file in self.files)

    @property
    def folder(self) -> Path:
        """Return the folder of the first file."""
        return Path(self.files[0].target).parent

    def with_state(self, state: State, *, problem: str = "", hint: str = "") -> "Job":
        """Return this job in another state. Raises RequestError where TRANSITIONS does not allow it."""
        if state != self.state and state not in TRANSITIONS[self.state]:
            raise RequestError(
                f"A download that is {self.state.replace('_', ' ')} can't become {state}.",
                param="job_id",
                code="invalid_value",
            )
        completed = time.time() if state == "completed" else None
        return replace(self, state=state, problem=problem, hint=hint, completed=completed)

    def journaled(self) -> "Job":
        """Return what is kept of this job: how it shall go on after a restart."""
        return replace(self, state="queued", problem="", hint="") if self.state in TRANSIENT else self
