"""Shortcuts can be others: at once, after a restart, and never two the same."""

import json
from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from studiolo.desktop.actions.catalog import (
    ACTIONS,
    ANSWER_AGAIN,
    LARGER_TEXT,
    NEW_CHAT,
    SEARCH_CHATS,
    SIDEBAR,
    STOP_REPLY,
    UNDO,
)
from studiolo.desktop.actions.shortcuts import refusal_of, resolved
from studiolo.desktop.actions.shortcuts_panel import ShortcutsDialog, ShortcutsPanel
from studiolo.desktop.widgets.grouped_delegate import ListHeading
from studiolo.desktop.widgets.keycaps import keys_in
from studiolo.paths import app_paths
from tests.stands.waiting import until
from tests.stands.whole_window import CONTROL, SHIFT, WholeWindow, whole_window

BY_ID = {action.id: action for action in ACTIONS}


@pytest.fixture
async def desk(qapp: QApplication) -> AsyncIterator[WholeWindow]:
    async with whole_window(None) as desk:
        yield desk
    assert desk.reported == []


async def opened(desk: WholeWindow) -> ShortcutsPanel:
    """The list, by its keys."""
    desk.press(Qt.Key.Key_Slash, CONTROL)
    await until(lambda: desk.dialogs(ShortcutsDialog))
    dialog = desk.dialogs(ShortcutsDialog)[0]
    assert isinstance(dialog, ShortcutsDialog)
    return dialog.panel


def record(panel: ShortcutsPanel, action: str, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    """As a person does: Enter on the line, then the keys."""
    panel.choose(action)
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert panel.keys.waits
    QTest.keyClick(panel.keys, key, modifiers)


async def closed(desk: WholeWindow) -> None:
    for dialog in desk.dialogs():
        dialog.reject()
    await until(lambda: not desk.dialogs())
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow)


async def test_another_shortcut_holds_at_once_and_after_a_restart(qapp: QApplication) -> None:
    async with whole_window(None) as desk:
        panel = await opened(desk)
        record(panel, SIDEBAR, Qt.Key.Key_J, CONTROL | SHIFT)
        assert next(item for item in panel.list.items if item.key == SIDEBAR).keys == "Ctrl+Shift+J"
        await closed(desk)
        assert desk.window.sidebar.isVisible()
        desk.press(Qt.Key.Key_B, CONTROL)
        assert desk.window.sidebar.isVisible(), "the old keys mean nothing"
        desk.press(Qt.Key.Key_J, CONTROL | SHIFT)
        assert not desk.window.sidebar.isVisible()
    assert json.loads((app_paths().config / "desktop.json").read_text())["shortcuts"] == {SIDEBAR: "Ctrl+Shift+J"}
    async with whole_window(None) as desk:
        before = desk.window.sidebar.isVisible()
        desk.press(Qt.Key.Key_J, CONTROL | SHIFT)
        assert desk.window.sidebar.isVisible() is not before
        panel = await opened(desk)
        panel.choose(SIDEBAR)
        panel.restore.click()
        await closed(desk)
        desk.press(Qt.Key.Key_B, CONTROL)
        assert desk.window.sidebar.isVisible() is before
    assert json.loads((app_paths().config / "desktop.json").read_text())["shortcuts"] == {}


