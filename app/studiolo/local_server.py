"""The server we bring along, seen from outside: is it running, where, start it, end it.

The server writes a state file once it listens; a lock beside it keeps it the only one of its data folder and says the
same, for when the state file is lost. Both faces use this module, neither imports the server: it is started as a
process of its own.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import psutil

from studiolo.errors import AppError, StorageError, UnreachableError
from studiolo.files import read_small, write_atomically
from studiolo.last_words import LastWords
from studiolo.paths import Paths, self_command
from studiolo.server_lock import facts_in, is_held, is_process, process_start

EXIT_ALREADY_RUNNING = 3
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_KILL_SECONDS = 5.0
_POLL_SECONDS = 0.03
_ANNOUNCE_SECONDS = 3.0
"""So long a server that holds the lock may take to say where it is, or to let go."""
_MOST_SAID = 500
"""Characters of what a server said that did not come up."""
_ROOM_BYTES = 64 * 1024
_MOST_BYTES = 2**20
"""Of the state file, with what there is to be told."""


@dataclass(frozen=True)
class ServerState:
    """What a running server says of itself. `created` is its process's start, which tells a reused pid apart.

    `port` is 0 while it does not listen: it is starting, or `ending`. `key` may be sent in place of a token by whoever
    can read the state file: this user's own programs. `notices`: what a person should hear of, such as a damaged file
    that was set aside.
    """

    pid: int
    host: str
    port: int
    version: str
    created: float
    key: str = field(default="", repr=False)
    ending: bool = False
    notices: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Return where this machine reaches it."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "") else self.host
        return f"http://{host}:{self.port}"


class UnresponsiveError(UnreachableError):
    """A server of ours is there and does not answer. pid: its process, which can be ended; None: nobody knows."""

    def __init__(self, message: str, *, pid: int | None, hint: str = "", details: str = "") -> None:
        super().__init__(message, hint=hint, details=details)
        self.pid = pid


def lock_path(paths: Paths) -> Path:
    """Return the file that a server locks while it lives."""
    return paths.runtime / "server.lock"


def state_path(paths: Paths) -> Path:
    """Return the file in which a server says where it is."""
    return paths.runtime / "server.json"


def own_state(*, version: str) -> ServerState:
    """Return what this process says of itself before it listens."""
    return ServerState(os.getpid(), "", 0, version, process_start(os.getpid()))


def write_state(paths: Paths, state: ServerState) -> None:
    """Announce this process as the running server. Atomic: a reader sees the old file or the new one. Raises OSError.

    A little room is kept for it, so that a server can be found that starts on a full disk.
    """
    target = state_path(paths)
    content = json.dumps(asdict(state)).encode()
    room = target.with_name("room")
    _clear_away(target)
    try:
        write_atomically(target, content, private=True)
    except OSError:
        with contextlib.suppress(OSError):
            room.unlink(missing_ok=True)
            target.unlink(missing_ok=True)
        write_atomically(target, content, private=True)
    with contextlib.suppress(OSError):
        if not room.is_file():
            room.unlink(missing_ok=True)  # A pipe would wait for a reader.
        room.write_bytes(b"\0" * _ROOM_BYTES)


def _clear_away(target: Path) -> None:
    """Put a folder aside that stands where a file of ours has to go. Nothing that a server needs is in it."""
    for path in (target, target.with_name(f"{target.name}.new")):
        if path.is_dir():
            with contextlib.suppress(OSError):
                path.replace(path.with_name(f"{path.name}.broken-{time.time_ns()}"))


def clear_state(paths: Paths) -> None:
    """Remove the file that says where the server is."""
    with contextlib.suppress(OSError):
        state_path(paths).unlink(missing_ok=True)


def running_server(paths: Paths) -> ServerState | None:
    """Return the running server of this data folder, or None. A file left behind by a dead server counts as none."""
    state = _living(announced(paths))
    if state is None or not state.port:
        state = lock_holder(paths)
    return state if state is not None and state.port else None


def lock_holder(paths: Paths) -> ServerState | None:
    """Return the process that holds the data folder, also while it starts or ends.

    None if there is none, or it is not known yet who it is.
    """
    state = _living(_state_of(facts_in(lock_path(paths))))
    return state if state is not None and is_locked(paths) else None


def is_locked(paths: Paths) -> bool:
    """Return whether a server holds the data folder."""
    return is_held(lock_path(paths)) or is_held(paths.data)


def announced(paths: Paths) -> ServerState | None:
    """Return what the state file says, be it true or not; None for nothing that can be read."""
    try:
        return _state_of(json.loads(read_small(state_path(paths), _MOST_BYTES)))
    except (OSError, ValueError, RecursionError):
        return None


def _state_of(data: Any) -> ServerState | None:
    """Return what a file says, of whatever version it is; None for what makes no sense."""
    if not isinstance(data, dict):
        return None
    kinds = {"pid": int, "host": str, "port": int, "version": str, "created": int | float, "key": str, "ending": bool}
    known = {name: data[name] for name, kind in kinds.items() if isinstance(data.get(name), kind)}
    notices = data.get("notices")
    told = tuple(str(notice) for notice in notices) if isinstance(notices, list) else ()
    needed = {entry.name for entry in fields(ServerState)} - {"key", "ending", "notices"}
    if needed - known.keys() or not 0 <= known["port"] <= 65535:
        return None
    return ServerState(**known, notices=told)


def _living(state: ServerState | None) -> ServerState | None:
    return state if state is not None and is_process(state.pid, state.created) else None


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


def start_owned(
    paths: Paths, *, cancelled: threading.Event | None = None, offline: bool = False
) -> OwnedServer | ServerState:
    """Start a server that lives as long as this process, on the usual port or, where that is taken, any free one.

    offline: it begins with the switch on that lets nothing leave this machine.

    Returns the ServerState of a server that was already running, or won the race, instead: that one isn't ours to end.
    Blocks until it answers: call it in a thread. Raises AppError with the server's own words if it doesn't come up.
    """
    if state := running_server(paths):
        return state
    with LastWords(paths.logs / "server-start.log") as words:
        more = ("--offline",) if offline else ()
        process = _spawn(words, "--any-port", "--with-parent", *more, stdin=subprocess.PIPE)
        try:
            state = _wait_until_up(paths, process, words, cancelled)
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
    with LastWords(paths.logs / "server-start.log") as words:
        return _wait_until_up(paths, _spawn(words, *arguments, stdin=subprocess.DEVNULL), words, None)


def start_detached() -> None:
    """Start a server of this installation that is no child of this process, however long that lives yet.

    Blocks until it answers; raises AppError with its own words if it doesn't come up.
    """
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    try:
        ran = subprocess.run(
            self_command("server", "start"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=2 * _START_SECONDS,
            check=False,
            creationflags=flags,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AppError("The server could not be started.", details=str(error), retryable=True) from error
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip()
        raise AppError("The server could not be started.", hint=said[-_MOST_SAID:], retryable=True)


def stop(paths: Paths) -> bool:
    """End the running server of this data folder; False if there is none. Blocks up to fifteen seconds.

    One that only starts, that ends and does not come to it, or that does not answer is ended as well. Raises AppError.
    """
    state = running_server(paths) or lock_holder(paths)
    if state is None:
        if is_locked(paths):
            raise _held_by_somebody(paths)
        return False
    end_process(state.pid, patience=_STOP_SECONDS)
    clear_state(paths)
    return True


def end_process(pid: int, *, patience: float = _KILL_SECONDS) -> None:
    """End a server's process: by asking, and after `patience` seconds by force. Blocking. Raises AppError."""
    try:
        process = psutil.Process(pid)
        process.terminate()
        if not _ends(process, patience):
            process.kill()
            if not _ends(process, _KILL_SECONDS):
                raise AppError(f"The server (process {pid}) can't be ended.", hint="Restart the machine.")
    except psutil.NoSuchProcess:
        pass
    except psutil.AccessDenied as error:
        raise AppError(
            f"The server (process {pid}) belongs to another user.", hint="End it as the user who started it."
        ) from error


