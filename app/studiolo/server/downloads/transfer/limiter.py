"""How fast all transfers together may be."""

import threading
import time

_BURST = 0.25
"""Seconds' worth of bytes that may come at once after a pause."""


class Limiter:
    """`rate`: bytes a second for everybody together, 0 for as many as come. Safe from any thread."""

    def __init__(self, rate: int = 0) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._due = time.monotonic()

    @property
    def rate(self) -> int:
        """Return the rate in force, in bytes a second; 0 is no limit."""
        return self._rate

    @rate.setter
    def rate(self, rate: int) -> None:
        with self._lock:
            self._rate = rate
            self._due = time.monotonic()

    def piece(self, most: int) -> int:
        """Return how many bytes to read at once, so that a slow rate is an even one."""
        return most if not self._rate else max(4096, min(most, self._rate // 8))

    def take(self, count: int, stop: threading.Event) -> None:
        """Wait until `count` bytes, that were read, are within the rate, or until `stop`."""
        with self._lock:
            if not self._rate:
                return
            now = time.monotonic()
            self._due = max(self._due, now - _BURST) + count / self._rate
            wait = self._due - now
        if wait > 0:
            stop.wait(wait)
