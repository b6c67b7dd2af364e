"""Chats on disk: branches, the trash, and what a search finds."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from studiolo.desktop.history.database import TRASH_SECONDS, Database
from studiolo.desktop.history.parts import (
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolPart,
    UnreadablePart,
    parts_from_json,
    parts_to_json,
    spoken,
)
from studiolo.desktop.history.records import Chat, StoredMessage, path_to


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


@pytest.fixture
def open_again(file: Path) -> Iterator[Callable[[], Database]]:
    """Opens the file, as a new start does; what was open before is closed."""
    opened: list[Database] = []

    def make() -> Database:
        for database in opened:
            database.close()
        opened.append(Database(file))
        return opened[-1]

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def database(open_again: Callable[[], Database]) -> Database:
    return open_again()


def ask(
    database: Database, chat: Chat, question: str, answer: str, parent: int | None = None
) -> tuple[StoredMessage, StoredMessage]:
    asked = database.add_message(chat.id, parent, "user", [TextPart(question)])
    return asked, database.add_message(chat.id, asked.id, "assistant", [TextPart(answer)], model="acme/tiny")


def texts(database: Database, chat: Chat) -> list[str]:
    messages = database.messages(chat.id)
    return [spoken(one.parts) for one in path_to(messages, database.chat(chat.id).leaf)]


def test_a_chat_is_there_at_the_next_start(database: Database, open_again: Callable[[], Database]) -> None:
    folder = database.create_folder("Work")
    chat = database.create_chat("Plans", folder=folder.id)
    ask(database, chat, "Where to?", "Lisbon.")
    database.set_draft(chat.id, "And then")
    database.set_tags(chat.id, ["travel", "2026"])
    database.set_settings(chat.id, {"temperature": 0.2})
    again = open_again()
    [found] = again.chats()
    assert (found.title, found.folder, found.draft, found.tags) == ("Plans", folder.id, "And then", ("2026", "travel"))
    assert again.settings(found.id) == {"temperature": 0.2}
    assert texts(again, found) == ["Where to?", "Lisbon."]
    assert [message.model for message in again.messages(found.id).values()] == ["", "acme/tiny"]


def test_every_branch_is_kept(database: Database) -> None:
    chat = database.create_chat()
    asked, first = ask(database, chat, "Where to?", "Lisbon.")
    second = database.add_message(chat.id, asked.id, "assistant", [TextPart("Porto.")])
    other, _ = ask(database, chat, "When to go?", "In May.")
    assert texts(database, chat) == ["When to go?", "In May."]
    database.set_leaf(chat.id, first.id)
    assert texts(database, chat) == ["Where to?", "Lisbon."]
    siblings = [one.id for one in database.messages(chat.id).values() if one.parent == asked.id]
    assert siblings == [first.id, second.id]
    assert other.parent is asked.parent is None


def test_what_the_store_keeps_of_a_reply(database: Database, open_again: Callable[[], Database]) -> None:
    chat = database.create_chat()
    parts: list[Part] = [
        ReasoningPart("hm", seconds=1.5),
        ToolPart("search", '{"q": 1}', "found", server="docs"),
        TextPart("Here: \0 \ud800 😀 مرحبا"),
        ImagePart("abc", "image/png", "a.png"),
        FilePart("text", "a.txt", 12),
    ]
    reply = database.add_message(chat.id, None, "assistant", parts)
    details = {"response_id": "resp_1", "stats": {"tokens_per_second": 12.5}, "server": "local"}
    database.update_message(reply.id, parts, state="stopped", details=details)
    [found] = open_again().messages(chat.id).values()
    assert found.parts == parts
    assert (found.state, found.details) == ("stopped", details)


def test_a_reply_that_a_kill_cut_off_is_marked(database: Database, open_again: Callable[[], Database]) -> None:
    chat = database.create_chat()
    reply = database.add_message(chat.id, None, "assistant", [], state="growing")
    database.update_message(reply.id, [TextPart("Half of an ans")], state="growing")
    assert database.search("half") == [], "it still grows"
    again = open_again()
    [found] = again.messages(chat.id).values()
    assert (found.state, found.parts) == ("interrupted", [TextPart("Half of an ans")])
    assert [hit.message for hit in again.search("half")] == [reply.id]


@pytest.mark.parametrize("broken", ["", "{", "[[[", '"text"', "[" * 100_000, '[{"type": "text", "text": 5}]', "[null]"])
def test_a_message_that_cannot_be_read_stands_as_it_is(
    database: Database, open_again: Callable[[], Database], file: Path, broken: str
) -> None:
    chat = database.create_chat()
    ask(database, chat, "One", "Two")
    third, _ = ask(database, chat, "Three", "Four")
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute("UPDATE messages SET parts = ?, details = ? WHERE id = ?", (broken, broken, third.id))
        raw.execute("UPDATE chats SET tags = ?, settings = ?", (broken, broken))
    again = open_again()
    messages = again.messages(chat.id)
    assert all(isinstance(part, UnreadablePart) for part in messages[third.id].parts)
    assert [spoken(one.parts) for one in messages.values() if one.id != third.id] == ["One", "Two", "Four"]
    assert again.chats()[0].tags == ()
    assert again.settings(chat.id) == {}


def test_what_a_newer_version_wrote_is_not_lost() -> None:
    newer = '[{"type":"hologram","text":"x","depth":3},{"type":"text","text":"Hi","mood":"glad"}]'
    parts = parts_from_json(newer)
    assert parts == [UnreadablePart('{"type": "hologram", "text": "x", "depth": 3}'), TextPart("Hi")]
    assert json.loads(parts_to_json(parts))[0] == {"type": "hologram", "text": "x", "depth": 3}
    assert parts_to_json(parts_from_json("{ no json")) == "{ no json"


def test_a_deleted_chat_comes_back_whole(database: Database) -> None:
    chat = database.create_chat("Plans")
    ask(database, chat, "Where to?", "Lisbon.")
    database.pin([chat.id], True)
    before = (database.chat(chat.id), database.messages(chat.id))
    database.trash([chat.id])
    assert database.chats() == []
    assert database.search("Lisbon") == []
    assert [one.id for one in database.chats(trashed=True)] == [chat.id]
    database.restore([chat.id])
    assert (database.chat(chat.id), database.messages(chat.id)) == before
    assert len(database.search("Lisbon")) == 1


def test_the_trash_keeps_for_thirty_days(
    database: Database, open_again: Callable[[], Database], monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    old, new = database.create_chat("old"), database.create_chat("new")
    for chat in (old, new):
        ask(database, chat, "Lisbon", "Porto")
    kept = database.create_chat("kept")
    gone, _ = ask(database, kept, "deleted", "x")
    long_ago = time.time() - TRASH_SECONDS - 1
    with monkeypatch.context() as patch:
        patch.setattr("studiolo.desktop.history.database.time.time", lambda: long_ago)
        database.trash([old.id])
        database.delete_messages([gone.id])
    database.trash([new.id])
    again = open_again()
    assert [chat.title for chat in again.chats(trashed=True)] == ["new"]
    assert len(again.messages(kept.id)) == 1
    again.empty_trash()
    again.close()
    with closing(sqlite3.connect(file)) as raw, raw:
        assert raw.execute("SELECT count(*) FROM chats").fetchone() == (1,)
        assert raw.execute("SELECT count(*) FROM messages").fetchone() == (1,)
        assert raw.execute("SELECT count(*) FROM words").fetchone() == (1,)


def test_deleted_messages_come_back(database: Database) -> None:
    chat = database.create_chat()
    asked, reply = ask(database, chat, "Where to?", "Lisbon.")
    database.delete_messages([asked.id, reply.id])
    assert database.messages(chat.id) == {}
    assert database.search("Lisbon") == []
    database.delete_messages([asked.id, reply.id], deleted=False)
    assert texts(database, chat) == ["Where to?", "Lisbon."]


def test_a_copy_has_all_branches_and_is_its_own(database: Database) -> None:
    chat = database.create_chat("Plans")
    asked, first = ask(database, chat, "Where to?", "Lisbon.")
    database.add_message(chat.id, asked.id, "assistant", [TextPart("Porto.")])
    database.set_leaf(chat.id, first.id)
    copy = database.duplicate(chat.id, "Plans (copy)")
    assert texts(database, copy) == ["Where to?", "Lisbon."]
    assert len(database.messages(copy.id)) == 3
    database.delete_messages(database.messages(copy.id))
    assert len(database.messages(chat.id)) == 3


def test_half_a_character_is_kept_as_a_sign_wherever_it_stands(database: Database) -> None:
    """A file's name may hold one, and a chat be called after its file."""
    odd, kept = "bad\udcff.txt", "bad?.txt"
    chat = database.create_chat(odd)
    assert chat.title == kept
    database.suggest_title(chat.id, odd)
    database.set_draft(chat.id, odd)
    database.set_tags(chat.id, [odd])
    database.set_settings(chat.id, {"system_prompt": odd})
    database.add_message(chat.id, None, "user", [FilePart(odd, odd, 4), TextPart(odd)], model=odd)
    folder = database.create_folder(odd)
    assert (folder.name, [one.name for one in database.folders()]) == (kept, [kept])
    database.rename_folder(folder.id, odd)
    database.rename(chat.id, odd)
    (found,) = database.chats()
    assert (found.title, found.draft) == (kept, kept)
    assert database.duplicate(chat.id, odd).title == kept
    assert database.search("bad")


