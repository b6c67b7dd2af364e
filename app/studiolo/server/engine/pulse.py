"""Whether an engine that somebody waits for is still alive: it may hang without having ended."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psutil

logger = logging.getLogger(__name__)

SILENT_SECONDS = 20.0
"""So long an engine may say nothing, use no processor and answer nobody before it counts as dead."""
_LOOK_SECONDS = 1.0
_ANSWER_SECONDS = 5.0


class Pulse:
    """Watches the process `pid` while somebody waits for it.

    answers: asks it for anything. died: called once, where it shows no sign of life.
    """

    def __init__(self, pid: int, answers: Callable[[], Awaitable[object]], died: Callable[[], None]) -> None:
        self._pid = pid
        self._answers = answers
        self._died = died
        self._waiting = 0
        self._heard = 0.0
        self._watch: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def waited_for(self) -> AsyncIterator[None]:
        """Count as waited for while the block runs."""
        self._waiting += 1
        if self._watch is None:
            self.beat()
            self._watch = asyncio.create_task(self._look(), name=f"pulse of {self._pid}")
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting and self._watch:
                self._watch.cancel()
                self._watch = None

    def beat(self) -> None:
        """It said something."""
        self._heard = asyncio.get_running_loop().time()

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        used = self._processor_seconds()
        while used is not None:
            await asyncio.sleep(_LOOK_SECONDS)
            before, used = used, self._processor_seconds()
            if used != before:
                self.beat()
            elif loop.time() - self._heard > SILENT_SECONDS:
                if not await self._does_answer():
                    logger.error("the engine %d shows no sign of life and is ended", self._pid)
                    self._died()
                    return
                self.beat()

    async def _does_answer(self) -> bool:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._answers()
        except TimeoutError:
            return False
        except (OSError, EOFError, ValueError):
            pass  # Whoever waits for it finds that out, too.
        return True

    def _processor_seconds(self) -> float | None:
        """None for a process that has ended: whoever waits for it finds that out."""
        try:
            times = psutil.Process(self._pid).cpu_times()
        except psutil.Error:
            return None
        return float(times.user + times.system)
