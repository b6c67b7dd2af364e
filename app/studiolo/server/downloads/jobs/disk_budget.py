"""Room on the disks: what is free, what is promised already, and what is to stay free."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from studiolo.files import size_in_words
from studiolo.server.downloads.disk import disk_of, free_bytes


@dataclass(frozen=True)
class DiskSpace:
    """`number` is that of the disk; `free`: bytes."""

    number: int
    free: int


def look_at_disks(folders: Iterable[Path]) -> dict[Path, DiskSpace]:
    """Return the disk of each folder; one that can't be asked is left out. Blocking."""
    found = {}
    for folder in folders:
        try:
            found[folder] = DiskSpace(disk_of(folder), free_bytes(folder))
        except OSError:
            continue
    return found


class DiskBudget:
    """What jobs may still write. reserve_bytes: what stays free on each disk.

    A disk that can't be asked has room: whoever writes to it will hear otherwise.
    """

    def __init__(self, disks: Mapping[Path, DiskSpace], reserve_bytes: int) -> None:
        self._disks = disks
        self._reserve = reserve_bytes
        self._promised: defaultdict[int, int] = defaultdict(int)

    def is_low(self, folder: Path) -> bool:
        """Return whether the reserve itself is being used."""
        disk = self._disks.get(folder)
        return disk is not None and disk.free < self._reserve

    def has(self, folder: Path, count: int) -> bool:
        """Return whether so many bytes fit, beside what is promised."""
        disk = self._disks.get(folder)
        return disk is None or count <= disk.free - self._reserve - self._promised[disk.number]

    def reserve(self, folder: Path, count: int) -> None:
        """Promise so many bytes on the folder's disk to a job; a disk that can't be asked promises nothing."""
        if disk := self._disks.get(folder):
            self._promised[disk.number] += count

    def problem(self, folder: Path, count: int) -> str:
        """Return why so many bytes don't fit."""
        disk = self._disks.get(folder)
        free = disk.free if disk else 0
        text = f"It needs {size_in_words(count)} more, and {size_in_words(free)} are free on the disk"
        promised = self._promised[disk.number] if disk else 0
        others = f", of which other downloads take {size_in_words(promised)}" if promised else ""
        reserve = f"; {size_in_words(self._reserve)} are to stay free" if self._reserve else ""
        return f"{text}{others}{reserve}."
