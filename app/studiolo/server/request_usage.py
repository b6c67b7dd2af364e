"""What models were used for, counted by day, token and model: in a small database that survives whatever ends us."""

import asyncio
import logging
import re
import sqlite3
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from studiolo.api.server import MOST_USAGE_DAYS, UsageEntry, UsageReport
from studiolo.errors import AppError
from studiolo.kept_database import KeptDatabase, ThreadedDatabase

logger = logging.getLogger(__name__)

USAGE_FILE = "request_usage.sqlite"
"""In the data folder."""
_FLUSH_SECONDS = 1.0
_MOST_NAMES = 500
"""Pairs of a token and a model that are told apart on a day; further ones are counted together, without names."""
_NAME_CHARACTERS = 300
_SECOND_INSTANCE = re.compile(r":\d+$")

_SCHEMA = """
CREATE TABLE usage (
    day TEXT NOT NULL,
    token TEXT NOT NULL,
    model TEXT NOT NULL,
    requests INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    PRIMARY KEY (day, token, model)
) WITHOUT ROWID;
"""
_COUNTS = ("requests", "errors", "input_tokens", "output_tokens", "cached_tokens")
_SUMS = ", ".join(f"{name} = {name} + excluded.{name}" for name in _COUNTS)
_ADD = (
    f"INSERT INTO usage (day, token, model, {', '.join(_COUNTS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    f" ON CONFLICT (day, token, model) DO UPDATE SET {_SUMS}"
)
_READ = f"SELECT day, token, model, {', '.join(_COUNTS)} FROM usage WHERE day > ? ORDER BY day, token, model"

_Key = tuple[str, str, str]
_Counts = tuple[int, int, int, int, int]


class RequestUsage:
    """Counts in memory, and enters it in the database a second later, in a thread of its own."""

    def __init__(
        self,
        file: Path,
        *,
        tell: Callable[[str], None] = logger.error,
        today: Callable[[], date] = lambda: datetime.now().astimezone().date(),
    ) -> None:
        """tell: hears in a sentence of a file that is damaged or of no use. today: the server's date."""
        self._today = today
        self._fresh: dict[_Key, _Counts] = {}
        self._news = asyncio.Event()
        self._database = ThreadedDatabase(
            KeptDatabase(file, _SCHEMA, synchronous="NORMAL", tell=tell),
            name="request-usage",
            refusal="The counts of the usage can't be used.",
        )

    def add(self, *, token: str, model: str, failed: bool, used: tuple[int, int, int]) -> None:
        """Count a request.

        Args:
            token: The name of the token that it came with; empty for none.
            model: The instance that answered; empty where it got to none.
            failed: Whether it ended with an error.
            used: Tokens of the prompt, of the reply, and of what was known already.
        """
        day = self._today().isoformat()
        key = (day, token[:_NAME_CHARACTERS], _SECOND_INSTANCE.sub("", model)[:_NAME_CHARACTERS])
        if key not in self._fresh and len(self._fresh) >= _MOST_NAMES:
            key = (day, "", "")
        before = self._fresh.get(key, (0, 0, 0, 0, 0))
        more = (1, int(failed), *used)
        self._fresh[key] = tuple(one + other for one, other in zip(before, more, strict=True))  # type: ignore[assignment]
        self._news.set()

    async def run(self) -> None:
        """Keep what is counted, until cancelled; what is too old goes first."""
        await self._flush_or_log(always=True)
        while True:
            await self._news.wait()
            await asyncio.sleep(_FLUSH_SECONDS)
            await self._flush_or_log()

    async def report(self, days: int) -> UsageReport:
        """Return the counts of so many days, today's included. Raises StorageError."""
        await self._flush()
        today = self._today()
        after = (today - timedelta(days=min(days, MOST_USAGE_DAYS))).isoformat()
        rows = await self._database.run(lambda db: db.execute(_READ, (after,)).fetchall())
        return UsageReport(today=today.isoformat(), entries=[entry for row in rows if (entry := _entry(row))])

    async def forget(self) -> None:
        """Delete all counts. Raises StorageError."""
        self._fresh.clear()

        def delete(db: sqlite3.Connection) -> None:
            with db:
                db.execute("DELETE FROM usage")

        await self._database.run(delete)

    async def aclose(self) -> None:
        """Keep what was counted last, and end the thread."""
        await self._flush_or_log()
        await self._database.aclose()

    async def _flush_or_log(self, *, always: bool = False) -> None:
        try:
            await self._flush(always=always)
        except AppError as error:
            logger.warning("%s (%s)", error, error.details)

    async def _flush(self, *, always: bool = False) -> None:
        fresh, self._fresh = self._fresh, {}
        self._news.clear()
        if not (fresh or always):
            return
        oldest = (self._today() - timedelta(days=MOST_USAGE_DAYS)).isoformat()

        def write(db: sqlite3.Connection) -> None:
            with db:
                for key, counts in fresh.items():
                    db.execute(_ADD, (*_bounded(db, key), *counts))
                db.execute("DELETE FROM usage WHERE day <= ?", (oldest,))

        try:
            await self._database.run(write)
        except AppError:
            # A disk that is full has room again some time; what is counted until then is bounded.
            for key, counts in self._fresh.items():
                before = fresh.get(key, (0, 0, 0, 0, 0))
                fresh[key] = tuple(one + other for one, other in zip(before, counts, strict=True))  # type: ignore[assignment]
            self._fresh = fresh
            raise


def _bounded(db: sqlite3.Connection, key: _Key) -> _Key:
    day = key[0]
    known = db.execute("SELECT 1 FROM usage WHERE day = ? AND token = ? AND model = ?", key).fetchone()
    if known or db.execute("SELECT COUNT(*) FROM usage WHERE day = ?", (day,)).fetchone()[0] < _MOST_NAMES:
        return key
    return day, "", ""


def _entry(row: tuple[Any, ...]) -> UsageEntry | None:
    """What a row says; None for one that nobody of us wrote."""
    day, token, model, *counts = row
    if not all(isinstance(text, str) for text in (day, token, model)) or not all(
        isinstance(one, int) for one in counts
    ):
        return None
    return UsageEntry(day=day, token=token, model=model, **dict(zip(_COUNTS, counts, strict=True)))
