"""Work with files of gigabytes: how much of it is done, and whether somebody still waits for it."""

import threading
from collections.abc import Callable


class Cancelled(Exception):
    """Nobody waits for the work any more."""


class ByteProgress:
    """Counts the bytes of a work of `total` bytes, if there are any, and tells `progress` the fraction, 0 to 1."""

    def __init__(self, total: int, progress: Callable[[float], None], stop: threading.Event) -> None:
        self._total = total or 1
        self._done = 0
        self._progress = progress
        self._stop = stop

    def add(self, count: int) -> None:
        """Count some more bytes. Raises Cancelled once the work is to stop."""
        self._done += count
        self._progress(min(1.0, self._done / self._total))
        if self._stop.is_set():
            raise Cancelled
