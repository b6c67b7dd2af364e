"""`studiolo runtime`: the builds of llama.cpp that a server runs models with."""

from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from typing import Annotated

import typer
from rich.text import Text

from studiolo.api.runtimes import RuntimeInfo, RuntimeList
from studiolo.cli.fetch import fetch
from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import StepBar, one_line, print_json, print_table, printable, say, size
from studiolo.cli.runtime_report import report_lines
from studiolo.cli.session import ClientSession
from studiolo.client.client import Client
from studiolo.client.downloads import DownloadsApi
from studiolo.client.machine import MachineApi
from studiolo.client.runtimes import RuntimesApi
from studiolo.client.server import ServerApi
from studiolo.errors import AppError, NotFoundError, ProtocolError, UnsupportedError

_app = typer.Typer(no_args_is_help=True, add_completion=False)

_EXIT_FAILED = 1
_STEPS = {
    "devices": "Listing devices",
    "load": "Loading the test model",
    "processor": "Computing on the processor",
    "card": "Computing on the card",
}
_STYLES = {"ready": "green", "failed": "red", "downloading": "yellow", "proving": "yellow"}

_Which = Annotated[str, typer.Argument(metavar="RUNTIME", help="Its id, as `studiolo runtime ls` shows it.")]
_Maybe = Annotated[
    str | None,
    typer.Argument(metavar="[RUNTIME]", help="Its id. Without it: the one that suits this machine best."),
]


