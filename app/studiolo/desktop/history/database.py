"""The history as a database: everything here blocks, and belongs to one thread (store.py)."""

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studiolo.database_rescue import only_to_read
from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.history.intake import Intake
from studiolo.desktop.history.opening import open_history
from studiolo.desktop.history.parts import FilePart, ImagePart, Part, parts_from_json, parts_to_json
from studiolo.desktop.history.records import (
    Chat,
    Folder,
    Hit,
    Role,
    State,
    StoredMessage,
    details_from_json,
    details_to_json,
    path_to,
)
from studiolo.desktop.history.restoring import put_back, write_backup
from studiolo.desktop.history.rows import (
    as_bytes,
    as_id,
    as_name,
    as_plain,
    chat_of,
    id_of,
    message_of,
    storable,
)
from studiolo.desktop.history.schema import ATTACHED, LOOSE
from studiolo.desktop.history.search_text import find_messages, indexed_text
from studiolo.desktop.history.tidying import drop_unused, purge

logger = logging.getLogger(__name__)

TRASH_SECONDS = 30 * 24 * 3600.0
_CHAT = "id, title, folder, created, changed, pinned, unread, leaf, draft, tags, trashed"


class Database:
    """Chats, folders and messages. Raises sqlite3.Error and OSError; NotFound is a LookupError."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._depth = 0
        self._sql, self.damage = open_history(file)
        # What is no UTF-8 is a letter that can't be read, not a chat that can't be listed.
        self._sql.text_factory = lambda raw: raw.decode(errors="replace")
        try:
            self._tidy()
        except BaseException:
            self._sql.close()
            raise

    def close(self) -> None:
        """Close the database; it can't be used afterwards."""
        self._sql.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a block as one transaction: what it does is on the disk as a whole, or not at all."""
        self._depth += 1
        try:
            if self._depth > 1:
                yield
            else:
                with self._sql:
                    yield
        finally:
            self._depth -= 1

    # -- chats and folders

    def chats(self, *, trashed: bool = False) -> list[Chat]:
        """Return those there are, or those in the trash; the latest first."""
        kind = "IS NOT NULL" if trashed else "IS NULL"
        rows = self._sql.execute(f"SELECT {_CHAT} FROM chats WHERE trashed {kind} ORDER BY changed DESC, id DESC")
        return [chat_of(row) for row in rows]

    def chat(self, chat: int) -> Chat:
        """Return a chat. Raises LookupError."""
        row = self._sql.execute(f"SELECT {_CHAT} FROM chats WHERE id = ?", (chat,)).fetchone()
        if row is None:
            raise LookupError(f"no chat {chat}")
        return chat_of(row)

    def create_chat(self, title: str = "", *, folder: int | None = None, created: float | None = None) -> Chat:
        """Add a chat; `created` is in seconds since the epoch."""
        now = created or time.time()
        with self.transaction():
            added = self._sql.execute(
                "INSERT INTO chats (title, folder, created, changed) VALUES (?, ?, ?, ?)",
                (storable(title), folder, now, now),
            )
        return self.chat(id_of(added))

    def rename(self, chat: int, title: str) -> None:
        """Rename a chat by a person's wish: no suggestion changes it any more."""
        self._change(chat, title=storable(title), named=1)

    def suggest_title(self, chat: int, title: str) -> None:
        """Give a chat a title, unless a person gave it one."""
        with self.transaction():
            self._sql.execute("UPDATE chats SET title = ? WHERE id = ? AND NOT named", (storable(title), chat))

    def pin(self, chats: Iterable[int], pinned: bool) -> None:
        """Have chats before all others, or no longer."""
        self._change_all(chats, "pinned", int(pinned))

    def move(self, chats: Iterable[int], folder: int | None) -> None:
        """Put chats into a folder, or, for None, into none."""
        self._change_all(chats, "folder", folder)

    def set_unread(self, chat: int, unread: bool) -> None:
        """Say whether a reply has come to a chat that nobody saw."""
        self._change(chat, unread=int(unread))

    def set_draft(self, chat: int, draft: str) -> None:
        """Keep what is written in a chat and not sent."""
        self._change(chat, draft=storable(draft))

    def set_tags(self, chat: int, tags: Iterable[str]) -> None:
        """Give a chat these tags, and no others."""
        self._change(chat, tags=json.dumps(sorted(set(tags))))

    def settings(self, chat: int) -> dict[str, Any]:
        """Return the settings of a chat, as they were kept."""
        row = self._sql.execute("SELECT settings FROM chats WHERE id = ?", (chat,)).fetchone()
        return details_from_json(row[0]) if row else {}

    def settings_by_chat(self) -> dict[int, dict[str, Any]]:
        """Return the settings of each chat by its id, those in the trash too."""
        return {row[0]: details_from_json(row[1]) for row in self._sql.execute("SELECT id, settings FROM chats")}

    def set_settings(self, chat: int, settings: Mapping[str, Any]) -> None:
        """Keep the settings of a chat."""
        self._change(chat, settings=json.dumps(dict(settings)))

    def trash(self, chats: Iterable[int]) -> None:
        """Put chats into the trash, where they stay for thirty days."""
        self._change_all(chats, "trashed", time.time())

    def restore(self, chats: Iterable[int]) -> None:
        """Take chats out of the trash."""
        self._change_all(chats, "trashed", None)

    def empty_trash(self) -> None:
        """Delete everything in the trash, for good."""
        with self.transaction():
            purge(self._sql, time.time() + 1, self.attached_to)

    def duplicate(self, chat: int, title: str) -> Chat:
        """Return a copy of a chat with all its branches."""
        source = self.chat(chat)
        copy = self.create_chat(title, folder=source.folder)
        ids: dict[int | None, int | None] = {None: None}
        with self.transaction():
            for message in self.messages(chat).values():
                ids[message.id] = self._insert(copy.id, ids.get(message.parent), message)
            self._sql.execute(
                "UPDATE chats SET leaf = ?, settings = (SELECT settings FROM chats WHERE id = ?) WHERE id = ?",
                (ids.get(source.leaf), chat, copy.id),
            )
        return self.chat(copy.id)

    def branch_off(self, chat: int, leaf: int, title: str) -> Chat:
        """Return a new chat with the branch that ends with `leaf`."""
        source = self.chat(chat)
        copy = self.create_chat(title, folder=source.folder)
        parent: int | None = None
        with self.transaction():
            for message in path_to(self.messages(chat), leaf):
                parent = self._insert(copy.id, parent, message)
            self._sql.execute(
                "UPDATE chats SET leaf = ?, settings = (SELECT settings FROM chats WHERE id = ?) WHERE id = ?",
                (parent, chat, copy.id),
            )
        return self.chat(copy.id)

    def folders(self) -> list[Folder]:
        """Return all folders, in the order of their names."""
        rows = self._sql.execute("SELECT id, parent, name FROM folders ORDER BY name")
        return [Folder(number, as_id(parent), as_name(name)) for number, parent, name in rows]

    def create_folder(self, name: str, parent: int | None = None) -> Folder:
        """Add a folder, within another one or at the top."""
        with self.transaction():
            added = self._sql.execute("INSERT INTO folders (parent, name) VALUES (?, ?)", (parent, storable(name)))
        return Folder(id_of(added), parent, storable(name))

    def rename_folder(self, folder: int, name: str) -> None:
        """Give a folder another name."""
        with self.transaction():
            self._sql.execute("UPDATE folders SET name = ? WHERE id = ?", (storable(name), folder))

    def remove_folder(self, folder: int) -> None:
        """Remove a folder. What is in it moves up, chats in the trash included."""
        with self.transaction():
            for table, column in (("chats", "folder"), ("folders", "parent")):
                self._sql.execute(
                    f"UPDATE {table} SET {column} = (SELECT parent FROM folders WHERE id = ?) WHERE {column} = ?",
                    (folder, folder),
                )
            self._sql.execute("DELETE FROM folders WHERE id = ?", (folder,))

    # -- messages

    def messages(self, chat: int) -> dict[int, StoredMessage]:
        """Return all of a chat, by their ids, the oldest first; what was deleted is left out."""
        rows = self._sql.execute(
            "SELECT id, parent, role, parts, created, state, model, details FROM messages"
            " WHERE chat = ? AND deleted IS NULL ORDER BY id",
            (chat,),
        )
        return {row[0]: message_of(row) for row in rows}

    def add_message(
        self,
        chat: int,
        parent: int | None,
        role: Role,
        parts: list[Part],
        *,
        state: State = "complete",
        model: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> StoredMessage:
        """Add it behind `parent` and let the chat's branch in sight end with it."""
        now = time.time()
        message = StoredMessage(0, parent, role, parts_to_json(parts), now, state, model, details or {})
        with self.transaction():
            message.id = self._insert(chat, parent, message)
            self._sql.execute("UPDATE chats SET changed = ?, leaf = ? WHERE id = ?", (now, message.id, chat))
        return message

    def update_message(
        self, message: int, parts: list[Part], *, state: State, details: Mapping[str, Any] | None = None
    ) -> None:
        """Write down how a reply stands. The search knows it once it grows no more."""
        with self.transaction():
            text = parts_to_json(parts)
            self._sql.execute("UPDATE messages SET parts = ?, state = ? WHERE id = ?", (text, state, message))
            if details is not None:
                self._sql.execute("UPDATE messages SET details = ? WHERE id = ?", (details_to_json(details), message))
            if state != "growing":
                self._index(message, indexed_text(parts))

    def set_leaf(self, chat: int, leaf: int | None) -> None:
        """Keep which branch is in sight, by its last message."""
        self._change(chat, leaf=leaf)

    def delete_messages(self, messages: Iterable[int], *, deleted: bool = True) -> None:
        """Take messages out of their chat, or bring them back."""
        when = time.time() if deleted else None
        with self.transaction():
            self._sql.executemany("UPDATE messages SET deleted = ? WHERE id = ?", [(when, one) for one in messages])

    def keep_file(self, sha256: str, data: bytes) -> None:
        """Keep the bytes of an attached file, by their hash."""
        with self.transaction():
            self._sql.execute("INSERT OR IGNORE INTO files VALUES (?, ?)", (sha256, data))

    def file(self, sha256: str) -> bytes:
        """Return the bytes of an attached file. Raises LookupError."""
        row = self._sql.execute("SELECT bytes FROM files WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise LookupError(f"no file {sha256}")
        return as_bytes(row[0])

    def files(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return those that are there."""
        found = {}
        for name in names:
            for (data,) in self._sql.execute("SELECT bytes FROM files WHERE sha256 = ?", (name,)):
                found[name] = as_bytes(data)
        return found

    def note(self, name: str) -> Any:
        """Return a note by its name; None where there is none, or none that can be read."""
        row = self._sql.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        try:
            return json.loads(row[0]) if row else None
        except (ValueError, TypeError, RecursionError):
            return None

    def set_note(self, name: str, value: Any) -> None:
        """Keep a note under a name; None for no note."""
        with self.transaction():
            if value is None:
                self._sql.execute("DELETE FROM notes WHERE name = ?", (name,))
            else:
                self._sql.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, json.dumps(value)))

    def attached_to(self, chat: int | None) -> list[FilePart | ImagePart]:
        """Return what goes with the draft of a chat; None: of the one that is not there yet."""
        kept = self.note(f"{ATTACHED}{'' if chat is None else chat}")
        parts = parts_from_json(kept) if isinstance(kept, str) else []
        return [part for part in parts if isinstance(part, FilePart | ImagePart)]

    # -- all of it

    def take_in(
        self,
        chats: Iterable[ImportedChat],
        stopped: Callable[[], bool] = lambda: False,
        known: set[str] | None = None,
    ) -> tuple[int, int]:
        """Take in what was imported, as `Intake.take_in` does."""
        return Intake(self._sql, self._insert).take_in(chats, stopped, known)

    def imported_sources(self) -> set[str]:
        """Return what imported chats are called where they came from, for `take_in`."""
        return Intake(self._sql, self._insert).sources()

    def search(self, query: str, limit: int = 100) -> list[Hit]:
        """Return messages with every word of `query`, the latest first."""
        return find_messages(self._sql, query, limit)

    def backup(self, target: Path) -> None:
        """Write everything into one file."""
        write_backup(self._sql, target)

    def put_back(self, backup: Path) -> Path:
        """Let everything be as it is in a backup; the file that has what was here until now, as a backup itself.

        Raises ValueError for a file that is none; nothing is changed then.
        """
        return put_back(self._sql, self._file, backup)

    # -- inside

    def _insert(self, chat: int, parent: int | None, message: StoredMessage, words: str | None = None) -> int:
        added = self._sql.execute(
            "INSERT INTO messages (chat, parent, role, parts, created, state, model, details)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                chat,
                parent,
                message.role,
                storable(message.raw),
                message.created,
                message.state,
                storable(message.model),
                details_to_json(message.details),
            ),
        )
        number = id_of(added)
        if message.state != "growing":
            self._index(number, indexed_text(message.parts) if words is None else words)
        return number

    def _index(self, message: int, text: str) -> None:
        self._sql.execute("DELETE FROM words WHERE rowid = ?", (message,))
        if text:
            self._sql.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (message, text))

    def index_all(self) -> None:
        """Let the search know every message anew."""
        with self.transaction():
            for number, parts in self._sql.execute("SELECT id, parts FROM messages").fetchall():
                self._index(number, indexed_text(parts_from_json(as_plain(parts))))

    def _tidy(self) -> None:
        """What can wait for a disk that can be written again: the chats can be read all the same."""
        try:
            with self.transaction():
                self._mark_interrupted()
                purge(self._sql, time.time() - TRASH_SECONDS, self.attached_to)
                self._drop_loose()
                if self.damage and self.damage.recovered:
                    self.index_all()
        except sqlite3.Error as error:
            if not only_to_read(error):
                raise
            logger.warning("nothing was tidied up: %s", error)

    def _mark_interrupted(self) -> None:
        rows = self._sql.execute("SELECT id, parts FROM messages WHERE state = 'growing'").fetchall()
        for number, parts in rows:
            self._sql.execute("UPDATE messages SET state = 'interrupted' WHERE id = ?", (number,))
            self._index(number, indexed_text(parts_from_json(as_plain(parts))))

    def _drop_loose(self) -> None:
        loose = self.note(LOOSE)
        if isinstance(loose, list):
            drop_unused(self._sql, (name for name in loose if isinstance(name, str)))
        self._sql.execute("DELETE FROM notes WHERE name = ?", (LOOSE,))

    def _change(self, chat: int, **fields: object) -> None:
        names = ", ".join(f"{name} = ?" for name in fields)
        with self.transaction():
            changed = self._sql.execute(f"UPDATE chats SET {names} WHERE id = ?", (*fields.values(), chat))
        if not changed.rowcount:
            raise LookupError(f"no chat {chat}")

    def _change_all(self, chats: Iterable[int], field: str, value: object) -> None:
        with self.transaction():
            self._sql.executemany(f"UPDATE chats SET {field} = ? WHERE id = ?", [(value, chat) for chat in chats])
