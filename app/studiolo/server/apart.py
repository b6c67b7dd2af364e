"""Work on a request that takes time with its size: that of a large one is done in a thread, beside the event loop."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 64 * 1024
"""Bytes: what is made of smaller bodies is made faster than a thread would begin."""

_large: ContextVar[bool] = ContextVar("large_request", default=False)


def note_size(size: int) -> None:
    """Say how many bytes the request has that this task is about."""
    _large.set(size > AT_ONCE)


async def apart(work: Callable[[], T]) -> T:
    """Return what `work` gives, done where it holds up nobody else."""
    return await asyncio.to_thread(work) if _large.get() else work()
