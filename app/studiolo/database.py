"""SQLite files: opened, made, brought up to date, and set aside where they are damaged."""

import contextlib
import logging
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from studiolo.database_rescue import is_damage, only_to_read, open_copy, rescue, set_database_aside
from studiolo.set_aside import kept_as, set_aside

logger = logging.getLogger(__name__)

_CHECKED_BYTES = 64 * 2**20
"""Larger files are not read as a whole before they are used."""


class NewerVersionError(OSError):
    """A newer version of the program wrote the file."""


def open_database(
    file: Path,
    schema: str,
    *,
    version: int = 1,
    migrations: Sequence[str] = (),
    synchronous: Literal["FULL", "NORMAL"] = "FULL",
    exclusive: bool = False,
    damaged: bool | None = None,
    tell: Callable[[str], None] = logger.error,
) -> sqlite3.Connection:
    """Return the database at `file`, in WAL mode, for any thread; with `schema` where it is new.

    migrations: scripts; the first makes version 2 of version 1, and so on. All that are due are carried out, or none.

    A damaged one is kept beside it and a new one begun, with what could be read of it. damaged: True for one that was
    found to be, False to look through it (if it is not too large), None to take it as it seems. tell: hears of it.

    exclusive: no other connection may have it open; it can then be read on a disk without a free byte, since there is
    no file of shared memory to be made. On a disk that can't be written at all it can be read all the same.

    Raises sqlite3.Error, OSError, and NewerVersionError.
    """
    _prepare(file, tell)
    try:
        if damaged:
            raise _found_damaged("it could not be read to its end")
        connection = _connect(file, schema, version, migrations, synchronous, exclusive)
        if damaged is not None:
            _look_through(connection, file, schema)
        return connection
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return _begin_anew(file, error, tell, schema, version, migrations, synchronous, exclusive)
        found = _to_read(file, version) if only_to_read(error) else None
        if found is None:
            raise
        tell(f"{file} can only be read: {error}. Nothing new is kept.")
        return found


def _prepare(file: Path, tell: Callable[[str], None]) -> None:
    """Make the folder, and the file as one that only its user reads; SQLite's other files are then like it."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
        if path.is_dir():
            tell(f"{path} is damaged: it is a folder. {kept_as(set_aside(path))} A new one is begun.")
    if file.is_file() and not file.stat().st_size:
        tell(f"{file} is empty. A new one is begun.")
    with contextlib.suppress(OSError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        if sys.platform != "win32" and file.stat().st_mode & 0o077:
            file.chmod(0o600)


def _begin_anew(
    file: Path,
    error: Exception,
    tell: Callable[[str], None],
    schema: str,
    version: int,
    migrations: Sequence[str],
    synchronous: str,
    exclusive: bool,
) -> sqlite3.Connection:
    aside = set_database_aside(file)
    _prepare(file, tell)
    connection = _connect(file, schema, version, migrations, synchronous, exclusive)
    count = rescue(aside, connection)
    came = f"{count} of its entries could be read and are there again" if count else "Nothing of it could be read"
    tell(f"{file} is damaged: {error}. {kept_as(aside)} {came}.")
    return connection


def _connect(
    file: Path, schema: str, version: int, migrations: Sequence[str], synchronous: str, exclusive: bool
) -> sqlite3.Connection:
    connection = sqlite3.connect(file, check_same_thread=False)
    try:
        if exclusive:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            connection.executescript(f"BEGIN; {schema} PRAGMA user_version = {version}; COMMIT;")
        elif found < version:
            due = " ".join(migrations[found - 1 : version - 1])
            connection.executescript(f"BEGIN; {due} PRAGMA user_version = {version}; COMMIT;")
        elif found > version:
            raise NewerVersionError(f"it was written by a newer version ({found})")
    except BaseException:
        connection.close()
        raise
    return connection


def _look_through(connection: sqlite3.Connection, file: Path, schema: str) -> None:
    """Check a database. Raises sqlite3.DatabaseError for one that is damaged, or holds something else."""
    try:
        with contextlib.closing(sqlite3.connect(":memory:")) as model:
            model.executescript(schema)
            if _columns(model) - _columns(connection):
                raise _found_damaged("it has other tables than it should")
        if file.stat().st_size <= _CHECKED_BYTES:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise _found_damaged(str(found).replace("\n", " "))
    except BaseException:
        connection.close()
        raise


def _columns(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    """Return the columns of each table, with their types."""
    question = (
        'SELECT t.name, c.name, c.type, c."notnull", c.pk FROM sqlite_master AS t, pragma_table_info(t.name) AS c'
        " WHERE t.type = 'table'"
    )
    return set(connection.execute(question))


def _found_damaged(text: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(text)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _to_read(file: Path, version: int) -> sqlite3.Connection | None:
    """Return what is in a file that can't be written; None where that can't be known."""
    try:
        if not file.stat().st_size:
            return None
        connection = open_copy(file)
        try:
            if connection.execute("PRAGMA user_version").fetchone()[0] == version:
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
    except (OSError, sqlite3.Error) as error:
        logger.warning("%s can't even be read: %s", file, error)
    return None
