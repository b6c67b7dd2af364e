"""`studiolo log`: what the server is asked, and how it goes."""

import json
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text

from studiolo.api.server import RequestEntry
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import one_line, printable, say
from studiolo.cli.session import ClientSession
from studiolo.client.server import ServerApi

_app = typer.Typer(add_completion=False)

Source = Literal["server", "model"]
_Which = Annotated[
    Source,
    typer.Option("--source", help="server: every request, a line each. model: what models are asked and answer."),
]


@_app.callback(invoke_without_command=True)
def entries(
    context: typer.Context,
    source: _Which = "server",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="So many of the last requests.")] = 50,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Print the last requests."""
    if context.invoked_subcommand:
        return
    with ClientSession(host, token) as session:
        found = session.run(ServerApi(session.client).log())
    for entry in found[-limit:]:
        _print(entry, source, as_json=as_json)


@_app.command()
def stream(
    context: typer.Context,
    source: _Which = "server",
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Follow the requests as they end, until Ctrl+C. With --json also as they begin: one object a line."""
    source, host, token, as_json = (_given(context, name) for name in ("source", "host", "token", "as_json"))
    with ClientSession(host, token) as session:
        server = ServerApi(session.client)
        if source == "model" and not as_json and not session.run(server.settings()).log_bodies:
            say("Texts are not logged: `studiolo server settings log_bodies on` changes that.")
        session.run(_follow(server, source, as_json=as_json))


def _given(context: typer.Context, name: str) -> Any:
    """Return an option that stands behind `stream` or, if none does, before it."""
    source = context.get_parameter_source(name)
    behind = source is not None and source.name == "COMMANDLINE"
    return (context if behind else context.parent or context).params[name]


async def _follow(server: ServerApi, source: Source, *, as_json: bool) -> None:
    async with aclosing(server.follow_log()) as entries:
        async for entry in entries:
            if as_json or entry.status is not None:
                _print(entry, source, as_json=as_json)


def _print(entry: RequestEntry, source: Source, *, as_json: bool) -> None:
    if source == "model" and entry.model is None:
        return
    if as_json:
        print(json.dumps(entry.model_dump(mode="json")), flush=True)
        return
    # Long lines stay whole: they are read by grep as often as by people.
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.print(_line(entry))
    if source == "model":
        for name, text in (("asked", _pretty(entry.body)), ("answered", entry.reply)):
            if text:
                console.print(Text(f"{name}: ", style="bold") + Text(printable(text)))


def _line(entry: RequestEntry) -> Text:
    time = datetime.fromisoformat(entry.time).astimezone().strftime("%H:%M:%S") if entry.time else "--:--:--"
    style = "dim" if entry.status is None else "green" if entry.status < 400 else "red"
    line = Text(f"{time} {entry.method} {one_line(entry.route)} ")
    line.append(f"{entry.status or '…'}", style=style)
    for fact in _facts(entry):
        line.append(f"  {one_line(fact)}", style="dim")
    if entry.error:
        line.append(f"  {one_line(entry.error)}", style="red")
    return line


def _facts(entry: RequestEntry) -> list[str]:
    facts = [entry.model or ""]
    if entry.input_tokens is not None:
        cached = f" ({entry.cached_tokens} cached)" if entry.cached_tokens else ""
        facts.append(f"{entry.input_tokens}{cached} → {entry.output_tokens or 0} tokens")
    if entry.tokens_per_second is not None:
        facts.append(f"{entry.tokens_per_second:.1f} tok/s")
    if entry.time_to_first_token_seconds is not None:
        facts.append(f"first token {entry.time_to_first_token_seconds:.2f} s")
    if entry.queue_position:
        facts.append(f"was {entry.queue_position}. in the queue")
    if entry.token_name:
        facts.append(f"token {entry.token_name}")
    if entry.seconds is not None:
        facts.append(f"{entry.seconds:.2f} s")
    return [fact for fact in facts if fact]


def _pretty(body: Any) -> str | None:
    return body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False)


command = typer.main.get_command(_app)
command.help = "See what the server is asked, and how it goes."
