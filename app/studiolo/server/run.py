"""The server as a program: one per data folder, its port, its beginning and its end."""

import argparse
import asyncio
import logging
import os
import secrets
import sys

from studiolo import __version__
from studiolo.collector import release_collector
from studiolo.errors import AppError
from studiolo.local_server import EXIT_ALREADY_RUNNING
from studiolo.logs import start_logging
from studiolo.paths import Paths, app_paths, keep_private
from studiolo.server.announcing import Announcer
from studiolo.server.app import ServerApp, build_app, read_settings
from studiolo.server.ending import EndWatch, stop_event
from studiolo.server.listening import HttpServer, LoopComplaints, allow_many_connections
from studiolo.server.ports import EVERYWHERE, Listening, also_on_ipv6, bind_listener
from studiolo.server.presence import HeldError, Presence

logger = logging.getLogger(__name__)

_GRACE_SECONDS = 3
_BESIDE_SECONDS = 3
"""So long the downloads and the rest may take to stop once they are to."""


def run_server(arguments: list[str]) -> int:
    """Serve until a signal, or with --with-parent until stdin closes; the result is the exit status."""
    options = _parse(arguments)
    paths = app_paths()
    keep_private(paths)
    start_logging("server", paths.logs, console=sys.stderr.isatty())
    allow_many_connections()
    presence = Presence(paths)
    try:
        presence.claim()
        asyncio.run(_serve(paths, options, presence))
    except HeldError as error:
        print(error, file=sys.stderr)
        return EXIT_ALREADY_RUNNING
    except AppError as error:
        logger.error("%s (%s)", error, error.details)
        print(error, file=sys.stderr)
        return 1
    finally:
        presence.release()
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="studiolo server start", description="Serve the REST API in this terminal.")
    parser.add_argument("--foreground", action="store_true", help="stay in this terminal")
    parser.add_argument("--port", type=int, help="the port to listen on; 0 takes any free one")
    parser.add_argument("--any-port", action="store_true", help="take a free port if the usual one is in use")
    parser.add_argument("--with-parent", action="store_true", help="end when stdin closes")
    parser.add_argument("--offline", action="store_true", help="switch `offline` on first, so that nothing leaves")
    return parser.parse_args(arguments)


async def _serve(paths: Paths, options: argparse.Namespace, presence: Presence) -> None:
    settings = read_settings(paths, presence.notices)
    if options.offline:
        settings.change({"offline": True})
    port = settings.current.port if options.port is None else options.port
    host = EVERYWHERE if settings.current.serve_on_network else "127.0.0.1"
    listener = bind_listener(host, port, any_port=options.any_port)
    listeners = [listener, *also_on_ipv6(listener.getsockname()[1])]
    key = secrets.token_urlsafe(32)
    listening = Listening(host, listener.getsockname()[1], wanted=port)
    app = build_app(paths, settings, local_key=key, notices=presence.notices, listening=listening)
    asyncio.get_running_loop().set_exception_handler(LoopComplaints())
    stop = stop_event(EndWatch(presence.withdraw), with_parent=options.with_parent)
    await app.open()
    server = HttpServer(app.asgi, grace_seconds=_GRACE_SECONDS)
    serving = asyncio.create_task(server.serve(sockets=listeners))

    def announced() -> bool:
        current = settings.current
        return host == EVERYWHERE and current.announce and not current.offline

    announcer = Announcer(announced, listening.port)
    works = (app.run(), presence.keep(), announcer.run(), _move(listening, server, presence, key))
    beside = [asyncio.create_task(work) for work in works]
    try:
        _announce(presence, listening, key)
        release_collector()
        await asyncio.wait([serving, asyncio.ensure_future(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in beside:
            task.cancel()
        await _end(app, server, serving, presence)
        await _ended(beside)


async def _end(app: ServerApp, server: HttpServer, serving: "asyncio.Task[None]", presence: Presence) -> None:
    """End the models first, so that every open reply ends with an error and `chat.end`.

    The MCP servers follow, so that no tool holds one up; connections and store come after.
    """
    await app.pool.aclose()
    presence.withdraw()
    await app.mcp.disconnect()
    server.should_exit = True
    await serving
    await app.mcp.aclose()
    await app.store.aclose()
    await app.usage.aclose()
    logger.info("ended")


async def _ended(tasks: "list[asyncio.Task[None]]") -> None:
    """Wait for what was cancelled, but not for good."""
    _, late = await asyncio.wait(tasks, timeout=_BESIDE_SECONDS)
    if late:
        logger.error("downloads and upkeep did not end in %d seconds", _BESIDE_SECONDS)
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()):
            logger.error("downloads and upkeep had ended before", exc_info=error)


async def _move(listening: Listening, server: HttpServer, presence: Presence, key: str) -> None:
    """Take the port that the server was to have once it is free, if a person wants that, and say so."""
    if await listening.move(server.listen_on):
        presence.announce(host=listening.host, port=listening.port, key=key)


def _announce(presence: Presence, listening: Listening, key: str) -> None:
    host, port = listening.host, listening.port
    presence.announce(host=host, port=port, key=key)
    logger.info("listening on http://%s:%d (version %s, process %d)", host, port, __version__, os.getpid())
    for notice in presence.notices.all:
        print(notice, file=sys.stderr)
    if sys.stderr.isatty():
        print(f"Listening on http://{host}:{port} — Ctrl+C ends the server.", file=sys.stderr)
