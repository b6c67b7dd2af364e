"""How a test waits: for what it needs to see, and never for a while.

A test that sleeps is slow on a fast machine and fails on a slow one. These return as soon as their condition holds; the
limit is only there to end a test that would wait for good, so it is generous.
"""

import asyncio
import inspect
import subprocess
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

import pytest

T = TypeVar("T")

LIMIT_SECONDS = 60.0
_POLL_SECONDS = 0.01
_LONGEST_POLL_SECONDS = 0.05


@overload
async def until(
    condition: Callable[[], Awaitable[T | None]], what: str = "", *, seconds: float = LIMIT_SECONDS
) -> T: ...
@overload
async def until(condition: Callable[[], T | None], what: str = "", *, seconds: float = LIMIT_SECONDS) -> T: ...
async def until(condition: Callable[[], Any], what: str = "", *, seconds: float = LIMIT_SECONDS) -> Any:
    """Wait, with the event loop running, until a condition holds.

    Args:
        condition: Looked at every 10 ms, later every 50; may be a function that returns an awaitable.
        what: What is waited for, in words, for the failure's message; the condition's own source line if left out.
        seconds: How long to wait at most.

    Returns:
        The first true value that `condition` gave.
    """
    began = time.monotonic()
    while True:
        result = condition()
        if inspect.isawaitable(result):
            result = await result
        if result:
            return result
        waited = time.monotonic() - began
        if waited > seconds:
            _fail(condition, what, seconds)
        await asyncio.sleep(_pause(waited))


def wait_until(
    condition: Callable[[], T | None],
    what: str = "",
    *,
    process: "subprocess.Popen[bytes] | None" = None,
    seconds: float = LIMIT_SECONDS,
) -> T:
    """Wait, keeping the thread, until a condition holds; for what happens in other processes and threads.

    Args:
        condition: Looked at every 10 ms, later every 50: looking takes time from what is waited for.
        what: What is waited for, in words; the condition's own source line if left out.
        process: The test fails at once if this process ends before the condition holds.
        seconds: How long to wait at most.

    Returns:
        The first true value that `condition` gave.
    """
    began = time.monotonic()
    while not (result := condition()):
        if process is not None and process.poll() is not None:
            said = process.stderr.read().decode(errors="replace") if process.stderr else ""
            pytest.fail(f"the process ended with {process.returncode}: {said}")
        waited = time.monotonic() - began
        if waited > seconds:
            _fail(condition, what, seconds)
        time.sleep(_pause(waited))
    return result


async def stays(condition: Callable[[], object], *, turns: int = 20) -> None:
    """Let the event loop turn, and fail if a condition that must go on holding stops to.

    For what must not happen: a few turns of the loop are when it would, and no clock is involved.
    """
    for _ in range(turns):
        assert condition(), f"it did not stay so: {_source(condition)}"
        await asyncio.sleep(0)
    assert condition(), f"it did not stay so: {_source(condition)}"


def _pause(waited: float) -> float:
    return min(_LONGEST_POLL_SECONDS, max(_POLL_SECONDS, waited / 10))


def _fail(condition: Callable[[], object], what: str, seconds: float) -> None:
    pytest.fail(f"waited {seconds:.0f} s in vain for {what or _source(condition)}")


def _source(condition: Callable[[], object]) -> str:
    try:
        return inspect.getsource(condition).strip()
    except (OSError, TypeError):
        return repr(condition)
