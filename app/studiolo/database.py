"""SQLite files: opened, made, brought up to date, and set aside where they are damaged."""

import logging
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

logger = logging.getLogger(__name__)


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
) -> sqlite3.Connection:
    """The database at `file`, in WAL mode, for any thread; with `schema` where it is new.

    migrations: scripts; the first makes version 2 of version 1, and so on. All that are due are carried out, or none.

    A damaged one is kept beside it and a new one begun. exclusive: no other connection may have it open; it can then
    be read on a disk without a free byte, since there is no file of shared memory to be made.

    Raises sqlite3.Error, and NewerVersionError.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connect(file, schema, version, migrations, synchronous, exclusive)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        aside = file.with_suffix(f".broken-{time.time_ns()}")
        file.replace(aside)
        logger.error("%s is damaged (%s): it is kept as %s, and a new one is begun", file, error, aside)
        return _connect(file, schema, version, migrations, synchronous, exclusive)


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
