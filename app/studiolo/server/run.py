"""The server as a program: one per data folder, its port, its beginning and its end."""

import argparse
import asyncio
import contextlib
import errno
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator

import psutil
import uvicorn
from filelock import FileLock, Timeout

from studiolo import __version__
from studiolo.errors import AppError, StorageError
from studiolo.local_server import EXIT_ALREADY_RUNNING, clear_state, lock_path, write_state
from studiolo.logs import start_logging
from studiolo.paths import Paths, app_paths
from studiolo.server.app import ServerApp, build_app
from studiolo.server.settings import SettingsStore, check_settings

logger = logging.getLogger(__name__)

_GRACE_SECONDS = 3


def run_server(arguments: list[str]) -> int:
    """Serve until a signal, or with --with-parent until stdin closes; the result is the exit status."""
    options = _parse(arguments)
    paths = app_paths()
    start_logging("server", paths.logs, console=sys.stderr.isatty())
    try:
        with _only_one(paths):
            asyncio.run(_serve(paths, options))
    except Timeout:
        print("A server is running already for this data folder.", file=sys.stderr)
        return EXIT_ALREADY_RUNNING
    except AppError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="studiolo server start", description="Serve the REST API in this terminal.")
    parser.add_argument("--foreground", action="store_true", help="stay in this terminal")
    parser.add_argument("--port", type=int, help="the port to listen on; 0 takes any free one")
    parser.add_argument("--any-port", action="store_true", help="take a free port if the usual one is in use")
    parser.add_argument("--with-parent", action="store_true", help="end when stdin closes")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _only_one(paths: Paths) -> Iterator[None]:
    """Hold the data folder's lock. Raises Timeout where another server does. The kernel frees a dead one's."""
    try:
        paths.runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(lock_path(paths), timeout=0)
        lock.acquire()
    except Timeout:
        raise
    except OSError as error:
        raise StorageError(f"The folder {paths.runtime} can't be used.", hint=str(error)) from error
    try:
        # Whoever holds the lock knows that no engine of an earlier server lives: its sockets are only in the way.
        shutil.rmtree(paths.runtime / "engines", ignore_errors=True)
        yield
    finally:
        lock.release()


async def _serve(paths: Paths, options: argparse.Namespace) -> None:
    settings = SettingsStore(paths.config / "server.json")
    port = settings.current.port if options.port is None else options.port
    check_settings(settings.current)
    host = "0.0.0.0" if settings.current.serve_on_network else "127.0.0.1"
    listener = bind_listener(host, port, any_port=options.any_port)
    key = secrets.token_urlsafe(32)
    app = build_app(paths, settings, local_key=key)
    await app.open()
    stop = _stop_event(with_parent=options.with_parent)
    server = _QuietServer(
        uvicorn.Config(
            app.asgi,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    beside = asyncio.create_task(app.run())
    try:
        _announce(paths, listener, key)
        await asyncio.wait([serving, asyncio.ensure_future(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
    finally:
        beside.cancel()
        await _end(app, server, serving)
        await asyncio.wait([beside])
        if not beside.cancelled() and (error := beside.exception()):
            logger.error("downloads and upkeep had ended before", exc_info=error)
        clear_state(paths)


async def _end(app: ServerApp, server: uvicorn.Server, serving: "asyncio.Task[None]") -> None:
    """The models first, so that every open reply ends with an error and `chat.end`; connections and store after."""
    await app.pool.aclose()
    server.should_exit = True
    await serving
    await app.store.aclose()
    logger.info("ended")


def _announce(paths: Paths, listener: socket.socket, key: str) -> None:
    host, port = listener.getsockname()[:2]
    try:
        write_state(paths, host=host, port=port, version=__version__, key=key)
    except OSError as error:
        raise StorageError(f"The folder {paths.runtime} can't be written.", hint=str(error)) from error
    logger.info("listening on http://%s:%d (version %s, process %d)", host, port, __version__, os.getpid())
    if sys.stderr.isatty():
        print(f"Listening on http://{host}:{port} — Ctrl+C ends the server.", file=sys.stderr)


def bind_listener(host: str, port: int, *, any_port: bool) -> socket.socket:
    """A listening socket; with any_port on a free port if the wanted one is in use. Raises AppError."""
    # asyncio switches Nagle's algorithm off only where the protocol is named: else each small answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES) and any_port:
            return bind_listener(host, 0, any_port=False)
        if error.errno == errno.EADDRINUSE:
            raise AppError(
                f"Port {port} is in use by {_holder(port)}.", hint="End that program, or choose another with --port."
            ) from error
        raise AppError(f"Port {port} can't be used: {error.strerror}.", hint="Choose another with --port.") from error
    return listener


def _holder(port: int) -> str:
    """Who listens on `port`, as far as this user may know."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            own = tuple(connection.laddr)
            if connection.status == psutil.CONN_LISTEN and port in own and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "another program"


def _stop_event(*, with_parent: bool) -> asyncio.Event:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def request_stop(*_: object) -> None:
        with contextlib.suppress(RuntimeError):  # The loop may have ended by itself.
            loop.call_soon_threadsafe(stop.set)

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), request_stop)
    if with_parent:

        def watch_stdin() -> None:
            while os.read(0, 4096):
                pass
            request_stop()

        threading.Thread(target=watch_stdin, name="parent watch", daemon=True).start()
    return stop


class _QuietServer(uvicorn.Server):
    """uvicorn, with the signals left to this module: it would end open streams before the models could."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
