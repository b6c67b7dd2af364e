import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.composing.composer import Composer


@pytest.fixture
def composer(qtbot: QtBot) -> Composer:
    composer = Composer()
    composer.resize(600, 100)
    qtbot.addWidget(composer)
    composer.show()
    composer.field.setFocus()
    return composer


def sent_by(composer: Composer) -> list[str]:
    sent: list[str] = []
    composer.sent.connect(lambda text, _: sent.append(text))
    return sent


def test_enter_sends_and_shift_enter_breaks_the_line(composer: Composer) -> None:
    sent = sent_by(composer)
    QTest.keyClicks(composer.field, "one")
    QTest.keyClick(composer.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(composer.field, "two")
    assert sent == []
    QTest.keyClick(composer.field, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert sent == ["one\ntwo"]
    assert composer.text == ""


def test_enter_that_ends_a_composition_does_not_send(composer: Composer) -> None:
    sent = sent_by(composer)
    QApplication.sendEvent(composer.field, QInputMethodEvent("にほ", []))
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    assert sent == []
    commit = QInputMethodEvent("", [])
    commit.setCommitString("日本")
    QApplication.sendEvent(composer.field, commit)
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    assert sent == ["日本"]


def test_blank_text_is_not_sent(composer: Composer) -> None:
    sent = sent_by(composer)
    QTest.keyClicks(composer.field, "  ")
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    assert sent == []
    assert not composer.button.isEnabled()


def test_the_button_sends(composer: Composer) -> None:
    sent = sent_by(composer)
    QTest.keyClicks(composer.field, "hello")
    QTest.mouseClick(composer.button, Qt.MouseButton.LeftButton)
    assert sent == ["hello"]


def test_while_busy_the_button_and_escape_stop_and_enter_sends_for_later(composer: Composer, qtbot: QtBot) -> None:
    sent = sent_by(composer)
    composer.set_busy(True)
    assert composer.button.accessibleName() == "Stop"
    QTest.keyClicks(composer.field, "next")
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    assert (sent, composer.text) == (["next"], "")
    assert "after this reply" in composer.hint
    with qtbot.waitSignal(composer.stop_requested):
        QTest.mouseClick(composer.button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(composer.stop_requested):
        QTest.keyClick(composer.field, Qt.Key.Key_Escape)
    composer.set_busy(False)
    assert composer.button.accessibleName() == "Send"
    with qtbot.assertNotEmitted(composer.stop_requested):
        QTest.keyClick(composer.field, Qt.Key.Key_Escape)


def test_it_grows_with_the_text_up_to_ten_lines_and_shrinks_again(composer: Composer) -> None:
    one = composer.field.height()
    line = composer.field.fontMetrics().lineSpacing()
    composer.set_text("\n".join("abc"))
    assert 2 * line - 2 <= composer.field.height() - one <= 2 * line + 2
    composer.set_text("word " * 400)
    tall = composer.field.height()
    assert tall <= 10 * line + 8
    assert composer.field.verticalScrollBar().maximum() > 0
    composer.field.clear()
    assert composer.field.height() == one


def test_pasted_text_loses_its_formatting(composer: Composer) -> None:
    data = QMimeData()
    data.setHtml("<b>bold</b>")
    data.setText("bold")
    composer.field.insertFromMimeData(data)
    assert "font-weight" not in composer.field.toHtml().split("<body")[1].split(">", 1)[1]
    assert composer.text == "bold"


def test_tab_leaves_the_field(composer: Composer) -> None:
    QTest.keyClicks(composer.field, "x")
    QTest.keyClick(composer.field, Qt.Key.Key_Tab)
    assert composer.focusWidget() is composer.button
    assert composer.text == "x"
