"""`studiolo pause`: stop a download until it is resumed."""

from studiolo.cli.command import as_command
from studiolo.cli.jobs import Everything, Which, change_jobs
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.session import ClientSession

_STATES = ("queued", "downloading", "waiting", "verifying", "no_space", "offline")


@as_command
def command(
    which: Which = None, everything: Everything = False, host: Host = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Pause downloads. What came is kept."""
    with ClientSession(host, token, start=True) as session:
        change_jobs(
            session,
            which or [],
            _STATES,
            lambda downloads, job: downloads.pause(job),
            everything=everything,
            verb="Paused",
            as_json=as_json,
        )
