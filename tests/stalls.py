"""How long the GUI thread is kept busy: what a person feels as a window that hangs."""

import gc
import time
from types import TracebackType
from typing import Self

from PySide6.QtCore import Qt, QTimer

_INTERVAL_MS = 5


class StallMonitor:
    """Measures, turn by turn of the event loop, from entering the context to leaving it. All values in milliseconds.

    Assert on CPU time, which is the thread's own work; wall time is noise on a machine that others share.
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
        now = (time.perf_counter(), time.thread_time())
        self.wall.append((now[0] - self._last[0]) * 1000)
        self.cpu.append((now[1] - self._last[1]) * 1000)
        self._last = now
