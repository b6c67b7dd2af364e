"""The chat page over the real history and a server, without a window around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studiolo.desktop.chat.composing.composer import Composer
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.connections.connection import Connection
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.store import History
from studiolo.desktop.settings.schema import ChatTitles
from studiolo.desktop.widgets.undo import Undo
from studiolo.paths import app_paths
from tests.stands.waiting import until

FILE = "history.sqlite"
MODEL = "tiny/tiny"
# It never ends by itself: so many tokens a reply has, unless a test says otherwise.
BRIEF = ChatSettings(max_output_tokens=12)


@dataclass
class ChatDesk:
    page: ChatPage
    presenter: ChatPresenter
    history: History
    undo: Undo

    @property
    def conversation(self) -> Conversation:
        return self.presenter.conversation

    @property
    def composer(self) -> Composer:
        return self.page.composer

    @property
    def texts(self) -> list[str]:
        """What is said on the branch in sight."""
        return [message.text for message in self.conversation.branch]

    def press(self, key: Qt.Key) -> None:
        """With the focus where a message is written."""
        QTest.keyClick(self.composer.field, key)

    async def ask(self, *texts: str) -> None:
        """Send these one after the other, and wait for the end of each reply."""
        for text in texts:
            self.presenter.send(text)
            await self.ended()

    async def ended(self) -> None:
        """Nothing is under way or in line any more."""
        await until(lambda: not self.presenter.replies.conversations, "the end of all replies")

    async def latest(self) -> int:
        """The chat that was used last."""
        return (await self.history.do(Database.chats))[0].id


@asynccontextmanager
async def chat_desk(
    address: str | None,
    *,
    defaults: ChatSettings = BRIEF,
    model: str = MODEL,
    token: str | None = None,
    titles: ChatTitles = "first_words",
) -> AsyncIterator[ChatDesk]:
    """What one start of the program makes of the chat page; everything is saved at its end.

    address: None for the server of this installation. titles: what those of chats are to be.

    defaults: what is asked of the model where a chat says nothing, unless an earlier start has kept others. token: that
    the server is asked with.
    """
    reported: list[BaseException] = []
    connection = Connection(app_paths(), reported.append, address=address, token=lambda: token)
    history = History(app_paths().data / FILE)
    if defaults.changed and await history.do(Database.note, "models") is None:
        await history.do(Database.set_note, "models", {model: defaults.changed})
    page = ChatPage()
    page.resize(800, 600)
    page.show()
    undo = Undo(page.toast)
    headers = HeaderStore(app_paths().config)
    presenter = ChatPresenter(page, connection, history, undo, reported.append, headers=headers, titles=lambda: titles)
    connection.open()
    page.model_chosen.emit(model)
    try:
        await until(lambda: presenter.replies.model == model and (presenter.tuning.defaults or not defaults.changed))
        yield ChatDesk(page, presenter, history, undo)
    finally:
        await presenter.aclose()
        await connection.aclose()
        await history.aclose()
        page.close()
        page.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert reported == []
