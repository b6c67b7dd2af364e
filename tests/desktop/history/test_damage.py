"""Chats whose file is damaged: what can be read is there again, the rest is kept aside, and there are backups."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from studiolo.desktop.history.backups import back_up_today, backups, folder_of, newest_backup
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.opening import Damage
from studiolo.desktop.history.parts import ImagePart, TextPart
from studiolo.desktop.history.recovery import recover
from studiolo.desktop.history.store import History
from studiolo.errors import StorageError
from tests.stands.without_privileges import without_privileges

PAGE = 4096
CHATS = 60


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A history of some hundred pages."""
    file = tmp_path / "history.sqlite"
    with closing(Database(file)) as database:
        folder = database.create_folder("Work")
        for number in range(CHATS):
            chat = database.create_chat(f"Chat {number}", folder=folder.id)
            asked = database.add_message(chat.id, None, "user", [TextPart(f"question{number} " + "q " * 500)])
            database.add_message(chat.id, asked.id, "assistant", [TextPart(f"answer{number} " + "a " * 1_200)])
        database.keep_file("f" * 64, b"picture" * 1_000)
        database.add_message(chat.id, None, "user", [ImagePart("f" * 64, "image/png", "a.png")])
        database.set_note("presets", [1])
    return file


def damage(file: Path, *pages: int) -> None:
    """Write something else over some of its pages, counted from 0."""
    with file.open("r+b") as raw:
        for page in pages:
            raw.seek(page * PAGE)
            raw.write(b"\xa5" * PAGE)


def told(history: History) -> list[Damage]:
    heard: list[Damage] = []
    history.damaged = heard.append
    return heard


async def everything(history: History) -> set[str]:
    """The first words of all messages that can be read."""
    words = set()
    for chat in await history.do(Database.chats):
        for message in (await history.do(Database.messages, chat.id)).values():
            words.add(message.parts[0].text.split(" ")[0])
    return words


