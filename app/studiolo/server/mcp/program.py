"""A program that speaks MCP on its stdin and stdout: how it is started, what it says, and how it ends."""

import asyncio
import contextlib
import logging
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
import psutil
from anyio.abc import Process
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage
from mcp_types import (
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)

from studiolo.errors import AppError
from studiolo.server.mcp.contract import ServerSpec
from studiolo.server.mcp.failures import Mask, unreachable
from studiolo.server.mcp.messages import TOO_LARGE, Budget, Flood, Lines, TooLarge, message_id
from studiolo.server.mcp.warden import Warden, group_runs, kill_group

logger = logging.getLogger(__name__)

_CHUNK_BYTES = 64 * 1024
_WAITING_MESSAGES = 16
_END_SECONDS = 1.5
_POLL_SECONDS = 0.01
_LOG_LINES = 200
_LINE_CHARACTERS = 2000
_VERSION_KEY = b'"jsonrpc"'
_WINDOWS = sys.platform == "win32"

Item = SessionMessage | Exception


class ProgramLog:
    """What a server said beside the protocol: its last lines for whoever asks, and our log, both without secrets."""

    def __init__(self, spec: ServerSpec) -> None:
        self._mask = Mask(spec)
        self._name = spec.name.id
        self._budget = Budget()
        self._lines: deque[str] = deque(maxlen=_LOG_LINES)

    @property
    def lines(self) -> list[str]:
        """Return the last lines, without secrets and each cut to a limit."""
        # Looked for secrets only now: of what floods in, next to nothing is ever read.
        return [self._mask(line, _LINE_CHARACTERS) for line in self._lines]

    def add(self, text: str) -> None:
        """Add a line; it goes to our log as well, as long as there are not too many in a second."""
        line = text[: 4 * _LINE_CHARACTERS].rstrip()
        if not line:
            return
        self._lines.append(line)
        if self._budget.passes(""):
            logger.info("%s: %s", self._name, self._mask(line, _LINE_CHARACTERS))


class Program:
    """A program that runs. `ended` is set once nothing more will come from it."""

    def __init__(self, process: Process, log: ProgramLog, warden: Warden) -> None:
        self._process = process
        self._log = log
        self._warden = warden
        self._asked: set[int | str] = set()
        self.ended = asyncio.Event()

    @property
    def exit_code(self) -> int | None:
        """Return how the program ended; None while it runs."""
        return self._process.returncode

    async def read(self, sink: MemoryObjectSendStream[Item]) -> None:
        """Pass on what it says, until it closes its stdout; then go on emptying it until the process is ended."""
        assert self._process.stdout
        lines, flood = Lines(), Flood()
        try:
            async with sink:
                async for chunk in _chunks(self._process.stdout):
                    for line in lines.feed(chunk):
                        messages = self._messages(line)
                        for message in messages:
                            await sink.send(message)
                        if not messages:
                            await flood.more()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            async for _chunk in _chunks(self._process.stdout):
                pass
        finally:
            self.ended.set()

    def _messages(self, line: bytes | TooLarge) -> list[Item]:
        if isinstance(line, TooLarge):
            return self._broken(line.id, f"It {TOO_LARGE}.")
        line = line.strip()
        if not line:
            return []
        try:
            if not line.startswith(b"{"):
                raise ValueError
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            self._log.add(f"stdout: {line[:_LINE_CHARACTERS].decode(errors='replace')}")
            if _VERSION_KEY not in line:
                return []  # Programs print, some of them JSON, also where they should not.
            return self._broken(message_id(line[:4096], line[-4096:]), "It sent something that is no message of MCP.")
        if isinstance(message, JSONRPCResponse | JSONRPCError) and message.id is not None:
            self._asked.discard(message.id)
        return [SessionMessage(message)]

    def _broken(self, answered: int | str | None, reason: str) -> list[Item]:
        """Whoever waits for an answer that could not be read hears of it at once."""
        known = {answered} & self._asked if answered is not None else self._asked
        self._asked = self._asked - known
        error = ErrorData(code=PARSE_ERROR, message=reason)
        return [SessionMessage(JSONRPCError(jsonrpc="2.0", id=one, error=error)) for one in known]

    async def write(self, source: MemoryObjectReceiveStream[SessionMessage]) -> None:
        """Write messages to the program's stdin until there are no more, or it does not read them any more."""
        assert self._process.stdin
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            async with source:
                async for item in source:
                    await self._process.stdin.send(self._written(item.message))

    def _written(self, message: JSONRPCMessage) -> bytes:
        if isinstance(message, JSONRPCRequest) and message.method != "subscriptions/listen":
            self._asked.add(message.id)
        return message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"

    async def read_log(self) -> None:
        """Read the program's stderr into the log, line by line, until it ends."""
        assert self._process.stderr
        lines, flood = Lines(), Flood()
        async for chunk in _chunks(self._process.stderr):
            for line in lines.feed(chunk):
                await flood.more()
                text = line.ends[0] if isinstance(line, TooLarge) else line[: 4 * _LINE_CHARACTERS]
                self._log.add(text.decode(errors="replace"))

    async def end(self) -> None:
        """Close its stdin, then end what is left of it and of what it started, first mildly. Takes 4 s at most."""
        family = await asyncio.to_thread(_family, self._process.pid)
        if self._process.stdin:
            with contextlib.suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
                await self._process.stdin.aclose()
        if _WINDOWS:
            await self._end_on_windows()
            return
        group = self._process.pid
        if not await self._gone(group, _END_SECONDS) and kill_group(group, hard=False):
            await self._gone(group, _END_SECONDS)
        kill_group(group, hard=True)
        await self._gone(group, 1.0)
        await asyncio.to_thread(_kill, family)
        self._warden.remove(group)

    async def _gone(self, group: int, seconds: float) -> bool:
        deadline = anyio.current_time() + seconds
        while self._process.returncode is None or group_runs(group):
            if anyio.current_time() > deadline:
                return False
            await asyncio.sleep(_POLL_SECONDS)
        return True

    async def _end_on_windows(self) -> None:
        from mcp.os.win32.utilities import close_process_job, terminate_windows_process_tree

        with anyio.move_on_after(_END_SECONDS):
            await self._process.wait()
        if self._process.returncode is None:
            await terminate_windows_process_tree(self._process)
        close_process_job(self._process)

    def close_pipes(self) -> None:
        """Let go of pipes that a process of another group may hold open still."""
        transport: Any = getattr(getattr(self._process, "_process", None), "_transport", None)
        if transport is not None:
            with contextlib.suppress(OSError):
                transport.close()


