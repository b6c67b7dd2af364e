import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Activity, Phase
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.transcript.status import elapsed_text
from studiolo.errors import UnreachableError


@pytest.fixture
def page(qtbot: QtBot) -> ChatPage:
    page = ChatPage()
    page.resize(800, 600)
    qtbot.addWidget(page)
    page.show()
    return page


def texts(page: ChatPage) -> str:
    """Whatever can be read on the page now."""
    kinds = page.findChildren(QLabel) + page.findChildren(QPushButton)
    return "\n".join(each.text() for each in kinds if each.isVisible())


def button(page: ChatPage, text: str) -> QPushButton:
    return next(each for each in page.findChildren(QPushButton) if each.isVisible() and each.text() == text)


def test_empty_chat_greets_and_a_suggestion_becomes_the_draft(page: ChatPage) -> None:
    assert "What is on your mind?" in texts(page)
    idea = "Give me five ideas for a rainy afternoon"
    QTest.mouseClick(button(page, idea), Qt.MouseButton.LeftButton)
    assert page.composer.text == idea
    assert page.focusWidget() is page.composer.field


def test_starting_says_so_and_for_how_long(page: ChatPage) -> None:
    page.show_starting(Activity(Phase.SENDING, time.monotonic() - 65))
    assert "Starting the server…" in texts(page)
    assert "1:05 min" in texts(page)


def test_lost_says_why_and_offers_retry(page: ChatPage, qtbot: QtBot) -> None:
    page.show_lost(UnreachableError("Nobody answers.", hint="Is it running?"), told=False)
    assert "Nobody answers." in texts(page)
    assert "Is it running?" in texts(page)
    with qtbot.waitSignal(page.reconnect_requested):
        QTest.mouseClick(button(page, "Retry"), Qt.MouseButton.LeftButton)


def test_lost_in_a_conversation_keeps_it_in_sight(page: ChatPage, qtbot: QtBot) -> None:
    page.add_turn(Conversation().ask("Why?"))
    page.show_lost(UnreachableError("Nobody answers."), told=False)
    assert page.transcript.isVisible()
    with qtbot.waitSignal(page.reconnect_requested):
        QTest.mouseClick(button(page, "Retry"), Qt.MouseButton.LeftButton)
    page.show_lost(UnreachableError("Nobody answers."), told=True)
    assert "Nobody answers." not in texts(page)
    page.show_welcome()
    assert "Nobody answers." not in texts(page)


def test_the_focus_of_a_notice_that_goes_is_where_one_writes(page: ChatPage, qtbot: QtBot) -> None:
    page.add_turn(Conversation().ask("Why?"))
    page.show_lost(UnreachableError("Nobody answers."), told=False)
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    button(page, "Retry").setFocus()
    page.show_starting(Activity(Phase.SENDING, time.monotonic()))
    assert page.focusWidget() is page.composer.field


def test_no_model_says_where_to_put_one(page: ChatPage, qtbot: QtBot) -> None:
    page.show_no_model("/somewhere/models")
    assert "No model yet" in texts(page)
    assert "/somewhere/models" in texts(page)
    with qtbot.waitSignal(page.placeholder.discover_requested):
        QTest.mouseClick(button(page, "Find a model"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(page.folder_requested):
        QTest.mouseClick(button(page, "Open folder"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(page.models_requested):
        QTest.mouseClick(button(page, "Check again"), Qt.MouseButton.LeftButton)


def test_composer_and_conversation_stand_in_one_column(page: ChatPage, qtbot: QtBot) -> None:
    turn = Conversation().ask("Why?")
    page.add_turn(turn)

    def same_column() -> bool:
        row = page.transcript.row_of(turn.question)
        assert row is not None
        return (place(row), row.width()) == (place(page.composer), page.composer.width())

    def place(widget: QWidget) -> int:
        return widget.mapTo(page, widget.rect().topLeft()).x()

    for width in (420, 1400):
        page.resize(width, 600)
        qtbot.waitUntil(same_column)


def test_every_control_has_an_accessible_name(page: ChatPage) -> None:
    controls = [each for each in page.findChildren(QWidget) if each.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert [each for each in controls if not (each.accessibleName() or getattr(each, "text", str)())] == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, ""), (1, "1 s"), (59.9, "59 s"), (60, "1:00 min"), (125, "2:05 min")]
)
def test_elapsed(seconds: float, text: str) -> None:
    assert elapsed_text(seconds) == text