def _ends(process: psutil.Process, patience: float) -> bool:
    """Return whether a process ends in time.

    It has, too, where nobody has asked for its status yet: init may take seconds.
    """
    deadline = time.monotonic() + patience
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _spawn(words: LastWords, *arguments: str, stdin: int) -> "subprocess.Popen[bytes]":
    command = self_command("server", "start", "--foreground", *arguments)
    options: dict[str, object] = {"start_new_session": True}
    if sys.platform == "win32":
        options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    try:
        return subprocess.Popen(command, stdin=stdin, stdout=words.file, stderr=words.file, **options)  # type: ignore[call-overload, no-any-return]
    except OSError as error:
        raise StorageError("The server could not be started.", details=str(error)) from error


def _discard(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    if process.stdin:
        process.stdin.close()


def _wait_until_up(
    paths: Paths, process: "subprocess.Popen[bytes]", words: LastWords, cancelled: threading.Event | None
) -> ServerState:
    deadline = time.monotonic() + _START_SECONDS
    refused_at: float | None = None
    while time.monotonic() < deadline and not (cancelled and cancelled.is_set()):
        code = process.poll()
        state = running_server(paths)
        if state and (state.pid == process.pid or code == EXIT_ALREADY_RUNNING):
            return state
        if code == EXIT_ALREADY_RUNNING:
            refused_at = refused_at or time.monotonic()
            holder = lock_holder(paths)
            # Whoever won the race may still be starting.
            if (holder is None or holder.ending) and time.monotonic() - refused_at > _ANNOUNCE_SECONDS:
                raise _held_by_somebody(paths)
        elif code is not None:
            raise AppError("The server could not be started.", hint=words.read(), retryable=True)
        time.sleep(_POLL_SECONDS)
    if process.poll() == EXIT_ALREADY_RUNNING:
        raise _held_by_somebody(paths)
    process.kill()
    process.wait()
    raise AppError("The server did not come up in time.", hint=words.read(), retryable=True)


def _held_by_somebody(paths: Paths) -> UnresponsiveError:
    """Another process holds the data folder and is no server that can be talked to."""
    holder = lock_holder(paths)
    who = f"process {holder.pid}" if holder else "a process that does not say who it is"
    doing = "is ending and does not come to an end" if holder and holder.ending else "does not answer"
    return UnresponsiveError(
        f"Another server holds the folder {paths.data} and {doing} ({who}).",
        pid=holder.pid if holder else None,
        hint="End that process, then try again." if holder else "Restart the machine if no such program is to be seen.",
    )