@_app.command("ls")
def list_runtimes(host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """List the runtimes that are there, and those that can be downloaded, with why they fit or don't."""
    with _opened(host, token) as (session, api):
        found = session.run(api.runtimes())
    _show(found, as_json=as_json)


@_app.command()
def get(
    which: _Maybe = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Don't wait for the download.")] = False,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Download a runtime. Nothing uses it until it is tested and chosen."""
    with _opened(host, token) as (session, api):
        found = session.run(api.get_runtime(which or _offered(session.run(api.runtimes()))))
        if found.job_id and not detach:
            downloads = DownloadsApi(session.client)
            job = session.run(downloads.status(found.job_id))
            fetch(session, downloads, job, ask=False)
            found = session.run(_find(api, found.id))
    if as_json:
        print_json(found.model_dump(mode="json"))
    elif found.state == "downloading":
        print(one_line(f"Downloading {found.name} ({found.job_id}). See `studiolo downloads`."))
    else:
        print(one_line(f"{found.name} is there. `studiolo runtime test {found.id}` proves it."))


@_app.command()
def use(which: _Which, host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """Load models with this runtime from now on; `bundled` is the one that came with the server."""
    with _opened(host, token) as (session, api):
        found = session.run(api.use_runtime(which))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        print(one_line(f"Models are loaded with {found.name} from now on."))


@_app.command("test")
def prove(
    which: _Which,
    report: Annotated[
        bool, typer.Option("--report", help="Print one screen to paste where somebody asks about this machine.")
    ] = False,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Prove a runtime: its devices, and eight tokens with the card and without it, as the bundled one says them."""
    with _opened(host, token) as (session, api):
        result = session.run(_prove(api, which))
        lines = session.run(_report(session.client, api, result)) if report else []
    if as_json:
        print_json(result.model_dump(mode="json"))
    elif report:
        print(printable("\n".join(lines)))
    else:
        _show_proof(result)
    if result.proof is None or not result.proof.passed:
        raise typer.Exit(_EXIT_FAILED)


@_app.command()
def devices(host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """List what each runtime that is there can compute on, as it says itself."""
    with _opened(host, token) as (session, api):
        found = session.run(api.runtime_devices())
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    rows: list[list[str | Text]] = [
        [one.id, device.id, device.name, device.kind, _memory(device.free_bytes), _memory(device.total_bytes)]
        for one in found
        for device in one.devices
    ]
    print_table(["RUNTIME", "DEVICE", "NAME", "KIND", "FREE", "MEMORY"], rows)
    for one in found:
        if one.problem:
            say(one_line(f"{one.id}: {one.problem} {one.hint}"))


@_app.command()
def add(
    path: Annotated[
        str, typer.Argument(help="llama-server, or a folder with it or with xllamacpp, on the server's disk.")
    ],
    name: Annotated[str | None, typer.Option("--name", help="What it is called.")] = None,
    rpc: Annotated[
        list[str] | None,
        typer.Option(
            "--rpc",
            metavar="HOST:PORT",
            help="A worker that shares models with it; may be repeated. Nothing is encrypted: trusted networks only.",
        ),
    ] = None,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Have a build of your own be a runtime. It is never changed, and never deleted."""
    with _opened(host, token) as (session, api):
        found = session.run(api.add_runtime(path, name, rpc))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        print(one_line(f"{found.name} is {found.id}. `studiolo runtime test {found.id}` proves it."))


@_app.command()
def remove(which: _Which, host: Host = None, token: Token = None) -> None:
    """Delete a runtime that was downloaded; one of your own is only forgotten."""
    with _opened(host, token) as (session, api):
        session.run(api.remove_runtime(which))
    print(one_line(f"Removed {which}."))


@_app.command()
def refresh(
    address: Annotated[str, typer.Argument(help="Where a newer list of runtimes lies, with its signature beside it.")],
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a newer list of what can be downloaded. Nothing that is there is changed by it."""
    with _opened(host, token) as (session, api):
        found = session.run(api.refresh_runtimes(address))
    _show(found, as_json=as_json)


@contextmanager
def _opened(host: str | None, token: str | None) -> Iterator[tuple[ClientSession, RuntimesApi]]:
    with ClientSession(host, token, start=True) as session:
        try:
            yield session, RuntimesApi(session.client)
        except NotFoundError as error:
            if error.what != "endpoint":
                raise
            raise UnsupportedError(
                "This server does not tell of its runtimes.", hint="Studiolo does, in a version of today."
            ) from error


def _show(found: RuntimeList, *, as_json: bool) -> None:
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    print_table(["", "RUNTIME", "NAME", "STATE", "SIZE", "WHY"], [_row(one) for one in found.runtimes])
    if found.fallback:
        say(one_line(found.fallback))
    say(one_line(f"What can be downloaded is as of {found.manifest}. This machine: {found.machine}."))


def _row(one: RuntimeInfo) -> list[str | Text]:
    mark = "→" if one.in_use else "★" if one.offered else ""
    weight = size(one.size_bytes) if one.size_bytes else ""
    state = one.state if one.fits or one.state != "available" else "does not fit"
    why = " ".join(filter(None, (one.problem or one.reason, one.hint if one.problem else "")))
    return [mark, one.id, one.name, Text(state, style=_STYLES.get(state, "")), weight, why]


def _offered(found: RuntimeList) -> str:
    for one in found.runtimes:
        if one.offered:
            return one.id
    raise AppError(
        "No runtime suits this machine better than the bundled one.",
        hint="`studiolo runtime ls` says why. Name one to have it all the same.",
    )


async def _find(api: RuntimesApi, runtime_id: str) -> RuntimeInfo:
    for one in (await api.runtimes()).runtimes:
        if one.id == runtime_id:
            return one
    raise ProtocolError("The runtime was downloaded, but the server does not list it.")


async def _prove(api: RuntimesApi, which: str) -> RuntimeInfo:
    bar = StepBar()
    try:
        async with aclosing(api.test_runtime(which)) as events:
            async for event in events:
                if event.result is not None:
                    return event.result
                bar.show(_STEPS.get(event.stage, event.stage), event.progress)
    finally:
        bar.clear()
    raise ProtocolError("The server ended the test without a result.", hint="Try again.")


async def _report(client: Client, api: RuntimesApi, result: RuntimeInfo) -> list[str]:
    server = await ServerApi(client).info()
    machine = await MachineApi(client).look()
    return report_lines(server.version if server else "", machine, await api.runtimes(), result)


def _show_proof(result: RuntimeInfo) -> None:
    proof = result.proof
    if proof is None or not proof.passed:
        words = (result.problem, result.hint) if proof is None else (proof.problem, proof.hint)
        raise AppError(words[0] or "The test failed.", hint=words[1])
    used = ", ".join(proof.devices_used) or "the processor"
    speed = f", {proof.tokens_per_second:.1f} tokens/s" if proof.tokens_per_second else ""
    print(one_line(f"{result.name} works: {used}{speed}. `studiolo runtime use {result.id}` chooses it."))


def _memory(count: int | None) -> str:
    return "" if count is None else size(count)


command = typer.main.get_command(_app)
command.help = "Get, test and choose what models run on."