def test_a_name_that_a_person_gave_is_not_replaced(database: Database) -> None:
    chat = database.create_chat("New chat")
    database.suggest_title(chat.id, "Lisbon in May")
    assert database.chat(chat.id).title == "Lisbon in May"
    database.rename(chat.id, "Mine")
    database.suggest_title(chat.id, "Another")
    assert database.chat(chat.id).title == "Mine"


def test_folders_in_folders(database: Database) -> None:
    work = database.create_folder("Work")
    inner = database.create_folder("Taxes", work.id)
    chat = database.create_chat(folder=inner.id)
    database.remove_folder(inner.id)
    assert database.chat(chat.id).folder == work.id
    assert [folder.name for folder in database.folders()] == ["Work"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("attention", True),
        ("ATTEN", True),
        ("cafe", True),
        ("attention café", True),
        ("café attention", True),
        ('"café attention"', False),
        ('"attention in the café"', True),
        ("你好", True),
        ("好世界", True),
        ("世好", False),
        ("東京", True),
        ("สวัสดี", True),
        ("absent", False),
        ("tion", False),
        ('"', False),
        ("* OR NEAR( -", False),
        ("   ", False),
    ],
)
def test_a_search(database: Database, query: str, found: bool) -> None:
    chat = database.create_chat("Any")
    ask(database, chat, "Paying attention in the café", "你好世界。東京へ行く สวัสดีครับ")
    assert bool(database.search(query)) is found


