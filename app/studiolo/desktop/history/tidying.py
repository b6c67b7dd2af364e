"""What nobody needs any more leaves the history for good. All of it within a transaction of whoever asks."""

import logging
import sqlite3
from collections.abc import Callable, Iterable

from studiolo.desktop.history.parts import FilePart, ImagePart, parts_from_json
from studiolo.desktop.history.rows import as_plain
from studiolo.desktop.history.schema import ATTACHED

logger = logging.getLogger(__name__)


def purge(sql: sqlite3.Connection, before: float, attached: Callable[[int], Iterable[FilePart | ImagePart]]) -> None:
    """Forget what was put into the trash before a time, in seconds since the epoch.

    attached: what goes with the draft of a chat.
    """
    chats = [row[0] for row in sql.execute("SELECT id FROM chats WHERE trashed < ?", (before,))]
    gone = sql.execute(
        "SELECT parts FROM messages WHERE deleted < ? OR chat IN (SELECT id FROM chats WHERE trashed < ?)",
        (before, before),
    ).fetchall()
    images = {part.file for (raw,) in gone for part in parts_from_json(as_plain(raw)) if isinstance(part, ImagePart)}
    for chat in chats:
        images |= {part.file for part in attached(chat) if isinstance(part, ImagePart)}
        sql.execute("DELETE FROM words WHERE rowid IN (SELECT id FROM messages WHERE chat = ?)", (chat,))
        sql.execute("DELETE FROM messages WHERE chat = ?", (chat,))
        sql.execute("DELETE FROM chats WHERE id = ?", (chat,))
        sql.execute("DELETE FROM notes WHERE name = ?", (f"{ATTACHED}{chat}",))
    old = [row[0] for row in sql.execute("SELECT id FROM messages WHERE deleted < ?", (before,))]
    for message in old:
        sql.execute("DELETE FROM words WHERE rowid = ?", (message,))
        sql.execute("DELETE FROM messages WHERE id = ?", (message,))
    drop_unused(sql, images)
    if chats or old:
        logger.info("%d chats and %d messages left the trash", len(chats), len(old))


def drop_unused(sql: sqlite3.Connection, files: Iterable[str]) -> None:
    """Delete those of these files, by their sha256, that neither a message nor a draft has."""
    having = (
        f"SELECT 1 FROM messages WHERE instr(parts, ?1) UNION ALL SELECT 1 FROM notes WHERE name LIKE '{ATTACHED}%'"
        " AND instr(value, ?1) LIMIT 1"
    )
    for name in files:
        if not sql.execute(having, (name,)).fetchone():
            sql.execute("DELETE FROM files WHERE sha256 = ?", (name,))
