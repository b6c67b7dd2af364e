"""The whole history as one file: written as a backup, and put back from one. Everything here blocks."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from studiolo.database import open_database
from studiolo.desktop.history.schema import MIGRATIONS, SCHEMA, VERSION
from studiolo.files import open_regular


def write_backup(sql: sqlite3.Connection, target: Path) -> None:
    """Write everything in a database into one file, which is there whole or not at all."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(part)) as copy:
        sql.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    part.replace(target)


def put_back(sql: sqlite3.Connection, file: Path, backup: Path) -> Path:
    """Let a database be as it is in a backup.

    Args:
        sql: The database.
        file: Its file, beside which the backup of what it has until now goes.
        backup: The file that a person chose.

    Returns:
        The backup of what it had.

    Raises:
        ValueError: The file is no backup of chats; nothing is changed then.
    """
    with TemporaryDirectory(dir=file.parent) as folder:
        copy = Path(folder) / "backup.sqlite"
        with open_regular(backup) as chosen, copy.open("wb") as written:
            shutil.copyfileobj(chosen, written)
        with closing(_checked(copy)) as restored:
            kept = file.with_name(f"{file.stem}-{time.strftime('%Y%m%d-%H%M%S')}.backup")
            write_backup(sql, kept)
            restored.backup(sql)
    return kept


def _checked(file: Path) -> sqlite3.Connection:
    """Return a backup, brought up to date. Raises ValueError."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as found:
            tables = {row[0] for row in found.execute("SELECT name FROM sqlite_master")}
            sound = found.execute("PRAGMA quick_check").fetchone()[0] == "ok"
    except sqlite3.DatabaseError as error:
        raise ValueError("it is no backup of chats") from error
    if not sound or not {"chats", "messages", "folders"} <= tables:
        raise ValueError("it is no backup of chats, or it is damaged")
    try:
        return open_database(file, SCHEMA, version=VERSION, migrations=MIGRATIONS)
    except OSError as error:
        raise ValueError(str(error)) from error