async def test_what_has_the_keys_is_named_and_loses_them_only_if_the_person_says_so(desk: WholeWindow) -> None:
    heard: list[str] = []
    desk.window.page.new_chat_requested.connect(lambda: heard.append("new chat"))
    panel = await opened(desk)
    record(panel, SEARCH_CHATS, Qt.Key.Key_N, CONTROL)
    assert panel.told.text() == "Ctrl+N belongs to “New chat”. Replace takes it away there."
    assert panel.replace.hasFocus()
    panel.cancel.click()
    assert not panel.replace.isVisible()
    assert desk.window.registry.keys_of(SEARCH_CHATS) == "Ctrl+Shift+F"
    record(panel, SEARCH_CHATS, Qt.Key.Key_N, CONTROL)
    panel.replace.click()
    assert desk.window.registry.keys_of(SEARCH_CHATS) == "Ctrl+N"
    assert desk.window.registry.keys_of(NEW_CHAT) == ""
    assert desk.window.sidebar.new_chat.toolTip() == "New chat"
    await closed(desk)
    desk.press(Qt.Key.Key_N, CONTROL)
    assert heard == []
    assert desk.window.sidebar.search.hasFocus()
    panel = await opened(desk)
    assert panel.restore_all.isEnabled()
    panel.restore_all.click()
    assert not panel.restore_all.isEnabled()
    await closed(desk)
    desk.press(Qt.Key.Key_N, CONTROL)
    assert heard == ["new chat"]
    assert desk.window.sidebar.new_chat.toolTip() == "New chat (Ctrl+N)"


async def test_to_reset_one_whose_keys_another_has_by_now_asks_first(desk: WholeWindow) -> None:
    panel = await opened(desk)
    record(panel, SEARCH_CHATS, Qt.Key.Key_N, CONTROL)
    panel.replace.click()
    panel.choose(NEW_CHAT)
    panel.restore.click()
    assert "“Search chats”" in panel.told.text()
    panel.replace.click()
    assert desk.window.registry.keys_of(NEW_CHAT) == "Ctrl+N"
    assert desk.window.registry.keys_of(SEARCH_CHATS) == ""


async def test_keys_that_write_or_belong_to_others_are_refused_in_words(desk: WholeWindow) -> None:
    panel = await opened(desk)
    before = desk.window.registry.keys_of(SIDEBAR)
    for key, modifiers, words in (
        (Qt.Key.Key_C, CONTROL, "editing text"),
        (Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "needed for writing"),
        (Qt.Key.Key_Left, CONTROL, "needed for writing"),
        (Qt.Key.Key_F4, Qt.KeyboardModifier.AltModifier, "belongs to the system"),
        (Qt.Key.Key_R, CONTROL, "“Answer again”, which can't be changed"),
    ):
        record(panel, SIDEBAR, key, modifiers)
        assert words in panel.told.text()
        assert desk.window.registry.keys_of(SIDEBAR) == before
    panel.choose(STOP_REPLY)
    assert not panel.keys.isEnabled()
    assert not panel.remove.isVisible()


async def test_escape_ends_the_waiting_and_delete_takes_the_keys_away(desk: WholeWindow) -> None:
    panel = await opened(desk)
    panel.choose(SIDEBAR)
    panel.keys.begin()
    QTest.keyClick(panel.keys, Qt.Key.Key_Control)
    assert panel.keys.waits, "a modifier alone says nothing yet"
    QTest.keyClick(panel.keys, Qt.Key.Key_Escape)
    assert not panel.keys.waits
    assert panel.keys.text() == "Ctrl+B"
    assert panel.isVisible(), "Escape was the field's"
    panel.keys.begin()
    QTest.keyClick(panel.keys, Qt.Key.Key_Delete)
    assert desk.window.registry.keys_of(SIDEBAR) == ""
    panel.choose(NEW_CHAT)
    panel.remove.click()
    assert desk.settings.current.shortcuts == {SIDEBAR: "", NEW_CHAT: ""}


async def test_they_are_found_by_name_and_by_keys(desk: WholeWindow) -> None:
    panel = await opened(desk)
    assert panel.list.lines[0] == ListHeading("Chats")
    QTest.keyClicks(panel.search, "show hide")
    assert [item.key for item in panel.list.items] == [SIDEBAR]
    panel.search.setText("ctrl+shift+f")
    assert [item.key for item in panel.list.items] == [SEARCH_CHATS]
    panel.search.setText("zzz")
    assert panel.nothing.isVisible()
    assert panel.list.items == []
    assert not panel.keys.isVisible()
    assert all(button.accessibleName() or button.text() for button in panel.findChildren(QPushButton))


