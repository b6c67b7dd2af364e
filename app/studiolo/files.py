"""Files that are replaced as a whole, or stay as they were; and files of others, which may be anything."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_PIECE = 4 * 2**20


def write_atomically(target: Path, data: bytes, *, private: bool = False, durable: bool = True) -> None:
    """Replace `target`; a reader sees the old file or the new one, after a power cut, too. Blocking. Raises OSError.

    private: only this user can read it. durable: waits for the disk; no for what is true as long as the machine runs.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666), "wb") as file:
            file.write(data)
            file.flush()
            if durable:
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


def read_small(path: Path, most: int) -> bytes:
    """Return what is in a small file. Raises OSError as `open_regular` does, and for one of more than `most` bytes."""
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, "It is too large")
    return content


def _check_regular(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "It is a folder")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "It is no file but a pipe or a device")


def size_of(path: Path) -> int:
    """Return the size of a file in bytes; 0 for one that can't be looked at."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0  # Whoever reads it says what is wrong with it.


def sha256_of(path: Path, came: Callable[[int], None]) -> str:
    """Return the hash of a file in hex. Blocking. Raises OSError.

    came: hears of the bytes of each piece, and may raise.
    """
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            came(len(piece))
    return digest.hexdigest()


def size_in_words(count: int) -> str:
    """Return a size for messages, in the decimal units that disks and model files are counted in: "1.5 GB"."""
    for limit, unit in ((1e9, "GB"), (1e6, "MB")):
        if count >= limit:
            return f"{count / limit:.1f} {unit}"
    return f"{count / 1e3:.0f} kB"
