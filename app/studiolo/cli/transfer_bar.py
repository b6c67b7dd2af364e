"""A download as a bar on stderr; silent where stderr is no terminal."""

import sys
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from studiolo.api.downloads import DownloadInfo
from studiolo.cli.jobs import seconds_left
from studiolo.cli.output import errors_console, one_line, size


class TransferBar:
    """Shows one job until it is left."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        if sys.stderr is not None and sys.stderr.isatty():
            self._progress = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=30),
                DownloadColumn(),
                TextColumn("{task.fields[state]}", markup=False),
                console=errors_console(),
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._task = self._progress.add_task("", total=None, state="")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.stop()

    def show(self, job: DownloadInfo) -> None:
        """Show the job as it is now."""
        if self._progress:
            self._progress.update(
                self._task,
                description=one_line(job.model or "Downloading"),
                completed=job.downloaded_bytes or 0,
                total=job.total_size_bytes,
                state=one_line(_state(job)),
            )
            self._progress.start()


def _state(job: DownloadInfo) -> str:
    if job.state == "downloading" or (job.status == "downloading" and not job.state):
        left = seconds_left(job)
        return f"{size(int(job.bytes_per_second or 0))}/s" + (f", {left} left" if left else "")
    return job.message or job.state.replace("_", " ")
