"""The dialog of settings: found, walked through and left, by keys and by the pointer."""

from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAccessible, QAction, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMessageBox, QToolButton, QWidget

from studiolo.desktop.settings.fields import Owner, setting_fields
from studiolo.desktop.settings.row import SettingRow
from studiolo.desktop.settings.sections import PRIVACY, SECTIONS, SHORTCUTS
from studiolo.desktop.widgets import theme
from studiolo.desktop.widgets.modal_panel import OVER_DIALOGS
from studiolo.desktop.widgets.number_field import NumberField
from studiolo.desktop.widgets.switch import Switch
from tests.desktop.settings.settings_desk import SettingsDesk, operate, settings_desk, write
from tests.stands.waiting import until


@pytest.fixture
async def desk(qapp: QApplication) -> AsyncIterator[SettingsDesk]:
    async with settings_desk() as desk:
        yield desk


def titles(desk: SettingsDesk) -> list[str]:
    return [row.field.title for row in desk.dialog.found]


def show_usual_server(desk: SettingsDesk) -> None:
    """The rows of a server that nobody has asked are there for the eyes, too."""
    desk.dialog.show_server("Settings of the server")
    desk.dialog.show_values(
        "server", {name: one for field in setting_fields("server") for name, one in field.defaults.items()}
    )


def focused() -> QWidget:
    focus = QApplication.focusWidget()
    assert focus is not None
    return focus


async def test_it_opens_in_the_window_with_the_search_first_and_gives_the_focus_back(desk: SettingsDesk) -> None:
    desk.presenter.open_dialog()
    assert desk.dialog.window() is desk.window
    assert desk.dialog.isVisible()
    assert focused() is desk.dialog.search
    assert desk.dialog.shown_section == "general"
    QTest.keyClick(focused(), Qt.Key.Key_Escape)
    assert not desk.dialog.isVisible()
    assert focused() is desk.behind


