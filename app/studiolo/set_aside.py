"""Files that can't be used: they are kept beside their place, so that nothing of them is lost by going on."""

import json
import logging
import os
import shutil
import time
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

BROKEN = ".broken-"
_MOST_BYTES = 32 * 2**20
_MOST_NESTED = 200
"""Lists and objects in each other. What is read must be written again, also where the stack is deep by then."""

_TOO_DEEP = "it is nested too deep"


class DamagedError(Exception):
    """A file does not hold what it should; the text says why."""


def set_aside(path: Path, *, copy: bool = False) -> Path | None:
    """Give a file or folder another name beside its own; the name, or None where that can't be done. Blocking.

    copy: of a file, of which the most can be used, a copy is kept instead.
    """
    aside = path.with_name(f"{path.name}{BROKEN}{time.time_ns()}")
    try:
        if copy:
            shutil.copy2(path, aside)
        else:
            path.replace(aside)
    except OSError as error:
        logger.warning("%s can't be set aside: %s", path, error)
        return None
    return aside


def was_set_aside(path: Path) -> bool:
    """Return whether a file of that name was set aside once."""
    try:
        return any(path.parent.glob(f"{path.name}{BROKEN}*"))
    except OSError:
        return False


def kept_as(aside: Path | None) -> str:
    """Return in a sentence what became of a file."""
    return f"It is kept as {aside.name}." if aside else "It can't be set aside and stays where it is."


def read_content(file: Path) -> bytes:
    """Return what a file holds.

    Blocking. Raises FileNotFoundError, and DamagedError for no file, a large or an empty one.
    """
    try:
        if file.is_file():
            with file.open("rb") as opened:
                content = opened.read(_MOST_BYTES + 1)
        elif file.is_dir():
            raise DamagedError("it is a folder")
        elif os.path.lexists(file):
            # A link that leads nowhere, or a pipe, which would be waited for.
            raise DamagedError("it is no file")
        else:
            raise FileNotFoundError(file)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedError(f"it can't be read: {error.strerror}") from error
    if len(content) > _MOST_BYTES:
        raise DamagedError("it is too large")
    if not content.strip(b"\0 \t\r\n"):
        raise DamagedError("it is empty")
    return content


def read_json(file: Path) -> Any:
    """Return what a file holds.

    Blocking. Raises FileNotFoundError, and DamagedError for everything else that is no JSON.
    """
    content = read_content(file)
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except RecursionError as error:
        raise DamagedError(_TOO_DEEP) from error
    except ValueError as error:
        raise DamagedError("it is no JSON") from error
    if is_nested_too_deep(found):
        raise DamagedError(_TOO_DEEP)
    return found


def is_nested_too_deep(value: Any) -> bool:
    """Return whether a value of JSON has more lists and objects in each other than a file that is kept may have."""
    level = [value]
    for _ in range(_MOST_NESTED):
        held = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level = [inner for inners in held for inner in inners]
        if not level:
            return False
    return True