def test_what_is_found_is_shown_in_its_place(database: Database) -> None:
    chat = database.create_chat("Long")
    database.add_message(chat.id, None, "user", [TextPart("word " * 200 + "the\nneedle is here " + "word " * 200)])
    [hit] = database.search("NEEDLE")
    assert len(hit.passage) < 200
    assert hit.passage.startswith("…")
    assert [hit.passage[start:end] for start, end in hit.marks] == ["needle"]
    assert (hit.title, hit.chat, hit.role) == ("Long", chat.id, "user")


def test_the_latest_is_found_first(database: Database) -> None:
    chat = database.create_chat()
    numbers = [database.add_message(chat.id, None, "user", [TextPart(f"needle {n}")]).id for n in range(5)]
    assert [hit.message for hit in database.search("needle", limit=3)] == numbers[:1:-1]


def test_a_backup_is_everything_in_one_file(database: Database, tmp_path: Path) -> None:
    chat = database.create_chat("Plans")
    ask(database, chat, "Where to?", "Lisbon.")
    database.backup(tmp_path / "backup.studiolo")
    assert [path.name for path in tmp_path.glob("backup*")] == ["backup.studiolo"]
    other = Database(tmp_path / "backup.studiolo")
    assert texts(other, chat) == ["Where to?", "Lisbon."]
    other.close()


def test_files_are_kept_once(database: Database) -> None:
    database.keep_file("abc", b"bytes")
    database.keep_file("abc", b"bytes")
    assert database.file("abc") == b"bytes"
    with pytest.raises(LookupError):
        database.file("def")


def test_images_leave_with_the_last_message_that_shows_them(database: Database) -> None:
    shared, own = "a" * 64, "b" * 64
    for name in (shared, own):
        database.keep_file(name, b"bytes")
    kept, gone = database.create_chat("Kept"), database.create_chat("Gone")
    database.add_message(kept.id, None, "user", [ImagePart(shared, "image/png", "x")])
    database.add_message(gone.id, None, "user", [ImagePart(shared, "image/png", "x"), ImagePart(own, "image/png", "y")])
    database.trash([gone.id])
    database.empty_trash()
    assert database.files([shared, own]) == {shared: b"bytes"}


def test_what_is_tidied_away_is_found_without_a_look_at_every_message(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    Database(file).close()
    with closing(sqlite3.connect(file)) as sql:
        for found in ("parts", "id"):
            told = sql.execute(f"EXPLAIN QUERY PLAN SELECT {found} FROM messages WHERE deleted < 5").fetchall()
            assert "messages_deleted" in str(told)


def test_a_file_of_the_version_before_gets_the_index(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    Database(file).close()
    with closing(sqlite3.connect(file)) as sql:
        sql.executescript("DROP INDEX messages_deleted; PRAGMA user_version = 2;")
    Database(file).close()
    with closing(sqlite3.connect(file)) as sql:
        assert sql.execute("PRAGMA user_version").fetchone() == (3,)
        assert sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'messages_deleted'").fetchone()
