"""Small JSON files that are kept between two runs: whatever became of them, a start never fails for one.

One that can't be read or used is set aside before it is replaced: somebody may still want what was in it.
"""

import errno
import logging
import stat
from pathlib import Path
from typing import Any, TypeVar

from studiolo.set_aside import DamagedError, kept_as, read_json, set_aside

logger = logging.getLogger(__name__)

_MOST_BYTES = 16 * 2**20
_PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""What keeps a file from being read and has nothing to do with it; it keeps it from being replaced as well."""

Kept = TypeVar("Kept", dict[str, Any], list[Any])


def read_kept(file: Path, kind: type[Kept], *, aside: bool = True) -> Kept:
    """Return what is in the file; empty where there is none, or none that can be used.

    aside: whether one that holds something else, or can't be read, is set aside; no for what only says what runs now.
    """
    try:
        found = read_json(file)
        if isinstance(found, kind):
            return found
        raise DamagedError(f"it holds no {kind.__name__}")
    except FileNotFoundError:
        return kind()
    except DamagedError as error:
        logger.warning("%s is damaged: %s.", file, error)
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in _PASSING:
            return kind()
    if aside:
        keep_beside(file)
    return kind()


def keep_beside(file: Path) -> None:
    """Set a file aside whose content can't be used, and log it; one with nothing in it stays."""
    try:
        if file.is_file() and not file.stat().st_size:
            return
    except OSError as error:
        logger.warning("%s can't be looked at: %s", file, error)
    logger.warning("%s: %s", file, kept_as(set_aside(file)))


def make_way(file: Path) -> None:
    """Set aside what is in the place of a small file and is none: who opens a pipe waits, and a device has no end."""
    try:
        status = file.stat()
    except OSError:
        return
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
        keep_beside(file)
