"""`studiolo resume`: go on with a download."""

from studiolo.cli.command import as_command
from studiolo.cli.jobs import Everything, Which, change_jobs
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.session import ClientSession


@as_command
def command(
    which: Which = None, everything: Everything = False, host: Host = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Go on with paused and failed downloads."""
    with ClientSession(host, token, start=True) as session:
        change_jobs(
            session,
            which or [],
            ("paused", "failed"),
            lambda downloads, job: downloads.resume(job),
            everything=everything,
            verb="Resumed",
            as_json=as_json,
        )
