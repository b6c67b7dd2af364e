"""Runtimes as short-lived children: what they find in their environment, and what they say before they end."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studiolo.errors import EngineError
from studiolo.server.engine.worker_words import without_options

_SPIN_COUNT = "1000"
"""Turns for which an engine's thread waits awake for the others (libgomp). With libgomp's own 300,000 it waits out
the time of whatever other program has its core, at full load: beside a busy one a reply takes five
times as long. With these it gives its core away, and loses nothing on a machine that does nothing else."""
_LATE_SECONDS = 2.0
_MOST_SAID = 1 << 20
"""Bytes of its output that are kept."""


@dataclass(frozen=True)
class ChildResult:
    """What a child left. `code` is its exit status, below zero for a signal; None: it hung and was ended."""

    code: int | None
    stdout: str
    stderr: str


def engine_environment() -> dict[str, str]:
    """Return what an engine finds in its environment.

    The user's own, above what was measured as best, below what must be.
    """
    chosen = {} if "OMP_WAIT_POLICY" in os.environ else {"GOMP_SPINCOUNT": _SPIN_COUNT}
    return {**chosen, **os.environ, "GGML_NO_BACKTRACE": "1"}


async def run_child(command: Sequence[str | Path], seconds: float, *, given: bytes = b"") -> ChildResult:
    """Run a program to its end, which is forced after so many seconds, or when this is cancelled.

    given: what it finds on its stdin. Raises EngineError where it can't be executed; OSError is its cause.
    """
    options: dict[str, Any] = {} if sys.platform == "win32" else {"start_new_session": True}
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=without_options(engine_environment()),
            **options,
        )
    except OSError as error:
        raise EngineError(f"{command[0]} could not be executed: {error.strerror}.", details=str(error)) from error
    assert process.stdin
    with contextlib.suppress(OSError):
        process.stdin.write(given)
        await process.stdin.drain()
    reading = [asyncio.create_task(_read(stream)) for stream in (process.stdout, process.stderr)]
    hung = False
    try:
        async with asyncio.timeout(seconds):
            await asyncio.wait(reading)
            await process.wait()
    except TimeoutError:
        hung = True
    finally:
        process.stdin.close()
        _end_group(process)
        code = await process.wait()
        # What a child of its own still holds open is not waited for.
        _, late = await asyncio.wait(reading, timeout=_LATE_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
    out, err = ("" if task.cancelled() else task.result().decode(errors="replace") for task in reading)
    return ChildResult(None if hung else code, out, err)


def _end_group(process: asyncio.subprocess.Process) -> None:
    """End a child, and where that is its own session's first process, whatever it has started."""
    with contextlib.suppress(OSError):
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        elif process.returncode is None:
            process.kill()


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    assert stream
    said = bytearray()
    while piece := await stream.read(1 << 16):
        said += piece[: max(0, _MOST_SAID - len(said))]
    return bytes(said)
