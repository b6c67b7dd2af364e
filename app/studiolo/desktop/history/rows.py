"""Values of a row, which may be of another type than they should be: SQLite takes any in any column."""

import math
import sqlite3
from typing import Any, get_args

from studiolo.desktop.history.records import Chat, Role, State, StoredMessage, details_from_json, tags_from_json

_MOST_NAME = 500
"""Characters."""
_MOST_TAGS = 100


def message_of(row: tuple[Any, ...]) -> StoredMessage:
    """Return a message of whatever its row holds."""
    number, parent, role, raw, created, state, model, details = row
    known: State = state if state in get_args(State) else "complete"
    return StoredMessage(
        number,
        as_id(parent),
        as_role(role),
        as_plain(raw),
        as_time(created),
        known,
        as_plain(model),
        details_from_json(details),
    )


def chat_of(row: tuple[Any, ...]) -> Chat:
    """Return a field of a wrong type is what is likest to it: the row is odd then, and not the list."""
    number, title, folder, created, changed, pinned, unread, leaf, draft, tags, trashed = row
    return Chat(
        number,
        as_name(title),
        as_id(folder),
        as_time(created),
        as_time(changed),
        bool(pinned),
        bool(unread),
        as_id(leaf),
        as_plain(draft),
        tuple(map(as_name, tags_from_json(tags)[:_MOST_TAGS])),
        None if trashed is None else as_time(trashed),
    )


def as_plain(value: Any) -> str:
    """Return a value of the database as text, whatever it is."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else "" if value is None else str(value)


def as_name(value: Any) -> str:
    """Return what something is called, which no list shows more of."""
    return as_plain(value)[:_MOST_NAME]


def as_id(value: Any) -> int | None:
    """Return a value of the database as an id, None for anything else."""
    return value if isinstance(value, int) else None


def as_role(value: Any) -> Role:
    """Return whose message a row is."""
    return "user" if value == "user" else "assistant"


def as_time(value: Any) -> float:
    """Return seconds since 1970 that a calendar knows; 0 for anything else."""
    known = isinstance(value, int | float) and math.isfinite(value) and 0 <= value < 1e11
    return float(value) if known else 0.0


def as_bytes(value: Any) -> bytes:
    """Return a value of the database as bytes, whatever it is."""
    return bytes(value) if isinstance(value, bytes) else as_plain(value).encode()


def id_of(added: sqlite3.Cursor) -> int:
    """Return the id of the row that was added."""
    assert added.lastrowid
    return added.lastrowid


def storable(text: str) -> str:
    """Return a text as it can be kept."""
    # Half a surrogate pair can't be written as UTF-8.
    return text.encode(errors="replace").decode()
