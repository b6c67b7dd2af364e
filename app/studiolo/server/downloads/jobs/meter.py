"""How fast bytes come, and when the last will be there."""

import time
from collections import deque

_WINDOW = 10.0
_STALLED = 5.0
"""Seconds without a byte, after which nobody can say when it will be over."""


class Meter:
    """Speed over the last ten seconds. Times are those of time.monotonic."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()
        self._last_byte = time.monotonic()

    def sample(self, fetched: int, now: float | None = None) -> None:
        """Note that so many bytes came so far, all in all."""
        now = time.monotonic() if now is None else now
        if not self._samples or fetched > self._samples[-1][1]:
            self._last_byte = now
        self._samples.append((now, fetched))
        while len(self._samples) > 2 and self._samples[1][0] <= now - _WINDOW:
            self._samples.popleft()

    @property
    def bytes_per_second(self) -> float:
        """Return the speed over the samples that are kept; 0.0 as long as there are fewer than two."""
        if len(self._samples) < 2:
            return 0.0
        (began, before), (now, after) = self._samples[0], self._samples[-1]
        return (after - before) / (now - began) if now > began else 0.0

    def seconds_left(self, remaining: int) -> float | None:
        """Return the seconds that are left; None while nothing comes, or nothing came for a while."""
        speed = self.bytes_per_second
        stalled = not self._samples or self._samples[-1][0] - self._last_byte > _STALLED
        return None if stalled or speed <= 0 else remaining / speed
