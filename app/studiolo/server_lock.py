"""What keeps a server the only one of its data folder, and tells everybody else who it is.

A lock of the kernel's: it goes with the process, however that ends. The locked file says who holds it, so that a
server is found even where its state file was lost. Where the kernel can lock a folder, the data folder is locked as
well: the file may be deleted, and a second server would lock another one of the same name.
"""

import contextlib
import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from studiolo.files import open_regular
from studiolo.set_aside import set_aside

logger = logging.getLogger(__name__)

_MOST_BYTES = 4096
# Windows keeps others from reading the byte that is locked; a blank before it does no harm to JSON.
_LOCKED_BYTES = 1

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int, *, shared: bool = False) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, _LOCKED_BYTES)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, _LOCKED_BYTES)

else:
    import fcntl

    def _try_lock(descriptor: int, *, shared: bool = False) -> bool:
        """Return whether the lock could be taken. Raises OSError where nothing can be locked."""
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


class ServerLock:
    """The lock at `file`, and that of the folder `data`, where there is such a thing. Blocking; for one thread."""

    def __init__(self, file: Path, data: Path) -> None:
        self._file = file
        self._data = data
        self._descriptor: int | None = None
        self._folder: int | None = None

    def try_acquire(self) -> bool:
        """Return whether it is ours now. Raises OSError where the file can't be used."""
        descriptor = self._open()
        try:
            # Another process may have made a new file of that name since.
            if not (_try_lock(descriptor) and self._is_in_place(descriptor) and self._lock_folder()):
                os.close(descriptor)
                return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    @property
    def in_place(self) -> bool:
        """Return whether the file that is locked is still the one that others find."""
        return self._descriptor is not None and self._is_in_place(self._descriptor)

    def restore(self) -> None:
        """Make the file anew that somebody deleted, and lock that. Raises OSError."""
        descriptor = self._open()
        if not _try_lock(descriptor):
            os.close(descriptor)
            raise BlockingIOError(f"another process has locked {self._file}")
        former, self._descriptor = self._descriptor, descriptor
        if former is not None:
            os.close(former)

    def tell(self, facts: Mapping[str, Any]) -> None:
        """Say who holds it. What can't be written is not known to others, and nothing worse."""
        if self._descriptor is None:
            return
        content = b" " * _LOCKED_BYTES + json.dumps(facts).encode()
        with contextlib.suppress(OSError):
            if sys.platform != "win32":
                os.fchmod(self._descriptor, 0o600)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            # All of it at once, and cut afterwards: a reader must not find half of it.
            os.write(self._descriptor, content.ljust(1024))
            os.ftruncate(self._descriptor, max(1024, len(content)))

    def release(self) -> None:
        """Give the lock back; idempotent."""
        for descriptor in (self._descriptor, self._folder):
            if descriptor is not None:
                os.close(descriptor)
        self._descriptor = self._folder = None

    def _open(self) -> int:
        """Raises OSError. What is of no use in the file's place goes aside: the data folder is locked, too."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            if set_aside(self._file) is None:
                raise
            return os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)

    def _is_in_place(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._file.stat())
        except OSError:
            return False

    def _lock_folder(self) -> bool:
        """Return whether nobody else holds the data folder. One that can't be locked is held by nobody."""
        if sys.platform == "win32":
            return True  # No file that is open can be deleted there.
        try:
            self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = os.open(self._data, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            return True
        try:
            locked = _try_lock(folder)
        except OSError as error:
            logger.debug("%s can't be locked: %s", self._data, error)
            locked = True
        if locked:
            self._folder = folder
        else:
            os.close(folder)
        return locked


def is_held(path: Path) -> bool:
    """Return whether a process has locked a file or folder; False for one that is not there or can't be looked at."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        if not _try_lock(descriptor, shared=True):
            return True
        _unlock(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def facts_in(file: Path) -> Any:
    """Return what a lock file says of its holder, now or before; None for nothing that can be read."""
    try:
        with open_regular(file) as opened:
            opened.seek(_LOCKED_BYTES)
            return json.loads(opened.read(_MOST_BYTES) or b"null")
    except (OSError, ValueError, RecursionError):
        return None


def process_start(pid: int) -> float:
    """Return when a process began, in a measure that tells two of the same number apart. Raises psutil.Error.

    On Linux these are ticks since the machine's start: what is reckoned in wall time moves when the clock is set.
    """
    if sys.platform != "linux":
        return psutil.Process(pid).create_time()
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError as error:
        raise psutil.NoSuchProcess(pid) from error
    # The name, in parentheses, may hold anything: what follows is counted from its end.
    return float(stat.rpartition(b")")[2].split()[19])


def is_process(pid: int, created: float) -> bool:
    """Return whether the process `pid` lives and began at `created`, as of `process_start`."""
    try:
        process = psutil.Process(pid)
        # A server of an earlier version tells it in wall time.
        same = process_start(pid) == created or abs(process.create_time() - created) <= 1
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ValueError, OverflowError):
        return False
