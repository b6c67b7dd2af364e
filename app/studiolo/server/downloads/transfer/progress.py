"""Which blocks of a file are there, which are being fetched, and which come next. Safe from any thread."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from studiolo.server.downloads.transfer.blocks import BLOCK, BlockJournal

_SAVED_TOGETHER = 4
_SAVED_AFTER = 0.25
"""So many blocks, or seconds, until they are journaled: a kill costs those and the unfinished ones, together less than
8 MiB with four connections."""


class Progress:
    """The blocks of one file. `key`: its name in the journal; `size`: bytes; `beginnings`: how often it began anew.

    on_disk: bytes that the file has; blocks beyond are forgotten, whatever the journal says.
    """

    def __init__(self, journal: BlockJournal, key: str, size: int, *, on_disk: int) -> None:
        self.size = size
        self.count = -(-size // BLOCK)
        self.beginnings = 1
        self._journal = journal
        self._key = key
        self._done = journal.load(key)
        self._taken: set[int] = set()
        self._unsaved: dict[int, int] = {}
        self._saved = time.monotonic()
        self._coming: dict[int, list[int]] = {}
        self._first_missing = 0
        self._change = threading.Condition()
        if lost := [number for number in self._done if number >= self.count or self._end(number) > on_disk]:
            self.forget(lost)

    @property
    def received(self) -> int:
        """Return bytes that need not be fetched again, and those of the blocks that are just coming."""
        with self._change:
            short = self.count * BLOCK - self.size if self.count - 1 in self._done else 0
            return len(self._done) * BLOCK - short + sum(block[0] for block in self._coming.values())

    @property
    def complete(self) -> bool:
        """Return whether all blocks are there."""
        with self._change:
            return len(self._done) == self.count

    def take(self, most: int) -> range | None:
        """Return the first run of missing blocks that nobody fetches, at most so many; None if there is none."""
        with self._change:
            missing = (n for n in range(self._prefix(), self.count) if n not in self._done and n not in self._taken)
            start = next(missing, None)
            if start is None:
                return None
            end = start + 1
            while end < min(self.count, start + most) and end not in self._done and end not in self._taken:
                end += 1
            self._taken.update(range(start, end))
            return range(start, end)

    def release(self, run: range) -> None:
        """Whoever took the run does not fetch it any more."""
        with self._change:
            self._taken.difference_update(run)

    @contextmanager
    def coming(self) -> Iterator[Callable[[int], None]]:
        """Yield, for one block, what is told of bytes as they come, which count until the block is there or lost."""
        block = [0]
        with self._change:
            self._coming[threading.get_ident()] = block

        def came(count: int) -> None:
            block[0] += count

        try:
            yield came
        finally:
            with self._change:
                self._coming.pop(threading.get_ident(), None)

    def finish(self, number: int, checksum: int) -> None:
        """Hear that a block is on the disk. Raises sqlite3.Error."""
        with self._change:
            self._done[number] = checksum
            self._taken.discard(number)
            self._coming.pop(threading.get_ident(), None)
            self._unsaved[number] = checksum
            due = len(self._unsaved) >= _SAVED_TOGETHER or time.monotonic() > self._saved + _SAVED_AFTER
            self._change.notify_all()
        if due:
            self.save()

    def save(self) -> None:
        """Journal what is finished and was not yet. Raises sqlite3.Error."""
        with self._change:
            blocks, self._unsaved = self._unsaved, {}
            self._saved = time.monotonic()
        if blocks:
            self._journal.add(self._key, blocks)

    def forget(self, numbers: list[int] | None = None) -> None:
        """Fetch some blocks again, or all."""
        with self._change:
            if numbers is None:
                self._unsaved.clear()
                self._journal.clear(self._key)
                self._done.clear()
                self.beginnings += 1
            else:
                self._journal.remove(self._key, numbers)
                for number in numbers:
                    del self._done[number]
                    self._unsaved.pop(number, None)
            self._first_missing = 0

    def checksum(self, number: int) -> int:
        """Return the checksum of a block that is there. Raises KeyError for one that is not."""
        with self._change:
            return self._done[number]

    def wait_for(self, number: int, seconds: float) -> bool:
        """Return whether the block is there, by now or before so long."""
        with self._change:
            return self._change.wait_for(lambda: number in self._done, seconds)

    def _prefix(self) -> int:
        while self._first_missing in self._done:
            self._first_missing += 1
        return self._first_missing

    def _end(self, number: int) -> int:
        return min((number + 1) * BLOCK, self.size)
