"""Ctrl+K finds everything, by keys alone, and gives the focus back."""

from collections.abc import AsyncIterator, Callable

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from studiolo.desktop.actions.shortcuts_panel import ShortcutsPanel
from studiolo.desktop.connections.servers import OWN
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.store import History
from studiolo.desktop.settings.fields import setting_fields
from studiolo.desktop.shell.navigation import CHAT, DISCOVER, MODELS
from studiolo.desktop.widgets.grouped_delegate import ListHeading
from studiolo.desktop.widgets.page_header import Page
from studiolo.paths import app_paths
from tests.stalls import StallMonitor
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import stays, until
from tests.stands.whole_window import NO_MODIFIER, WholeWindow, is_within, whole_window

OTHER = "owl/night-owl"


@pytest.fixture
async def desk(qapp: QApplication) -> AsyncIterator[WholeWindow]:
    """With two models, and a chat about a sail."""
    for model in ("tiny/tiny", OTHER):
        write_tiny_llama(app_paths().models / f"{model}/model.gguf")
    async with serving() as server, whole_window(server.address) as desk:
        await desk.history.do(Database.create_chat, "How a sail makes lift")
        yield desk
    assert desk.reported == []


@pytest.fixture
async def alone(qapp: QApplication) -> AsyncIterator[WholeWindow]:
    """With no server that runs."""
    async with whole_window(None) as desk:
        yield desk
    assert desk.reported == []


async def test_it_finds_a_chat_by_its_title(desk: WholeWindow) -> None:
    desk.window.show_page(MODELS)
    await desk.open_palette("makes sail")
    await desk.take("How a sail makes lift")
    await until(lambda: desk.chat.current is not None)
    assert desk.window.shown_page == CHAT
    assert not desk.palette.isVisible()


async def test_it_finds_a_model_and_lets_it_answer(desk: WholeWindow) -> None:
    desk.chat.models.choose("tiny/tiny")
    name = next(choice.name for choice in desk.chat.models.choices if choice.key == OTHER)
    await desk.open_palette("night")
    await desk.take(f"Use {name}")
    await until(lambda: desk.chat.model and desk.chat.model.key == OTHER)


async def test_it_loads_and_unloads_a_model(desk: WholeWindow) -> None:
    def loaded() -> bool:
        return any(choice.key == OTHER and choice.loaded for choice in desk.chat.models.choices)

    name = next(choice.name for choice in desk.chat.models.choices if choice.key == OTHER)
    await desk.open_palette("load night")
    await desk.take(f"Load {name}")
    await until(loaded, "the model to be loaded")
    desk.window.page.popup.close()
    desk.window.activateWindow()
    await desk.open_palette("unload")
    await desk.take(f"Unload {name}")
    await until(lambda: not loaded(), "the model to be gone")


async def test_it_closes_also_where_what_had_the_focus_is_gone(alone: WholeWindow) -> None:
    closed: list[bool] = []
    alone.palette.closed.connect(lambda: closed.append(True))
    field = QLineEdit(alone.window)
    field.show()
    field.setFocus()
    await alone.open_palette()
    shiboken6.delete(field)
    alone.palette.close_palette()
    assert closed == [True]
    assert not alone.palette.isVisible()


async def test_it_finds_a_page_and_an_action(alone: WholeWindow) -> None:
    await alone.open_palette("models")
    await alone.take("Models")
    assert alone.window.shown_page == MODELS
    await alone.open_palette("shc")
    assert alone.palette.list.current_key == "action:sidebar", "beginnings of words are enough"
    was = alone.window.sidebar.isVisible()
    alone.press(Qt.Key.Key_Return)
    assert alone.window.sidebar.isVisible() is not was


async def test_it_finds_a_setting_and_opens_it_there(alone: WholeWindow) -> None:
    await alone.open_palette("theme")
    await alone.take("Theme")
    dialog = alone.settings_dialog
    assert dialog.isVisible()
    (theme,) = (field for field in setting_fields("desktop") if field.name == "colour_scheme")
    await until(lambda: is_within(QApplication.focusWidget(), dialog.row(theme)))


async def test_it_finds_a_setting_of_the_server_and_a_section(alone: WholeWindow) -> None:
    await alone.open_palette("downloads at a time")
    await alone.take("Downloads at a time")
    dialog = alone.settings_dialog
    assert dialog.isVisible()
    dialog.close_panel()
    await alone.open_palette("hotkeys")
    await alone.take("Shortcuts")
    await until(lambda: [panel for panel in dialog.findChildren(ShortcutsPanel) if panel.isVisible()])


async def test_it_finds_another_server(desk: WholeWindow) -> None:
    assert desk.servers.selected_address != OWN
    await desk.open_palette("this computer")
    assert desk.line("Talk to This computer")
    desk.press(Qt.Key.Key_Escape)
    other = await desk.servers.add("http://127.0.0.1:9", "Attic", None)
    await desk.open_palette("attic")
    await desk.take("Talk to Attic")
    assert desk.servers.selected_address == other


async def test_what_is_not_found_is_said_and_can_be_looked_for_elsewhere(alone: WholeWindow) -> None:
    await alone.open_palette("zzz")
    await until(lambda: "zzz" in alone.palette.card.nothing.text())
    assert alone.palette.card.nothing.isVisible()
    assert [item.title for item in alone.found] == ["Search all messages for “zzz”", "Search Discover for “zzz”"]
    await alone.take("Search Discover for “zzz”")
    assert alone.window.shown_page == DISCOVER
    page = alone.window.current_page
    assert isinstance(page, Page)
    assert page.search.text() == "zzz"
    await alone.open_palette("zzz")
    await alone.take("Search all messages for “zzz”")
    assert alone.window.sidebar.search.text() == "zzz"


