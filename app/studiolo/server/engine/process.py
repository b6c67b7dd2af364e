"""An engine's child process: start it, watch it, end it."""

import asyncio
import contextlib
import json
import logging
import os
import secrets
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

from studiolo.api.runtimes import BUNDLED
from studiolo.errors import AppError, EngineError, RequestError
from studiolo.paths import self_command
from studiolo.server.engine.children import engine_environment
from studiolo.server.engine.contract import EngineSettings, OnProgress
from studiolo.server.engine.deaths import Fault, failed, fault_of, no_memory_on_card
from studiolo.server.runtimes.runtime import BUNDLED_RUNTIME, Runtime

logger = logging.getLogger(__name__)

_PROGRESS_SECONDS = 0.02
_TEMPLATE, _TEMPLATE_REASON = "chat template", "init: chat template parsing error: "
"""How llama-server begins what it has against a template (server-context.cpp, common/chat.cpp)."""
_END_SECONDS = 2.0
_KEYS = "api_keys:"
_MAX_SOCKET_PATH = 100
"""Bytes: the kernel's limit for a unix socket's path is 104 to 108."""


@dataclass(frozen=True)
class EngineReady:
    """Where a worker listens, `unix:///path` or `http://host:port`, and what it chose where nobody else did."""

    address: str
    eval_batch_size: int
    gpu: bool
    physical_batch_size: int | None = None
    threads: int | None = None


