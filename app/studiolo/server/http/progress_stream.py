"""Work of a thread that somebody watches: how far it is, as events, and its end if nobody watches any more."""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

from studiolo.api.base import Answer
from studiolo.errors import AppError

logger = logging.getLogger(__name__)

T = TypeVar("T")
E = TypeVar("E", bound=Answer)
Work = Callable[[Callable[[float], None], threading.Event], T]
"""Is given where to tell how far it is, 0 to 1, and what is set when it shall stop."""

_STEP_SECONDS = 0.25


async def watched(
    work: Work[T], *, progressed: Callable[[float], E], ended: Callable[[T], E], failed: Callable[[AppError], E]
) -> AsyncGenerator[E, None]:
    """Yield the events of `work`, the last of which says how it ended."""
    stop, fraction = threading.Event(), 0.0

    def progress(now: float) -> None:
        nonlocal fraction
        fraction = now

    task = asyncio.create_task(asyncio.to_thread(work, progress, stop))
    try:
        while not task.done():
            yield progressed(fraction)
            await asyncio.wait([task], timeout=_STEP_SECONDS)
        yield ended(task.result())
    except AppError as error:
        yield failed(error)
    finally:
        stop.set()
        await asyncio.wait([task])
        if failure := task.exception():
            logger.info("work on a model ended early: %r", failure)
