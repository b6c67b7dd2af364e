"""Imported chats on their way into the database."""

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable

from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.history.records import StoredMessage
from studiolo.desktop.history.rows import as_name, id_of, storable

logger = logging.getLogger(__name__)


class _StoppedError(Exception):
    pass


class Intake:
    """insert.

    Writes a message of a chat behind another one, and tells its number; last what the search knows of it, where that
    was cut already.
    """

    def __init__(
        self, sql: sqlite3.Connection, insert: Callable[[int, int | None, StoredMessage, str | None], int]
    ) -> None:
        self._sql = sql
        self._insert = insert

    def take_in(
        self, chats: Iterable[ImportedChat], stopped: Callable[[], bool], known: set[str] | None = None
    ) -> tuple[int, int]:
        """Keep imported chats, each as a whole; how many were new, and how many were here already.

        Each is told its number, and how many of its messages are kept; one that the database refuses keeps none. All
        of them are on the disk together when it returns.

        Args:
            chats: As they were read.
            stopped: Asked again and again; once it is so, no more are kept, and nothing of the one that is under way.
            known: What is here already, as `sources` tells; what is kept is added. It is looked up where it is None.

        Raises:
            sqlite3.Error: None of them is kept.
        """
        known = self.sources() if known is None else known
        new = old = 0
        with self._sql:
            self._sql.execute("BEGIN")
            for chat in chats:
                if stopped():
                    break
                if storable(chat.source) in known:
                    old += 1
                    chat.known = True
                    continue
                self._sql.execute("SAVEPOINT one_chat")
                try:
                    number = self._take_in(chat, stopped)
                except _StoppedError:
                    self._sql.execute("ROLLBACK TO one_chat")
                    break
                except (sqlite3.DataError, sqlite3.IntegrityError, ValueError, OverflowError):
                    logger.exception("%s can't be kept", chat.title)
                    self._sql.execute("ROLLBACK TO one_chat")
                    continue
                self._sql.execute("RELEASE one_chat")
                chat.number, chat.kept = number, self._kept(number, chat)
                known.add(storable(chat.source))
                new += 1
        return new, old

    def sources(self) -> set[str]:
        """Return what imported chats are called where they came from."""
        return {row[0] for row in self._sql.execute("SELECT source FROM chats WHERE source != ''")}

    def _take_in(self, chat: ImportedChat, stopped: Callable[[], bool]) -> int:
        now = time.time()
        added = self._sql.execute(
            "INSERT INTO chats (title, named, folder, created, changed, pinned, draft, tags, settings, source)"
            " VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                storable(as_name(chat.title)),
                self._folder_of(chat.folders),
                chat.created or now,
                chat.changed or chat.created or now,
                int(chat.pinned),
                storable(chat.draft),
                json.dumps(sorted(set(chat.tags))),
                json.dumps(chat.settings),
                storable(chat.source),
            ),
        )
        number = id_of(added)
        for sha256, data in chat.images.items():
            self._sql.execute("INSERT OR IGNORE INTO files VALUES (?, ?)", (sha256, data))
        ids: dict[int | None, int | None] = {None: None}
        for message in chat.messages:
            if stopped():
                raise _StoppedError
            message.created = message.created or chat.created or now
            ids[message.id] = self._insert(number, ids.get(message.parent), message, chat.words.get(message.id))
        self._sql.execute("UPDATE chats SET leaf = ? WHERE id = ?", (ids.get(chat.leaf), number))
        return number

    def _kept(self, number: int, chat: ImportedChat) -> int:
        """Return how many of the messages that were read are there now, as the database has it."""
        there = self._sql.execute("SELECT parts FROM messages WHERE chat = ? ORDER BY id", (number,))
        pairs = zip(chat.messages, there, strict=False)
        return sum(chat.held.get(message.id, 1) for message, (raw,) in pairs if raw == storable(message.raw))

    def _folder_of(self, names: Iterable[str]) -> int | None:
        """That of a path of names, made where it is not there."""
        parent: int | None = None
        for name in names:
            found = self._sql.execute(
                "SELECT id FROM folders WHERE name = ? AND parent IS ?", (storable(as_name(name)), parent)
            ).fetchone()
            if not found:
                added = self._sql.execute(
                    "INSERT INTO folders (parent, name) VALUES (?, ?)", (parent, storable(as_name(name)))
                )
            parent = found[0] if found else id_of(added)
        return parent