class EngineProcess:
    """One worker. `key` is the secret that its listener asks for."""

    def __init__(
        self, process: asyncio.subprocess.Process, key: str, socket: Path | None, runtime: Runtime = BUNDLED_RUNTIME
    ) -> None:
        self.runtime = runtime
        self._process = process
        self._socket = socket
        self._beside: int | None = None
        self._lines: deque[str] = deque(maxlen=400)
        self._reader = asyncio.create_task(self._read_stderr(), name=f"engine {process.pid} stderr")
        self.key = key

    @classmethod
    async def spawn(cls, settings: EngineSettings, sockets: Path, runtime: Runtime) -> "EngineProcess":
        """Start a worker on `settings`. sockets: a folder of ours for its unix socket; it falls back to a port."""
        key, socket, address = new_door(sockets)
        order: dict[str, Any] = {**settings.to_json(), "address": address, "key": key}
        if runtime.folder:
            order["library"] = str(runtime.folder)
        return await cls._begin(order, key, socket, runtime)

    @classmethod
    async def _begin(cls, order: dict[str, Any], key: str, socket: Path | None, runtime: Runtime) -> Self:
        options: dict[str, Any] = {} if sys.platform == "win32" else {"start_new_session": True}
        try:
            process = await asyncio.create_subprocess_exec(
                *self_command("--engine-worker"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=engine_environment(),
                limit=1 << 20,
                **options,
            )
        except OSError as error:
            raise EngineError("The process that runs models could not be started.", details=str(error)) from error
        engine = cls(process, key, socket, runtime)
        assert process.stdin
        # The key travels here and not in the arguments, where every user of the machine could read it.
        process.stdin.write(json.dumps(order).encode() + b"\n")
        return engine

    @property
    def pid(self) -> int:
        """Return the id of the process that has the model, also after it has ended."""
        return self._beside or self._process.pid

    @property
    def ended(self) -> bool:
        """Return whether the child process has ended and its exit code is known."""
        return self._process.returncode is not None

    async def wait_ready(self, settings: EngineSettings, on_progress: OnProgress) -> EngineReady:
        """Wait until the model is loaded.

        Raises EngineError with the engine's own reason when it can't be, RequestError where a template is at fault that
        was chosen, RuntimeFailedError where the runtime is at fault and not the model.
        """
        assert self._process.stdout
        await self._wait_turn()
        watcher = asyncio.create_task(self._report_progress(settings.size_bytes, on_progress))
        try:
            line = await _line_of(self._process.stdout)
        finally:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher
        if not line:
            raise await self._load_failure(settings)
        try:
            return EngineReady(**json.loads(line))
        except (ValueError, RecursionError, TypeError) as error:
            raise failed(self.runtime, Fault("it says something else than where it listens"), self.lines) from error

    async def _wait_turn(self) -> None:
        """Wait for the line that says that the worker is up; the id of a process beside it may follow."""
        assert self._process.stdout
        _, _, beside = (await _line_of(self._process.stdout)).partition(b" ")
        self._beside = int(beside) if beside.strip().isdigit() else None

    async def _load_failure(self, settings: EngineSettings) -> AppError:
        """Return why a load failed, once its process has ended."""
        await self.wait_ended()
        if fault := self.fault():
            return failed(self.runtime, fault, self.lines)
        reason, hint = self.reason(), "Download it again if the file may be damaged, or try another quantization."
        if any(_TEMPLATE in line for line in self.lines if _level(line) == "E"):
            words = reason.removeprefix(_TEMPLATE_REASON).removeprefix("error: ").rstrip(":")
            reason = f"its chat template is broken ({words})"
            hint = "The file itself is as it should be. Look for a newer one, or one of another publisher."
            if settings.chat_template:
                return RequestError(
                    f"The chat template can't be used: {words}.",
                    param="chat_template",
                    code="invalid_value",
                    details="\n".join(self.lines),
                )
        elif no_memory_on_card(self.lines):
            hint = "The card's memory is too small for it: choose fewer layers for the card, or a shorter context."
        return EngineError(
            f"The model could not be loaded: {reason}.", hint=hint, retryable=False, details="\n".join(self.lines)
        )

    def fault(self) -> Fault | None:
        """Return what was wrong with the runtime; None for the bundled one, and where the model or nothing was.

        The process has ended.
        """
        if self.runtime.kind == BUNDLED:
            return None
        return fault_of(self._process.returncode or 0, self.lines)

    @property
    def lines(self) -> list[str]:
        """Return the last that it said."""
        return [*self._lines]

    async def wait_ended(self) -> None:
        """Return when the process has ended and all that it said has been read."""
        await self._process.wait()
        await asyncio.wait([self._reader])

    def reason(self) -> str:
        """Return why it ended, in its own words where it left any."""
        complaints = [_message(line) for line in self._lines if _level(line) == "E" or line.startswith("error")]
        if complaints:
            return complaints[0].rstrip(".")
        code = self._process.returncode
        return f"its process was ended by signal {-code}" if code and code < 0 else f"its process ended ({code})"

    def kill(self) -> None:
        """End it by force, without waiting for that."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def close(self) -> None:
        """End the process: by its lifeline, then by force. Idempotent."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self.kill()
        await self.wait_ended()
        if self._socket:
            self._socket.unlink(missing_ok=True)

    async def _read_stderr(self) -> None:
        assert self._process.stderr
        while line := await _line_of(self._process.stderr):
            text = line.decode(errors="replace").rstrip()
            if _KEYS in text:
                continue  # The end of our key, at llama-server's more talkative levels.
            self._lines.append(text)
            logger.log(logging.WARNING if _level(text) == "E" else logging.DEBUG, "engine %d: %s", self.pid, text)

    async def _report_progress(self, size_bytes: int, on_progress: OnProgress) -> None:
        """Resident memory grows by the model's size while it loads; the last percent is the engine's to give."""
        base: int | None = None
        told = 0.0
        while True:
            try:
                resident = psutil.Process(self.pid).memory_info().rss
            except psutil.Error:
                return  # It has ended; the reader of its stdout says why.
            base = base or resident
            # Where memory is short some of it is given back while the rest comes.
            told = max(told, min(0.99, (resident - base) / max(1, size_bytes)))
            on_progress(told)
            await asyncio.sleep(_PROGRESS_SECONDS)


async def _line_of(stream: asyncio.StreamReader) -> bytes:
    """Return the next line, and nothing at the end.

    One that is too long is passed over: else nobody would read on, and the process would wait with a full pipe.
    """
    while True:
        with contextlib.suppress(ValueError):
            return await stream.readline()


def new_door(sockets: Path) -> tuple[str, Path | None, tuple[str, int]]:
    """Return a new secret, the socket in a folder of ours, if it can have one, and where to listen: it, or any port."""
    socket = socket_path(sockets)
    return secrets.token_urlsafe(32), socket, (str(socket), 0) if socket else ("127.0.0.1", 0)


def socket_path(folder: Path) -> Path | None:
    """Choose a name for a new socket in `folder`, which is made; None where sockets have no path that short."""
    if sys.platform == "win32":
        return None
    path = folder / f"{secrets.token_hex(6)}.sock"
    if len(os.fsencode(path)) > _MAX_SOCKET_PATH:
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        logger.warning("no socket can be made in %s: %s", folder, error)
        return None
    return path


def _level(line: str) -> str:
    """Return the level letter of llama.cpp's log lines: `0.00.003.673 E srv  load_model: …`."""
    head = line.split(maxsplit=2)
    return head[1] if len(head) > 1 and head[0][:1].isdigit() else head[0] if head and head[0] == "E" else ""


def _message(line: str) -> str:
    text = line.split(" E ", 1)[-1].removeprefix("E ")
    return text.split(": ", 1)[-1].strip() if ": " in text else text.strip()
