"""Folders of the sidebar stay closed."""

from PySide6.QtWidgets import QApplication

from studiolo.desktop.actions.registry import ActionRegistry
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.sidebar.entries import FolderEntry
from studiolo.desktop.chat.sidebar.panel import Sidebar
from studiolo.desktop.chat.sidebar.presenter import SidebarPresenter
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.records import Folder
from tests.desktop.chat.desk import ChatDesk, chat_desk
from tests.stands.waiting import until


def raised(error: BaseException) -> None:
    raise error


def sidebar_of(desk: ChatDesk, presenter: ChatPresenter) -> tuple[Sidebar, SidebarPresenter]:
    panel = Sidebar(ActionRegistry(desk.page), desk.page)
    return panel, SidebarPresenter(panel, desk.history, presenter, desk.undo, raised)


def closed(panel: Sidebar) -> list[bool]:
    return [entry.closed for entry in panel.list.chats.entries if isinstance(entry, FolderEntry)]


async def test_a_folder_that_was_closed_is_closed_at_the_next_start(server: str, qapp: QApplication) -> None:
    async with chat_desk(server) as desk:
        folder: Folder = await desk.history.do(Database.create_folder, "Work")
        panel, sidebar = sidebar_of(desk, desk.presenter)
        await until(lambda: closed(panel) == [False])
        panel.list.folder_toggled.emit(folder.id)
        await until(lambda: closed(panel) == [True])
        await sidebar.aclose()
    await starts_with(server, [True])
    await starts_with(server, [False])


async def starts_with(server: str, expected: list[bool]) -> None:
    """And leaves a note that can't be read."""
    async with chat_desk(server) as desk:
        panel, sidebar = sidebar_of(desk, desk.presenter)
        await until(lambda: closed(panel) == expected)
        await desk.history.do(Database.set_note, "closed_folders", "nonsense")
        await sidebar.aclose()
