"""A download that somebody waits for."""

import asyncio
from contextlib import aclosing

from rich.prompt import Prompt

from studiolo.api.downloads import DownloadInfo
from studiolo.cli.output import errors_console, one_line, say
from studiolo.cli.session import ClientSession
from studiolo.cli.transfer_bar import TransferBar
from studiolo.client.downloads import DownloadsApi
from studiolo.errors import AppError, NotFoundError

_POLL_SECONDS = 1.0


def fetch(session: ClientSession, downloads: DownloadsApi, job: DownloadInfo, *, ask: bool) -> DownloadInfo:
    """Return the job at its end, or as it was when Ctrl+C ended the waiting. Raises AppError for one that failed.

    ask: whether to ask then what shall become of the download; else it goes on.
    """
    name = job.job_id or ""
    while True:
        try:
            with TransferBar() as bar:
                job = session.run(_until_over(downloads, job, bar))
        except KeyboardInterrupt:
            if not _goes_on(session, downloads, name, ask=ask):
                raise
            continue
        if job.status == "failed":
            raise AppError(job.message or "The download failed.", hint=job.hint or "Try `studiolo resume`.")
        return job


def _goes_on(session: ClientSession, downloads: DownloadsApi, job_id: str, *, ask: bool) -> bool:
    """Return whether to wait on after Ctrl+C."""
    answer = "l"
    if ask:
        try:
            answer = Prompt.ask(
                "Leave it running, pause it, cancel it, or wait on?",
                console=errors_console(),
                choices=["l", "p", "c", "w"],
                default="l",
            )
        except (KeyboardInterrupt, EOFError):
            answer = "l"
    if answer == "w":
        return True
    if answer == "p":
        session.run(downloads.pause(job_id))
        say(f"Paused. `studiolo resume {job_id}` goes on.")
    elif answer == "c":
        session.run(downloads.cancel(job_id))
        say("Cancelled.")
    else:
        say("The server goes on with it. See `studiolo downloads`.")
    return False


async def _until_over(downloads: DownloadsApi, job: DownloadInfo, bar: TransferBar) -> DownloadInfo:
    bar.show(job)
    told = ""
    try:
        async with aclosing(downloads.follow()) as events:
            async for event in events:
                jobs = event.list.jobs if event.list else [event.job] if event.job else []
                for current in jobs:
                    if current.job_id != job.job_id:
                        continue
                    job = current
                    bar.show(job)
                    if _is_over(job):
                        return job
                    if job.state in ("no_space", "offline") and job.message != told:
                        told = job.message
                        say(one_line(f"{job.message} {job.hint}"))
                if event.job_id == job.job_id:
                    raise AppError("The download was cancelled.")
    except NotFoundError as error:
        if error.what != "endpoint":
            raise
    return await _poll(downloads, job, bar)


async def _poll(downloads: DownloadsApi, job: DownloadInfo, bar: TransferBar) -> DownloadInfo:
    """For a server that speaks the documented API alone."""
    while not _is_over(job):
        await asyncio.sleep(_POLL_SECONDS)
        model = job.model
        job = await downloads.status(job.job_id or "")
        job.model = job.model or model
        bar.show(job)
    return job


def _is_over(job: DownloadInfo) -> bool:
    return job.status in ("completed", "failed") or job.state == "paused"
