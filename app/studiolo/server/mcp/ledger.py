"""Every call of a tool: who asked, what came of it, how it was permitted. Bounded, and redacted by default."""

import json
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from studiolo.api.mcp import Ledger, LedgerEntry
from studiolo.kept_database import KeptDatabase, ThreadedDatabase
from studiolo.redaction import redact
from studiolo.server.mcp.contract import Body, Caller, McpTool, ToolResult

logger = logging.getLogger(__name__)

T = TypeVar("T")

LEDGER_FILE = "mcp_calls.sqlite"
"""In the data folder."""
MOST_ROWS = 10_000
MOST_BYTES = 32 * 2**20
"""Of what all rows together say of arguments and results."""
MOST_TEXT = 16_000
"""Characters that are kept of one call's arguments, and of its result."""
MOST_PAGE = 500
"""Calls in one answer."""

_LOOKED_AT = 4 * MOST_TEXT
"""Characters that are looked through for secrets: what is cut off after that is not kept."""
_MOST_KINDS = 40
_ROWS_AT_A_TIME = 100

_SCHEMA = """
CREATE TABLE calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    token TEXT,
    server TEXT NOT NULL,
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,
    result TEXT NOT NULL,
    approved TEXT NOT NULL,
    ended TEXT NOT NULL,
    seconds REAL NOT NULL
);
"""
_COLUMNS = "id, at, asked_by, server, tool, arguments, result, approved, ended, seconds"
_SIZE = "SELECT COALESCE(SUM(LENGTH(arguments) + LENGTH(result)), 0) FROM calls"


class ToolLedger:
    """The calls in a database. Each use runs in the ledger's own thread.

    in_full: whether the texts of arguments and results are kept (the setting `log_tool_calls`). cut: takes secrets
    that are known out of a text.
    """

    def __init__(
        self,
        file: Path,
        *,
        in_full: Callable[[], bool],
        cut: Callable[[str], str] = str,
        tell: Callable[[str], None] = logger.error,
    ) -> None:
        """tell: hears in a sentence of a file that is damaged or of no use."""
        self._in_full = in_full
        self._cut = cut
        self._database = ThreadedDatabase(
            KeptDatabase(file, _SCHEMA, synchronous="NORMAL", tell=tell),
            name="tool-calls",
            refusal="The ledger of tool calls can't be used.",
        )

    async def note(
        self,
        *,
        caller: Caller,
        tool: McpTool,
        arguments: Body,
        result: ToolResult | None,
        approved: str,
        ended: Literal["succeeded", "failed", "cancelled", "denied"],
        seconds: float,
    ) -> None:
        """Enter a call; see CallLedger."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        in_full = self._in_full()

        def insert(db: sqlite3.Connection) -> None:
            texts = [_shortened(self._cut(text)) for text in _texts(arguments, result, in_full=in_full)]
            token = caller.token.id if caller.token else None
            names = [_shortened(self._cut(name[:300])) for name in (tool.server.id, tool.name)]
            with db:
                db.execute(
                    "INSERT INTO calls (at, asked_by, token, server, tool, arguments, result, approved, ended, seconds)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (at, caller.name, token, *names, *texts, approved, ended, round(seconds, 4)),
                )
                _prune(db)

        try:
            await self._database.run(insert)
        except Exception as error:  # noqa: BLE001  # no chat ends for it, whatever it is
            details = getattr(error, "details", "") or repr(error)
            logger.warning("a call of a tool could not be entered in the ledger: %s", details)

    async def page(self, *, before: int | None = None, limit: int = 100, token: str | None = None) -> Ledger:
        """Return calls before the one with the id `before`, newest first.

        token: the id of the only one to be told of.

        Raises StorageError.
        """
        limit = max(1, min(limit, MOST_PAGE))

        def read(db: sqlite3.Connection) -> list[tuple[Any, ...]]:
            conditions, values = ["1"], list[Any]()
            if before is not None:
                conditions.append("id < ?")
                values.append(max(0, min(before, 2**62)))
            if token is not None:
                conditions.append("token = ?")
                values.append(token)
            where = " AND ".join(conditions)
            question = f"SELECT {_COLUMNS} FROM calls WHERE {where} ORDER BY id DESC LIMIT ?"
            return db.execute(question, (*values, limit + 1)).fetchall()

        rows = await self._database.run(read)
        return Ledger(calls=[_entry(row) for row in rows[:limit]], more=len(rows) > limit)

    async def aclose(self) -> None:
        """Close the database once all uses before this one are done, and end the ledger's thread."""
        await self._database.aclose()


def _prune(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM calls WHERE id <= (SELECT MAX(id) FROM calls) - ?", (MOST_ROWS,))
    while db.execute(_SIZE).fetchone()[0] > MOST_BYTES:
        db.execute("DELETE FROM calls WHERE id IN (SELECT id FROM calls ORDER BY id LIMIT ?)", (_ROWS_AT_A_TIME,))


def _texts(arguments: Body, result: ToolResult | None, *, in_full: bool) -> tuple[str, str]:
    """What is kept of a call's arguments and of its result."""
    if not in_full:
        return _kinds(arguments), _result_kinds(result)
    told = json.dumps(asdict(result), ensure_ascii=False) if result else ""
    return json.dumps(arguments, ensure_ascii=False), told


def _shortened(text: str) -> str:
    """Without secrets. One that is cut off in the middle would not be known, so more is looked through than kept."""
    text = redact(text[:_LOOKED_AT].encode(errors="replace").decode())
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"


def _kinds(arguments: Body) -> str:
    """The names of arguments, with what each is and how large: nothing of what it says."""
    told = [f"{name[:100]}: {_kind(value)}" for name, value in list(arguments.items())[:_MOST_KINDS]]
    if (more := len(arguments) - len(told)) > 0:
        told.append(f"and {more} more")
    return ", ".join(told)


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return f"text ({len(value)} characters)"
    if isinstance(value, list):
        return f"list ({len(value)} items)"
    if isinstance(value, dict):
        return f"object ({len(value)} fields)"
    return "nothing" if value is None else "yes or no" if isinstance(value, bool) else "number"


def _result_kinds(result: ToolResult | None) -> str:
    if result is None:
        return ""
    told = [_content_kind(part) for part in result.content[:_MOST_KINDS]]
    if (more := len(result.content) - len(told)) > 0:
        told.append(f"and {more} more")
    if result.structured is not None:
        told.append(f"structured content ({len(result.structured)} fields)")
    return ", ".join(told)


def _content_kind(part: Body) -> str:
    kind = str(part.get("type", "something"))[:40]
    for name, unit in (("text", "characters"), ("data", "characters of base64")):
        if isinstance(part.get(name), str):
            return f"{kind} ({len(part[name])} {unit})"
    return kind


def _entry(row: tuple[Any, ...]) -> LedgerEntry:
    number, *texts, seconds = row
    told = dict(zip(_COLUMNS.split(", ")[1:-1], (str(text) for text in texts), strict=True))
    return LedgerEntry(
        id=number if isinstance(number, int) else 0,
        seconds=seconds if isinstance(seconds, int | float) else 0.0,
        **told,
    )
