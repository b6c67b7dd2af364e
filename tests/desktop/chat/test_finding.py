"""Ctrl+F: also what is far off screen."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.find_bar import FindBar, TextFinder, places_of
from studiolo.desktop.chat.messages import Message, Reply, UserMessage
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.history.parts import ReasoningPart, TextPart


def chat() -> list[Message]:
    messages: list[Message] = []
    for number in range(200):
        messages.append(UserMessage([TextPart(f"Question {number}")]))
        messages.append(Reply([TextPart(f"Answer {number}. " + "Many words. " * (number % 40))]))
    messages[101].parts[0] = TextPart("Here is a **Needle**, and in code:\n\n```python\nneedle = 1\n```")
    messages[301].parts.insert(0, ReasoningPart("needle in thoughts"))
    return messages


def test_places_are_counted_from_the_beginning() -> None:
    messages = chat()
    places = places_of("needle", messages)
    assert [(messages.index(place.message), place.number) for place in places] == [(101, 0), (101, 1)]
    assert places_of("", messages) == []


def test_stepping_goes_round(qtbot: QtBot) -> None:
    bar = FindBar()
    qtbot.addWidget(bar)
    finder = TextFinder(bar)
    messages = chat()
    last = finder.find("needle", messages)
    assert bar.count.text() == "2 of 2"
    first = finder.step(1)
    assert bar.count.text() == "1 of 2"
    assert last != first == finder.step(2)
    assert finder.step(-1) == last
    bar.field.setText("nowhere")
    assert finder.find("nowhere", messages) is None
    assert bar.count.text() == "Nothing found"
    assert not bar.after.isEnabled()


@pytest.mark.parametrize("number", [0, 1])
def test_what_is_far_away_comes_into_sight_and_is_selected(qtbot: QtBot, number: int) -> None:
    page = ChatPage()
    page.resize(800, 600)
    qtbot.addWidget(page)
    page.show()
    messages = chat()
    page.set_messages(messages)
    assert page.transcript.row_of(messages[101]) is None
    page.show_place(messages[101], "needle", number)
    row = page.transcript.row_of(messages[101])
    assert isinstance(row, ReplyRow)
    field = row.said()[number]
    assert field.textCursor().selectedText().lower() == "needle"
    top = field.mapTo(page.transcript.viewport(), field.cursorRect().topLeft()).y()
    assert 0 <= top < page.transcript.viewport().height()


def test_the_keys(qtbot: QtBot) -> None:
    page = ChatPage()
    qtbot.addWidget(page)
    page.show()
    page.find_bar.open()
    bar = page.find_bar
    with qtbot.waitSignal(bar.query_changed) as told:
        QTest.keyClicks(bar.field, "needle")
    assert told.args == ["needle"]
    with qtbot.waitSignal(bar.stepped) as told:
        QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert told.args == [1]
    with qtbot.waitSignal(bar.stepped) as told:
        QTest.keyClick(bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert told.args == [-1]
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.isVisible()
