"""`studiolo downloads`: what is being downloaded, waits, failed or is complete."""

from rich.text import Text

from studiolo.api.downloads import DownloadInfo
from studiolo.cli.command import as_command
from studiolo.cli.jobs import seconds_left
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import one_line, print_json, print_table, say, size
from studiolo.cli.session import ClientSession
from studiolo.client.downloads import DownloadsApi

_WAITS = ("paused", "no_space", "waiting", "offline")
_STYLES = {"completed": "green", "failed": "red"} | dict.fromkeys(_WAITS, "yellow")


@as_command
def command(host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """List the downloads, in the order of the queue."""
    with ClientSession(host, token, start=True) as session:
        listed = session.run(DownloadsApi(session.client).all())
    if as_json:
        print_json([job.model_dump(mode="json") for job in listed.jobs])
        return
    if not listed.jobs:
        say("No downloads. `studiolo get` finds models.")
        return
    print_table(["JOB", "MODEL", "QUANT", "SIZE", "DONE", "SPEED", "LEFT", "STATE"], [_row(job) for job in listed.jobs])
    for job in listed.jobs:
        if job.message or job.remark:
            say(one_line(f"{job.job_id}: {' '.join(filter(None, (job.remark, job.message, job.hint)))}"))


def _row(job: DownloadInfo) -> list[str | Text]:
    total, done = job.total_size_bytes or 0, job.downloaded_bytes or 0
    speed = f"{size(int(job.bytes_per_second))}/s" if job.bytes_per_second else ""
    percent = f"{done * 100 // total} %" if total else ""
    state = Text(job.state.replace("_", " "), style=_STYLES.get(job.state, ""))
    return [job.job_id or "", job.model, job.quantization or "", size(total), percent, speed, seconds_left(job), state]
