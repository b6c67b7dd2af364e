"""Selecting and copying over several messages, with a real mouse and keys."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.messages import Message, Reply, UserMessage
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.parts import TextPart

FIRST = "What is *bold*?"
ANSWER = "A **bold** word.\n\n```python\nprint(1)\n```\n\nAnd the end."


@pytest.fixture
def view(qtbot: QtBot) -> TranscriptView:
    view = TranscriptView()
    view.resize(760, 600)
    qtbot.addWidget(view)
    view.show()
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    return view


def fields(view: TranscriptView, message: Message) -> list[QTextEdit | QPlainTextEdit]:
    row = view.row_of(message)
    assert row
    return row.said()


def drag(source: QWidget, begin: QPoint, target: QWidget, end: QPoint) -> None:
    """Press in one field, move to another, let go. The one where it was pressed hears of all of it."""
    QTest.mousePress(source, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, begin)
    place = target.mapToGlobal(end)
    inside = source.mapFromGlobal(place)
    for kind, buttons in (
        (QEvent.Type.MouseMove, Qt.MouseButton.LeftButton),
        (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton),
    ):
        event = QMouseEvent(
            kind,
            QPointF(inside),
            QPointF(place),
            Qt.MouseButton.LeftButton,
            buttons,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(source, event)


def conversation(view: TranscriptView) -> tuple[UserMessage, Reply, UserMessage]:
    messages = UserMessage([TextPart(FIRST)]), Reply([TextPart(ANSWER)]), UserMessage([TextPart("Thanks.")])
    view.set_messages(messages)
    return messages


def clipboard() -> tuple[str, str]:
    data = QGuiApplication.clipboard().mimeData()
    return data.text(), data.html()


def test_a_drag_over_messages_is_copied_as_markdown_and_as_rich_text(view: TranscriptView) -> None:
    question, reply, thanks = conversation(view)
    source, target = fields(view, question)[0], fields(view, thanks)[0]
    drag(source.viewport(), QPoint(1, 5), target.viewport(), QPoint(target.width() - 1, 5))
    assert [field.textCursor().hasSelection() for field in fields(view, reply)] == [True, True, True]
    QTest.keyClick(source, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text, html = clipboard()
    assert text == f"{FIRST}\n\n{ANSWER}\n\nThanks."
    assert "font-weight" in html or "<b>" in html or "<strong>" in html
    QTest.mouseClick(target.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(2, 5))
    assert not any(field.textCursor().hasSelection() for field in fields(view, reply))


def test_upwards_and_only_a_part_of_the_ends(view: TranscriptView) -> None:
    question, reply, _ = conversation(view)
    last = fields(view, reply)[2]
    first = fields(view, question)[0]
    edge = first.cursorRect(QTextCursor(first.document())).left() + first.fontMetrics().horizontalAdvance("What is ")
    drag(last.viewport(), QPoint(last.fontMetrics().horizontalAdvance("And"), 5), first.viewport(), QPoint(edge, 5))
    QTest.keyClick(last, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text, _ = clipboard()
    assert text.split("\n\n")[0].lstrip("\\") in ("*bold*?", "\\*bold\\*?", "*bold\\*?")
    assert text.endswith("```python\nprint(1)\n```\n\nAnd")


def test_within_one_field_it_is_that_field_alone(view: TranscriptView) -> None:
    question, reply, _ = conversation(view)
    code = fields(view, reply)[1]
    drag(code.viewport(), QPoint(0, 5), code.viewport(), QPoint(code.fontMetrics().horizontalAdvance("print"), 6))
    QTest.keyClick(code, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard()[0] == "print"
    assert not fields(view, question)[0].textCursor().hasSelection()


def test_everything_even_what_is_far_off_screen(view: TranscriptView) -> None:
    messages: list[Message] = []
    for number in range(200):
        messages += [UserMessage([TextPart(f"Question {number}")]), Reply([TextPart(f"Answer **{number}**")])]
    view.set_messages(messages)
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard()[0] == "\n\n".join(message.text for message in messages)
    view.verticalScrollBar().setValue(0)
    assert fields(view, messages[0])[0].textCursor().selectedText() == "Question 0"
    menu = view.show_menu(QPoint(view.width() // 2, 40))
    entries: dict[str, Callable[[], None]] = {one.text(): one.trigger for one in menu.actions()}
    entries["Copy as plain text"]()
    assert "**" not in clipboard()[0].split("\n\n")[1]
    assert not clipboard()[1]
    menu.close()


def test_a_held_mouse_scrolls_on(view: TranscriptView, qtbot: QtBot) -> None:
    messages = [Reply([TextPart(f"Answer {number}. " * 30)]) for number in range(60)]
    view.set_messages(messages)
    bar = view.verticalScrollBar()
    bar.setValue(0)
    source = fields(view, messages[0])[0]
    QTest.mousePress(source.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(3, 5))
    below = source.viewport().mapFromGlobal(view.viewport().mapToGlobal(QPoint(100, view.height() + 30)))
    held = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(below),
        QPointF(view.mapToGlobal(QPoint(100, view.height() + 30))),
        Qt.MouseButton.LeftButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(source.viewport(), held)
    qtbot.waitUntil(lambda: bar.value() > 400)
    assert view.rolling
    QTest.mouseRelease(source.viewport(), Qt.MouseButton.LeftButton)
    assert not view.rolling
    before = bar.value()
    QApplication.processEvents()
    assert bar.value() == before
    assert view.selection
