"""`studiolo upstream`: other servers whose models are used as if they ran here."""

import getpass
import sys
from contextlib import aclosing
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.text import Text

from studiolo.api.upstreams import UpstreamInfo, UpstreamModelInfo, UpstreamRequest
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import one_line, print_json, print_table, printable, say
from studiolo.cli.session import ClientSession
from studiolo.client.upstreams import UpstreamsApi
from studiolo.errors import NotFoundError, RequestError

_app = typer.Typer(no_args_is_help=True, add_completion=False)

_STATES = {"ready": Text("● ready", style="green"), "away": Text("away", style="red")}
_STEPS = {
    "server": "Asking for its models …",
    "chat": "{model}: a reply of one token …",
    "tools": "{model}: with a tool …",
    "images": "{model}: with a picture …",
    "embeddings": "{model}: embeddings …",
}

_Which = Annotated[str, typer.Argument(metavar="SERVER", help="Its name or id, as `studiolo upstream ls` shows it.")]


@_app.command("ls")
def list_upstreams(host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """List the other servers. None is asked anything by this."""
    with ClientSession(host, token, start=True) as session:
        found = session.run(UpstreamsApi(session.client).upstreams())
    if as_json:
        print_json([info.model_dump(mode="json") for info in found])
    elif found:
        print_table(["NAME", "STATE", "MODELS", "ENGINE", "ADDRESS"], [_row(info) for info in found])
        for info in found:
            if info.problem:
                say(one_line(f"{info.name}: {info.problem}"))
    else:
        say("No other servers yet. `studiolo upstream add` adds one.")


@_app.command()
def add(
    address: Annotated[str, typer.Argument(help="Where its API is: http://192.168.1.5:8000, https://box.example/llm.")],
    name: Annotated[str | None, typer.Option("--name", help="What its machine is called in the lists.")] = None,
    key: Annotated[
        bool,
        typer.Option("--key", help="It takes a key: asked for, or read from what is piped in; kept in the keyring."),
    ] = False,
    prefix: Annotated[str, typer.Option("--prefix", help="What the names of its models begin with here.")] = "",
    context: Annotated[
        int | None, typer.Option("--context", metavar="TOKENS", help="Where the server does not say it.")
    ] = None,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Add a server: its models are tried, with a token each, and listed with ours. One of the same name is replaced."""
    try:
        request = UpstreamRequest(
            address=address, name=name, prefix=prefix, key=_asked_key() if key else None, context_length=context
        )
    except ValidationError as error:
        # Not its own text: the key would be in it.
        field = str(error.errors()[0]["loc"][0])
        raise RequestError(
            f"'{field}' can't be used as it was given.", hint="See `studiolo upstream add --help`."
        ) from None
    with ClientSession(host, token, start=True) as session:
        if not as_json:
            say("Looking at it, which may take a minute where it has to load its models …")
        added = session.run(UpstreamsApi(session.client).add(request))
    if as_json:
        print_json(added.model_dump(mode="json"))
    else:
        print(one_line(f"Added {added.name}: {added.engine}."))
        _print_models(added)


@_app.command()
def check(which: _Which, host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """Look at a server again, and at what its models can do, which costs it a few tokens."""
    with ClientSession(host, token, start=True) as session:
        upstreams = UpstreamsApi(session.client)
        found = _find(session.run(upstreams.upstreams()), which)
        result = session.run(_watched(upstreams, found.id, quiet=as_json))
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        print(one_line(f"{result.name}: {result.engine} at {result.address}."))
        _print_models(result)


@_app.command("rm")
def remove(which: _Which, host: Host = None, token: Token = None) -> None:
    """Remove a server, and its key. What it answers just now ends."""
    with ClientSession(host, token, start=True) as session:
        upstreams = UpstreamsApi(session.client)
        found = _find(session.run(upstreams.upstreams()), which)
        session.run(upstreams.remove(found.id))
    print(one_line(f"Removed {found.name}."))


async def _watched(upstreams: UpstreamsApi, upstream_id: str, *, quiet: bool) -> UpstreamInfo:
    result = UpstreamInfo()
    async with aclosing(upstreams.check(upstream_id)) as events:
        async for event in events:
            if event.step in _STEPS and not quiet:
                say(one_line(_STEPS[event.step].format(model=event.model or "")))
            result = event.result or result
    return result


def _asked_key() -> str:
    """Return a key that is typed, or piped in: what stands on a command line is seen by every program."""
    if sys.stdin is not None and sys.stdin.isatty():
        given = getpass.getpass("Key: ", stream=sys.stderr)
    else:
        given = sys.stdin.readline(5000) if sys.stdin else ""
    if not given.strip():
        raise RequestError("No key was given.", hint="Type it when it is asked for, or pipe it in.")
    return given.strip()


def _find(upstreams: list[UpstreamInfo], which: str) -> UpstreamInfo:
    found = [info for info in upstreams if which == info.id or which.lower() == info.name.lower()]
    if not found:
        raise NotFoundError(
            f"No server '{which[:80]}' was added.", what="upstream", hint="`studiolo upstream ls` lists them."
        )
    return found[0]


def _row(info: UpstreamInfo) -> list[str | Text]:
    state = _STATES.get(info.state, Text("not asked yet", style="dim"))
    return [printable(info.name), state, str(len(info.models)), printable(info.engine), printable(info.address)]


def _print_models(info: UpstreamInfo) -> None:
    if info.models:
        print_table(["MODEL", "KIND", "CONTEXT", "TOOLS", "IMAGES"], [_model_row(model) for model in info.models])
    for note in info.notes:
        say(one_line(note))
    for model in info.models:
        for note in model.notes:
            say(one_line(f"{model.key}: {note}"))


def _model_row(model: UpstreamModelInfo) -> list[str | Text]:
    context = f"{model.context_length:,}" if model.context_length else "unknown"
    return [printable(model.key), model.kind, context, _told(model.tools), _told(model.vision)]


def _told(can: bool | None) -> str:
    return {True: "yes", False: "no", None: "unknown"}[can]


command = typer.main.get_command(_app)
command.help = "Use the models of other servers: list, add, check, remove."
