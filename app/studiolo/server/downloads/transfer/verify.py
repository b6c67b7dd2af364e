"""Whether what is on the disk is what it should be."""

import hashlib
import io
import zlib
from collections.abc import Callable
from pathlib import Path

from studiolo.server.downloads.transfer.background_thread import BackgroundThread
from studiolo.server.downloads.transfer.blocks import BLOCK
from studiolo.server.downloads.transfer.progress import Progress

_POLL = 0.5


class Hasher(BackgroundThread):
    """The sha256 of a file that is still growing: its finished blocks, in order."""

    def __init__(self, path: Path, progress: Progress) -> None:
        super().__init__("hash")
        self._path = path
        self._progress = progress
        self._hash = hashlib.sha256()
        self.hashed = 0
        """Bytes, from the beginning."""

    def digest(self, check_stop: Callable[[], None]) -> str:
        """Return the hash in hex, once all is read; `check_stop` is called meanwhile and may raise. Raises OSError."""
        while self._thread.is_alive():
            check_stop()
            self._thread.join(0.1)
        self.check()
        return self._hash.hexdigest()

    def _work(self) -> None:
        with self._path.open("rb", buffering=0) as file:
            while not self._hashed_all(file):
                file.seek(0)

    def _hashed_all(self, file: io.FileIO) -> bool:
        """False when the file began anew, so that hashing must, too."""
        buffer = bytearray(BLOCK)
        beginnings, self._hash, self.hashed = self._progress.beginnings, hashlib.sha256(), 0
        for number in range(self._progress.count):
            while not self._progress.wait_for(number, _POLL):
                if self._end.is_set():
                    return True
            if self._end.is_set():
                return True
            if self._progress.beginnings != beginnings:
                return False
            count = file.readinto(buffer)
            self._hash.update(memoryview(buffer)[:count])
            self.hashed += count
        return self._progress.beginnings == beginnings


def blocks_that_differ(path: Path, progress: Progress, check_stop: Callable[[], None]) -> list[int]:
    """Return the blocks that are on the disk otherwise than they came. Raises OSError, and what `check_stop` raises."""
    wrong = []
    with path.open("rb", buffering=0) as file:
        for number in range(progress.count):
            check_stop()
            if zlib.crc32(file.read(BLOCK)) != progress.checksum(number):
                wrong.append(number)
    return wrong
