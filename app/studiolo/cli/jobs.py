"""Download jobs, as the commands name and show them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from studiolo.api.downloads import DownloadInfo
from studiolo.cli.output import one_line, print_json, say
from studiolo.cli.session import ClientSession
from studiolo.client.downloads import DownloadsApi
from studiolo.errors import NotFoundError, RequestError

Which = Annotated[
    list[str] | None,
    typer.Argument(metavar="[JOB]...", help="Ids as `studiolo downloads` shows them, or names of models."),
]
Everything = Annotated[bool, typer.Option("--all", help="Every job that this makes sense for.")]


def change_jobs(
    session: ClientSession,
    which: Sequence[str],
    states: Sequence[str],
    change: Callable[[DownloadsApi, str], Awaitable[object]],
    *,
    everything: bool,
    verb: str,
    as_json: bool,
) -> None:
    """Do something with the jobs that are named, or with all in one of `states`; `verb` is its past tense."""
    if everything == bool(which):
        raise typer.BadParameter("Name a job, or use --all.")
    downloads = DownloadsApi(session.client)
    jobs = session.run(downloads.all()).jobs
    chosen = [job for job in jobs if job.state in states] if everything else [find_job(jobs, name) for name in which]
    for job in chosen:
        session.run(_done(change(downloads, job.job_id or "")))
    if as_json:
        print_json([job.job_id for job in chosen])
    for job in chosen if not as_json else ():
        print(one_line(f"{verb} {job.model} ({job.job_id})."))
    if not chosen and not as_json:
        say("There is no such download.")


def find_job(jobs: Sequence[DownloadInfo], name: str) -> DownloadInfo:
    """Return the job with this id, or the only one whose model has `name` in it. Raises NotFoundError, RequestError."""
    wanted = name.lower()
    found = [job for job in jobs if job.job_id == wanted] or [job for job in jobs if wanted in job.model.lower()]
    if len(found) > 1:
        found = [job for job in found if job.state not in ("completed", "failed")] or found
    if not found:
        raise NotFoundError(f"No download '{name}' is known.", what="job", hint="`studiolo downloads` lists them.")
    if len(found) > 1:
        ids = ", ".join(job.job_id or "" for job in found)
        raise RequestError(f"'{name}' could be several downloads.", hint=f"Name its id: {ids}.")
    return found[0]


def seconds_left(job: DownloadInfo) -> str:
    """Return how long a job takes yet, as "1:05:09" or "12:30"; empty where nobody knows."""
    if not job.estimated_completion:
        return ""
    try:
        end = datetime.fromisoformat(job.estimated_completion)
    except ValueError:
        return ""
    left = max(0, round((end.astimezone(UTC) - datetime.now(UTC)).total_seconds()))
    hours, minutes, seconds = left // 3600, left // 60 % 60, left % 60
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


async def _done(work: Awaitable[object]) -> None:
    await work
