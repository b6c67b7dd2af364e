"""Opening the history: sound as it is, damaged as much of it as can be read, and never without a word."""

import logging
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from studiolo.database import open_database
from studiolo.database_rescue import is_damage, only_to_read
from studiolo.desktop.history.backups import newest_backup
from studiolo.desktop.history.recovery import recover
from studiolo.desktop.history.schema import MIGRATIONS, SCHEMA, VERSION

logger = logging.getLogger(__name__)

_MAGIC = b"SQLite format 3\0"
_BESIDE = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Damage:
    """What was found instead of the chats.

    kept: where the damaged file is, None where there was none; recovered: how many messages of it are there again;
    backup: the newest one, None where there is none.
    """

    kept: Path | None
    recovered: int
    backup: Path | None


def open_history(file: Path) -> tuple[sqlite3.Connection, Damage | None]:
    """Return the history, and what was wrong with it. Raises sqlite3.Error, and OSError for one of a newer version."""
    damage = _damage_of(file)
    return open_database(file, SCHEMA, version=VERSION, migrations=MIGRATIONS), damage


def _damage_of(file: Path) -> Damage | None:
    """Return what is wrong with a file, which is mended then."""
    if file.exists() and not file.is_file():
        return None
    if not file.exists() or not file.stat().st_size:
        # Nothing, where chats were a day ago.
        backup = newest_backup(file)
        return Damage(None, 0, backup) if backup else None
    with file.open("rb") as raw:
        begin = raw.read(len(_MAGIC))
    if begin != _MAGIC:
        # Opened, SQLite would throw away what was written last, which is in a file beside it.
        return mend(file, "it is no database")
    try:
        _look_at(file)
    except sqlite3.DatabaseError as error:
        if only_to_read(error):
            return None
        if not is_damage(error):
            raise
        return mend(file, error)
    return None


def mend(file: Path, error: object) -> Damage:
    """Set a damaged history aside, and put what can be read of it in its place. No connection may be open.

    Raises OSError and sqlite3.Error where there is no room for that; everything is where it was then.
    """
    aside = file.with_name(f"{file.stem}.broken-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000:03}")
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    try:
        recovered = recover(file, fresh)
        for end in _BESIDE:
            with suppress(FileNotFoundError):
                file.with_name(file.name + end).replace(aside.with_name(aside.name + end))
        if recovered:
            fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
    logger.error("%s is damaged (%s): it is kept as %s, %d messages are recovered", file, error, aside, recovered)
    return Damage(aside, recovered, newest_backup(file))


def _look_at(file: Path) -> None:
    """Raise sqlite3.DatabaseError where a file is no history, or is cut within its beginning."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as found:
        found.execute("PRAGMA journal_mode = WAL").fetchall()
        version = found.execute("PRAGMA user_version").fetchone()[0]
        if 0 < version <= VERSION:
            for table in ("folders", "chats", "messages", "files"):
                found.execute(f"SELECT 1 FROM {table} ORDER BY rowid LIMIT 1").fetchall()
                found.execute(f"SELECT 1 FROM {table} ORDER BY rowid DESC LIMIT 1").fetchall()
