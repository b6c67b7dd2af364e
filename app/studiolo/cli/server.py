"""`studiolo server`: start, stop, status, settings."""

import subprocess
from typing import Annotated
from urllib.parse import urlsplit

import typer

from studiolo.cli.options import AsJson, Host, Token
from studiolo.cli.output import print_json, say
from studiolo.errors import UnreachableError
from studiolo.local_server import EXIT_ALREADY_RUNNING, ServerState, lock_holder, running_server, start_background
from studiolo.local_server import stop as stop_server
from studiolo.paths import app_paths, self_command

_app = typer.Typer(no_args_is_help=True, add_completion=False)


@_app.command()
def start(
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any free one. Usually 1234.")
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="End the server that is running, if one is.")] = False,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay in this terminal; Ctrl+C ends it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start the server in the background. It stays until `studiolo server stop`."""
    paths = app_paths()
    if restart:
        stop_server(paths)
    if foreground:
        arguments = () if port is None else ("--port", str(port))
        raise typer.Exit(subprocess.call(self_command("server", "start", "--foreground", *arguments)))
    before = running_server(paths)
    state = before or start_background(paths, port=port)
    # Another start may have been quicker than ours: where it listens is looked at in any case.
    elsewhere = port not in (None, 0, state.port)
    if as_json:
        print_json({"running": True, "port": state.port, "pid": state.pid, "version": state.version})
    elif before is None and not elsewhere:
        print(f"Listening on {state.address} (process {state.pid}).")
    _say_notices(state)
    if elsewhere:
        say(
            f"The server runs on {state.address} already (process {state.pid}), not on port {port}. "
            f"To have it there: studiolo server start --port {port} --restart"
        )
        raise typer.Exit(EXIT_ALREADY_RUNNING)
    if before is not None:
        say(f"The server was running already, on {state.address} (process {state.pid}).")


@_app.command()
def stop() -> None:
    """End the server and unload its models."""
    print("Stopped." if stop_server(app_paths()) else "No server was running.")


@_app.command()
def status(host: Host = None, token: Token = None, as_json: AsJson = False) -> None:
    """Say whether the server runs, and where."""
    facts = _remote_status(host, token) if host else _own_status()
    if as_json:
        print_json(facts)
    elif not facts["running"]:
        holder = None if host else lock_holder(app_paths())
        doing = "ending" if holder and holder.ending else "starting"
        print(f"Not running: a server is {doing} (process {holder.pid})." if holder else "Not running.")
    else:
        where = host or f"127.0.0.1:{facts['port']}"
        print(f"Running on {where} (process {facts['pid'] or 'unknown'}, version {facts['version'] or 'unknown'}).")
        if host is None:
            _say_notices(running_server(app_paths()))


@_app.command()
def settings(
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME [VALUE]] | [NAME=VALUE …]", help="Without any: all settings.")
    ] = None,
    reset: Annotated[
        list[str] | None, typer.Option("--reset", metavar="NAME", help="Back to the default; may be repeated.")
    ] = None,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Read the server's settings, or change some of them: all or none."""
    # Here, not above: `server status` need not wait for an HTTP client.
    from studiolo.cli.settings import run_settings

    run_settings(changes or [], reset or [], host=host, token=token, as_json=as_json)


@_app.command()
def check(
    address: Annotated[
        str | None, typer.Argument(metavar="[ADDRESS]", help="Such as 192.168.1.5:1234. Without it: our own.")
    ] = None,
    load: Annotated[
        bool | None,
        typer.Option("--load/--no-load", help="Load the smallest model if none is loaded. Without it: asks."),
    ] = None,
    host: Host = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Ask a server what the documented API promises, and tell what holds. Costs a few short replies."""
    # Here, not above: `server status` need not wait for an HTTP client.
    from studiolo.cli.server_check import run_check

    run_check(address or host, token, load=load, as_json=as_json)


def _say_notices(state: ServerState | None) -> None:
    """Print what the server found damaged when it started."""
    for notice in state.notices if state else ():
        say(notice)


def _own_status() -> dict[str, bool | int | str | None]:
    state = running_server(app_paths())
    if state is None:
        return {"running": False, "port": None, "pid": None, "version": None}
    return {"running": True, "port": state.port, "pid": state.pid, "version": state.version}


def _remote_status(host: str, token: str | None) -> dict[str, bool | int | str | None]:
    # Here, not above: whoever asks for our own server's state need not wait for an HTTP client.
    from studiolo.cli.session import ClientSession
    from studiolo.client.server import ServerApi

    with ClientSession(host, token) as session:
        try:
            info = session.run(ServerApi(session.client).info())
        except UnreachableError:
            return {"running": False, "port": None, "pid": None, "version": None}
        return {
            "running": True,
            "port": urlsplit(session.client.address).port,
            "pid": info.pid if info else None,
            "version": info.version if info else None,
        }


command = typer.main.get_command(_app)
command.help = "Start, stop, and look after the server."
