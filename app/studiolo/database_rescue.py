"""SQLite files that can't be used as they are: what can be read of them is."""

import logging
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from studiolo.set_aside import set_aside

logger = logging.getLogger(__name__)

_DAMAGE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_UNWRITABLE = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_PERM,
)
_BESIDE = ("-wal", "-shm")
_MOST_COPIED = 512 * 2**20


def is_damage(error: BaseException) -> bool:
    """Return whether it says that the file itself is damaged."""
    return _code(error) in _DAMAGE


def only_to_read(error: BaseException) -> bool:
    """Return whether it says that the file, or what SQLite keeps beside it, can't be written."""
    return _code(error) in _UNWRITABLE


def is_read_only(error: BaseException) -> bool:
    """Return whether it says that this connection can only read."""
    return _code(error) == sqlite3.SQLITE_READONLY


def hint_of(error: BaseException) -> str:
    """Return what a person can do about a database that can't be used."""
    if _code(error) == sqlite3.SQLITE_FULL:
        return "Free some disk space."
    if _code(error) in _UNWRITABLE:
        return "Look whether its folder can be written, and whether the disk has room."
    return ""


def _code(error: BaseException) -> int:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF if isinstance(error, sqlite3.Error) else 0


def set_database_aside(file: Path) -> Path:
    """Give a database, and what belongs to it, other names. Raises OSError where that can't be done."""
    aside = set_aside(file)
    if aside is None:
        raise OSError(f"{file} is damaged and can't be set aside")
    for end in _BESIDE:
        beside = file.with_name(file.name + end)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + end))
    return aside


def open_copy(file: Path) -> sqlite3.Connection:
    """Return a connection to what is in `file`, which is left alone. Raises sqlite3.Error, OSError."""
    log = file.with_name(f"{file.name}-wal")
    if not (log.is_file() and log.stat().st_size):
        # Without a log the file has everything, and nobody else writes it.
        return sqlite3.connect(f"{file.absolute().as_uri()}?immutable=1", uri=True, check_same_thread=False)
    if file.stat().st_size + log.stat().st_size > _MOST_COPIED:
        raise OSError("it is too large to be copied")
    folder = tempfile.mkdtemp(prefix="studiolo-")
    try:
        copy = Path(folder) / file.name
        shutil.copyfile(file, copy)
        shutil.copyfile(log, copy.with_name(log.name))
        copied = sqlite3.connect(copy)
        with closing(copied):
            # Into memory, so that nothing is left of the copy.
            memory = sqlite3.connect(":memory:", check_same_thread=False)
            try:
                copied.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                copied.backup(memory)
                memory.execute("PRAGMA query_only = ON")
            except BaseException:
                memory.close()
                raise
        return memory
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def rescue(damaged: Path, fresh: sqlite3.Connection) -> int:
    """Copy what can be read of `damaged` into the tables of `fresh`; the number of rows."""
    count = 0
    try:
        with closing(open_copy(damaged)) as source, fresh:
            names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            for (table,) in fresh.execute(names).fetchall():
                count += _rescue_table(source, fresh, table)
    except (sqlite3.Error, OSError) as error:
        logger.warning("nothing more of %s can be read: %s", damaged, error)
    return count


def _rescue_table(source: sqlite3.Connection, fresh: sqlite3.Connection, table: str) -> int:
    columns = [row[1] for row in fresh.execute(f'PRAGMA table_info("{table}")')]
    named, places = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
    before = fresh.total_changes
    # What is behind the damage is reached from the other end.
    for direction in ("ASC", "DESC"):
        try:
            for row in source.execute(f'SELECT {named} FROM "{table}" ORDER BY 1 {direction}'):
                fresh.execute(f'INSERT OR IGNORE INTO "{table}" ({named}) VALUES ({places})', row)
        except sqlite3.DatabaseError as error:
            logger.warning("a part of the table %s can't be read: %s", table, error)
        else:
            break
    return fresh.total_changes - before
