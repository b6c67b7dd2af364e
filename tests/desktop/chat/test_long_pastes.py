"""Long texts that are pasted: they are attached, can be put into the text, and never freeze the window."""

import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.composing.field import LONG_PASTE, MessageField
from studiolo.desktop.chat.transcript.editor import MessageEditor
from studiolo.desktop.history.parts import FilePart
from tests.desktop.chat.desk import chat_desk

HEX = "0123456789abcdef" * 65_536


def pasted(text: str) -> QMimeData:
    data = QMimeData()
    data.setText(text)
    return data


async def test_a_long_paste_is_attached_and_can_be_put_into_the_text(server: str) -> None:
    async with chat_desk(server) as desk:
        began = time.monotonic()
        desk.composer.field.insertFromMimeData(pasted(HEX))
        assert time.monotonic() - began < 1
        assert desk.composer.text == ""
        long = "A line of words.\n" * 1_000
        desk.composer.field.insertFromMimeData(pasted(long))
        assert [one.part.name for one in desk.composer.attachments] == ["Pasted text.txt", "Pasted text 2.txt"]
        assert desk.composer.attachments[0].part.text == HEX
        into = [one for one in desk.composer.tray.findChildren(QAbstractButton) if "into the text" in one.toolTip()]
        assert len(into) == 1, "a megabyte would be felt at every key"
        into[0].click()
        assert desk.composer.text == long
        assert [one.part.name for one in desk.composer.attachments] == ["Pasted text.txt"]
        desk.press(Qt.Key.Key_Return)
        assert isinstance(desk.conversation.turns[0].question.parts[0], FilePart)
        await desk.ended()


async def test_a_paste_of_usual_length_is_part_of_the_text(server: str) -> None:
    async with chat_desk(server) as desk:
        desk.composer.field.insertFromMimeData(pasted("x" * LONG_PASTE))
        assert len(desk.composer.text) == LONG_PASTE
        assert desk.composer.attachments == []


@pytest.mark.parametrize("where", ["draft", "unpacked", "editor", "pasted into the editor"])
def test_a_word_without_end_is_written_as_fast_as_others(where: str, qtbot: QtBot) -> None:
    text = HEX[:200_000]

    def shown() -> None:
        match where:
            case "draft" | "unpacked":
                field = MessageField()
                qtbot.addWidget(field)
                field.resize(600, 40)
                field.show()
                field.show_text(text) if where == "draft" else field.insert(text)
                QTest.keyClick(field, Qt.Key.Key_X)
                assert len(field.toPlainText()) == len(text) + 1
            case _:
                editor = MessageEditor(text if where == "editor" else "", None, verb="Save")  # type: ignore[arg-type]
                qtbot.addWidget(editor)
                editor.resize(600, 300)
                editor.show()
                if where != "editor":
                    editor.field.insertFromMimeData(pasted(text))
                QTest.keyClick(editor.field, Qt.Key.Key_X)
                assert len(editor.field.toPlainText()) == len(text) + 1

    # Eleven seconds where each line looks for the word's end.
    assert processor_seconds(shown) < 3


def processor_seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