async def test_a_click_beside_it_closes_it_and_one_in_it_does_not(desk: SettingsDesk) -> None:
    desk.presenter.open_dialog()
    QTest.mouseClick(desk.dialog, Qt.MouseButton.LeftButton, pos=desk.dialog.panel.geometry().center())
    assert desk.dialog.isVisible()
    QTest.mouseClick(desk.dialog, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert not desk.dialog.isVisible()


async def test_opened_again_it_is_where_it_was_left(desk: SettingsDesk) -> None:
    desk.presenter.open_dialog("notifications")
    desk.dialog.close_panel()
    desk.presenter.open_dialog()
    assert desk.dialog.shown_section == "notifications"


async def test_it_opens_at_a_section_and_at_a_field(desk: SettingsDesk) -> None:
    desk.presenter.open_dialog("downloads")
    assert desk.dialog.shown_section == "downloads"
    desk.presenter.open_dialog("", "quiet_to")
    assert desk.dialog.shown_section == "notifications"
    assert focused().accessibleName() == "Quiet hours"
    desk.presenter.open_dialog("network", "proxy_mode")
    assert desk.dialog.shown_section == "network", "of two that have the name, one has a row"
    desk.presenter.open_dialog("privacy", "a name that nothing has")
    assert desk.dialog.shown_section == "privacy"


async def test_keys_lead_round_within_it_and_no_shortcut_of_the_window_acts(desk: SettingsDesk) -> None:
    acted: list[str] = []
    for keys in ("Ctrl+N", "Ctrl+E"):
        action = QAction(desk.window)
        action.setShortcut(QKeySequence(keys))
        action.setProperty(OVER_DIALOGS, keys == "Ctrl+E")
        action.triggered.connect(lambda _=False, keys=keys: acted.append(keys))
        desk.window.addAction(action)
    desk.presenter.open_dialog("general")
    visited = [focused()]
    while focused() is not visited[0] or len(visited) == 1:
        QTest.keyClick(focused(), Qt.Key.Key_Tab)
        visited.append(focused())
        assert len(visited) < 40
    assert len(visited) > 5
    assert all(desk.dialog.panel.isAncestorOf(one) for one in visited)
    for seen in reversed(visited[:-1]):
        QTest.keyClick(focused(), Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
        assert focused() is seen
    QTest.keyClick(focused(), Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert acted == []
    QTest.keyClick(focused(), Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert acted == ["Ctrl+E"], "whoever quits means the program, by whichever keys"


async def test_what_is_behind_does_not_get_the_focus(desk: SettingsDesk) -> None:
    desk.presenter.open_dialog()
    desk.behind.setFocus()
    assert focused() is desk.dialog.search


async def test_sections_are_walked_through_by_arrow_keys(desk: SettingsDesk) -> None:
    desk.presenter.open_dialog("general")
    QTest.keyClick(desk.dialog.search, Qt.Key.Key_Down)
    QTest.keyClick(focused(), Qt.Key.Key_Down)
    assert desk.dialog.shown_section == "appearance"
    assert titles(desk) == ["Theme"] or "Theme" in titles(desk)
    assert focused() is desk.dialog.sections


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("theme", "Theme"),
        ("dark", "Theme"),
        ("QUIET", "Quiet hours"),
        ("autostart", "Start at login"),
        ("hugging token", "Hub token"),
        ("keep running in the tray", "When the window is closed"),
        ("throttle", "Bandwidth limit"),
    ],
)
async def test_settings_are_found_by_title_help_choice_and_synonym(desk: SettingsDesk, words: str, found: str) -> None:
    desk.presenter.open_dialog()
    show_usual_server(desk)
    QTest.keyClicks(desk.dialog.search, words)
    assert desk.dialog.shown_section == ""
    assert found in titles(desk)
    assert len(titles(desk)) < 12


async def test_found_rows_stand_below_their_sections_and_can_be_changed(desk: SettingsDesk) -> None:
    desk.presenter.open_dialog()
    QTest.keyClicks(desk.dialog.search, "window")
    shown = {label.text() for label in desk.dialog.findChildren(QLabel) if label.isVisible()}
    assert {"Search results", "General", "Notifications"} <= shown
    assert "Small download window" in titles(desk)
    write(desk.dialog.search, "small download")
    QTest.keyClick(desk.dialog.search, Qt.Key.Key_Return)
    assert focused().accessibleName() == "Small download window"
    QTest.keyClick(focused(), Qt.Key.Key_Space)
    await until(lambda: desk.store.current.mini_monitor)


async def test_a_whole_section_is_found_by_its_name(desk: SettingsDesk) -> None:
    desk.presenter.open_dialog()
    QTest.keyClicks(desk.dialog.search, "notifications")
    assert {"Quiet hours", "Small download window"} <= set(titles(desk))


async def test_nothing_found_is_said_and_escape_ends_the_search_first(desk: SettingsDesk) -> None:
    desk.presenter.open_dialog("notifications")
    QTest.keyClicks(desk.dialog.search, "xylophone")
    assert titles(desk) == []
    assert desk.dialog.nothing.isVisible()
    assert "xylophone" in desk.dialog.nothing.text.text()
    QTest.keyClick(desk.dialog.search, Qt.Key.Key_Escape)
    assert desk.dialog.isVisible()
    assert desk.dialog.shown_section == "notifications"
    QTest.keyClicks(desk.dialog.search, "xylophone")
    desk.presenter.open_dialog("notifications")
    buttons = desk.dialog.search.findChildren(QToolButton)
    await until(lambda: sum(one.isVisible() for one in buttons) == 1, "the magnifier alone: there is nothing to clear")
    QTest.keyClicks(desk.dialog.search, "xylophone")
    desk.dialog.nothing.clear.click()
    assert desk.dialog.search.text() == ""
    assert focused() is desk.dialog.search


async def test_a_row_as_a_whole_turns_its_switch(desk: SettingsDesk) -> None:
    desk.presenter.open_dialog()
    row = desk.row("notify_failed")
    QTest.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.title.geometry().center())
    await until(lambda: not desk.store.current.notify_failed)


async def test_what_differs_from_the_default_is_marked_and_told(desk: SettingsDesk) -> None:
    desk.store.change(mini_monitor=True)
    desk.presenter.open_dialog()
    changed, usual = desk.row("mini_monitor"), desk.row("notify_failed")
    assert changed.differs
    assert changed.restore.isVisible()
    assert changed.editor.focus.accessibleDescription().endswith("Changed from the default.")
    assert not usual.restore.isVisible()
    desk.store.change(mini_monitor=False)
    assert not changed.differs, "changed elsewhere, while it is open"
    assert not changed.editor.widget.isChecked()


async def test_a_number_beyond_its_limits_is_refused_below_it_when_it_is_left(desk: SettingsDesk) -> None:
    field = next(one for one in setting_fields("server") if one.name == "download_jobs")
    desk.presenter.open_dialog("downloads")
    show_usual_server(desk)
    row = desk.row("download_jobs")
    number = row.editor.widget
    assert isinstance(number, NumberField)
    told: list[object] = []
    row.edited.connect(told.append)
    write(number, "99")
    assert not row.problem.isVisible()
    QTest.keyClick(number, Qt.Key.Key_Tab)
    assert row.problem.text() == "Enter a number from 1 to 16."
    assert row.problem.isVisible()
    assert (number.value(), number.text()) == (field.defaults["download_jobs"], "2")
    assert told == []


async def test_a_file_that_can_not_be_written_is_told_below_the_switch(desk: SettingsDesk) -> None:
    desk.presenter.open_dialog()
    row = desk.row("mini_monitor")
    desk.store._file = desk.store._file / "below a file" / "desktop.json"
    desk.store._file.parents[2].mkdir(parents=True)
    desk.store._file.parents[1].write_text("{}")
    operate(row.editor, True)
    await until(lambda: row.problem.isVisible())
    assert "could not be saved" in row.problem.text()
    assert not row.editor.widget.isChecked()  # type: ignore[attr-defined]
    assert not desk.store.current.mini_monitor


async def test_every_control_has_a_name_and_a_role(desk: SettingsDesk) -> None:
    desk.presenter.open_dialog()
    desk.dialog.search.setText("e")
    assert len(list(desk.dialog.rows)) == sum(len(_rows(owner)) for owner in ("desktop", "server"))
    for row in desk.dialog.rows:
        face = QAccessible.queryAccessibleInterface(row.editor.focus)
        assert face.text(QAccessible.Text.Name), row.field.name
        if isinstance(row.editor.focus, Switch):
            assert face.role() == QAccessible.Role.CheckBox
    for button in desk.dialog.findChildren(QAbstractButton):
        if button.isVisible() and not button.inherits("QLineEditIconButton"):
            assert button.accessibleName() or button.text()


def _rows(owner: Owner) -> list[object]:
    return [field for field in setting_fields(owner) if field.kind.name != "PANEL"]


@pytest.mark.parametrize("size", [QSize(420, 480), QSize(720, 600), QSize(900, 600), QSize(1920, 1080)])
@pytest.mark.parametrize("section", [section.id for section in SECTIONS])
async def test_no_word_is_cut_in_a_window_of_any_size(desk: SettingsDesk, size: QSize, section: str) -> None:
    desk.window.resize(size)
    desk.presenter.open_dialog(section)
    show_usual_server(desk)
    await until(lambda: not [cut for row in desk.dialog.found for cut in cuts(desk, row)], "a settled layout")


def cuts(desk: SettingsDesk, row: SettingRow) -> list[str]:
    """What of a row is not to be read."""
    editor, right = row.editor.widget, row.mapTo(desk.dialog.panel, row.rect().bottomRight()).x()
    labels = [label for label in (row.title, row.help) if label.isVisible()]
    low = [label.text() for label in labels if label.height() < label.heightForWidth(label.width())]
    thin = [label.text() for label in labels if label.width() < min(label.sizeHint().width(), 120)]
    beyond = [row.field.name] if right > desk.dialog.panel.width() else []
    return [*low, *thin, *beyond, *([row.field.name] if editor.width() < editor.minimumSizeHint().width() else [])]


async def test_a_narrow_window_shows_the_sections_or_one_of_them(desk: SettingsDesk) -> None:
    desk.window.resize(480, 600)
    desk.presenter.open_dialog()
    assert desk.dialog.sections.isVisible()
    assert not desk.dialog.title.isVisible()
    desk.dialog.sections.show_chosen("")
    QTest.mouseClick(
        desk.dialog.sections.viewport(),
        Qt.MouseButton.LeftButton,
        pos=desk.dialog.sections.visualItemRect(desk.dialog.sections.item(1)).center(),
    )
    assert desk.dialog.title.isVisible()
    assert not desk.dialog.sections.isVisible()
    desk.dialog.back.click()
    assert desk.dialog.sections.isVisible()
    QTest.keyClicks(desk.dialog.search, "quiet")
    assert titles(desk) == ["Quiet hours"]
    desk.window.resize(1000, 700)
    assert desk.dialog.sections.isVisible()


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("section", ["appearance", "models", "advanced"])
async def test_after_the_theme_has_changed_it_is_as_if_made_in_it(
    qapp: QApplication, scheme: theme.Scheme, section: str
) -> None:
    flash = qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)

    async def seen(desk: SettingsDesk) -> QImage:
        desk.presenter.open_dialog(section)
        show_usual_server(desk)
        await until(lambda: not [cut for row in desk.dialog.found for cut in cuts(desk, row)])
        return desk.dialog.panel.grab().toImage()

    try:
        theme.apply(qapp, "light" if scheme == "dark" else "dark")
        async with settings_desk() as desk:
            before = await seen(desk)
            theme.apply(qapp, scheme)
            changed = await seen(desk)
        async with settings_desk() as desk:
            assert await seen(desk) == changed != before
    finally:
        qapp.setCursorFlashTime(flash)
        theme.apply(qapp, "light")


