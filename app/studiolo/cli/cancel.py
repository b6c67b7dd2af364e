"""`studiolo cancel`: forget a download."""

from typing import Annotated

import typer

from studiolo.cli.command import as_command
from studiolo.cli.jobs import Everything, Which, change_jobs
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.session import ClientSession

_UNFINISHED = ("queued", "downloading", "waiting", "verifying", "no_space", "offline", "paused", "failed")


@as_command
def command(
    which: Which = None,
    everything: Everything = False,
    finished: Annotated[bool, typer.Option("--finished", help="Take those that are complete off the list.")] = False,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Cancel downloads. What came of them is deleted; a model that is complete stays."""
    with ClientSession(host, token, start=True) as session:
        change_jobs(
            session,
            which or [],
            ("completed",) if finished else _UNFINISHED,
            lambda downloads, job: downloads.cancel(job),
            everything=everything or finished,
            verb="Forgot" if finished else "Cancelled",
            as_json=as_json,
        )