async def test_what_the_file_says_of_unknown_actions_and_no_keys_is_passed_over_and_kept(qapp: QApplication) -> None:
    file = app_paths().config / "desktop.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    odd = {"of_tomorrow": "Ctrl+T", SIDEBAR: "Ctrl+Hello", NEW_CHAT: "Ctrl+C", SEARCH_CHATS: "Ctrl+K, Ctrl+S"}
    file.write_text(json.dumps({"shortcuts": odd}))
    async with whole_window(None) as desk:
        for action in (SIDEBAR, NEW_CHAT, SEARCH_CHATS):
            assert desk.window.registry.keys_of(action) == BY_ID[action].default_keys
        panel = await opened(desk)
        record(panel, UNDO, Qt.Key.Key_U, CONTROL)
    assert json.loads(file.read_text())["shortcuts"] == odd | {UNDO: "Ctrl+U"}


def test_of_two_with_the_same_keys_one_has_them() -> None:
    edited = {SIDEBAR: "Ctrl+J", SEARCH_CHATS: "Ctrl+J", UNDO: "Ctrl+N", ANSWER_AGAIN: "Ctrl+Y"}
    keys = resolved(ACTIONS, edited)
    assert keys[SEARCH_CHATS] == "Ctrl+J"
    assert keys[SIDEBAR] == ""
    assert keys[UNDO] == "Ctrl+N"
    assert keys[NEW_CHAT] == "", "what was chosen goes before a default"
    assert keys[ANSWER_AGAIN] == "Ctrl+R", "what is fixed stays"
    given = [one for one in keys.values() if one]
    assert len(given) == len(set(given))


async def test_the_size_of_the_text_keeps_its_keys_over_a_dialog_whichever_they_are(desk: WholeWindow) -> None:
    desk.window.registry.use({LARGER_TEXT: "Ctrl+J"})
    was = desk.settings.current.text_size
    desk.presenter.open_dialog("general")
    desk.press(Qt.Key.Key_J, CONTROL)
    await until(lambda: desk.settings.current.text_size > was)
    desk.press(Qt.Key.Key_0, CONTROL)
    await until(lambda: desk.settings.current.text_size == was)
    sidebar = desk.window.sidebar.isVisible()
    desk.press(Qt.Key.Key_B, CONTROL)
    assert desk.window.sidebar.isVisible() is sidebar, "nothing acts on what is behind"


async def test_the_second_keys_of_an_action_hold_as_long_as_the_first_are_the_default(desk: WholeWindow) -> None:
    heard: list[str] = []
    registry = desk.window.registry
    registry.bind(LARGER_TEXT, lambda: heard.append("larger"))
    desk.press(Qt.Key.Key_Plus, CONTROL)
    desk.press(Qt.Key.Key_Equal, CONTROL)
    assert heard == ["larger", "larger"]
    registry.use({LARGER_TEXT: "Ctrl+J"})
    desk.press(Qt.Key.Key_Equal, CONTROL)
    desk.press(Qt.Key.Key_J, CONTROL)
    assert heard == ["larger", "larger", "larger"]


@pytest.mark.parametrize(
    ("platform", "refused", "free"),
    [("linux", "Meta+E", "Ctrl+Alt+E"), ("win32", "Ctrl+Alt+E", "Ctrl+E"), ("darwin", "Ctrl+H", "Meta+E")],
)
def test_what_belongs_to_the_system_depends_on_it(
    monkeypatch: pytest.MonkeyPatch, platform: str, refused: str, free: str
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert "belongs to the system" in refusal_of(QKeySequence(refused), BY_ID[SIDEBAR])
    assert refusal_of(QKeySequence(free), BY_ID[SIDEBAR]) == ""


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Ctrl+Shift+A", ["Ctrl", "Shift", "A"]),
        ("Ctrl++", ["Ctrl", "+"]),
        ("⇧⌘K", ["⇧", "⌘", "K"]),
        ("F3", ["F3"]),
        ("", []),
    ],
)
def test_keys_are_drawn_one_by_one(text: str, keys: list[str]) -> None:
    assert keys_in(text) == keys
