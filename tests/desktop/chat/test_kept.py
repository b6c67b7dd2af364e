"""Chats that can't be lost: the real server, the real history, and presenters that come and go as at a new start."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studiolo.client.native import Client
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.settings import ChatSettings
from studiolo.desktop.chat.transcript.question import QuestionRow
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.chat.undo import Undo
from studiolo.desktop.connections.connection import Connection
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import TextPart
from studiolo.desktop.history.store import History
from studiolo.paths import app_paths
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama

FILE = "history.sqlite"


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """A server whose only model is a quick one."""
    write_tiny_llama(app_paths().models / "tiny" / "tiny" / "tiny.gguf", brief=True)
    async with serving() as running:
        yield running.address


@asynccontextmanager
async def desk(address: str) -> AsyncIterator[ChatPresenter]:
    """What one start of the program makes of the chat page; everything is saved at its end."""
    reported: list[BaseException] = []
    connection = Connection(app_paths(), reported.append, address=address)
    history = History(app_paths().data / FILE)
    page = ChatPage()
    page.resize(800, 600)
    page.show()
    presenter = ChatPresenter(page, connection, history, Undo(page.toast), reported.append)
    connection.open()
    presenter._models.choose("tiny/tiny")
    try:
        await until(lambda: presenter._replies._model == "tiny/tiny")
        yield presenter
    finally:
        await presenter.aclose()
        await connection.aclose()
        await history.aclose()
        page.close()
        page.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert reported == []


async def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


async def ended(presenter: ChatPresenter) -> None:
    await until(lambda: not presenter._replies.conversations)


def texts(presenter: ChatPresenter) -> list[str]:
    return [message.text for message in presenter._conversation.branch]


async def latest(presenter: ChatPresenter) -> int:
    return (await presenter._history.do(Database.chats))[0].id


async def test_a_chat_is_there_at_the_next_start_with_all_its_versions(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        presenter.send("Where to?")
        await ended(presenter)
        presenter.send("And then?")
        await ended(presenter)
        presenter.ask_again(presenter._conversation.turns[0].reply)
        await ended(presenter)
        before = texts(presenter)
        assert len(before) == 2
    async with desk(server) as presenter:
        presenter.open_chat(await latest(presenter))
        await until(lambda: texts(presenter) == before)
        reply = presenter._conversation.turns[0].reply
        assert reply.version == (2, 2)
        presenter.turn_over(reply, -1)
        assert [turn.question.text for turn in presenter._conversation.turns] == ["Where to?", "And then?"]
    async with desk(server) as presenter:
        presenter.open_chat(await latest(presenter))
        await until(lambda: len(texts(presenter)) == 4)


async def test_the_question_is_on_the_disk_before_it_is_sent(
    qapp: QApplication, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    real = Client.chat

    def chat(self, request):  # type: ignore[no-untyped-def]
        found = Database(app_paths().data / FILE)
        seen.extend(hit.passage for hit in found.search("lighthouse"))
        found.close()
        return real(self, request)

    monkeypatch.setattr(Client, "chat", chat)
    async with desk(server) as presenter:
        presenter.send("lighthouse")
        await ended(presenter)
    assert seen == ["lighthouse"]


async def test_a_turn_goes_on_from_the_server_s_memory_or_else_brings_everything(
    qapp: QApplication, server: str
) -> None:
    async with desk(server) as presenter:
        presenter.send("One")
        await ended(presenter)
        presenter.send("Two")
        await ended(presenter)
        _, second = presenter._conversation.turns
        assert not second.reply.whole
        second.reply.response_id = None
        presenter.send("Three")
        await ended(presenter)
        third = presenter._conversation.turns[-1].reply
        assert third.whole
        assert third.stats
        assert third.text
        assert third.stats.input_tokens > second.reply.stats.input_tokens  # type: ignore[union-attr]
    async with desk(server) as presenter:
        presenter.open_chat(await latest(presenter))
        await until(lambda: len(texts(presenter)) == 6)
        assert presenter._conversation.turns[-1].reply.whole


async def test_a_server_that_forgot_is_told_everything(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        presenter.send("One")
        await ended(presenter)
        presenter._conversation.turns[0].reply.response_id = "resp_" + "0" * 48
        presenter.send("Two")
        await ended(presenter)
        second = presenter._conversation.turns[1].reply
        assert second.failure is None
        assert second.whole


async def test_a_question_is_edited_in_its_place(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        page = presenter._page
        presenter.send("Where to?")
        await ended(presenter)
        question = presenter._conversation.turns[0].question
        row = page.transcript.row_of(question)
        assert isinstance(row, QuestionRow)
        QTest.mouseClick(row.edit, Qt.MouseButton.LeftButton)
        editor = row._editor
        assert editor
        assert not editor.send.isEnabled()
        QTest.keyClicks(editor.field, " Soon")
        QTest.keyClick(editor.field, Qt.Key.Key_Return)
        assert texts(presenter)[0] == "Where to? Soon"
        await ended(presenter)
        page.transcript.flush()
        fresh = page.transcript.row_of(presenter._conversation.turns[0].question)
        assert isinstance(fresh, QuestionRow)
        assert fresh.versions.label.text() == "2 of 2"
        QTest.mouseClick(fresh.versions.back, Qt.MouseButton.LeftButton)
        assert texts(presenter)[0] == "Where to?"


async def test_escape_leaves_a_question_as_it_was(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        presenter.send("Where to?")
        await ended(presenter)
        row = presenter._page.transcript.row_of(presenter._conversation.turns[0].question)
        assert isinstance(row, QuestionRow)
        row.begin_edit()
        assert row._editor
        QTest.keyClicks(row._editor.field, " Never")
        QTest.keyClick(row._editor.field, Qt.Key.Key_Escape)
        assert texts(presenter)[0] == "Where to?"
        assert row.body.isVisible()


async def test_a_chat_is_named_after_its_first_question(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        presenter.send("Plan a trip\nto Lisbon")
        await ended(presenter)
        [chat] = await presenter._history.do(Database.chats)
        assert chat.title == "Plan a trip"


async def test_settings_belong_to_a_chat_and_reach_the_model(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        presenter._tuning.set_settings(ChatSettings(max_output_tokens=1, system_prompt="Be brief. " * 10))
        presenter.send("One")
        await ended(presenter)
        first = presenter._conversation.turns[0].reply
        assert first.stats
        assert first.stats.total_output_tokens <= 1
        assert first.stats.input_tokens > 80, "the system prompt is there"
        presenter.send("Two")
        await ended(presenter)
        second = presenter._conversation.turns[1].reply
        assert not second.whole
        presenter._tuning.set_settings(ChatSettings(max_output_tokens=1, system_prompt="Be long."))
        presenter.send("Three")
        await ended(presenter)
        third = presenter._conversation.turns[2].reply
        assert third.failure is None
        assert third.whole, "the server was told something else about itself"
        presenter.new_chat()
        assert presenter._page.inspector._settings == ChatSettings()
    async with desk(server) as presenter:
        presenter.open_chat(await latest(presenter))
        await until(lambda: presenter._conversation.turns)
        assert presenter._page.inspector._settings.system_prompt == "Be long."


async def test_a_reply_that_was_cut_off_is_written_on(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        presenter.send("One")
        await ended(presenter)
        reply = presenter._conversation.turns[0].reply
        assert reply.id
        await presenter._history.do(Database.update_message, reply.id, [TextPart("abc")], state="growing")
    async with desk(server) as presenter:
        presenter.open_chat(await latest(presenter))
        await until(lambda: presenter._conversation.turns)
        reply = presenter._conversation.turns[0].reply
        assert reply.interrupted
        row = presenter._page.transcript.row_of(reply)
        assert isinstance(row, ReplyRow)
        assert row.stats.text().startswith("Interrupted")
        QTest.mouseClick(row.go_on, Qt.MouseButton.LeftButton)
        await ended(presenter)
        assert reply.failure is None
        assert reply.text.startswith("abc")
        assert reply.stats
        assert len(presenter._conversation.turns) == 1
        presenter._page.transcript.flush()
        assert row.go_on.isHidden()


async def test_deleted_messages_come_back_with_undo(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        for text in ("One", "Two"):
            presenter.send(text)
            await ended(presenter)
        whole = texts(presenter)
        presenter.delete(presenter._conversation.turns[1].question)
        assert texts(presenter) == whole[:2]
        assert presenter._page.toast.isVisible()
        presenter._undo.undo()
        assert texts(presenter) == whole
        assert not presenter._page.toast.isVisible()
        presenter.delete(presenter._conversation.turns[1].reply)
    async with desk(server) as presenter:
        presenter.open_chat(await latest(presenter))
        await until(lambda: texts(presenter) == whole[:3])


async def test_a_branch_becomes_a_chat_of_its_own(qapp: QApplication, server: str) -> None:
    async with desk(server) as presenter:
        for text in ("One", "Two"):
            presenter.send(text)
            await ended(presenter)
        whole, first = texts(presenter), presenter.current
        row = presenter._page.transcript.row_of(presenter._conversation.turns[0].reply)
        assert isinstance(row, ReplyRow)
        menu = row.more.open()
        next(action for action in menu.actions() if action.text() == "New chat from here").trigger()
        await until(lambda: presenter.current != first)
        assert texts(presenter) == whole[:2]
        presenter.send("Three")
        await ended(presenter)
        assert not presenter._conversation.turns[1].reply.whole, "the server goes on from the same response"
        assert len(await presenter._history.do(Database.chats)) == 2
