from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studiolo.api.models import REMOTE
from studiolo.desktop.chat.model_choice.picker import ModelPopup, PickerButton
from studiolo.desktop.loading.choices import ModelChoice
from studiolo.errors import EngineError

LOADED = ModelChoice("smol", "SmolLM2", "Q4_1 · 135M · 98 MB", ("smol",))
LARGE = ModelChoice("qwen/qwen3-8b", "Qwen3 8B", "Q4_K_M · 8B · 4.9 GB")
BROKEN = ModelChoice("bad", "Bad", "", (), "The file is cut short.")


@pytest.fixture
def popup(qtbot: QtBot) -> Iterator[ModelPopup]:
    window = QWidget()
    window.resize(600, 500)
    qtbot.addWidget(window)
    button = PickerButton(window)
    popup = ModelPopup(window)
    popup.set_choices([LOADED, LARGE, BROKEN])
    window.show()
    popup.open_below(button)
    yield popup
    window.close()


def test_button_names_the_model_and_its_place(qtbot: QtBot) -> None:
    button = PickerButton()
    qtbot.addWidget(button)
    assert button.text() == "No model"
    button.set_model("qwen3-8b", "local")
    assert button.text() == "qwen3-8b · local"
    assert button.accessibleName() == "Model: qwen3-8b · local"


def test_long_name_is_shortened_in_the_button_alone(qtbot: QtBot) -> None:
    button = PickerButton()
    qtbot.addWidget(button)
    button.set_model("a-very-long-name-" * 9, "local")
    assert button.sizeHint().width() < 380
    assert button.text().endswith("local")
    assert "a-very-long-name-" * 9 in button.accessibleName()


def test_search_narrows_and_enter_chooses_the_first_match(popup: ModelPopup, qtbot: QtBot) -> None:
    assert popup.isVisible()
    QTest.keyClicks(popup.search, "8b q4")
    assert [key for key, row in popup.rows.items() if not row.isHidden()] == [LARGE.key]
    with qtbot.waitSignal(popup.chosen) as chosen:
        QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert chosen.args == [LARGE.key]
    assert not popup.isVisible()


def test_enter_on_nothing_chooses_nothing(popup: ModelPopup, qtbot: QtBot) -> None:
    QTest.keyClicks(popup.search, "zzz")
    with qtbot.assertNotEmitted(popup.chosen):
        QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert popup.isVisible()


def test_arrows_go_through_the_models_that_can_be_used(popup: ModelPopup, qtbot: QtBot) -> None:
    QTest.keyClick(popup.search, Qt.Key.Key_Down)
    assert popup.focusWidget() is popup.rows[LOADED.key]
    QTest.keyClick(popup.rows[LOADED.key], Qt.Key.Key_Down)
    QTest.keyClick(popup.rows[LARGE.key], Qt.Key.Key_Down)
    assert popup.focusWidget() is popup.rows[LARGE.key]
    QTest.keyClick(popup.rows[LARGE.key], Qt.Key.Key_Tab)
    assert popup.focusWidget() is popup.rows[LARGE.key].action
    QTest.keyClick(popup.rows[LARGE.key].action, Qt.Key.Key_Up)
    QTest.keyClick(popup.rows[LOADED.key], Qt.Key.Key_Up)
    assert popup.focusWidget() is popup.search
    QTest.keyClick(popup.search, Qt.Key.Key_Down)
    with qtbot.waitSignal(popup.chosen) as chosen:
        QTest.keyClick(popup.rows[LOADED.key], Qt.Key.Key_Space)
    assert chosen.args == [LOADED.key]


def test_broken_model_says_why_and_cannot_be_chosen(popup: ModelPopup, qtbot: QtBot) -> None:
    row = popup.rows[BROKEN.key]
    assert not row.isEnabled()
    assert row.toolTip() == "The file is cut short."
    assert "The file is cut short." in row.accessibleName()
    assert row.action.isHidden()
    with qtbot.assertNotEmitted(popup.chosen):
        QTest.mouseClick(row, Qt.MouseButton.LeftButton)


def test_load_and_unload_and_the_progress_between(popup: ModelPopup, qtbot: QtBot) -> None:
    with qtbot.waitSignal(popup.unload_requested) as unload:
        QTest.mouseClick(popup.rows[LOADED.key].action, Qt.MouseButton.LeftButton)
    assert unload.args == [LOADED.key]
    row = popup.rows[LARGE.key]
    with qtbot.waitSignal(popup.load_requested) as load:
        QTest.mouseClick(row.action, Qt.MouseButton.LeftButton)
    assert load.args == [LARGE.key]
    row.set_progress(0.42)
    assert row.accessibleName() == "Qwen3 8B, Loading… 42 %"
    assert row.bar.isVisible()
    assert not row.action.isEnabled()
    row.set_progress(None)
    row.set_failure(EngineError("Not enough memory.", hint="Unload another model."))
    assert row.toolTip() == "Not enough memory. Unload another model."
    assert row.action.isEnabled()


def test_new_list_keeps_rows_progress_and_focus(popup: ModelPopup, qtbot: QtBot) -> None:
    row = popup.rows[LARGE.key]
    row.set_progress(0.5)
    row.setFocus()
    popup.set_choices([LARGE, LOADED])
    assert list(popup.rows) == [LARGE.key, LOADED.key]
    assert popup.rows[LARGE.key] is row
    assert row.bar.isVisible()
    assert popup.focusWidget() is row
    qtbot.waitUntil(lambda: row.y() < popup.rows[LOADED.key].y())


def test_popup_stays_within_a_narrow_window(popup: ModelPopup) -> None:
    popup.close()
    window = popup.parentWidget()
    assert window is not None
    window.resize(400, 500)
    popup.open_below(window.findChildren(PickerButton)[0])
    assert popup.width() <= 400


def test_a_model_of_another_machine_is_not_loaded_or_unloaded_from_here(popup: ModelPopup) -> None:
    there = ModelChoice("box-model", "box-model (GPU box)", "", ("box-model",), origin=REMOTE)
    popup.set_choices([LOADED, there])
    assert popup.rows["smol"].action.isVisible()
    assert not popup.rows["box-model"].action.isVisible()
    assert not popup.rows["box-model"].options.isVisible()
