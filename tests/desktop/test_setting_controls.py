"""The controls of the settings: by key and pointer, in both schemes, and as a screen reader finds them."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studiolo.desktop.widgets import theme
from studiolo.desktop.widgets.entry_list import EntryList
from studiolo.desktop.widgets.hours_field import HoursField
from studiolo.desktop.widgets.number_field import NumberField
from studiolo.desktop.widgets.segmented import SegmentedControl
from studiolo.desktop.widgets.switch import Switch


@pytest.fixture(autouse=True)
def _light_again(qapp: QApplication) -> Iterator[None]:
    theme.apply(qapp, "light")
    yield
    theme.apply(qapp, "light")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    QVBoxLayout(window)
    window.resize(500, 300)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def put(window: QWidget, widget: QWidget) -> None:
    layout = window.layout()
    assert layout
    layout.addWidget(widget)
    QApplication.processEvents()


def press(key: Qt.Key) -> None:
    focus = QApplication.focusWidget()
    assert focus
    QTest.keyClick(focus, key)


def role_of(widget: QWidget) -> QAccessible.Role:
    return QAccessible.queryAccessibleInterface(widget).role()


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_switch_looks_otherwise_when_on_off_and_in_focus(
    window: QWidget, qapp: QApplication, scheme: theme.Scheme
) -> None:
    theme.apply(qapp, scheme)
    switch, other = Switch(), QLineEdit()
    put(window, switch)
    put(window, other)
    other.setFocus()
    off = picture(switch)
    switch.setFocus()
    focused = picture(switch)
    QTest.keyClick(switch, Qt.Key.Key_Space)
    other.setFocus()
    on = picture(switch)
    assert off != focused
    assert on not in (off, focused)
    middle = on.pixelColor(on.width() // 3, on.height() // 2)
    assert middle == QColor(theme.colours().accent), "the track is filled"


def test_a_switch_is_a_check_box_to_a_screen_reader(window: QWidget) -> None:
    switch = Switch()
    put(window, switch)
    told: list[bool] = []
    switch.clicked.connect(lambda on: told.append(on))
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton)
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert told == [True, False]
    assert role_of(switch) is QAccessible.Role.CheckBox
    switch.click()
    assert QAccessible.queryAccessibleInterface(switch).state().checked


def test_segments_are_one_stop_of_the_tab_key_and_arrows_choose(window: QWidget) -> None:
    before, control, after = QLineEdit(), SegmentedControl({"a": "One", "b": "Two", "c": "Three"}), QLineEdit()
    for widget in (before, control, after):
        put(window, widget)
    control.setAccessibleName("Number")
    chosen: list[str] = []
    control.chosen.connect(chosen.append)
    before.setFocus()
    QTest.keyClick(before, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is control.buttons["a"]
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        press(key)
    assert chosen == ["b", "c", "b"], "there is nothing beyond the last"
    assert control.value == "b"
    press(Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is after
    assert role_of(control.buttons["b"]) is QAccessible.Role.RadioButton
    assert control.buttons["b"].accessibleName() == "Number: Two"
    QTest.mouseClick(control.buttons["c"], Qt.MouseButton.LeftButton)
    control.set_value("a")
    assert chosen == ["b", "c", "b", "c"], "what is shown by the program is nobody's choice"


def test_a_number_is_taken_refused_and_taken_back(window: QWidget) -> None:
    number, other = NumberField(decimals=1), QLineEdit()
    put(window, number)
    put(window, other)
    number.setRange(0, 16)
    number.setSuffix(" GB")
    number.setSpecialValueText("None")
    entered: list[float] = []
    refused: list[str] = []
    number.entered.connect(entered.append)
    number.refused.connect(refused.append)
    number.set_number(2)
    assert number.text() == "2 GB", "no fraction where there is none"

    def write(text: str, key: Qt.Key) -> str:
        number.setFocus()
        number.selectAll()
        QTest.keyClicks(number, text)
        QTest.keyClick(number, key)
        return number.text()

    assert write("2.5", Qt.Key.Key_Return) == "2.5 GB"
    assert write("99", Qt.Key.Key_Tab) == "2.5 GB"
    assert write("12a", Qt.Key.Key_Return) == "2.5 GB"
    assert len(refused) == 2
    assert refused[0] == "Enter a number from 0 to 16."
    assert write("7", Qt.Key.Key_Escape) == "2.5 GB"
    assert write("0", Qt.Key.Key_Return) == "None"
    other.setFocus()
    assert entered == [2.5, 0.0]
    assert len(refused) == 2


def test_hours_are_shown_while_they_are_used(window: QWidget) -> None:
    hours = HoursField()
    put(window, hours)
    told: list[tuple[str, str]] = []
    hours.hours_changed.connect(lambda *both: told.append(both))
    assert not hours.begin.isVisible()
    QTest.mouseClick(hours.used, Qt.MouseButton.LeftButton)
    assert hours.begin.isVisible()
    assert told == [("22:00", "07:00")]
    hours.begin.setFocus()
    hours.begin.setSelectedSection(hours.begin.Section.HourSection)
    QTest.keyClicks(hours.begin, "2015")
    QTest.keyClick(hours.begin, Qt.Key.Key_Return)
    assert told[-1] == ("20:15", "07:00")
    hours.set_hours("01:00", "")
    assert hours.hours == ("", ""), "half of them is none"
    assert len(told) == 2


def test_entries_are_added_once_and_removed_by_their_names_before_anybody_answers(window: QWidget) -> None:
    entries = EntryList(browse="Choose a folder…")
    put(window, entries)
    entries.setAccessibleName("Folders")
    told: list[list[str]] = []
    entries.entries_changed.connect(told.append)
    assert not entries.add.isEnabled()
    for text in (" /srv/models ", "/data", "/data", "   "):
        entries.field.setFocus()
        QTest.keyClicks(entries.field, text)
        QTest.keyClick(entries.field, Qt.Key.Key_Return)
    assert told == [["/srv/models"], ["/srv/models", "/data"]]
    assert [one.accessibleName() for one in entries.removers] == ["Remove /srv/models", "Remove /data"]
    entries.removers[0].setFocus()
    QTest.mouseClick(entries.removers[0], Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert entries.entries == ["/data"]
    assert QApplication.focusWidget() is entries.field, "not lost with the button"
