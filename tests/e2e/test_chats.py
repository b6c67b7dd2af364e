"""A day with the window: the real one, on the real server with a model, by mouse and keys; and what a kill leaves."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from studiolo.desktop.chat.composing.composer import Composer
from studiolo.desktop.chat.messages import Message, Reply
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.chat.sidebar.entries import HitEntry
from studiolo.desktop.chat.sidebar.presenter import SidebarPresenter
from studiolo.desktop.chat.transcript.editor import MessageEditor
from studiolo.desktop.chat.transcript.question import QuestionRow
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.connections.connection import Connection
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.history.store import History
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.widgets.undo import Undo
from studiolo.local_server import running_server
from studiolo.paths import app_paths, self_command
from tests.e2e.test_desktop import models_were_listed
from tests.stands.display import virtual_display
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

FILE = "history.sqlite"
LONG = "Write a very long story about a lighthouse keeper and the sea, in many chapters."


@dataclass
class ChatWindow:
    window: MainWindow
    chats: ChatPresenter
    sidebar: SidebarPresenter

    @property
    def composer(self) -> Composer:
        return self.window.page.composer

    @property
    def branch(self) -> list[Message]:
        return self.chats.conversation.branch

    @property
    def shown(self) -> list[str]:
        model = self.window.sidebar.list.chats
        return [str(model.index(row).data()) for row in range(model.rowCount())]

    @property
    def busy(self) -> bool:
        return self.composer.button.accessibleName() == "Stop"

    async def say(self, text: str) -> Reply:
        QTest.keyClicks(self.composer.field, text)
        QTest.keyClick(self.composer.field, Qt.Key.Key_Return)
        reply = self.branch[-1]
        assert isinstance(reply, Reply)
        await until(lambda: reply.text or reply.failure)
        return reply

    async def idle(self) -> None:
        await until(lambda: not self.busy)

    def row(self, message: Message) -> ReplyRow | QuestionRow:
        self.window.page.transcript.flush()
        self.window.page.transcript.go_to(message)
        row = self.window.page.transcript.row_of(message)
        assert isinstance(row, ReplyRow | QuestionRow)
        return row

    def click_chat(self, title: str) -> None:
        view = self.window.sidebar.list
        at = view.visualRect(view.chats.index(self.shown.index(title))).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


@pytest.fixture
async def desk(qapp: QApplication) -> AsyncIterator[ChatWindow]:
    write_tiny_llama(app_paths().models / "tiny" / "tiny" / "tiny.gguf")
    reported: list[BaseException] = []
    async with serving() as server:
        history = History(app_paths().data / FILE)
        connection = Connection(app_paths(), reported.append, address=server.address)
        window = MainWindow(app_paths())
        undo = Undo(window.page.toast)
        chats = ChatPresenter(
            window.page, connection, history, undo, reported.append, headers=HeaderStore(app_paths().config)
        )
        sidebar = SidebarPresenter(window.sidebar, history, chats, undo, reported.append)
        window.show()
        connection.open()
        chats.chat_with("tiny/tiny")
        await until(lambda: chats.replies.model == "tiny/tiny")
        yield ChatWindow(window, chats, sidebar)
        await sidebar.aclose()
        await chats.aclose()
        await connection.aclose()
        await history.aclose()
        window.close_anyway()
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert reported == []


def press(button: QWidget) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


async def test_a_day_with_the_window(desk: ChatWindow, tmp_path: Path) -> None:
    # Sent, and stopped by the button.
    first = await desk.say("Tell me of herons")
    assert desk.busy
    press(desk.composer.button)
    await desk.idle()
    assert first.stopped
    assert first.text
    await until(lambda: desk.shown == ["Today", "Tell me of herons"] or "Tell me of herons" in desk.shown)

    # Answered again, and both versions are there.
    desk.chats.tuning.set_settings(ChatSettings(max_output_tokens=12))
    row = desk.row(first)
    assert isinstance(row, ReplyRow)
    press(row.again)
    await until(lambda: desk.branch[-1] is not first)
    await desk.idle()
    second = desk.branch[-1]
    assert isinstance(second, Reply)
    assert second.stats
    assert second.version == (2, 2)
    other = desk.row(second)
    press(other.versions.back)
    assert desk.branch[-1] is first
    press(desk.row(first).versions.forth)
    assert desk.branch[-1] is second

    # The question edited, in its place.
    question = desk.branch[0]
    asked = desk.row(question)
    assert isinstance(asked, QuestionRow)
    press(asked.edit)
    editor = asked.findChild(MessageEditor)
    assert editor is not None
    editor.field.selectAll()
    QTest.keyClicks(editor.field, "Tell me of bitterns")
    QTest.keyClick(editor.field, Qt.Key.Key_Return)
    await until(lambda: desk.branch[0] is not question)
    await desk.idle()
    assert desk.branch[0].text == "Tell me of bitterns"

    # The reply edited: the next turn goes on from what it reads now.
    reply = desk.branch[-1]
    answered = desk.row(reply)
    assert isinstance(answered, ReplyRow)
    answered.begin_edit()
    writing = answered.findChildren(MessageEditor)[-1]
    writing.field.selectAll()
    QTest.keyClicks(writing.field, "They boom.")
    QTest.keyClick(writing.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert desk.branch[-1].text == "They boom."
    after = await desk.say("Why")
    await desk.idle()
    assert after.whole

    # Branched off, and another chat opened while this one is answered.
    desk.row(desk.branch[1]).more.open().actions()
    desk.chats.actions.branch_off(desk.branch[1])
    await until(lambda: any("(branch)" in title for title in desk.shown))
    await until(lambda: len(desk.branch) == 2)
    desk.chats.tuning.set_settings(ChatSettings(max_output_tokens=1500))
    running = await desk.say("Go on and on")
    desk.click_chat("Tell me of herons")
    await until(lambda: desk.branch and desk.branch[-1].id == after.id)
    assert running.activity
    assert not desk.busy
    await until(lambda: not running.activity)
    branch = next(title for title in desk.shown if "(branch)" in title)
    await until(lambda: desk.window.sidebar.list.chats.index(desk.shown.index(branch)).data() == branch)

    # Found again.
    desk.window.search_chats()
    QTest.keyClicks(desk.window.sidebar.search, "bitterns")
    entries = desk.window.sidebar.list.chats
    await until(lambda: any("bitterns" in one.hit.passage for one in entries.entries if isinstance(one, HitEntry)))
    desk.window.sidebar.search.clear()
    await until(lambda: not any(isinstance(one, HitEntry) for one in entries.entries))

    # Deleted, and brought back.
    chats = desk.window.sidebar.list
    chats.setCurrentIndex(chats.chats.index(desk.shown.index(branch)))
    QTest.keyClick(chats, Qt.Key.Key_Delete)
    await until(lambda: branch not in desk.shown)
    press(desk.window.page.toast.undo)
    await until(lambda: branch in desk.shown)

    # Exported.
    chats.setCurrentIndex(chats.chats.index(desk.shown.index("Tell me of herons")))
    menu = chats.menu()
    assert menu is not None
    next(action for action in menu.actions() if action.text() == "Export…").trigger()
    await until(lambda: desk.window.findChildren(QFileDialog))
    field = desk.window.findChildren(QFileDialog)[0].findChild(QLineEdit, "fileNameEdit")
    field.setText(str(tmp_path / "herons.md"))
    QTest.keyClick(field, Qt.Key.Key_Return)
    await until(lambda: (tmp_path / "herons.md").exists())
    assert "They boom." in (tmp_path / "herons.md").read_text()


def growing() -> str:
    """What the history has of a reply that is being written."""
    file = app_paths().data / FILE
    if not file.exists():
        return ""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT parts FROM messages WHERE state = 'growing'").fetchall()
    return str(rows[0][0]) if rows and len(rows[0][0]) > 60 else ""


def states() -> list[tuple[str, str]]:
    with closing(sqlite3.connect(f"file:{app_paths().data / FILE}?mode=ro", uri=True)) as database:
        return database.execute("SELECT state, parts FROM messages WHERE role = 'assistant'").fetchall()


def test_a_kill_in_the_middle_of_a_reply_loses_a_second_at_most() -> None:
    with virtual_display() as display:
        for start in range(2):
            process = subprocess.Popen(self_command(), env=os.environ | display.environment)
            try:
                if start == 0:
                    wait_until(models_were_listed)
                    display.type_into("Studiolo", LONG)
                    wait_until(growing, "words on the disk")
                    time.sleep(1.5)
                    before = growing()
                else:
                    wait_until(lambda: states()[0][0] == "interrupted", "the mark")
                    assert len(states()[0][1]) >= len(before)
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
                if state := running_server(app_paths()):
                    psutil.Process(state.pid).kill()
