"""The store behind `previous_response_id`: every kept turn, as a tree, in SQLite.

A turn is a list of chat messages in OpenAI's form (role, content, and so on): what was said to the model and what it
answered. Following a turn's parents to the root gives the conversation; two turns with one parent are two branches.
"""

import json
import logging
import math
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from studiolo.errors import NotFoundError, RequestError, StorageError
from studiolo.kept_database import KeptDatabase, ThreadedDatabase
from studiolo.server.halves import without_halves

logger = logging.getLogger(__name__)

T = TypeVar("T")
Message = dict[str, Any]

PREFIX = "resp_"
INCOMPLETE = "incomplete"
"""Where a kept answer has OpenAI's reason for having ended early."""
_DAY = 86400.0
_VERSION = 1
_SCHEMA = """
CREATE TABLE responses (
    id TEXT PRIMARY KEY,
    parent TEXT,
    model TEXT NOT NULL,
    system TEXT,
    messages TEXT NOT NULL,
    created REAL NOT NULL,
    used REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX responses_by_use ON responses (used);
"""
_THREAD = """
WITH RECURSIVE thread (id, parent, depth) AS (
    SELECT id, parent, 0 FROM responses WHERE id = ?
    UNION ALL
    SELECT r.id, r.parent, t.depth + 1 FROM responses r JOIN thread t ON r.id = t.parent WHERE t.depth < 20000
)
SELECT r.id, r.system, r.messages
FROM (SELECT id, min(depth) AS depth FROM thread GROUP BY id) t JOIN responses r ON r.id = t.id
ORDER BY t.depth DESC
"""
"""Ends and has each turn once, also where damage has made a turn its own ancestor."""


@dataclass(frozen=True)
class Thread:
    """A conversation up to one response. `system` is the system prompt in force, None if there is none."""

    system: str | None
    messages: list[Message]


@dataclass(frozen=True)
class KeptTurn:
    """One turn. `created` is in seconds since the epoch."""

    model: str
    created: float
    messages: list[Message]


def with_ending(messages: list[Message], incomplete: str | None) -> list[Message]:
    """Return the messages of a turn as they are kept.

    The answer, which is the last of the assistant's, says why it ended before its time, if it did.
    """
    last = next((place for place, one in reversed(list(enumerate(messages))) if one["role"] == "assistant"), None)
    if last is None or incomplete is None:
        return messages
    return [*messages[:last], {**messages[last], INCOMPLETE: incomplete}, *messages[last + 1 :]]


def new_response_id() -> str:
    """Return an id for a response that nobody can guess: the prefix and 48 random hex digits."""
    return PREFIX + secrets.token_hex(24)


