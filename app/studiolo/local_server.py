"""The server we bring along, seen from outside: is it running, where, start it, end it.

The server writes a state file once it listens; a lock beside it keeps it the only one of its data folder. Both faces
use this module, neither imports the server: it is started as a process of its own.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

import psutil

from studiolo.errors import AppError, StorageError
from studiolo.paths import Paths, self_command

EXIT_ALREADY_RUNNING = 3
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.03
_ROOM_BYTES = 64 * 1024


@dataclass(frozen=True)
class ServerState:
    """What a running server says of itself. `created` is its process's start time, which tells a reused pid apart.

    `key` may be sent in place of a token by whoever can read the state file: this user's own programs.
    """

    pid: int
    host: str
    port: int
    version: str
    created: float
    key: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """Where this machine reaches it."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "") else self.host
        return f"http://{host}:{self.port}"


def lock_path(paths: Paths) -> Path:
    return paths.runtime / "server.lock"


def state_path(paths: Paths) -> Path:
    return paths.runtime / "server.json"


def write_state(paths: Paths, *, host: str, port: int, version: str, key: str) -> ServerState:
    """Announce this process as the running server. Atomic: a reader sees the old file or the new one. Raises OSError.

    A little room is kept for it, so that a server can be found that starts on a full disk.
    """
    state = ServerState(os.getpid(), host, port, version, psutil.Process().create_time(), key)
    target = state_path(paths)
    target.parent.mkdir(parents=True, exist_ok=True)
    room = target.with_name("room")
    try:
        _replace(target, json.dumps(asdict(state)))
    except OSError:
        room.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        _replace(target, json.dumps(asdict(state)))
    with contextlib.suppress(OSError):
        room.write_bytes(b"\0" * _ROOM_BYTES)
    return state


def _replace(target: Path, text: str) -> None:
    fresh = target.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(target)


def clear_state(paths: Paths) -> None:
    state_path(paths).unlink(missing_ok=True)


def running_server(paths: Paths) -> ServerState | None:
    """The running server of this data folder, or None. A file left behind by a dead server counts as none."""
    try:
        state = ServerState(**json.loads(state_path(paths).read_text(encoding="utf-8")))
        process = psutil.Process(state.pid)
        if abs(process.create_time() - state.created) > 1 or process.status() == psutil.STATUS_ZOMBIE:
            return None
    except (OSError, ValueError, TypeError, RecursionError, OverflowError, psutil.Error):
        return None
    return state


class OwnedServer:
    """A server that belongs to this process: it ends when `stop` is called or when this process dies, however."""

    def __init__(self, process: "subprocess.Popen[bytes]", state: ServerState) -> None:
        self.process = process
        self.state = state

    def stop(self) -> None:
        """Ask it to end, wait, and kill it if it doesn't. Blocks up to ten seconds; idempotent."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_owned(paths: Paths, *, cancelled: threading.Event | None = None) -> OwnedServer | ServerState:
    """Start a server that lives as long as this process, on the usual port or, where that is taken, any free one.

    Returns the ServerState of a server that was already running, or won the race, instead: that one isn't ours to end.
    Blocks until it answers: call it in a thread. Raises AppError with the server's own words if it doesn't come up.
    """
    if state := running_server(paths):
        return state
    process = _spawn(paths, "--any-port", "--with-parent", stdin=subprocess.PIPE)
    try:
        state = _wait_until_up(paths, process, cancelled)
    except BaseException:
        _discard(process)
        raise
    if state.pid == process.pid:
        return OwnedServer(process, state)
    _discard(process)
    return state


def start_background(paths: Paths, *, port: int | None = None, any_port: bool = False) -> ServerState:
    """Start a server that outlives this process, which should end soon: the server stays its child until then.

    any_port: where the port is taken, a free one will do.
    Blocks until it answers; raises AppError if it doesn't come up.
    """
    arguments = [] if port is None else ["--port", str(port)]
    if any_port:
        arguments.append("--any-port")
    return _wait_until_up(paths, _spawn(paths, *arguments, stdin=subprocess.DEVNULL), None)


def stop(paths: Paths) -> bool:
    """End the running server of this data folder; False if there is none. Blocks up to ten seconds."""
    state = running_server(paths)
    if state is None:
        return False
    try:
        process = psutil.Process(state.pid)
        process.terminate()
        if not _ends(process):
            process.kill()
            _ends(process)
    except psutil.NoSuchProcess:
        pass
    except psutil.AccessDenied as error:
        raise AppError(
            f"The server (process {state.pid}) belongs to another user.", hint="End it as the user who started it."
        ) from error
    clear_state(paths)
    return True


def _ends(process: psutil.Process) -> bool:
    """Whether a process ends in time. It has, too, where nobody has asked for its status yet: init may take seconds."""
    deadline = time.monotonic() + _STOP_SECONDS
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _spawn(paths: Paths, *arguments: str, stdin: int) -> "subprocess.Popen[bytes]":
    command = self_command("server", "start", "--foreground", *arguments)
    options: dict[str, object] = {"start_new_session": True}
    if sys.platform == "win32":
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    try:
        with _start_log(paths, "wb") as log:
            return subprocess.Popen(command, stdin=stdin, stdout=log, stderr=log, **options)  # type: ignore[call-overload, no-any-return]
    except OSError as error:
        raise StorageError("The server could not be started.", details=str(error)) from error


def _discard(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    if process.stdin:
        process.stdin.close()


def _start_log(paths: Paths, mode: str) -> IO[bytes]:
    """What the server says before its own log is open. On a disk that can't be written, it is lost, not in the way."""
    try:
        paths.logs.mkdir(parents=True, exist_ok=True)
        return open(paths.logs / "server-start.log", mode)
    except OSError:
        return open(os.devnull, mode)


def _wait_until_up(paths: Paths, process: "subprocess.Popen[bytes]", cancelled: threading.Event | None) -> ServerState:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and not (cancelled and cancelled.is_set()):
        code = process.poll()
        state = running_server(paths)
        if state and (state.pid == process.pid or code == EXIT_ALREADY_RUNNING):
            return state
        if code is not None and code != EXIT_ALREADY_RUNNING:
            raise AppError("The server could not be started.", hint=_last_words(paths), retryable=True)
        time.sleep(_POLL_SECONDS)
    process.kill()
    process.wait()
    raise AppError("The server did not come up in time.", hint=_last_words(paths), retryable=True)


def _last_words(paths: Paths) -> str:
    with _start_log(paths, "rb") as log:
        lines = log.read().decode(errors="replace").strip().splitlines()
    return " ".join(lines[-2:])
