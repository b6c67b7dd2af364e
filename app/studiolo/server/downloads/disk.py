"""The disk that files go to: what its failures mean, and what room there is."""

import errno
import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path

from studiolo.errors import StorageError

_NOTHING = 2**20
"""Bytes: with less than this, whatever fails on a disk fails because it is full."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskFullError(StorageError):
    """There is no room; what came is kept."""


def storage_error(error: BaseException, target: Path) -> StorageError:
    """Return what a failure of the disk with `target` on it means."""
    full = isinstance(error, OSError) and error.errno in _FULL
    full = full or (isinstance(error, sqlite3.OperationalError) and "full" in str(error))
    if full or free_bytes(target.parent) < _NOTHING:
        return DiskFullError("The disk is full.", hint="Free some space: it goes on by itself.", details=str(error))
    return StorageError(f"{target} can't be written.", hint=f"{error}.", details=type(error).__name__)


def free_bytes(folder: Path) -> int:
    """Return what a user may still write to the disk that has `folder`, or will have it."""
    return shutil.disk_usage(_existing(folder)).free


def total_bytes(folder: Path) -> int:
    """Return the size of the disk that has `folder`, or will have it."""
    return shutil.disk_usage(_existing(folder)).total


def disk_of(folder: Path) -> int:
    """Return a number that is the same for all folders of one disk."""
    return _existing(folder).stat().st_dev


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
