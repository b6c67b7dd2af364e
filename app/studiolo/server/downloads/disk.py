"""The disk that files go to: what its failures mean, and what room there is."""

import errno
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from studiolo.errors import StorageError
from studiolo.server.downloads.priority import give_way

_NOTHING = 2**20
"""Bytes: with less than this, whatever fails on a disk fails because it is full."""
_FLUSH_SECONDS = 0.1
_FLUSH_BYTES = 64 * 2**20
_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskFullError(StorageError):
    """There is no room; what came is kept."""


def storage_error(error: BaseException, target: Path) -> StorageError:
    """What a failure of the disk with `target` on it means."""
    full = isinstance(error, OSError) and error.errno in _FULL
    full = full or (isinstance(error, sqlite3.OperationalError) and "full" in str(error))
    if full or free_bytes(target.parent) < _NOTHING:
        return DiskFullError("The disk is full.", hint="Free some space: it goes on by itself.", details=str(error))
    return StorageError(f"{target} can't be written.", hint=f"{error}.", details=type(error).__name__)


def free_bytes(folder: Path) -> int:
    """What a user may still write to the disk that has `folder`, or will have it."""
    return shutil.disk_usage(_existing(folder)).free


def disk_of(folder: Path) -> int:
    """A number that is the same for all folders of one disk."""
    return _existing(folder).stat().st_dev


class Flusher:
    """Has a file that grows written to the disk all along, in a thread, so that little is left to do at its end."""

    def __init__(self, path: Path, written: Callable[[], int]) -> None:
        """written: how many bytes were, so far."""
        self._path = path
        self._written = written
        self._end = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._flush, name="flush", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def check(self) -> None:
        """Raise the OSError that the disk had; nobody else will hear of it."""
        if self._failure:
            raise self._failure

    def _flush(self) -> None:
        give_way()
        flushed = 0
        try:
            with self._path.open("rb+") as file:
                while not self._end.wait(_FLUSH_SECONDS):
                    if (written := self._written()) - flushed >= _FLUSH_BYTES:
                        flushed = written
                        getattr(os, "fdatasync", os.fsync)(file.fileno())
        except OSError as error:
            self._failure = error


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, too."""
    with suppress(OSError):  # Windows can't, and need not.
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _existing(folder: Path) -> Path:
    return next((parent for parent in (folder, *folder.parents) if parent.exists()), Path(folder.anchor or "."))
