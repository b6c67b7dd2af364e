"""How long the GUI thread is kept busy: what a person feels as a window that hangs."""

import gc
import statistics
import time
from types import TracebackType
from typing import Self

from PySide6.QtCore import Qt, QTimer

_INTERVAL_MS = 5
_USUAL_MS = 2.0
"""What the piece of work takes on a machine like those that the limits were set on, with nothing else to do."""
_SLOWEST = 3.0
_LONG_MS = 10.0


class StallMonitor:
    """Measures, turn by turn of the event loop, from entering the context to leaving it. All values in milliseconds.

    Assert on CPU time, which is the thread's own work; wall time is noise on a machine that others share. Even CPU time
    doubles where others use the core's other half, so the monitor times a piece of work of its own after every long
    turn, and CPU times are those of a machine that does this as fast as usual.
    """

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._tick)
        self._last = (0.0, 0.0)
        self.wall: list[float] = []
        self.cpu: list[float] = []

    @property
    def worst_cpu(self) -> float:
        return max(self.cpu, default=0.0)

    @property
    def worst_wall(self) -> float:
        return max(self.wall, default=0.0)

    @property
    def busy(self) -> float:
        """The share of the time, 0 to 1, that the GUI thread worked."""
        return sum(self.cpu) / sum(self.wall) if self.wall else 0.0

    def __enter__(self) -> Self:
        # What earlier tests left behind would be looked through at this one's cost.
        gc.collect()
        gc.freeze()
        self._last = (time.perf_counter(), time.thread_time())
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.stop()
        self._tick()
        gc.unfreeze()

    def _tick(self) -> None:
        wall = (time.perf_counter() - self._last[0]) * 1000
        cpu = (time.thread_time() - self._last[1]) * 1000
        self.wall.append(wall)
        self.cpu.append(cpu / _times_slower() if cpu > _LONG_MS else cpu)
        self._last = (time.perf_counter(), time.thread_time())


def _times_slower() -> float:
    """How much slower than usual this machine is at the moment: 1 to 3."""
    taken = []
    for _ in range(5):
        began = time.thread_time()
        words = [f"{number:x}" for number in range(4_000)]
        words.sort(key=lambda word: word[::-1])
        "".join({word: word.upper() for word in words}.values()).split("A")
        taken.append((time.thread_time() - began) * 1000)
    return min(_SLOWEST, max(1.0, statistics.median(taken) / _USUAL_MS))
