"""What is left of backups whose window was killed: copies of all chats, in folders of no use to anybody."""

import logging
import shutil
import time
from pathlib import Path

logger = logging.getLogger(__name__)

_NAME = "backup.sqlite"
_OLD_SECONDS = 600
"""So long nobody can have been at work on one: a backup takes seconds."""


def remove_leftovers(folder: Path) -> list[Path]:
    """Remove folders of unfinished backups from the data folder; the result is what was removed. Blocking."""
    removed = []
    try:
        candidates = [path for path in folder.glob("tmp*") if _is_leftover(path)]
    except OSError as error:
        logger.warning("%s can't be looked through: %s", folder, error)
        return []
    for path in candidates:
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            logger.info("%s was left of a backup and is removed", path)
            removed.append(path)
    return removed


def _is_leftover(path: Path) -> bool:
    """Return whether it is a folder of a backup, with nothing else in it, and old enough."""
    if path.is_symlink() or not path.is_dir():
        return False
    files = list(path.iterdir())
    ours = bool(files) and all(file.name.startswith(_NAME) and file.is_file() for file in files)
    return ours and all(time.time() - file.stat().st_mtime > _OLD_SECONDS for file in files)