async def test_damaged_pages_in_the_middle_cost_what_is_on_them_and_nothing_else(file: Path) -> None:
    pages = file.stat().st_size // PAGE
    damage(file, *range(pages // 3, pages // 3 + 4))
    before = file.read_bytes()
    history = History(file)
    heard = told(history)
    try:
        words = await everything(history)
        assert await history.do(Database.search, "answer3")
        made = await history.do(Database.create_chat, "After")
        await history.do(Database.add_message, made.id, None, "user", [TextPart("later")])
    finally:
        await history.aclose()
    assert len(words) > 2 * CHATS - 12
    assert heard
    assert heard[0].recovered >= len(words)
    assert heard[0].kept is not None
    assert heard[0].kept.read_bytes() == before


async def test_what_is_found_damaged_while_it_runs_is_mended_and_the_question_answered(file: Path) -> None:
    history = History(file)
    heard = told(history)
    try:
        assert len(await everything(history)) == 2 * CHATS + 1
        pages = file.stat().st_size // PAGE
        damage(file, *range(pages // 2, pages // 2 + 3))
        await history.do(Database.create_chat, "Between")
        await history.do(lambda database: database._sql.execute("PRAGMA shrink_memory"))  # Nothing is read from memory.
        words = await everything(history)
        assert "Between" in [chat.title for chat in await history.do(Database.chats)]
    finally:
        await history.aclose()
    assert len(words) > 2 * CHATS - 12
    assert len(heard) == 1


@pytest.mark.parametrize("how", ["zeroed", "cut", "noise"])
async def test_a_file_that_can_t_be_read_is_kept_and_the_newest_backup_is_named(file: Path, how: str) -> None:
    backup = back_up_today(file)
    assert backup is not None
    data = file.read_bytes()
    broken = {"zeroed": bytes(len(data)), "cut": data[:50], "noise": b"\xa5" * len(data)}[how]
    file.write_bytes(broken)
    history = History(file)
    heard = told(history)
    try:
        assert await history.do(Database.chats) == []
    finally:
        await history.aclose()
    (found,) = heard
    assert found.kept is not None
    assert found.kept.read_bytes() == broken
    assert (found.recovered, found.backup) == (0, backup)


@pytest.mark.parametrize("how", ["missing", "empty"])
async def test_chats_that_are_not_there_any_more_are_missed_where_there_is_a_backup(file: Path, how: str) -> None:
    backup = back_up_today(file)
    file.unlink()
    if how == "empty":
        file.touch()
    history = History(file)
    heard = told(history)
    try:
        assert await history.do(Database.chats) == []
    finally:
        await history.aclose()
    assert heard == [Damage(None, 0, backup)]


async def test_a_first_start_misses_nothing(tmp_path: Path) -> None:
    history = History(tmp_path / "history.sqlite")
    heard = told(history)
    try:
        assert await history.do(Database.chats) == []
    finally:
        await history.aclose()
    assert heard == []


async def test_half_a_file_is_read_as_far_as_it_goes(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    history = History(file)
    heard = told(history)
    try:
        words = await everything(history)
    finally:
        await history.aclose()
    assert len(words) > CHATS // 2
    assert len(heard) == 1


async def test_what_was_written_last_goes_aside_with_the_damaged_file(file: Path) -> None:
    with closing(sqlite3.connect(file)) as open_elsewhere:
        open_elsewhere.execute("SELECT * FROM chats").fetchall()
        with closing(Database(file)) as database:
            database.create_chat("Only in the log")
        saved = file.with_name("history.sqlite-wal").read_bytes()
    assert saved
    file.with_name("history.sqlite-wal").write_bytes(saved)
    file.write_bytes(bytes(file.stat().st_size))
    history = History(file)
    heard = told(history)
    try:
        await history.do(Database.chats)
    finally:
        await history.aclose()
    assert heard[0].kept is not None
    assert heard[0].kept.with_name(f"{heard[0].kept.name}-wal").read_bytes() == saved


async def test_a_file_of_a_newer_version_is_left_alone_and_says_so(file: Path) -> None:
    with closing(sqlite3.connect(file)) as sql:
        sql.execute("PRAGMA user_version = 99")
    before = file.read_bytes()
    history = History(file)
    heard = told(history)
    try:
        with pytest.raises(StorageError, match="written by a newer version of Studiolo") as refused:
            await history.do(Database.chats)
    finally:
        await history.aclose()
    assert "update" in refused.value.hint
    assert file.read_bytes() == before
    assert heard == []


async def test_a_row_of_wrong_types_is_odd_and_the_others_are_as_they_were(file: Path) -> None:
    with closing(sqlite3.connect(file)) as sql, sql:
        odd = b"\xff\xfe\0"
        sql.execute(
            "UPDATE chats SET title = ?, changed = 'then', leaf = 'x', tags = 5, draft = 7 WHERE id = 1", (odd,)
        )
        sql.execute("UPDATE chats SET title = CAST(X'FFFE41' AS TEXT), settings = ? WHERE id = 2", (odd,))
        sql.execute("UPDATE messages SET parts = 5, role = 3, state = 'gone', details = 9 WHERE id = 1")
        sql.execute("UPDATE folders SET name = 5")
    with closing(Database(file)) as database:
        chats = {chat.id: chat for chat in database.chats()}
        assert len(chats) == CHATS
        assert chats[2].title == "\ufffd\ufffdA"
        assert (chats[1].changed, chats[1].leaf, chats[1].tags, chats[1].draft) == (0.0, None, (), "7")
        assert [message.role for message in database.messages(1).values()] == ["assistant", "assistant"]
        assert database.settings(2) == {}
        assert [folder.name for folder in database.folders()] == ["5"]


def test_messages_whose_chat_is_lost_are_in_a_chat_of_their_own(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as sql, sql:
        sql.execute("PRAGMA foreign_keys = OFF")
        sql.execute("DELETE FROM chats WHERE id = 7")
        sql.execute("DELETE FROM messages WHERE id = 3")
    sound = tmp_path / "sound.sqlite"
    assert recover(file, sound) == 2 * CHATS
    with closing(Database(sound)) as database:
        assert len(database.chats()) == CHATS
        assert len(database.messages(7)) == 2
        assert database.chat(7).leaf is not None
        assert database.file("f" * 64) == b"picture" * 1_000
        assert database.note("presets") == [1]


def test_an_older_version_s_file_is_recovered_as_today_s(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as sql:
        sql.executescript("ALTER TABLE chats DROP COLUMN source; DROP TABLE notes; PRAGMA user_version = 1;")
    sound = tmp_path / "sound.sqlite"
    assert recover(file, sound) == 2 * CHATS + 1
    with closing(Database(sound)) as database:
        database.set_note("presets", [2])
        assert len(database.chats()) == CHATS


def test_there_is_a_backup_a_day_and_a_few_are_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(1, 9):
        monkeypatch.setattr("studiolo.desktop.history.backups.time.strftime", lambda _, day=day: f"2026-11-0{day}")
        assert back_up_today(file) is not None
        assert back_up_today(file) is None
    assert [one.stem[-1] for one in backups(file)] == ["8", "7", "6", "5", "4", "1"][: len(backups(file))]
    assert newest_backup(file) == backups(file)[0]


def test_chats_begun_anew_do_not_push_out_the_backup_of_those_before(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = back_up_today(file)
    assert large is not None
    file.unlink()
    assert back_up_today(file) is None
    with closing(Database(file)) as database:
        assert back_up_today(file) is None
        database.add_message(database.create_chat("New").id, None, "user", [TextPart("new")])
    for day in range(1, 9):
        monkeypatch.setattr("studiolo.desktop.history.backups.time.strftime", lambda _, day=day: f"2099-01-0{day}")
        assert back_up_today(file) is not None
    assert large in backups(file)
    assert len(backups(file)) == 6


def test_a_damaged_history_makes_no_backup_and_a_damaged_backup_is_passed_over(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = back_up_today(file)
    pages = file.stat().st_size // PAGE
    damage(file, *range(pages // 2, pages // 2 + 3))
    monkeypatch.setattr("studiolo.desktop.history.backups.time.strftime", lambda _: "2099-01-01")
    assert back_up_today(file) is None
    assert backups(file) == [sound]
    (folder_of(file) / "history-2099-01-02.sqlite").write_bytes(b"no backup")
    assert newest_backup(file) == sound


async def test_on_a_disk_that_can_t_be_written_the_chats_are_read_and_later_written(tmp_path: Path) -> None:
    folder = tmp_path / "chats"
    file = folder / "history.sqlite"
    folder.mkdir()
    with closing(Database(file)) as database:
        chat = database.create_chat("Chat")
        # What the opening would tidy up: a reply that a kill has cut off, and a chat whose time in the trash is over.
        database.add_message(chat.id, None, "assistant", [TextPart("half an answ")], state="growing")
        database.trash([database.create_chat("Gone").id])
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute("UPDATE chats SET trashed = 1 WHERE trashed IS NOT NULL")
    file.chmod(0o400)
    folder.chmod(0o500)
    with without_privileges():
        history = History(file)
        heard = told(history)
        try:
            assert [one.title for one in await history.do(Database.chats)] == ["Chat"]
            assert await everything(history) == {"half"}
            with pytest.raises(StorageError, match="nothing can be saved") as refused:
                await history.do(Database.create_chat, "New")
            assert str(folder) in refused.value.hint
            assert [one.title for one in await history.do(Database.chats)] == ["Chat"]
            folder.chmod(0o700)
            file.chmod(0o600)
            await history.do(Database.create_chat, "New")
            assert {one.title for one in await history.do(Database.chats)} == {"Chat", "New"}
            assert {one.state for one in (await history.do(Database.messages, chat.id)).values()} == {"interrupted"}
        finally:
            folder.chmod(0o700)
            await history.aclose()
    assert not heard