class ResponseStore:
    """Kept turns. Each call runs in the store's own thread; errors of the disk are StorageErrors."""

    def __init__(self, file: Path, *, keep_days: float, tell: Callable[[str], None] = logger.error) -> None:
        """tell: hears in a sentence of a file that is damaged or of no use."""
        self.keep_days = keep_days
        self._database = ThreadedDatabase(
            KeptDatabase(file, _SCHEMA, version=_VERSION, tell=tell),
            name="responses",
            refusal="The store of chats can't be used.",
            hint="Send the request with store set to false.",
        )

    async def add(
        self,
        *,
        parent: str | None,
        model: str,
        system: str | None,
        messages: list[Message],
        response_id: str | None = None,
    ) -> str:
        """Keep a turn and return its id, a new one unless it was told before. On disk when this returns."""
        response_id = response_id or new_response_id()

        def insert(db: sqlite3.Connection) -> None:
            content = json.dumps(messages, ensure_ascii=False, separators=(",", ":"))
            now = time.time()
            with db:
                db.execute(
                    "INSERT INTO responses VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (response_id, parent, model, system, content, now, now),
                )

        await self._database.run(insert)
        return response_id

    async def thread(self, response_id: str) -> Thread:
        """Return the conversation that ends with `response_id`; this counts as a use of all of it.

        Raises RequestError for an id that is not known (any more).
        """

        def read(db: sqlite3.Connection) -> list[tuple[str, str | None, str]]:
            rows: list[tuple[str, str | None, str]] = db.execute(_THREAD, (response_id,)).fetchall()
            now = time.time()
            # Not each time: every turn would write all those before it anew, with their images.
            noted = now - min(1.0, self.keep_days / 10) * _DAY
            try:
                with db:
                    db.executemany(
                        "UPDATE responses SET used = ? WHERE id = ? AND used < ?",
                        [(now, row[0], noted) for row in rows],
                    )
            except sqlite3.OperationalError as error:
                logger.warning("a use of a kept response could not be noted: %s", error)
            return rows

        rows = await self._database.run(read)
        if not rows:
            raise RequestError(
                f"No response '{response_id[:80]}' is kept here. "
                f"Responses older than {self.keep_days:g} days are deleted.",
                param="previous_response_id",
                code="invalid_value",
            )
        system = next((row[1] for row in reversed(rows) if row[1] is not None), None)
        if not isinstance(system, str | None):
            raise _damaged(system)
        return Thread(system, [message for row in rows for message in _messages(row[2])])

    async def get(self, response_id: str) -> KeptTurn:
        """Return one turn. Raises NotFoundError."""

        def read(db: sqlite3.Connection) -> tuple[str, float, str] | None:
            row: tuple[str, float, str] | None = db.execute(
                "SELECT model, created, messages FROM responses WHERE id = ?", (response_id,)
            ).fetchone()
            return row

        row = await self._database.run(read)
        if row is None:
            raise NotFoundError(f"No response '{response_id[:80]}' is kept here.", what="response", param="response_id")
        created = row[1] if isinstance(row[1], int | float) and math.isfinite(row[1]) else 0.0
        return KeptTurn(str(row[0]), created, _messages(row[2]))

    async def delete(self, response_id: str) -> bool:
        """Forget one turn; False if it is not known. Its continuations lose what came before them."""

        def delete(db: sqlite3.Connection) -> bool:
            with db:
                return db.execute("DELETE FROM responses WHERE id = ?", (response_id,)).rowcount > 0

        return await self._database.run(delete)

    async def expire(self) -> int:
        """Delete what nobody has used for the time to keep; the number of turns deleted."""

        def expire(db: sqlite3.Connection) -> int:
            with db:
                return db.execute(
                    "DELETE FROM responses WHERE used < ?", (time.time() - self.keep_days * _DAY,)
                ).rowcount

        return await self._database.run(expire)

    async def aclose(self) -> None:
        """Close the database once all calls before this one are done, and end the store's thread."""
        await self._database.aclose()


def _messages(text: Any) -> list[Message]:
    """Return what was kept of a turn. Raises StorageError for what can't be understood."""
    try:
        messages = json.loads(without_halves(text.encode()))
        if isinstance(messages, list) and all(_is_message(message) for message in messages):
            return messages
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass
    raise _damaged(text)


def _damaged(kept: Any) -> StorageError:
    return StorageError("What was kept of this chat is damaged.", hint="Begin a new one.", details=str(kept)[:200])


def _is_message(message: Any) -> bool:
    """Return whether a message is one that this store was given: who reads them relies on what they are made of."""
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        return False
    content, calls = message.get("content"), message.get("tool_calls")
    return (
        (isinstance(content, str | None) or (isinstance(content, list) and all(_is_part(part) for part in content)))
        and isinstance(message.get("reasoning_content"), str | None)
        and isinstance(message.get(INCOMPLETE), str | None)
        and (calls is None or (isinstance(calls, list) and all(_is_call(call) for call in calls)))
    )


def _is_part(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    if part.get("type") == "image_url":
        image = part.get("image_url")
        return isinstance(image, dict) and isinstance(image.get("url"), str)
    return part.get("type") != "text" or isinstance(part.get("text"), str)


def _is_call(call: Any) -> bool:
    function = call.get("function") if isinstance(call, dict) else None
    return (
        isinstance(function, dict)
        and isinstance(call.get("id"), str)
        and isinstance(call.get("tool"), dict | None)
        and isinstance(function.get("name"), str)
        and isinstance(function.get("arguments"), str)
    )