@asynccontextmanager
async def run_program(
    spec: ServerSpec, log: ProgramLog, warden: Warden
) -> AsyncIterator[tuple[Program, tuple[MemoryObjectReceiveStream[Item], MemoryObjectSendStream[SessionMessage]]]]:
    """Start a program; leaving the context ends it, and all that it started.

    Raises:
        McpServerError: It can't be started.
    """
    process = await _start(spec)
    if not _WINDOWS:
        warden.add(process.pid)
    program = Program(process, log, warden)
    to_us, received = anyio.create_memory_object_stream[Item](0)
    sending, to_it = anyio.create_memory_object_stream[SessionMessage](_WAITING_MESSAGES)
    tasks = [
        asyncio.create_task(program.read(to_us), name=f"{spec.name.id} stdout"),
        asyncio.create_task(program.write(to_it), name=f"{spec.name.id} stdin"),
        asyncio.create_task(program.read_log(), name=f"{spec.name.id} stderr"),
    ]
    try:
        yield program, (received, sending)
    finally:
        sending.close()
        received.close()
        ending = asyncio.create_task(program.end(), name=f"{spec.name.id} end")
        try:
            await _finish(ending)
        finally:
            program.close_pipes()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for stream in (to_us, received, sending, to_it):
                stream.close()


async def _finish(ending: "asyncio.Task[None]") -> None:
    """Wait until a program is ended, also where that is cancelled: nobody else would end it."""
    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while not ending.done():
            try:
                await asyncio.wait({ending})
            except asyncio.CancelledError as error:
                cancelled = error
    ending.result()
    if cancelled is not None:
        raise cancelled


async def _start(spec: ServerSpec) -> Process:
    command = [spec.command or "", *spec.args]
    environment = get_default_environment() | dict(spec.env)
    try:
        if _WINDOWS:
            from mcp.os.win32.utilities import create_windows_process, get_windows_executable_command

            found = await asyncio.to_thread(get_windows_executable_command, command[0])
            # Its file for stderr may be a pipe: it is handed on as it is.
            pipe = cast(Any, subprocess.PIPE)
            return cast(
                Process, await create_windows_process(found, list(spec.args), environment, pipe, spec.cwd or None)
            )
        return await anyio.open_process(
            command, env=environment, stderr=subprocess.PIPE, cwd=spec.cwd or None, start_new_session=True
        )
    except (OSError, ValueError) as error:
        raise _not_started(spec, error) from None


def _not_started(spec: ServerSpec, error: Exception) -> AppError:
    where = getattr(error, "filename", None)
    if isinstance(error, FileNotFoundError) and spec.cwd and str(where) == str(spec.cwd):
        reason, hint = "can't be started: the folder it is to work in does not exist", "Check its `cwd`."
    elif isinstance(error, FileNotFoundError):
        reason = f'can\'t be started: there is no program "{spec.command}"'
        hint = "Install it, or give its full path."
    elif isinstance(error, PermissionError):
        reason, hint = f'can\'t be started: "{spec.command}" may not be run', "Check its permissions."
    else:
        reason, hint = "can't be started", "Check its command, arguments and variables."
    return unreachable(spec.name, reason, hint=hint, retryable=False, details=Mask(spec)(str(error)))


async def _chunks(stream: anyio.abc.ByteReceiveStream) -> AsyncIterator[bytes]:
    """What comes from a pipe, until its other end or ours is closed."""
    while True:
        try:
            yield await stream.receive(_CHUNK_BYTES)
        except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
            return


def _family(pid: int) -> list[psutil.Process]:
    """All that a program started, also what left its group."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()  # psutil compares the start time: never one that has only the same number.
