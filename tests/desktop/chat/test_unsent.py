"""Nothing that was written is lost: not what waits for a server or a reply, nor what goes with a draft."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.transcript.question import QuestionRow
from studiolo.desktop.history.attached import attached, keep_attached
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import FilePart, ImagePart, TextPart
from studiolo.desktop.history.schema import LOOSE
from studiolo.paths import app_paths
from tests.desktop.chat.desk import FILE, ChatDesk, chat_desk
from tests.stands.kept_words import kept_drafts, kept_texts
from tests.stands.waiting import until


def on_disk() -> list[str]:
    return kept_texts(app_paths().data / FILE)


def drafts_on_disk() -> list[str]:
    return kept_drafts(app_paths().data / FILE)


@asynccontextmanager
async def without_a_model(desk: ChatDesk) -> AsyncIterator[None]:
    """While a server starts nobody can answer yet."""
    model = desk.presenter.replies.model
    desk.presenter.replies.use_model(None)
    try:
        yield
    finally:
        desk.presenter.replies.use_model(model)
        await desk.ended()


def image(folder: Path) -> Path:
    picture = QImage(64, 48, QImage.Format.Format_RGB32)
    picture.fill(QColor("teal"))
    picture.save(str(folder / "teal.png"))
    return folder / "teal.png"


async def test_what_is_sent_before_there_is_a_model_is_on_the_disk_at_once(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        async with without_a_model(desk):
            desk.presenter.send("Asked early")
            await until(lambda: "Asked early" in on_disk())
        assert on_disk().count("Asked early") == 1
        assert isinstance(desk.conversation.leaf, Reply)
        assert desk.conversation.leaf.text


async def test_what_waits_for_a_reply_is_a_draft_on_the_disk(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("One")
        async with without_a_model(desk):
            for text in ("Two", "Three", "Four"):
                desk.presenter.send(text)
            desk.composer.set_text("and a thought")
            await until(lambda: drafts_on_disk() == ["Three\n\nFour\n\nand a thought"])
            await until(lambda: "Two" in on_disk())
        assert [turn.question.text for turn in desk.conversation.turns] == ["One", "Two", "Three", "Four"]
        await until(lambda: drafts_on_disk() == ["and a thought"])
        assert desk.composer.text == "and a thought"


async def test_a_first_message_leaves_no_draft_of_a_new_chat(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        desk.composer.set_text("Hello")
        await until(lambda: drafts_on_disk() == ["Hello"])
        desk.press(Qt.Key.Key_Return)
        await until(lambda: "Hello" in on_disk())
        await desk.ended()
        await until(lambda: drafts_on_disk() == [])
        desk.presenter.new_chat()
        assert desk.composer.text == ""


async def test_what_goes_with_drafts_is_there_at_the_next_start(
    qapp: QApplication, server: str, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("The notes.")
    async with chat_desk(server) as desk:
        await desk.ask("One")
        desk.composer.files_given.emit([notes, image(tmp_path)])
        await until(lambda: len(desk.composer.attachments) == 2)
        chat = await desk.latest()
        desk.presenter.new_chat()
        desk.composer.files_given.emit([notes])
        await until(lambda: len(desk.composer.attachments) == 1)
    async with chat_desk(server) as desk:
        await until(lambda: [one.part.name for one in desk.composer.attachments] == ["notes.txt"])
        desk.presenter.open_chat(chat)
        await until(lambda: len(desk.composer.attachments) == 2)
        [document, picture] = sorted(desk.composer.attachments, key=lambda one: one.part.name)
        assert document.part.text == "The notes."
        assert picture.data == image(tmp_path).read_bytes()
        assert picture.preview
        desk.composer.set_text("Look")
        desk.press(Qt.Key.Key_Return)
        await desk.ended()
        assert not desk.composer.attachments
    async with chat_desk(server) as desk:
        desk.presenter.open_chat(chat)
        await until(lambda: len(desk.texts) == 4)
        assert not desk.composer.attachments, "it was sent"
        assert any(isinstance(part, ImagePart) for part in desk.conversation.turns[-1].question.parts)


def test_images_of_drafts_go_when_nobody_has_them_any_more(tmp_path: Path) -> None:
    names = [letter * 64 for letter in "abc"]
    parts = [ImagePart(name, "image/png", "x.png") for name in names]
    file = tmp_path / "history.sqlite"
    with closing(Database(file)) as database:
        chat = database.create_chat("One")
        keep_attached(database, chat.id, [*parts, FilePart("text", "a.txt", 4)], dict.fromkeys(names, b"picture"))
        assert [part for part, _ in attached(database, chat.id)] == [*parts, FilePart("text", "a.txt", 4)]
        database.add_message(chat.id, None, "user", [parts[0], TextPart("sent")])
        keep_attached(database, chat.id, [parts[2]], {})
    with closing(Database(file)) as database:
        assert set(database.files(names)) == {names[0], names[2]}
        database.trash([chat.id])
        database.empty_trash()
        assert set(database.files(names)) == set()
        assert attached(database, chat.id) == []


@pytest.mark.parametrize("note", [5, {"a": 1}, [None, 7, {}], "x", [["a"]]])
def test_an_odd_note_about_files_keeps_nobody_from_the_chats(tmp_path: Path, note: object) -> None:
    file = tmp_path / "history.sqlite"
    with closing(Database(file)) as database:
        database.create_chat("One")
        database.set_note(LOOSE, note)
        database.set_note("attached 1", note)
    with closing(Database(file)) as database:
        assert [chat.title for chat in database.chats()] == ["One"]
        assert attached(database, 1) == []


async def test_a_question_that_nobody_has_answered_can_be_answered(qapp: QApplication, server: str) -> None:
    with closing(Database(app_paths().data / FILE)) as database:
        chat = database.create_chat("Imported")
        database.add_message(chat.id, None, "user", [TextPart("And then?")])
    async with chat_desk(server) as desk:
        desk.presenter.open_chat(chat.id)
        await until(lambda: desk.texts == ["And then?"])
        row = desk.page.transcript.row_of(desk.conversation.branch[0])
        assert isinstance(row, QuestionRow)
        [action] = [one for one in row.actions_now() if one.text == "Get an answer"]
        action.run()
        await desk.ended()
        assert len(desk.texts) == 2
        with closing(sqlite3.connect(app_paths().data / FILE)) as found:
            assert found.execute("SELECT role FROM messages ORDER BY id").fetchall() == [("user",), ("assistant",)]


async def test_stop_while_it_is_being_kept_keeps_it_once(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        for text in ("One", "Two", "Three"):
            desk.presenter.send(text)
            await asyncio.sleep(0)
            desk.presenter.stop()
            await desk.ended()
        await until(lambda: len(on_disk()) >= 3)
        assert sorted(text for text in on_disk() if text) == ["One", "Three", "Two"]
        with closing(sqlite3.connect(app_paths().data / FILE)) as found:
            assert found.execute("SELECT count(*) FROM messages WHERE role = 'user'").fetchone() == (3,)
            assert found.execute("SELECT count(*) FROM chats").fetchone() == (1,)
