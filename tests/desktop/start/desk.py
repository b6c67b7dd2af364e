"""The window with all that the start page has to do with, over any number of servers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.connections.server_button import ServerButton
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.history.store import History
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.shell.first_minute import FirstMinute
from studiolo.desktop.shell.pages import Pages
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.start.card import ModelCard
from studiolo.desktop.start.page import StartPage
from studiolo.desktop.start.presenter import StartPresenter
from studiolo.desktop.widgets.undo import Undo
from studiolo.paths import app_paths
from tests.stands.waiting import until


@dataclass
class StartDesk:
    window: MainWindow
    servers: Servers
    chat: ChatPresenter
    pages: Pages
    settings: DesktopSettingsStore
    start: StartPresenter
    reported: list[BaseException] = field(default_factory=list)

    @property
    def page(self) -> StartPage:
        assert self.start.page
        return self.start.page

    @property
    def card(self) -> ModelCard:
        return self.page.card

    async def select(self, address: str, name: str = "", token: str | None = None) -> None:
        """Another server is added and talked to."""
        self.servers.select(await self.servers.add(address, name, token))
        await until(lambda: isinstance(self.servers.selected.state, Ready), "the server")

    async def select_own(self) -> None:
        """The server of this installation is started and talked to."""
        self.servers.select(OWN)
        self.servers.connection(OWN).open()
        await until(lambda: isinstance(self.servers.selected.state, Ready), "our own server")

    async def offered(self) -> None:
        """The card shows what can be downloaded, as the hub says."""
        await until(lambda: self.start.shown and self.card.isVisible(), "an offer")
        await until(lambda: self.start.subject and self.start.subject.details, "what the hub says of it")

    async def listed(self) -> None:
        """It is known which models the server has, and what comes of that is in sight."""
        await until(lambda: self.chat.model, "the models")

    def press(self, button: QPushButton) -> None:
        assert button.isVisible(), button.text()
        assert button.isEnabled(), button.text()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@asynccontextmanager
async def start_desk() -> AsyncIterator[StartDesk]:
    """What one start of the program makes of the home in force; no server is talked to yet."""
    reported: list[BaseException] = []
    paths = app_paths()
    window = MainWindow(paths)
    history = History(paths.data / "history.sqlite")
    servers = Servers(paths, reported.append)
    chat = ChatPresenter(
        window.page,
        servers.selected,
        history,
        Undo(window.page.toast),
        reported.append,
        headers=HeaderStore(paths.config),
        name_of=servers.name_of,
    )
    chooser = ServerButton(servers, reported.append, window.navigation)
    pages = Pages(window, servers, chat, paths, reported.append, name_of=chooser.name_of)
    settings = DesktopSettingsStore(paths.config / "desktop.json")
    first_minute = FirstMinute(window, servers, chat, pages, chooser, settings, paths, reported.append)
    window.resize(1100, 860)
    window.show()
    try:
        yield StartDesk(window, servers, chat, pages, settings, first_minute.start, reported)
    finally:
        window.close_anyway()
        await first_minute.aclose()
        await pages.aclose()
        await chat.aclose()
        await servers.aclose()
        await history.aclose()
        window.deleteLater()
        servers.deleteLater()
        settings.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert reported == []
