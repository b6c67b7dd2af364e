"""Values of a row, which may be of another type than they should be: SQLite takes any in any column."""

import math
import sqlite3
from typing import Any, get_args

from studiolo.desktop.history.records import Role, State, StoredMessage, details_from_json


def message_of(row: tuple[Any, ...]) -> StoredMessage:
    """A message of whatever its row holds."""
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


def as_plain(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else "" if value is None else str(value)


def as_id(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def as_role(value: Any) -> Role:
    return "user" if value == "user" else "assistant"


def as_time(value: Any) -> float:
    """Seconds since 1970 that a calendar knows; 0 for anything else."""
    known = isinstance(value, int | float) and math.isfinite(value) and 0 <= value < 1e11
    return float(value) if known else 0.0


def as_bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes) else as_plain(value).encode()


def id_of(added: sqlite3.Cursor) -> int:
    assert added.lastrowid
    return added.lastrowid


def storable(text: str) -> str:
    # Half a surrogate pair can't be written as UTF-8.
    return text.encode(errors="replace").decode()
