"""The whole path in the window, from composer to model and back; and what happens when one of them dies."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.connections.connection import Connection, Ready
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.history.store import History
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.widgets import theme
from studiolo.desktop.widgets.undo import Undo
from studiolo.local_server import running_server
from studiolo.paths import app_paths
from tests.stands.waiting import until

pytestmark = pytest.mark.timeout(600)

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
LONG = "Write a very long story about a lighthouse keeper and the sea, in many chapters."


class OneWindow:
    """A window on its server, driven by keys."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        # A model as small as this one may ramble on until its context is full.
        settings = app_paths().config / "server.json"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text('{"default_context_length": 512}')
        self.window = MainWindow(app_paths())
        self.connection = Connection(app_paths(), self.errors.append)
        self.history = History(app_paths().data / "history.sqlite")
        self.presenter = ChatPresenter(
            self.window.page,
            self.connection,
            self.history,
            Undo(self.window.page.toast),
            self.errors.append,
            headers=HeaderStore(app_paths().config),
        )
        self.window.show()
        self.connection.open()

    @property
    def replies(self) -> list[Reply]:
        return [turn.reply for turn in self.presenter.conversation.turns]

    def say(self, text: str) -> None:
        editor, before = self.window.focusWidget(), len(self.replies)
        assert editor is not None
        QTest.keyClicks(editor, text)
        QTest.keyClick(editor, Qt.Key.Key_Return)
        assert len(self.replies) == before + 1

    async def ready(self) -> None:
        await until(lambda: isinstance(self.connection.state, Ready) and self.presenter.replies.model)

    async def reply_begun(self) -> None:
        await until(lambda: self.replies[-1].text)

    async def reply_ended(self) -> Reply:
        """The last reply, when nothing is under way any more and another message may be sent."""
        await until(lambda: self.window.page.composer.button.accessibleName() != "Stop", seconds=300)
        assert self.replies[-1].activity is None
        return self.replies[-1]

    @property
    def owns_server(self) -> bool:
        return self.connection.owned

    def server(self) -> psutil.Process:
        state = running_server(app_paths())
        assert state
        return psutil.Process(state.pid)

    async def aclose(self) -> None:
        self.window.close()
        await self.presenter.aclose()
        await self.connection.aclose()
        await self.history.aclose()
        gone = asyncio.Event()
        self.window.destroyed.connect(gone.set)
        self.window.deleteLater()
        await gone.wait()
        assert not self.errors


@pytest.fixture
async def desk() -> AsyncIterator[OneWindow]:
    desk = OneWindow()
    await desk.ready()
    yield desk
    await desk.aclose()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_typed_message_is_answered(qapp: QApplication, scheme: theme.Scheme) -> None:
    theme.apply(qapp, scheme)
    desk = OneWindow()
    await desk.ready()
    desk.say("Say hello.")
    reply = await desk.reply_ended()
    assert reply.failure is None
    assert reply.text
    assert reply.stats
    assert reply.stats.tokens_per_second
    assert reply.stats.tokens_per_second > 0
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    assert desk.window.grab().save(str(SCREENSHOTS / f"first_light_{scheme}.png"))
    await desk.aclose()
    theme.apply(qapp, "light")


async def test_the_chat_remembers(desk: OneWindow) -> None:
    desk.presenter.conversation.settings = ChatSettings(max_output_tokens=40)
    desk.say("Say hello.")
    first = await desk.reply_ended()
    desk.say("Say hello again.")
    second = await desk.reply_ended()
    assert first.stats
    assert second.stats
    assert second.stats.input_tokens > first.stats.input_tokens + first.stats.total_output_tokens
    desk.presenter.new_chat()
    desk.presenter.conversation.settings = ChatSettings(max_output_tokens=40)
    desk.say("Say hello again.")
    third = await desk.reply_ended()
    assert third.stats
    assert third.stats.input_tokens < second.stats.input_tokens


async def test_stop_keeps_what_was_said_and_frees_the_engine(desk: OneWindow) -> None:
    desk.say(LONG)
    await desk.reply_begun()
    desk.presenter.stop()
    reply = await desk.reply_ended()
    assert reply.stopped
    assert reply.text
    desk.say("Say hello.")
    assert (await desk.reply_ended()).failure is None


async def test_a_killed_engine_is_an_error_in_its_reply_and_retry_answers(desk: OneWindow) -> None:
    desk.say(LONG)
    await desk.reply_begun()
    [engine] = desk.server().children()
    os.kill(engine.pid, signal.SIGKILL)
    reply = await desk.reply_ended()
    assert reply.failure is not None
    assert reply.failure.retryable
    assert reply.text, "what was said before is kept"
    desk.presenter.actions.retry(reply)
    await desk.reply_begun()
    assert desk.replies[-1].failure is None
    desk.presenter.stop()
    await desk.reply_ended()


async def test_a_killed_server_is_an_error_in_its_reply_and_is_started_again(desk: OneWindow) -> None:
    desk.say(LONG)
    await desk.reply_begun()
    former = desk.server()
    engines = former.children()
    former.kill()
    reply = await desk.reply_ended()
    assert reply.failure is not None
    assert reply.text
    await until(lambda: not any(engine.is_running() for engine in engines))
    await until(lambda: (state := running_server(app_paths())) and state.pid != former.pid)
    await desk.ready()
    desk.presenter.actions.retry(reply)
    await desk.reply_begun()
    desk.presenter.stop()
    await desk.reply_ended()


async def test_a_server_that_runs_already_is_used_and_left_alone() -> None:
    first = OneWindow()
    await first.ready()
    second = OneWindow()
    await second.ready()
    assert not second.owns_server
    assert second.connection.state == first.connection.state
    second.say("Say hello.")
    assert (await second.reply_ended()).text
    await second.aclose()
    assert first.server().is_running()
    await first.aclose()


async def test_closing_ends_the_server_it_started() -> None:
    desk = OneWindow()
    await desk.ready()
    server = desk.server()
    desk.say(LONG)
    await desk.reply_begun()
    family = [server, *server.children()]
    assert len(family) == 2
    await desk.aclose()
    assert not [process for process in family if process.is_running()]
