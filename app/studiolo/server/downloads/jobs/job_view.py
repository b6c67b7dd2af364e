"""A job as the API shows it."""

from datetime import UTC, datetime
from pathlib import Path

from studiolo.api.downloads import DownloadInfo
from studiolo.hub.belonging import is_model
from studiolo.server.downloads.jobs.job import Job, State
from studiolo.server.downloads.jobs.meter import Meter


def described(job: Job, received: int, meter: Meter | None) -> DownloadInfo:
    """Describe a job. received: bytes that are there. meter: of a job that runs."""
    left = meter.seconds_left(job.total_bytes - received) if meter and job.state == "downloading" else None
    now = datetime.now(UTC).timestamp()
    return DownloadInfo(
        status=_documented(job.state),
        job_id=job.id,
        total_size_bytes=job.total_bytes,
        downloaded_bytes=received,
        bytes_per_second=round(meter.bytes_per_second, 1) if meter else None,
        started_at=_iso(job.started),
        completed_at=_iso(job.completed) if job.completed else None,
        estimated_completion=_iso(now + left) if left is not None else None,
        kind=job.kind,
        model=job.model,
        state=job.state,
        quantization=job.quantization,
        message=job.problem,
        hint=job.hint,
        remark=job.note,
        folder=str(_place_of(job)),
        path=next((file.target for file in job.files if is_model(file.path)), ""),
        url=job.page,
        files=len(job.files),
        place=job.position,
    )


def _place_of(job: Job) -> Path:
    """The folder in the end: the archives of a runtime come to `.<id>.download`, and it goes to `<id>` beside that."""
    if job.kind == "model":
        return job.folder
    return job.folder.with_name(job.folder.stem.removeprefix("."))


def _documented(state: State) -> str:
    """Return the states of the documented API (spec section 4)."""
    if state in ("paused", "completed", "failed"):
        return state
    return "paused" if state in ("no_space", "offline") else "downloading"


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
