"""Where the keys go after something was done with a message."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from studiolo.desktop.chat.transcript.question import QuestionRow
from studiolo.desktop.chat.transcript.reply import ReplyRow
from tests.desktop.chat.desk import ChatDesk, chat_desk
from tests.stands.waiting import until


def rows(desk: ChatDesk) -> tuple[QuestionRow, ReplyRow]:
    desk.page.transcript.flush()
    question, reply = map(desk.page.transcript.row_of, desk.conversation.branch[:2])
    assert isinstance(question, QuestionRow)
    assert isinstance(reply, ReplyRow)
    return question, reply


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


async def active(desk: ChatDesk) -> None:
    desk.page.activateWindow()
    await until(desk.page.isActiveWindow)


async def test_after_a_message_was_edited_one_writes_the_next(server: str) -> None:
    async with chat_desk(server) as desk:
        await active(desk)
        await desk.ask("Why?")
        for which in (1, 0):
            row = rows(desk)[which]
            row.begin_edit()
            assert row.editor
            row.editor.field.setPlainText("How?")
            QTest.keyClick(row.editor.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            await desk.ended()
            assert desk.texts[which] == "How?"
            assert QApplication.focusWidget() is desk.composer.field


async def test_after_a_message_was_deleted_one_writes_the_next(server: str) -> None:
    async with chat_desk(server) as desk:
        await active(desk)
        await desk.ask("Why?")
        rows(desk)[0].focus()
        QTest.keyClick(focused(), Qt.Key.Key_Delete)
        assert desk.texts == []
        assert QApplication.focusWidget() is desk.composer.field


async def test_versions_are_turned_over_again_and_again_by_their_keys(server: str) -> None:
    async with chat_desk(server) as desk:
        await active(desk)
        await desk.ask("Why?")
        for _ in range(2):
            reply = rows(desk)[1].message
            desk.presenter.actions.ask_again(reply)
            await desk.ended()
        rows(desk)[1].focus()
        for number in (2, 1):
            QTest.keyClick(focused(), Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
            assert desk.conversation.branch[1].version == (number, 3)
            assert desk.page.transcript.isAncestorOf(focused())
