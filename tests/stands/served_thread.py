"""A server in a thread of its own, whose event loop is watched: how long does one turn keep it busy."""

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.stands.serving import serving
from tests.stands.waiting import until

_TICK_SECONDS = 0.002


@dataclass
class ServedThread:
    """`turns`: the processor time that the loop's thread took between two ticks, in milliseconds."""

    address: str = ""
    turns: list[float] = field(default_factory=list)

    async def worst_turn(self) -> float:
        """The longest since this was asked last, with the one that is not over yet."""
        ticks = len(self.turns)
        await until(lambda: len(self.turns) > ticks + 1)
        worst = max(self.turns)
        self.turns.clear()
        return worst


@contextmanager
def served_in_a_thread(**settings: Any) -> Iterator[ServedThread]:
    """Its home is that of the test."""
    served, ready = ServedThread(), threading.Event()
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    failure: list[BaseException] = []

    async def serve() -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        stop.append((loop, ended))
        async with serving(**settings) as running:
            served.address = running.address
            watch = asyncio.create_task(_watch(served))
            ready.set()
            await ended.wait()
            watch.cancel()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failure.append(error)
            raise
        finally:
            ready.set()

    # What earlier tests left behind would be looked through at the server's cost.
    gc.collect()
    gc.freeze()
    thread = threading.Thread(target=run, name="server")
    thread.start()
    try:
        ready.wait()
        if failure:
            raise failure[0]
        yield served
    finally:
        loop, ended = stop[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        gc.unfreeze()


async def _watch(served: ServedThread) -> None:
    last = time.thread_time()
    while True:
        await asyncio.sleep(_TICK_SECONDS)
        now = time.thread_time()
        served.turns.append((now - last) * 1000)
        last = now
