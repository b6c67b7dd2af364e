"""Long texts that are pasted: they are attached, can be put into the text, and never freeze the window."""

import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.composing.composer import Composer
from studiolo.desktop.chat.composing.field import LONG_PASTE, MessageField
from studiolo.desktop.chat.composing.wrapping import MOST_LINES, MOST_WRITTEN
from studiolo.desktop.chat.document_viewer import DocumentViewer
from studiolo.desktop.chat.transcript.editor import MessageEditor
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import FilePart
from tests.desktop.chat.desk import chat_desk
from tests.stands.waiting import until

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
    text = HEX[: MOST_WRITTEN - 1]

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

    # Three seconds where each line looks for the word's end.
    assert processor_seconds(shown) < 0.5


LONG_TEXTS = ["short line\n" * 90_000, "word " * 200_000, HEX, "\n" * 100_000, "字" * 100_000]


@pytest.mark.parametrize("text", [*LONG_TEXTS, "A line of words\n" * 3_000, "x" * MOST_WRITTEN])
def test_no_draft_takes_the_windows_thread_for_long(text: str, qtbot: QtBot) -> None:
    composer = Composer()
    qtbot.addWidget(composer)
    composer.resize(700, 200)
    composer.show()
    attached: list[str] = []
    composer.text_given.connect(attached.append)
    # Nine seconds for a megabyte of short lines, laid out at each change of the field's size.
    assert processor_seconds(lambda: composer.set_text(text)) < 0.15
    if text in LONG_TEXTS:
        assert (composer.text, attached) == ("", [text])
        assert "more than 50,000 characters or 5,000 lines" in composer.warning.text()
    else:
        assert (composer.text, attached) == (text, [])
    composer.set_text("short")
    assert composer.warning.isHidden()
    assert composer.field.height() < 2 * composer.field.fontMetrics().lineSpacing()


@pytest.mark.parametrize("text", LONG_TEXTS)
def test_a_message_too_long_to_be_changed_says_so_at_once(text: str, qtbot: QtBot) -> None:
    editors: list[MessageEditor] = []

    def shown() -> None:
        editors.append(MessageEditor(text, None, verb="Save"))  # type: ignore[arg-type]
        editors[0].height_for(600)

    assert processor_seconds(shown) < 0.15
    qtbot.addWidget(editors[0])
    assert "can't be changed here" in editors[0].field.toPlainText()
    assert not editors[0].send.isEnabled()
    left: list[bool] = []
    editors[0].cancelled.connect(lambda: left.append(True))
    QTest.keyClick(editors[0].field, Qt.Key.Key_Escape)
    assert left


def test_what_is_pasted_into_a_message_stays_within_what_can_be_changed(qtbot: QtBot) -> None:
    editor = MessageEditor("before", None, verb="Save")  # type: ignore[arg-type]
    qtbot.addWidget(editor)
    assert processor_seconds(lambda: editor.field.insertFromMimeData(pasted(LONG_TEXTS[0]))) < 0.15
    assert editor.field.toPlainText() == "before"
    assert "50,000" in editor.told.text()
    assert not editor.told.isHidden()
    QTest.keyClick(editor.field, Qt.Key.Key_X)
    assert editor.told.isHidden()


@pytest.mark.parametrize("text", LONG_TEXTS)
def test_a_long_document_shows_its_beginning_at_once(text: str, qtbot: QtBot) -> None:
    viewers: list[DocumentViewer] = []

    def shown() -> None:
        viewers.append(DocumentViewer(FilePart(text, "long.txt", len(text)), None))  # type: ignore[arg-type]
        viewers[0].show()

    assert processor_seconds(shown) < 0.3
    qtbot.addWidget(viewers[0])
    beginning = viewers[0].field.toPlainText()
    assert text.startswith(beginning)
    assert len(beginning) > MOST_LINES - 2
    assert any(f"{len(text):,} characters" in label.text() for label in viewers[0].findChildren(QLabel))


async def test_a_kept_draft_of_a_megabyte_is_attached_to_its_chat_and_to_no_other(server: str) -> None:
    long = LONG_TEXTS[0]
    async with chat_desk(server) as desk:
        await desk.history.do(Database.set_note, "draft", long)
        chat = await desk.history.do(Database.create_chat, "Imported")
        await desk.history.do(Database.set_draft, chat.id, "word " * 100_000)
    async with chat_desk(server) as desk:
        await until(lambda: len(desk.composer.attachments) == 1, "the draft that no chat has yet")
        assert desk.composer.attachments[0].part.text == long
        assert desk.composer.text == ""
        desk.presenter.open_chat(chat.id)
        await until(lambda: desk.conversation.chat is not None)
        await until(lambda: len(desk.composer.attachments) == 1)
        assert desk.composer.attachments[0].part.text == "word " * 100_000
    async with chat_desk(server) as desk:
        await until(lambda: len(desk.composer.attachments) == 1, "what is kept as an attachment now")
        assert desk.composer.attachments[0].part.text == long


def processor_seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
