"""The window with everything that a session puts behind it, on a server that runs already."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.sidebar.presenter import SidebarPresenter
from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.connections.server_button import ServerButton
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.history.store import History
from studiolo.desktop.palette.panel import PalettePanel
from studiolo.desktop.settings.dialog import SettingsDialog
from studiolo.desktop.settings.presenter import SettingsPresenter
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.settings.text_size import TextSizeStepper
from studiolo.desktop.shell.pages import Pages
from studiolo.desktop.shell.session_actions import SessionActions
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.widgets.grouped_delegate import ListItem
from studiolo.desktop.widgets.undo import Undo
from studiolo.paths import app_paths
from tests.stands.waiting import until

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NO_MODIFIER = Qt.KeyboardModifier.NoModifier


@dataclass
class WholeWindow:
    window: MainWindow
    servers: Servers
    chat: ChatPresenter
    history: History
    chooser: ServerButton
    settings: DesktopSettingsStore
    presenter: SettingsPresenter
    actions: SessionActions
    reported: list[BaseException] = field(default_factory=list)

    @property
    def settings_dialog(self) -> SettingsDialog:
        assert self.presenter.dialog, "nobody has opened it"
        return self.presenter.dialog

    @property
    def palette(self) -> PalettePanel:
        return self.actions.palette.panel

    @property
    def found(self) -> list[ListItem]:
        return self.palette.list.items

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NO_MODIFIER) -> None:
        """Where the focus is, or at the window if it is nowhere."""
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifiers)

    async def open_palette(self, text: str = "") -> None:
        """By its keys, as a person does, then type."""
        self.press(Qt.Key.Key_K, CONTROL)
        await until(self.palette.isVisible)
        if text:
            QTest.keyClicks(self.palette.field, text)

    def line(self, title: str) -> ListItem | None:
        """What the palette lists with that title."""
        return next((item for item in self.found if item.title == title), None)

    async def take(self, title: str) -> None:
        """Go to a line by the arrow, and press Enter."""
        wanted = await until(lambda: self.line(title), f"{title} in the palette")
        for _ in self.found:
            if self.palette.list.current_key == wanted.key:
                break
            self.press(Qt.Key.Key_Down)
        assert self.palette.list.current_key == wanted.key
        self.press(Qt.Key.Key_Return)

    def dialogs(self, kind: type[QDialog] = QDialog) -> list[QDialog]:
        return [dialog for dialog in self.window.findChildren(kind) if dialog.isVisible()]


@asynccontextmanager
async def whole_window(address: str | None) -> AsyncIterator[WholeWindow]:
    """What application.py makes, without the tray. address: of the server that is selected; None for none that runs."""
    reported: list[BaseException] = []
    paths = app_paths()
    settings = DesktopSettingsStore(paths.config / "desktop.json")
    window = MainWindow(paths)
    history = History(paths.data / "history.sqlite")
    servers = Servers(paths, reported.append)
    undo = Undo(window.page.toast)
    chat = ChatPresenter(
        window.page,
        servers.selected,
        history,
        undo,
        reported.append,
        headers=HeaderStore(paths.config),
        name_of=servers.name_of,
    )
    sidebar = SidebarPresenter(window.sidebar, history, chat, undo, reported.append)
    chooser = ServerButton(servers, reported.append, window.navigation)
    pages = Pages(window, servers, chat, paths, reported.append, name_of=chooser.name_of)
    window.navigation.add(pages.status)
    window.navigation.add_foot(chooser)
    dialog = SettingsPresenter(window, settings, servers, paths, reported.append, name_of=chooser.name_of)
    pages.settings_requested.connect(dialog.open_dialog)
    actions = SessionActions(window, servers, chat, history, settings, dialog, chooser, paths, reported.append)
    stepper = TextSizeStepper(settings, reported.append)
    window.text_step_requested.connect(stepper.step)
    window.show()
    window.activateWindow()
    await until(window.isActiveWindow)
    if address is not None:
        servers.select(await servers.add(address, "Stand", None))
        await until(lambda: isinstance(servers.selected.state, Ready) and chat.model)
    try:
        yield WholeWindow(window, servers, chat, history, chooser, settings, dialog, actions, reported)
    finally:
        await actions.aclose()
        await dialog.aclose()
        await pages.aclose()
        await chooser.aclose()
        await sidebar.aclose()
        await chat.aclose()
        await servers.aclose()
        await history.aclose()
        window.close_anyway()
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def is_within(widget: QWidget | None, parent: QWidget) -> bool:
    """Whether a widget is another one or lies in it."""
    return widget is not None and (widget is parent or parent.isAncestorOf(widget))
