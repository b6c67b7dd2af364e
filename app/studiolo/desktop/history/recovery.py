"""What can still be read of damaged chats, row by row, put into a file that is sound. Everything here blocks."""

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from studiolo.desktop.history.schema import SCHEMA, VERSION

logger = logging.getLogger(__name__)

_TABLES = ("folders", "chats", "messages", "files", "notes")
_STEP = 256
"""Rows that are read at once where nothing is wrong."""
_MOST_TRIES = 200_000
_HEAD = 100
"""Bytes of a database's header: at 16 how large a page is, at 28 how many there are (sqlite.org/fileformat2.html)."""
_MOST_GROWTH = 100_000_000
_FOUND_CHAT = "INSERT OR IGNORE INTO chats (id, title, created, changed) VALUES (?, ?, ?, ?)"


def recover(damaged: Path, target: Path) -> int:
    """Write what can be read of one file into another; how many messages that is. target: not there yet.

    A row on a page that can't be read is left out, and nothing else. Messages whose chat is lost are in one of their
    own. The damaged file stays as it is. Raises OSError and sqlite3.Error where the target can't be written.
    """
    with (
        TemporaryDirectory(dir=target.parent, prefix="recovery-") as folder,
        closing(sqlite3.connect(target)) as sound,
    ):
        readable = _readable(damaged, Path(folder) / "history.sqlite")
        sound.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(readable)) as source:
            source.text_factory = bytes
            for table in _TABLES:
                with sound:
                    _copy(source, sound, table)
        with sound:
            _adopt(sound)
        return int(sound.execute("SELECT count(*) FROM messages").fetchone()[0])


def _readable(damaged: Path, copy: Path) -> Path:
    """Return a copy as long as it says that it is: SQLite reads nothing of one that was cut."""
    shutil.copyfile(damaged, copy)
    log = damaged.with_name(f"{damaged.name}-wal")
    if log.exists():
        shutil.copyfile(log, copy.with_name(f"{copy.name}-wal"))
    with copy.open("r+b") as file:
        head = file.read(_HEAD)
        if head.startswith(b"SQLite format 3") and len(head) == _HEAD:
            size = int.from_bytes(head[16:18], "big")
            whole = (size if size > 1 else 1 << 16) * int.from_bytes(head[28:32], "big")
            there = file.seek(0, os.SEEK_END)
            if there < whole <= max(_MOST_GROWTH, 4 * there):
                file.truncate(whole)
    return copy


def _copy(source: sqlite3.Connection, sound: sqlite3.Connection, table: str) -> None:
    wanted = [row[1] for row in sound.execute(f"PRAGMA table_info({table})")]
    try:
        there = {row[1].decode() for row in source.execute(f"PRAGMA table_info({table})")}
    except sqlite3.DatabaseError as error:
        logger.warning("%s can't be recovered: %s", table, error)
        return
    columns = [name for name in wanted if name in there]
    if not columns:
        return
    names = ", ".join(columns)
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"
    blobs = [name == "bytes" for name in columns]
    for row in _rows(source, f"SELECT {names} FROM {table} WHERE rowid BETWEEN ? AND ?", *_range(source, table)):
        values = [
            value.decode(errors="replace") if isinstance(value, bytes) and not blob else value
            for value, blob in zip(row, blobs, strict=True)
        ]
        try:
            sound.execute(insert, values)
        except sqlite3.DatabaseError as error:
            logger.warning("a row of %s is not what it should be: %s", table, error)


def _range(source: sqlite3.Connection, table: str) -> tuple[int, int]:
    """Return the first and the last row, as far as anything tells."""
    last = 0
    for question in (
        f"SELECT max(rowid) FROM {table}",
        f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'",
        "SELECT max(id) FROM messages INDEXED BY messages_by_chat",
    ):
        with suppress(sqlite3.DatabaseError):
            found = source.execute(question).fetchone()
            last = max(last, int(found[0] or 0)) if found else last
    return 1, last or 100_000


def _rows(source: sqlite3.Connection, question: str, first: int, last: int) -> Iterator[tuple[Any, ...]]:
    """Ranges that can't be read are halved, until what can't be read is a single row."""
    waiting = [(begin, min(begin + _STEP - 1, last)) for begin in range(first, last + 1, _STEP)][::-1]
    tries = 0
    while waiting and tries < _MOST_TRIES:
        begin, end = waiting.pop()
        tries += 1
        try:
            found = source.execute(question, (begin, end)).fetchall()
        except (sqlite3.DatabaseError, OverflowError):
            if begin < end:
                middle = (begin + end) // 2
                waiting += [(middle + 1, end), (begin, middle)]
            continue
        yield from found


def _adopt(sound: sqlite3.Connection) -> None:
    """Give messages without a chat one, and let no branch end with a message that is not there."""
    orphans = sound.execute(
        "SELECT chat, min(created), max(created) FROM messages WHERE chat NOT IN (SELECT id FROM chats) GROUP BY chat"
    ).fetchall()
    sound.executemany(_FOUND_CHAT, [(chat, "", first, last) for chat, first, last in orphans])
    sound.execute(
        "UPDATE chats SET leaf = (SELECT max(id) FROM messages WHERE chat = chats.id AND deleted IS NULL)"
        " WHERE leaf IS NULL OR leaf NOT IN (SELECT id FROM messages)"
    )
    # Where the message before it is lost, the one before that in time is the likeliest to lead to it.
    sound.execute(
        "UPDATE messages SET parent = (SELECT max(id) FROM messages AS earlier WHERE earlier.chat = messages.chat"
        " AND earlier.id < messages.id) WHERE parent IS NOT NULL AND parent NOT IN (SELECT id FROM messages)"
    )
    sound.execute("UPDATE chats SET folder = NULL WHERE folder NOT IN (SELECT id FROM folders)")
