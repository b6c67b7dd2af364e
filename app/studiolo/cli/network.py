"""`studiolo network`: what a server connects to, and whether it reaches the hub."""

import json
from contextlib import aclosing
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from studiolo.api.network import ConnectionEntry, NetworkHop
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import one_line, print_json, print_table, say, size
from studiolo.cli.session import ClientSession
from studiolo.client.network import NetworkApi
from studiolo.errors import NotFoundError, UnsupportedError

_app = typer.Typer(no_args_is_help=True, add_completion=False)

_STEPS = {
    "offline": "Offline by choice",
    "proxy": "Proxy {}",
    "dns": "Look up {}",
    "tcp": "Connect to {}",
    "proxy_tunnel": "Ask the proxy {}",
    "tls": "Encrypt to {}",
    "http": "Ask {}",
    "redirect": "Files are at {}",
}
_EXIT_FAILED = 1


@_app.command(name="test")
def walk_way(host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """Go to the hub step by step, from the server's machine, and name the step that fails."""
    with ClientSession(host, token, start=True) as session:
        failed = session.run(_walk(NetworkApi(session.client), as_json=as_json))
    if failed:
        raise typer.Exit(_EXIT_FAILED)
    if not as_json:
        say("The hub can be reached.")


@_app.command()
def connections(
    clear: Annotated[bool, typer.Option("--clear", help="Forget those that ended.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="So many of the last ones.")] = 50,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List what the server connected to, newest first: when, where to, why, and how much."""
    with ClientSession(host, token) as session:
        api = NetworkApi(session.client)
        try:
            if clear:
                session.run(api.clear_connections())
                return
            found = session.run(api.connections())[:limit]
        except NotFoundError as error:
            raise _unknown() from error
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in found])
    elif found:
        print_table(["TIME", "HOST", "WHY", "SENT", "RECEIVED", "RESULT"], [_row(entry) for entry in found])
    else:
        say("The server connected to nothing yet.")


async def _walk(api: NetworkApi, *, as_json: bool) -> bool:
    """Print the hops as they end; return whether one failed."""
    failed = False
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    try:
        async with aclosing(api.test()) as hops:
            async for hop in hops:
                if hop.state == "running":
                    continue
                failed = failed or hop.state == "failed"
                if as_json:
                    print(json.dumps(hop.model_dump(mode="json")), flush=True)
                else:
                    console.print(_line(hop))
    except NotFoundError as error:
        raise _unknown() from error
    return failed


def _line(hop: NetworkHop) -> Text:
    word, style = ("failed", "red") if hop.state == "failed" else ("passed", "green")
    line = Text(f"{word:7}", style=style)
    line.append(f" {one_line(_STEPS.get(hop.kind, hop.kind).format(hop.target))}", style="default")
    if hop.seconds is not None:
        line.append(f"  {hop.seconds:.2f} s", style="dim")
    for told in (hop.detail, hop.hint) if hop.state == "failed" else ():
        if told:
            line.append(f"\n        {one_line(told)}", style="default")
    return line


def _row(entry: ConnectionEntry) -> list[str | Text]:
    time = datetime.fromisoformat(entry.time).astimezone().strftime("%Y-%m-%d %H:%M:%S") if entry.time else ""
    why = f"{entry.purpose} {entry.subject}".strip().replace("_", " ")
    where = f"{entry.host}:{entry.port}" + (f" via {entry.via}" if entry.via else "")
    style = {"failed": "red", "blocked": "yellow"}.get(entry.result, "")
    result = Text(entry.result, style=style)
    if entry.error:
        result.append(f" ({one_line(entry.error)})")
    return [time, one_line(where), one_line(why), size(entry.sent_bytes), size(entry.received_bytes), result]


def _unknown() -> UnsupportedError:
    return UnsupportedError(
        "This server does not tell of its connections.", hint="Studiolo does, in a version of today."
    )


command = typer.main.get_command(_app)
command.help = "See what a server connects to, and test its way to the hub."
