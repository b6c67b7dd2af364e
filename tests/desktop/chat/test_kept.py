"""Chats that can't be lost: a real server, the real history, and presenters that come and go as at a new start."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studiolo.api.chat import ChatRequest
from studiolo.api.events import Event
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.chat.transcript.question import QuestionRow
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import TextPart
from studiolo.paths import app_paths
from tests.desktop.chat.desk import FILE, MODEL, chat_desk
from tests.stands.waiting import until


async def test_a_chat_is_there_at_the_next_start_with_all_its_versions(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("Where to?", "And then?")
        desk.presenter.actions.ask_again(desk.conversation.turns[0].reply)
        await desk.ended()
        before = desk.texts
        assert len(before) == 2
    async with chat_desk(server) as desk:
        desk.presenter.open_chat(await desk.latest())
        await until(lambda: desk.texts == before)
        reply = desk.conversation.turns[0].reply
        assert reply.version == (2, 2)
        desk.presenter.actions.turn_over(reply, -1)
        assert [turn.question.text for turn in desk.conversation.turns] == ["Where to?", "And then?"]
    async with chat_desk(server) as desk:
        desk.presenter.open_chat(await desk.latest())
        await until(lambda: len(desk.texts) == 4)


async def test_the_question_is_on_the_disk_before_it_is_sent(
    qapp: QApplication, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    real = ChatApi.stream

    def stream(self: ChatApi, request: ChatRequest) -> AsyncGenerator[Event, None]:
        found = Database(app_paths().data / FILE)
        seen.extend(hit.passage for hit in found.search("lighthouse"))
        found.close()
        return real(self, request)

    monkeypatch.setattr(ChatApi, "stream", stream)
    async with chat_desk(server) as desk:
        await desk.ask("lighthouse")
    assert seen == ["lighthouse"]


async def test_nothing_is_sent_while_the_disk_takes_nothing(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("One")
        other = sqlite3.connect(app_paths().data / FILE, isolation_level=None)
        with closing(other):
            other.execute("BEGIN IMMEDIATE")
            desk.presenter.send("Two")
            reply = desk.conversation.turns[-1].reply
            async with Client(server) as somebody:  # Who asks later, and is answered.
                await ChatApi(somebody).complete(ChatRequest(model=MODEL, input="Two", max_output_tokens=12))
            assert not reply.text
            other.execute("ROLLBACK")
        await desk.ended()
        assert reply.text


async def test_a_turn_goes_on_from_the_server_s_memory_or_else_brings_everything(
    qapp: QApplication, server: str
) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("One", "Two")
        _, second = desk.conversation.turns
        assert not second.reply.whole
        second.reply.response_id = None
        await desk.ask("Three")
        third = desk.conversation.turns[-1].reply
        assert third.whole
        assert third.stats
        assert third.text
        assert second.reply.stats
        assert third.stats.input_tokens > second.reply.stats.input_tokens
    async with chat_desk(server) as desk:
        desk.presenter.open_chat(await desk.latest())
        await until(lambda: len(desk.texts) == 6)
        assert desk.conversation.turns[-1].reply.whole


async def test_a_server_that_forgot_is_told_everything(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("One")
        desk.conversation.turns[0].reply.response_id = "resp_" + "0" * 48
        await desk.ask("Two")
        second = desk.conversation.turns[1].reply
        assert second.failure is None
        assert second.whole


async def test_a_question_is_edited_in_its_place(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        page = desk.page
        await desk.ask("Where to?")
        question = desk.conversation.turns[0].question
        row = page.transcript.row_of(question)
        assert isinstance(row, QuestionRow)
        QTest.mouseClick(row.edit, Qt.MouseButton.LeftButton)
        editor = row.editor
        assert editor
        assert not editor.send.isEnabled()
        QTest.keyClicks(editor.field, " Soon")
        QTest.keyClick(editor.field, Qt.Key.Key_Return)
        assert desk.texts[0] == "Where to? Soon"
        await desk.ended()
        page.transcript.flush()
        fresh = page.transcript.row_of(desk.conversation.turns[0].question)
        assert isinstance(fresh, QuestionRow)
        assert fresh.versions.label.text() == "2 of 2"
        QTest.mouseClick(fresh.versions.back, Qt.MouseButton.LeftButton)
        assert desk.texts[0] == "Where to?"


async def test_escape_leaves_a_question_as_it_was(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("Where to?")
        row = desk.page.transcript.row_of(desk.conversation.turns[0].question)
        assert isinstance(row, QuestionRow)
        row.begin_edit()
        assert row.editor
        QTest.keyClicks(row.editor.field, " Never")
        QTest.keyClick(row.editor.field, Qt.Key.Key_Escape)
        assert desk.texts[0] == "Where to?"
        assert row.body.isVisible()


async def test_a_chat_is_named_after_its_first_question(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("Plan a trip\nto Lisbon")
        [chat] = await desk.history.do(Database.chats)
        assert chat.title == "Plan a trip"


async def test_settings_belong_to_a_chat_and_reach_the_model(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        desk.presenter.tuning.set_settings(ChatSettings(max_output_tokens=1, system_prompt="Be brief. " * 10))
        await desk.ask("One")
        first = desk.conversation.turns[0].reply
        assert first.stats
        assert first.stats.total_output_tokens <= 1
        assert first.stats.input_tokens > 80, "the system prompt is there"
        await desk.ask("Two")
        second = desk.conversation.turns[1].reply
        assert not second.whole
        desk.presenter.tuning.set_settings(ChatSettings(max_output_tokens=1, system_prompt="Be long."))
        await desk.ask("Three")
        third = desk.conversation.turns[2].reply
        assert third.failure is None
        assert third.whole, "the server was told something else about itself"
        desk.presenter.new_chat()
        assert desk.page.inspector.settings == ChatSettings()
    async with chat_desk(server) as desk:
        desk.presenter.open_chat(await desk.latest())
        await until(lambda: desk.conversation.turns)
        assert desk.page.inspector.settings.system_prompt == "Be long."


async def test_a_reply_that_was_cut_off_is_written_on(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("One")
        reply = desk.conversation.turns[0].reply
        assert reply.id
        await desk.history.do(Database.update_message, reply.id, [TextPart("abc")], state="growing")
    async with chat_desk(server) as desk:
        desk.presenter.open_chat(await desk.latest())
        await until(lambda: desk.conversation.turns)
        reply = desk.conversation.turns[0].reply
        assert reply.interrupted
        row = desk.page.transcript.row_of(reply)
        assert isinstance(row, ReplyRow)
        assert row.stats.text().startswith("Interrupted")
        QTest.mouseClick(row.go_on, Qt.MouseButton.LeftButton)
        await desk.ended()
        assert reply.failure is None
        assert reply.text.startswith("abc")
        assert reply.stats
        assert len(desk.conversation.turns) == 1
        desk.page.transcript.flush()
        assert row.go_on.isHidden()


async def test_deleted_messages_come_back_with_undo(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("One", "Two")
        whole = desk.texts
        desk.presenter.actions.delete(desk.conversation.turns[1].question)
        assert desk.texts == whole[:2]
        assert desk.page.toast.isVisible()
        desk.undo.undo()
        assert desk.texts == whole
        assert not desk.page.toast.isVisible()
        desk.presenter.actions.delete(desk.conversation.turns[1].reply)
    async with chat_desk(server) as desk:
        desk.presenter.open_chat(await desk.latest())
        await until(lambda: desk.texts == whole[:3])


async def test_a_branch_becomes_a_chat_of_its_own(qapp: QApplication, server: str) -> None:
    async with chat_desk(server) as desk:
        await desk.ask("One", "Two")
        whole, first = desk.texts, desk.presenter.current
        row = desk.page.transcript.row_of(desk.conversation.turns[0].reply)
        assert isinstance(row, ReplyRow)
        menu = row.more.open()
        next(action for action in menu.actions() if action.text() == "New chat from here").trigger()
        await until(lambda: desk.presenter.current != first)
        assert desk.texts == whole[:2]
        await desk.ask("Three")
        assert not desk.conversation.turns[1].reply.whole, "the server goes on from the same response"
        assert len(await desk.history.do(Database.chats)) == 2
