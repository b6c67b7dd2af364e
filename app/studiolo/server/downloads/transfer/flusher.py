"""The system's cache, which a large download must not fill."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from studiolo.server.downloads.transfer.background_thread import BackgroundThread


class Flusher(BackgroundThread):
    """Has a file that grows written to the disk all along, so that little is left to do at its end.

    What nobody here reads again leaves the system's cache then, where the system can be told: a large download would
    push models that are loaded out of memory.
    """

    look_seconds = 0.1
    least_bytes = 32 * 2**20
    """How often it looks, and how much must have come for it to do something."""

    def __init__(self, path: Path, written: Callable[[], int], read: Callable[[], int]) -> None:
        """written: how many bytes were, so far. read: how many from the beginning are not read again."""
        super().__init__("flush")
        self._path = path
        self._written = written
        self._read = read

    def _work(self) -> None:
        flushed = 0
        with self._path.open("rb+") as file:
            while not self._end.wait(self.look_seconds):
                if (written := self._written()) - flushed >= self.least_bytes:
                    flushed = written
                    getattr(os, "fdatasync", os.fsync)(file.fileno())
                    if sys.platform == "linux":
                        os.posix_fadvise(file.fileno(), 0, self._read() or 1, os.POSIX_FADV_DONTNEED)
