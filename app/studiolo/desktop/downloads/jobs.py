"""A download as the window sees it: a job of some server, with its arithmetic. No widgets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from studiolo.api.downloads import DownloadInfo
from studiolo.desktop.widgets.formatting import seconds_until

Group = Literal["running", "waiting", "paused", "done", "failed"]
JobKey = tuple[str, str]
"""The server's address and the job's id."""

_GROUPS: dict[str, Group] = {
    "downloading": "running",
    "verifying": "running",
    "waiting": "waiting",
    "queued": "waiting",
    "no_space": "waiting",
    "offline": "waiting",
    "away": "waiting",
    "paused": "paused",
    "completed": "done",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class Download:
    """One job. Sizes are bytes; `place` is its place in its server's list; `steerable`: its server takes orders.

    `kind` is model or runtime: with a build of llama.cpp nobody chats.

    `state` is as in DownloadInfo, or "away" while its server does not answer; `until`: seconds since the epoch when it
    should be done, as the server reckons.
    """

    server: str
    server_name: str
    id: str
    model: str
    quantization: str = ""
    state: str = "queued"
    total: int = 0
    received: int = 0
    speed: float = 0.0
    until: float | None = None
    message: str = ""
    hint: str = ""
    folder: str = ""
    path: str = ""
    url: str = ""
    place: float = 0.0
    steerable: bool = True
    kind: str = "model"

    @property
    def key(self) -> JobKey:
        """Return what tells the job from those of all servers."""
        return self.server, self.id

    @property
    def name(self) -> str:
        """Return the model and its quantization, as "qwen/qwen3-8b Q8_0"."""
        return f"{self.model} {self.quantization}".strip()

    @property
    def group(self) -> Group:
        """Return the group of states that the job's belongs to."""
        return _GROUPS.get(self.state, "waiting")

    @property
    def is_ready_model(self) -> bool:
        """Return whether it brought a model, which can be chatted with."""
        return self.group == "done" and self.kind == "model"

    @property
    def active(self) -> bool:
        """Return whether it goes on by itself."""
        return self.group in ("running", "waiting")

    @property
    def fraction(self) -> float:
        """Return the share that is there, from 0 to 1."""
        if self.state == "completed":
            return 1.0
        return min(1.0, self.received / self.total) if self.total else 0.0

    def seconds_left(self, now: float) -> float | None:
        """Return the seconds that are left; None where nobody knows. now: seconds since the epoch."""
        return max(0.0, self.until - now) if self.until is not None and self.state == "downloading" else None


@dataclass(frozen=True, slots=True)
class Totals:
    """Return figures of all downloads that are not over. Sizes are bytes; `seconds_left` where somebody knows it."""

    running: int = 0
    waiting: int = 0
    paused: int = 0
    received: int = 0
    total: int = 0
    speed: float = 0.0
    seconds_left: float | None = None

    @property
    def active(self) -> bool:
        """Return whether any job runs or waits."""
        return bool(self.running or self.waiting)

    @property
    def fraction(self) -> float:
        """Return how much of all jobs is there, from 0 to 1."""
        return min(1.0, self.received / self.total) if self.total else 0.0


def download_from(
    info: DownloadInfo, *, server: str, server_name: str, place: float, steerable: bool, before: Download | None = None
) -> Download:
    """Return a download from what its server tells.

    before: the same job as it was, which knows what a plain server does not repeat.
    """
    now = datetime.now(UTC)
    left = seconds_until(info.estimated_completion, now)
    state = info.state if steerable else info.status
    return Download(
        server=server,
        server_name=server_name,
        id=info.job_id or "",
        model=info.model or (before.model if before else ""),
        quantization=info.quantization or (before.quantization if before else ""),
        state="completed" if state == "already_downloaded" else state,
        total=info.total_size_bytes or (before.total if before else 0),
        received=info.downloaded_bytes or 0,
        speed=info.bytes_per_second or 0.0,
        until=now.timestamp() + left if left is not None else None,
        message=info.message,
        hint=info.hint,
        folder=info.folder,
        path=info.path,
        url=info.url or (before.url if before else ""),
        place=place,
        steerable=steerable,
        kind=info.kind,
    )


def totals_of(downloads: Iterable[Download]) -> Totals:
    """Return what is told of all downloads at once."""
    running = waiting = paused = received = total = 0
    speed = 0.0
    for one in downloads:
        if one.group in ("done", "failed"):
            continue
        running += one.group == "running"
        waiting += one.group == "waiting"
        paused += one.group == "paused"
        if one.group != "paused":
            received, total, speed = received + one.received, total + one.total, speed + one.speed
    left = (total - received) / speed if speed >= 1 and total > received else None
    return Totals(running, waiting, paused, received, total, speed, left)