async def test_it_grows_with_the_text_and_names_are_whole(qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    async with settings_desk() as desk:
        desk.window.resize(1600, 1000)
        desk.presenter.open_dialog()
        before = desk.dialog.panel.size()
        try:
            theme.apply(qapp, "light", text_size=180)
            await until(lambda: desk.dialog.panel.width() > before.width())
            await until(lambda: desk.dialog.sections.viewport().width() >= desk.dialog.sections.widest)
        finally:
            theme.apply(qapp, "light")
        await until(lambda: desk.dialog.panel.size() == before)


async def test_a_section_has_what_others_put_into_it(qapp: QApplication) -> None:
    async with settings_desk() as desk:
        made: list[QLabel] = []

        def make(parent: QWidget) -> QWidget:
            made.append(QLabel("Ctrl+K: Commands", parent))
            return made[0]

        with pytest.raises(ValueError, match="no section"):
            desk.presenter.panels.add("kitchen", make)
        desk.presenter.panels.add(SHORTCUTS, make)
        desk.presenter.open_dialog()
        assert made == [], "nobody has looked at it"
        desk.presenter.open_dialog(SHORTCUTS)
        assert made[0].isVisible()
        desk.dialog.search.setText("keyboard")
        assert made[0].isVisible()
        desk.dialog.search.setText("theme")
        assert not made[0].isVisible()


async def test_a_panel_is_found_by_its_section_s_words_beside_a_row_that_has_them(qapp: QApplication) -> None:
    async with settings_desk() as desk:
        desk.presenter.panels.add(PRIVACY, lambda parent: QLabel("The offline switch", parent), above=True)
        desk.presenter.open_dialog()
        show_usual_server(desk)
        desk.dialog.search.setText("offline")
        assert any(row.field.section == PRIVACY for row in desk.dialog.found)
        (panel,) = desk.dialog._page(PRIVACY).panels
        assert panel.isVisible()
        desk.dialog.search.setText("theme")
        assert not panel.isVisible()


async def test_resetting_all_is_asked_and_undone(desk: SettingsDesk) -> None:
    desk.store.change(mini_monitor=True, quiet_from="22:00", quiet_to="06:00", closing="quit", offline=True)
    before = desk.store.current
    desk.presenter.open_dialog("advanced")
    panel = desk.presenter._advanced
    assert panel
    panel.reset_desktop.click()
    (box,) = await until(lambda: desk.window.findChildren(QMessageBox), "the question")
    assert box.defaultButton().text() == "Cancel", "Enter loses nothing"
    next(button for button in box.buttons() if button.text() == "Reset").click()
    await until(lambda: desk.store.current.closing == "ask")
    assert not desk.store.current.mini_monitor
    assert desk.store.current.offline, "what is to stay here is not sent because of tidying up"
    await until(desk.dialog.toast.isVisible)
    desk.dialog.toast.undo.click()
    await until(lambda: desk.store.current == before)


async def test_folders_are_shown_and_opened(desk: SettingsDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("studiolo.desktop.settings.presenter.open_folder", opened.append)
    desk.presenter.open_dialog("advanced")
    panel = desk.presenter._advanced
    assert panel
    for button in panel.open_buttons.values():
        button.click()
    await until(lambda: len(opened) == 3)
    paths = desk.presenter._paths
    assert opened == [str(paths.data), str(paths.config), str(paths.logs)]
