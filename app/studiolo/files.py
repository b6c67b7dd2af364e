"""Files that are replaced as a whole, or stay as they were; and files of others, which may be anything."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def write_atomically(target: Path, data: bytes, *, private: bool = False) -> None:
    """Replace `target`; a reader sees the old file or the new one, after a power cut, too. Blocking. Raises OSError.

    private: only this user can read it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading that a person chose. Raises OSError, also for a folder, a pipe or a device.

    A pipe would be waited for, and a device may have no end. It is looked at twice: it may change meanwhile.
    """
    _check_regular(os.stat(path).st_mode)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _check_regular(os.fstat(descriptor).st_mode)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check_regular(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "It is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "It is no file but a pipe or a device")
