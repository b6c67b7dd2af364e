"""Small JSON files that are kept between two runs: whatever became of them, a start never fails for one.

One whose content can't be used is set aside before it is replaced: somebody may still want what was in it.
"""

import json
import logging
import time
from pathlib import Path
from typing import Any, TypeVar

from studiolo.files import open_regular
from studiolo.set_aside import is_nested_too_deep

logger = logging.getLogger(__name__)

Kept = TypeVar("Kept", dict[str, Any], list[Any])

_MOST_BYTES = 16_000_000


def read_kept(file: Path, kind: type[Kept], *, aside: bool = True) -> Kept:
    """Return what is in the file; empty where there is none, or none that can be used.

    aside: whether one that holds something else is set aside; it is for one that only says what runs now.
    """
    try:
        with open_regular(file) as kept:
            data = kept.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return kind()
    except OSError as error:
        logger.warning("%s can't be read: %s", file, error)
        return kind()
    try:
        if len(data) > _MOST_BYTES:
            raise ValueError("it is too large")
        found = json.loads(data.decode("utf-8-sig"))
        if is_nested_too_deep(found):
            raise ValueError("it is nested too deep")
        if isinstance(found, kind):
            return found
        raise ValueError(f"it holds no {kind.__name__}")
    except (ValueError, RecursionError) as error:
        logger.warning("%s is damaged: %s", file, error)
        if aside and data.strip():
            set_aside(file)
        return kind()


def set_aside(file: Path) -> Path | None:
    """Give it another name beside its own; None where that can't be done."""
    aside = file.with_name(f"{file.name}.broken-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        file.replace(aside)
    except OSError as error:
        logger.warning("%s can't be set aside: %s", file, error)
        return None
    logger.warning("%s is kept as %s", file, aside)
    return aside
