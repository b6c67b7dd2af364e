"""A backup of all chats for each of the last days. Everything here blocks."""

import logging
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

logger = logging.getLogger(__name__)

_KEPT = 5
_ROOM = 3
"""How many times its size must be free on the disk."""


def backups(history: Path) -> list[Path]:
    """Return the daily backups of a history, the newest first."""
    return sorted(folder_of(history).glob(f"{history.stem}-????-??-??.sqlite"), reverse=True)


def newest_backup(history: Path) -> Path | None:
    """Return the latest backup; None where there is none that is sound."""
    return next((one for one in backups(history) if is_sound(one)), None)


def folder_of(history: Path) -> Path:
    """Return the folder of the backups of a history."""
    return history.with_name("backups")


def back_up_today(history: Path) -> Path | None:
    """Make today's backup where there is none yet; None where nothing was to be done, or it could not be made.

    The chats can be read and written meanwhile. A few backups are kept, and the largest: what was begun anew after the
    chats were lost must not push them out.
    """
    target = folder_of(history) / f"{history.stem}-{time.strftime('%Y-%m-%d')}.sqlite"
    part = target.with_name(f"{target.name}.part")
    try:
        if target.exists() or not history.is_file() or not _has_room(history):
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(f"{history.absolute().as_uri()}?mode=rw", uri=True)) as source:
            if not source.execute("SELECT 1 FROM messages LIMIT 1").fetchone():
                return None
            with closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
        if not is_sound(part):
            raise sqlite3.DatabaseError("what was copied is damaged")
        part.replace(target)
        _forget_old(history)
    except (sqlite3.Error, OSError) as error:
        logger.warning("there is no backup of today: %s", error)
        part.unlink(missing_ok=True)
        return None
    return target


def is_sound(backup: Path) -> bool:
    """Return whether it is a database without damage, that has chats."""
    try:
        with closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as found:
            found.execute("SELECT 1 FROM chats LIMIT 1").fetchall()
            return bool(found.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False


def _has_room(history: Path) -> bool:
    return shutil.disk_usage(history.parent).free > _ROOM * history.stat().st_size


def _forget_old(history: Path) -> None:
    kept = backups(history)
    largest = max(kept, key=lambda one: one.stat().st_size)
    for old in kept[_KEPT:]:
        if old != largest:
            old.unlink(missing_ok=True)
