"""What the chats' file holds, as another program reads it while the window has it open, without changing a thing."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path


def kept_texts(file: Path) -> list[str]:
    """The texts of all parts of all messages."""
    rows = _rows(file, "SELECT parts FROM messages ORDER BY id")
    return [str(part.get("text", "")) for (parts,) in rows for part in json.loads(parts)]


def kept_drafts(file: Path) -> list[str]:
    """What is written and not sent, in chats and beside them."""
    chats = _rows(file, "SELECT draft FROM chats WHERE draft != '' ORDER BY id")
    beside = _rows(file, "SELECT value FROM notes WHERE name = 'draft'")
    return [draft for (draft,) in chats] + [draft for (value,) in beside if (draft := json.loads(value))]


def _rows(file: Path, question: str) -> list[tuple[str]]:
    if not file.exists():
        return []
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as found:
        try:
            return found.execute(question).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []  # It is just being made.
            raise
