"""What is left of imports and moves whose server was killed: copies that nobody will finish."""

import logging
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

SUFFIX = ".import"
"""Of a copy that is being made."""
_ENDING = f".gguf{SUFFIX}"
_OLD_SECONDS = 24 * 3600


def remove_leftovers(own: Path, others: Iterable[Path]) -> list[Path]:
    """Remove unfinished copies of models; the result is what was removed. Blocking.

    own: the folder that no other server writes to; in the others only what is older than a day is removed.
    """
    removed = []
    # A copy that is begun from now on is written after this.
    now = time.time()
    for folder, age in [(own, 0), *((other, _OLD_SECONDS) for other in others)]:
        for path in _unfinished(folder):
            try:
                status = path.lstat()
                if status.st_mtime > now - age:
                    continue
                path.unlink()
            except OSError as error:
                logger.warning("%s is left of a copy and can't be removed: %s", path, error)
            else:
                logger.info("%s was left of a copy and is removed: %d bytes", path, status.st_size)
                removed.append(path)
    return removed


def _unfinished(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if name.lower().endswith(_ENDING) and path.is_file() and not path.is_symlink():
                yield path