async def test_what_was_used_last_comes_first_also_after_a_restart(qapp: QApplication) -> None:
    async with whole_window(None) as desk:
        chat = await desk.history.do(Database.create_chat, "Lisbon in three days")
        await desk.open_palette("lisbon")
        await desk.take("Lisbon in three days")
        await until(lambda: desk.chat.current == chat.id)
        await desk.open_palette("sidebar chats show")
        await desk.take("Show or hide the chats")
    async with whole_window(None) as desk:
        await desk.open_palette()
        await until(
            lambda: isinstance(desk.palette.list.lines[0], ListHeading) and desk.found[0].key == "action:sidebar"
        )
        assert desk.palette.list.lines[0] == ListHeading("Recently used")
        assert desk.found[1].title == "Lisbon in three days"
        keys = [item.key for item in desk.found]
        assert len(keys) == len(set(keys)), "nothing is listed twice"
        assert desk.palette.list.current_key == "action:sidebar"
        await desk.history.do(Database.trash, [chat.id])
        desk.press(Qt.Key.Key_Escape)
        await desk.open_palette()
        await until(lambda: not desk.line("Lisbon in three days"), "a chat that is gone to be listed no more")


async def test_escape_and_a_click_beside_it_give_the_focus_back(alone: WholeWindow) -> None:
    field = alone.window.page.composer.field
    field.setFocus()
    await alone.open_palette("new")
    assert is_within(QApplication.focusWidget(), alone.palette)
    alone.press(Qt.Key.Key_Tab)
    assert is_within(QApplication.focusWidget(), alone.palette), "Tab stays in it"
    alone.press(Qt.Key.Key_Escape)
    assert not alone.palette.isVisible()
    assert QApplication.focusWidget() is field
    alone.window.sidebar.search.setFocus()
    await alone.open_palette()
    QTest.mouseClick(alone.palette, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not alone.palette.isVisible()
    assert QApplication.focusWidget() is alone.window.sidebar.search
    await alone.open_palette()
    alone.press(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert not alone.palette.isVisible(), "the same keys close it"


async def test_a_shortcut_closes_it_and_does_what_it_does(alone: WholeWindow) -> None:
    await alone.open_palette("something")
    alone.press(Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert not alone.palette.isVisible()
    assert alone.window.shown_page == MODELS


async def test_arrows_pass_headings_over_and_go_round(alone: WholeWindow) -> None:
    await alone.open_palette("s")
    await stays(alone.palette.isVisible)
    keys = [item.key for item in alone.found]
    assert len(keys) > 3
    visited = [alone.palette.list.current_key]
    for _ in keys:
        alone.press(Qt.Key.Key_Down)
        visited.append(alone.palette.list.current_key)
    assert visited == [*keys, keys[0]]
    alone.press(Qt.Key.Key_Up)
    assert alone.palette.list.current_key == keys[-1]


def point(viewport: QWidget, at: QPoint) -> None:
    """Move the pointer, as its events tell; QTest's own way runs the event loop within the test."""
    place, none = QPointF(at), Qt.MouseButton.NoButton
    around = viewport.mapToGlobal(place)
    QApplication.sendEvent(viewport, QMouseEvent(QEvent.Type.MouseMove, place, around, none, none, NO_MODIFIER))


async def test_the_pointer_leads_once_it_moves_and_a_click_takes_a_line(alone: WholeWindow) -> None:
    await alone.open_palette("text")
    await until(lambda: len(alone.found) > 1)
    keys = [item.key for item in alone.found]
    viewport = alone.palette.list.viewport()
    first = alone.palette.list.visualRect(alone.palette.list.currentIndex())
    alone.press(Qt.Key.Key_Down)
    second = alone.palette.list.visualRect(alone.palette.list.currentIndex())
    point(viewport, first.center())
    assert alone.palette.list.current_key == keys[1], "a pointer at rest chooses nothing"
    point(viewport, first.center() + QPoint(1, 0))
    assert alone.palette.list.current_key == keys[0]
    point(viewport, second.center())
    assert alone.palette.list.current_key == keys[1]
    alone.press(Qt.Key.Key_Escape)
    await alone.open_palette("models")
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=first.center())
    assert not alone.palette.isVisible()
    assert alone.window.shown_page == MODELS


async def test_it_fits_a_small_window(alone: WholeWindow) -> None:
    await alone.open_palette()
    alone.window.resize(QSize(480, 420))
    await until(lambda: alone.palette.size() == alone.window.size())
    assert alone.palette.rect().contains(alone.palette.card.geometry())
    assert isinstance(alone.palette.field, QLineEdit)
    assert alone.palette.field.accessibleName()
    assert alone.palette.list.accessibleName()


@pytest.fixture
def many_chats() -> int:
    """A history of 10,000 chats."""
    file = app_paths().data / "history.sqlite"
    database = Database(file)
    with database.transaction():
        for number in range(10_000):
            database.create_chat(f"Notes on chapter {number} of the long book", created=1.7e9 + number)
    database.close()
    return 10_000


async def test_ten_thousand_chats_do_not_make_it_stall(
    qapp: QApplication, many_chats: int, stalls: Callable[[], StallMonitor]
) -> None:
    async with whole_window(None) as desk:
        await until(lambda: desk.window.sidebar.list.chats.rowCount() > many_chats)
        await desk.open_palette()
        await until(lambda: desk.line("Notes on chapter 9999 of the long book"))
        with stalls() as watch:
            for letter in "chapter 8765":
                QTest.keyClicks(desk.palette.field, letter)
                await stays(desk.palette.isVisible, turns=2)
            await until(lambda: desk.line("Notes on chapter 8765 of the long book"))
        assert watch.worst_cpu < 50
        assert isinstance(desk.history, History)
