"""The list of chats in a real window, over the real history."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu, QWidget

from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.sidebar.entries import ChatEntry, FolderEntry, Heading, HitEntry, arranged, filtered
from studiolo.desktop.chat.sidebar.presenter import SidebarPresenter
from studiolo.desktop.connections.connection import Connection
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import TextPart
from studiolo.desktop.history.records import Chat, Folder
from studiolo.desktop.history.store import History
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.widgets.undo import Undo
from studiolo.paths import app_paths
from tests.stands.waiting import until

TODAY = date(2026, 11, 24)


def chat(number: int, day: date, **more: object) -> Chat:
    when = datetime(day.year, day.month, day.day, 12).timestamp()
    return Chat(number, f"Chat {number}", more.pop("folder", None), when, when, **more)  # type: ignore[arg-type]


def test_chats_are_grouped_by_day_and_folder() -> None:
    work, taxes = Folder(1, None, "Work"), Folder(2, 1, "Taxes")
    chats = [
        chat(1, TODAY),
        chat(2, date(2026, 11, 23)),
        chat(3, date(2026, 11, 19), folder=2),
        chat(4, date(2026, 11, 19)),
        chat(5, date(2026, 11, 2)),
        chat(6, date(2025, 3, 9)),
        chat(7, date(2025, 3, 1), pinned=True),
    ]
    entries = arranged(chats, [taxes, work], closed=frozenset(), today=TODAY)
    assert entries == [
        Heading("pinned"),
        ChatEntry(chats[6]),
        FolderEntry(work, 0, 0, closed=False),
        FolderEntry(taxes, 1, 1, closed=False),
        ChatEntry(chats[2], 2),
        Heading("today"),
        ChatEntry(chats[0]),
        Heading("yesterday"),
        ChatEntry(chats[1]),
        Heading("week"),
        ChatEntry(chats[3]),
        Heading("month", date(2026, 11, 1)),
        ChatEntry(chats[4]),
        Heading("month", date(2025, 3, 1)),
        ChatEntry(chats[5]),
    ]
    closed = arranged(chats, [taxes, work], closed={1}, today=TODAY)
    assert [entry for entry in closed if isinstance(entry, FolderEntry)] == [FolderEntry(work, 0, 0, closed=True)]


def test_folders_in_a_circle_are_shown_with_their_chats() -> None:
    folders = [Folder(1, 2, "one"), Folder(2, 1, "two"), Folder(3, 3, "self"), Folder(4, 9, "of nobody")]
    chats = [chat(number, TODAY, folder=number) for number in (1, 2, 3, 4)]
    entries = arranged(chats, folders, closed=frozenset(), today=TODAY)
    assert sorted(one.folder.id for one in entries if isinstance(one, FolderEntry)) == [1, 2, 3, 4]
    assert sorted(one.chat.id for one in entries if isinstance(one, ChatEntry)) == [1, 2, 3, 4]


def test_folders_may_be_as_deep_as_they_are() -> None:
    folders = [Folder(number, number - 1 or None, "deep") for number in range(1, 3001)]
    assert len(arranged([], folders, closed=frozenset(), today=TODAY)) == 3000


def test_a_chat_whose_folder_is_lost_stands_among_the_others() -> None:
    lost = chat(1, TODAY, folder=9)
    assert arranged([lost], [], closed=frozenset(), today=TODAY) == [Heading("today"), ChatEntry(lost)]


def test_filtering_looks_at_titles_and_tags() -> None:
    chats = [chat(1, TODAY, tags=("travel",)), chat(2, TODAY)]
    assert filtered(chats, "CHAT trav") == chats[:1]
    assert filtered(chats, "chat") == chats


@dataclass
class Desk:
    window: MainWindow
    chats: ChatPresenter
    sidebar: SidebarPresenter
    history: History

    @property
    def shown(self) -> list[str]:
        model = self.window.sidebar.list.chats
        return [str(model.index(row).data()) for row in range(model.rowCount())]

    def index(self, title: str) -> QModelIndex:
        return self.window.sidebar.list.chats.index(self.shown.index(title))

    def click(self, title: str) -> None:
        view = self.window.sidebar.list
        at = view.visualRect(self.index(title)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)

    def menu(self, *path: str) -> None:
        """Choose from the menu of what is selected."""
        menu = self.window.sidebar.list.menu()
        for text in path[:-1]:
            menu = next(each for each in menu.findChildren(QMenu) if each.title() == text)  # type: ignore[union-attr]
        next(each for each in menu.actions() if each.text() == path[-1]).trigger()  # type: ignore[union-attr]


@pytest.fixture
async def desk(qapp: QApplication) -> AsyncIterator[Desk]:
    reported: list[BaseException] = []
    history = History(app_paths().data / "history.sqlite")

    def fill(database: Database) -> None:
        for title, said in (("Lisbon", "Which tram goes to Belém?"), ("Taxes", "What can be deducted?")):
            added = database.create_chat(title)
            asked = database.add_message(added.id, None, "user", [TextPart(said)])
            for answer in ("The first answer", "The second answer"):
                database.add_message(added.id, asked.id, "assistant", [TextPart(f"{answer} to {title}")])

    await history.do(fill)
    connection = Connection(app_paths(), reported.append, address="http://127.0.0.1:9")
    window = MainWindow(app_paths())
    undo = Undo(window.page.toast)
    chats = ChatPresenter(
        window.page, connection, history, undo, reported.append, headers=HeaderStore(app_paths().config)
    )
    sidebar = SidebarPresenter(window.sidebar, history, chats, undo, reported.append)
    window.show()
    one = Desk(window, chats, sidebar, history)
    await until(lambda: one.shown)
    yield one
    await sidebar.aclose()
    await chats.aclose()
    await connection.aclose()
    await history.aclose()
    window.close_anyway()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert reported == []


def texts(desk: Desk) -> list[str]:
    return [message.text for message in desk.chats.conversation.branch]


async def test_a_click_opens_a_chat(desk: Desk) -> None:
    assert desk.shown == ["Today", "Taxes", "Lisbon"]
    desk.click("Lisbon")
    await until(lambda: texts(desk)[1:] == ["The second answer to Lisbon"])
    assert desk.window.page.transcript.isVisible()
    assert desk.window.sidebar.list.chosen()[0].title == "Lisbon"


async def test_the_keyboard_goes_from_the_search_to_a_chat(desk: Desk) -> None:
    desk.window.search_chats()
    field = desk.window.sidebar.search
    QTest.keyClicks(field, "lisb")
    await until(lambda: "Taxes" not in desk.shown)
    QTest.keyClick(field, Qt.Key.Key_Down)
    view = desk.window.sidebar.list
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Return)
    await until(lambda: texts(desk))
    QTest.keyClick(field, Qt.Key.Key_Escape)
    await until(lambda: "Taxes" in desk.shown)


async def test_a_search_leads_to_the_message_on_its_branch(desk: Desk) -> None:
    desk.window.sidebar.search.setText("first taxes")
    await until(lambda: "In messages" in desk.shown)
    model = desk.window.sidebar.list.chats
    [hit] = [entry for entry in model.entries if isinstance(entry, HitEntry)]
    assert hit.hit.passage == "The first answer to Taxes"
    desk.window.sidebar.list.activated.emit(model.index(len(model.entries) - 1))
    await until(lambda: texts(desk)[1:] == ["The first answer to Taxes"])
    assert desk.chats.conversation.branch[1].version == (1, 2)
    desk.window.sidebar.search.setText("nowhere to be found")
    await until(lambda: desk.window.sidebar.empty.isVisible())
    assert "nowhere to be found" in desk.window.sidebar.empty.text()


async def test_what_is_deleted_comes_back_with_undo(desk: Desk) -> None:
    desk.click("Lisbon")
    await until(lambda: texts(desk))
    QTest.keyClick(desk.window.sidebar.list, Qt.Key.Key_Delete)
    await until(lambda: desk.shown == ["Today", "Taxes"])
    assert texts(desk) == [], "an empty chat takes its place"
    assert desk.window.page.toast.isVisible()
    QTest.keyClick(desk.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: "Lisbon" in desk.shown)
    assert not desk.window.page.toast.isVisible()
    desk.click("Lisbon")
    await until(lambda: texts(desk)[1:] == ["The second answer to Lisbon"])


async def test_several_are_deleted_at_once(desk: Desk) -> None:
    desk.window.sidebar.list.selectAll()
    desk.menu("Delete")
    await until(lambda: desk.shown == [])
    assert desk.window.sidebar.empty.text() == "Your chats will be listed here."
    desk.window.page.toast.undo.click()
    await until(lambda: len(desk.shown) == 3)


async def test_a_name_is_typed_in_its_place(desk: Desk) -> None:
    view = desk.window.sidebar.list
    view.setCurrentIndex(desk.index("Lisbon"))
    QTest.keyClick(view, Qt.Key.Key_F2)
    editor = await focused_editor(desk)
    QTest.keyClicks(editor, "Porto")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    await until(lambda: "Porto" in desk.shown)


async def test_pinning_duplicating_and_folders(desk: Desk) -> None:
    view = desk.window.sidebar.list
    view.setCurrentIndex(desk.index("Lisbon"))
    desk.menu("Pin")
    await until(lambda: desk.shown[:2] == ["Pinned", "Lisbon"])
    view.setCurrentIndex(desk.index("Taxes"))
    desk.menu("Duplicate")
    await until(lambda: "Taxes (copy)" in desk.shown and texts(desk))
    view.setCurrentIndex(desk.index("Taxes"))
    desk.menu("Move to folder", "New folder…")
    await until(lambda: "New folder" in desk.shown)
    editor = await focused_editor(desk)
    QTest.keyClicks(editor, "Money")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    await until(lambda: "Money" in desk.shown)
    assert desk.shown[desk.shown.index("Money") + 1] == "Taxes"
    desk.click("Money")
    await until(lambda: "Taxes" not in desk.shown)
    desk.menu("Remove folder, keep its chats")
    await until(lambda: "Taxes" in desk.shown and "Money" not in desk.shown)


async def focused_editor(desk: Desk) -> QWidget:
    view = desk.window.sidebar.list
    await until(lambda: view.state() == view.State.EditingState)
    editor = QApplication.focusWidget()
    assert editor is not None
    return editor


async def test_chats_are_dragged_into_folders(desk: Desk) -> None:
    folder = await desk.history.do(Database.create_folder, "Work")
    desk.sidebar.refresh()
    await until(lambda: "Work" in desk.shown)
    model = desk.window.sidebar.list.chats
    data = model.mimeData([desk.index("Lisbon"), desk.index("Taxes")])
    assert not model.dropMimeData(data, Qt.DropAction.MoveAction, -1, -1, desk.index("Work"))
    await until(lambda: desk.shown == ["Work", "Taxes", "Lisbon"])
    assert {chat.folder for chat in await desk.history.do(Database.chats)} == {folder.id}


async def test_drafts_are_kept_with_their_chats(desk: Desk) -> None:
    field = desk.window.page.composer.field
    field.setPlainText("for a new one")
    desk.click("Lisbon")
    await until(lambda: texts(desk))
    assert field.toPlainText() == ""
    field.setPlainText("half a thought")
    desk.click("Taxes")
    await until(lambda: texts(desk)[1:] == ["The second answer to Taxes"])
    assert field.toPlainText() == ""
    desk.click("Lisbon")
    await until(lambda: field.toPlainText() == "half a thought")
    desk.window.sidebar.new_chat.click()
    assert field.toPlainText() == "for a new one"


async def test_a_draft_outlives_a_kill(desk: Desk) -> None:
    desk.click("Lisbon")
    await until(lambda: texts(desk))
    desk.window.page.draft_ms = 10
    QTest.keyClicks(desk.window.page.composer.field, "half a thought")

    async def kept() -> bool:
        return (await desk.history.do(Database.chat, 1)).draft == "half a thought"

    await until(kept)


async def test_a_list_that_changes_keeps_what_is_selected(desk: Desk) -> None:
    desk.window.sidebar.list.selectAll()
    await desk.history.do(Database.create_chat, "Another")
    desk.sidebar.refresh()
    await until(lambda: "Another" in desk.shown)
    assert [chat.title for chat in desk.window.sidebar.list.chosen()] == ["Taxes", "Lisbon"]


async def test_a_narrow_window_has_no_sidebar(desk: Desk) -> None:
    assert desk.window.sidebar.isVisible()
    assert not desk.window.page.new_chat.isVisible()
    desk.window.resize(600, 700)
    assert not desk.window.sidebar.isVisible()
    assert desk.window.page.new_chat.isVisible()
    desk.window.resize(1000, 700)
    assert desk.window.sidebar.isVisible()
    desk.window.toggle_sidebar()
    assert not desk.window.sidebar.isVisible()


async def test_every_entry_is_read_out(desk: Desk) -> None:
    await desk.history.do(Database.set_unread, 1, True)
    desk.sidebar.refresh()
    model = desk.window.sidebar.list.chats
    spoken = Qt.ItemDataRole.AccessibleTextRole
    await until(lambda: desk.index("Lisbon").data(spoken) == "Lisbon, unread")
    model.set_busy(frozenset({2}))
    assert desk.index("Taxes").data(spoken) == "Taxes, answering"


async def test_a_chat_is_exported(desk: Desk, tmp_path: Path) -> None:
    desk.window.sidebar.list.setCurrentIndex(desk.index("Lisbon"))
    desk.menu("Export…")
    await until(lambda: desk.window.findChildren(QFileDialog))
    [dialog] = desk.window.findChildren(QFileDialog)
    assert dialog.selectedFiles()[0].endswith("Lisbon.md")
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    assert field is not None
    field.setText(str(tmp_path / "chat.html"))
    QTest.keyClick(field, Qt.Key.Key_Return)
    await until(lambda: (tmp_path / "chat.html").exists())
    assert "The second answer to Lisbon" in (tmp_path / "chat.html").read_text()


def in_sight(desk: Desk, number: int | None) -> bool:
    return any(message.id == number for message in desk.chats.conversation.branch)


async def test_f3_goes_from_passage_to_passage(desk: Desk) -> None:
    desk.window.sidebar.search.setText("answer")
    entries = desk.window.sidebar.list.chats
    await until(lambda: sum(isinstance(entry, HitEntry) for entry in entries.entries) == 4)
    seen = []
    for key, modifier in (
        (Qt.Key.Key_F3, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_F3, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier),
        (Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier),
    ):
        QTest.keyClick(desk.window, key, modifier)
        number = desk.window.sidebar.list.hit
        seen.append(number)
        await until(partial(in_sight, desk, number))
    assert seen[0] == seen[2]
    assert seen[0] != seen[1]
    assert seen[3] not in seen[:2]
