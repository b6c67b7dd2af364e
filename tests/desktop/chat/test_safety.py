"""Chats that were lost, in a real window: it is said, and the newest backup is a click away."""

from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QInputDialog, QMessageBox, QPushButton

from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.sidebar.presenter import SidebarPresenter
from studiolo.desktop.connections.connection import Connection
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.history.backups import back_up_today, folder_of
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import TextPart
from studiolo.desktop.history.store import History
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.widgets.undo import Undo
from studiolo.paths import app_paths
from tests.stands.waiting import until

FILE = "history.sqlite"


@pytest.fixture
async def window(qapp: QApplication) -> AsyncIterator[MainWindow]:
    """One whose chats were damaged since they were backed up."""
    file = app_paths().data / FILE
    database = Database(file)
    database.add_message(database.create_chat("Lisbon").id, None, "user", [TextPart("Which tram?")])
    database.close()
    assert back_up_today(file)
    file.write_bytes(bytes(file.stat().st_size))
    reported: list[BaseException] = []
    history = History(file)
    connection = Connection(app_paths(), reported.append, address="http://127.0.0.1:9")
    window = MainWindow(app_paths())
    undo = Undo(window.page.toast)
    chats = ChatPresenter(
        window.page, connection, history, undo, reported.append, headers=HeaderStore(app_paths().config)
    )
    sidebar = SidebarPresenter(window.sidebar, history, chats, undo, reported.append)
    window.show()
    yield window
    await sidebar.aclose()
    await chats.aclose()
    await connection.aclose()
    await history.aclose()
    window.close_anyway()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert reported == []


def shown(window: MainWindow) -> list[str]:
    model = window.sidebar.list.chats
    return [str(model.index(row).data()) for row in range(model.rowCount())]


def boxes(window: MainWindow) -> list[QMessageBox]:
    return [box for box in window.findChildren(QMessageBox) if box.isVisible()]


def press(box: QMessageBox, text: str) -> None:
    next(button for button in box.findChildren(QPushButton) if button.text() == text).click()


async def test_damaged_chats_are_told_and_the_backup_puts_them_back(window: MainWindow) -> None:
    (box,) = await until(lambda: boxes(window))
    assert "is damaged" in box.text()
    assert "history.broken-" in box.informativeText()
    assert "There is a backup of" in box.informativeText()
    press(box, "Put the backup back")
    await until(lambda: "Lisbon" in shown(window))


async def test_the_backup_can_be_put_back_later_too(window: MainWindow) -> None:
    (box,) = await until(lambda: boxes(window))
    press(box, "Go on without it")
    await until(lambda: not boxes(window))
    assert "Lisbon" not in shown(window)
    window.sidebar.daily_requested.emit()
    (dialog,) = await until(lambda: [one for one in window.findChildren(QInputDialog) if one.isVisible()])
    assert str(folder_of(app_paths().data / FILE)) in dialog.labelText()
    dialog.accept()
    await until(lambda: "Lisbon" in shown(window))
