"""What can be done with a message on screen, and what is shown of tools and images."""

import hashlib
import json

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QLocale, QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from studiolo.api.chat import ChatStats, InvalidToolCallMetadata, Provider
from studiolo.api.events import (
    MessageDelta,
    ToolCallArguments,
    ToolCallFailure,
    ToolCallName,
    ToolCallStart,
    ToolCallSuccess,
)
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Message, Phase, Reply, UserMessage
from studiolo.desktop.chat.transcript.actions import (
    AnswerAgain,
    Delete,
    Edit,
    SaveCode,
    ShowImage,
    TurnTo,
)
from studiolo.desktop.chat.transcript.attachments import FileChip
from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.chat.transcript.editor import MessageEditor
from studiolo.desktop.chat.transcript.pictures import PictureBox, reduced
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.chat.transcript.tool_run import ToolRun, output_text
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.parts import FilePart, ImagePart, TextPart, ToolPart
from studiolo.desktop.widgets import theme


@pytest.fixture
def view(qtbot: QtBot) -> TranscriptView:
    view = TranscriptView()
    view.resize(760, 600)
    qtbot.addWidget(view)
    view.show()
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    return view


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def reply_row(view: TranscriptView, reply: Reply) -> ReplyRow:
    row = view.row_of(reply)
    assert isinstance(row, ReplyRow)
    return row


def ended(text: str) -> Reply:
    reply = Reply([TextPart(text)])
    reply.model, reply.server = "maker/model", "http://localhost:1234"
    reply.stats = ChatStats(
        input_tokens=1200,
        total_output_tokens=34,
        tokens_per_second=12.5,
        time_to_first_token_seconds=0.25,
        stop_reason="maxPredictedTokensReached",
    )
    return reply


def test_a_reply_is_edited_in_its_place(view: TranscriptView, qtbot: QtBot) -> None:
    reply = ended("As it was.\n\nTwice.")
    view.set_messages([UserMessage([TextPart("Why?")]), reply])
    row = reply_row(view, reply)
    row.focus()
    QTest.keyClick(focused(), Qt.Key.Key_F2)
    editor = row.findChild(MessageEditor)
    assert editor is not None
    assert editor.field.hasFocus()
    assert row.runs[0].isHidden()
    assert not editor.send.isEnabled()
    QTest.keyClick(editor.field, Qt.Key.Key_Return)
    QTest.keyClicks(editor.field, "And more.")
    with qtbot.waitSignal(view.action_requested) as told:
        QTest.keyClick(editor.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert told.args == [Edit(reply, "As it was.\n\nTwice.\nAnd more.")]
    assert row.runs[0].isVisible()
    row.begin_edit()
    again = row.findChildren(MessageEditor)[-1]
    QTest.keyClick(again.field, Qt.Key.Key_Escape)
    assert row.runs[0].isVisible()
    assert not row.editing


def test_an_edited_reply_is_a_version_and_the_server_has_another() -> None:
    conversation = Conversation()
    turn = conversation.ask("Why?")
    turn.reply.apply(MessageDelta(content="So."))
    turn.reply.response_id = "resp_1"
    edited = conversation.rewrite(turn.reply, "Because.")
    assert conversation.branch == [turn.question, edited]
    assert (edited.text, edited.version, edited.response_id, edited.edited) == ("Because.", (2, 2), None, True)
    conversation.turn_over(edited, -1)
    assert conversation.branch[-1] is turn.reply
    assert turn.reply.text == "So."


def test_keys_do_what_the_menu_does(view: TranscriptView, qtbot: QtBot) -> None:
    question, reply = UserMessage([TextPart("Why?")]), ended("So.")
    reply.version = (2, 3)
    view.set_messages([question, reply])
    row = reply_row(view, reply)
    texts = {action.text: action.keys for action in row.actions_now()}
    assert texts["Answer again"] == "Ctrl+R"
    row.focus()
    for key, modifier, request in (
        (Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier, AnswerAgain(reply)),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier, TurnTo(reply, -1)),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier, TurnTo(reply, 1)),
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, Delete(reply)),
    ):
        with qtbot.waitSignal(view.action_requested) as told:
            QTest.keyClick(focused(), key, modifier)
        assert told.args == [request]
    QTest.keyClick(
        focused(),
        Qt.Key.Key_C,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    assert QGuiApplication.clipboard().text() == "So."
    QTest.keyClick(focused(), Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    above = view.row_of(question)
    assert above is not None
    assert above.isAncestorOf(focused())
    QTest.keyClick(focused(), Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert row.isAncestorOf(focused())


def test_alt_and_arrows_reach_messages_far_away(view: TranscriptView) -> None:
    messages: list[Message] = [Reply([TextPart(f"Reply {number}. " * 20)]) for number in range(80)]
    view.set_messages(messages)
    view.setFocus()
    for _ in range(60):
        QTest.keyClick(focused(), Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    row = view.row_of(messages[20])
    assert row is not None
    assert row.isAncestorOf(focused())
    assert 0 <= row.y() < view.height()


def test_details_tell_who_how_fast_and_how_it_ended(view: TranscriptView) -> None:
    reply = ended("So.")
    reply.whole = True
    view.set_messages([reply])
    card = reply_row(view, reply).show_details()
    texts = [label.text() for label in card.findChildren(QLabel)]
    for shown in ("maker/model", "http://localhost:1234", QLocale().toString(1200), "34", "12.5", "the whole chat"):
        assert shown in texts, texts
    assert "the limit of tokens was reached" in texts
    QTest.keyClick(card, Qt.Key.Key_Escape)
    assert not card.isVisible()


def test_a_tool_is_followed_from_its_name_to_its_result(view: TranscriptView) -> None:
    turn = Conversation().ask("Look it up.")
    reply = turn.reply
    view.set_messages([turn.question, reply])
    where = Provider(type="ephemeral_mcp", server_label="library")
    told = []
    for event in (
        ToolCallStart(tool="", provider_info=where),
        ToolCallName(tool_name="look_up"),
        ToolCallArguments(tool="look_up", arguments={"word": "ünder"}, provider_info=where),
        ToolCallSuccess(
            tool="look_up",
            arguments={"word": "ünder"},
            output=json.dumps([{"type": "text", "text": "Found: 3"}, {"type": "image", "mimeType": "image/png"}]),
            provider_info=where,
        ),
        MessageDelta(content="There are three."),
    ):
        reply.apply(event)
        view.message_changed(reply)
        view.flush()
        row = reply_row(view, reply)
        assert isinstance(row.runs[0], ToolRun)
        assert reply.activity
        assert row.activity
        told.append((reply.activity.phase, row.runs[0].header.text(), row.activity.text))
    assert told[1] == (Phase.ARGUING, "Calling look_up… · library", "Preparing to call look_up…")
    assert told[2] == (Phase.CALLING, "Calling look_up… · library", "Calling look_up…")
    assert told[3][1] == "Called look_up · library"
    assert [type(part) for part in reply.parts] == [ToolPart, TextPart]
    run = row.runs[0]
    assert isinstance(run, ToolRun)
    before = row.height()
    run.header.click()
    view.flush()
    assert row.height() > before + 40
    assert run.given.field.toPlainText() == '{\n  "word": "ünder"\n}'
    assert run.returned.field.toPlainText() == "Found: 3\n\n[image/png]"


def test_a_tool_that_failed_says_why(view: TranscriptView) -> None:
    turn = Conversation().ask("Look it up.")
    failed = ToolCallFailure(reason="no such tool", metadata=InvalidToolCallMetadata(tool_name="lok_up"))
    turn.reply.apply(failed)
    turn.reply.apply(MessageDelta(content="I can't."))
    view.set_messages([turn.question, turn.reply])
    run = reply_row(view, turn.reply).runs[0]
    assert isinstance(run, ToolRun)
    assert run.header.text() == "lok_up failed"
    run.header.click()
    view.flush()
    assert run.returned.field.toPlainText() == "no such tool"


@pytest.mark.parametrize("output", ["plain", "[1, 2", '{"a": 1}', "[]", '[{"type": 3}]', '[{"type": "text"}]'])
def test_any_result_of_a_tool_can_be_shown(output: str) -> None:
    assert output_text(output)


@pytest.mark.parametrize("width", range(715, 761, 15))
def test_wrapped_code_is_seen_to_its_last_line_in_the_fonts_of_the_theme(
    qapp: QApplication, view: TranscriptView, width: int
) -> None:
    theme.apply(qapp, "light")
    view.resize(width, 600)
    line = "print('" + "word " * 60 + "')"
    view.set_messages([Reply([TextPart(f"```python\n{line}\n```")])])
    block = view.viewport().findChildren(CodeBlock)[0]
    assert block.field.horizontalScrollBar().isVisible()
    block.wrap.click()
    view.flush()
    assert not block.field.horizontalScrollBar().isVisible()
    lines = block.field.document().size().height()
    assert lines > 3
    assert block.field.viewport().height() >= lines * block.field.fontMetrics().lineSpacing()
    block.wrap.click()
    view.flush()
    assert block.field.horizontalScrollBar().isVisible()


def test_code_wraps_and_is_offered_to_be_saved(view: TranscriptView, qtbot: QtBot) -> None:
    line = "print('" + "word " * 60 + "')"
    view.set_messages([Reply([TextPart(f"```python\n{line}\n```")])])
    block = view.viewport().findChildren(CodeBlock)[0]
    before = block.height()
    assert block.field.horizontalScrollBar().isVisible()
    block.wrap.click()
    view.flush()
    assert block.height() > before + 20
    assert not block.field.horizontalScrollBar().isVisible()
    with qtbot.waitSignal(view.action_requested) as told:
        block.save.click()
    assert told.args == [SaveCode(line, "python")]


def picture() -> bytes:
    image = QImage(900, 600, QImage.Format.Format_RGB32)
    image.fill(QColor("#336699"))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # Its stubs ask for what it refuses.
    return bytes(data.data())


def test_what_came_with_a_question_is_shown(view: TranscriptView, qtbot: QtBot) -> None:
    data = picture()
    image = ImagePart(hashlib.sha256(data).hexdigest(), "image/png", "blue.png")
    file = FilePart("the text", "notes.pdf", 250_000)
    missing: list[str] = []
    view.pictures.load_failed.connect(missing.append)
    question = UserMessage([image, file, TextPart("What is this?")])
    view.set_messages([question])
    assert set(missing) == {image.file}
    row = view.row_of(question)
    assert row is not None
    box, chip = row.findChildren(PictureBox)[0], row.findChildren(FileChip)[0]
    assert chip.text() == "notes.pdf · 250 kB"
    before = row.height()
    view.pictures.put(image.file, reduced(data))
    view.flush()
    assert row.height() != before
    assert max(box.width(), box.height()) == 200
    shown = box.grab().toImage()
    assert shown.pixelColor(shown.rect().center()).name() == "#336699"
    with qtbot.waitSignal(view.action_requested) as told:
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 20))
    assert told.args == [ShowImage(image)]
    chip.click()
    assert QGuiApplication.clipboard().text() == "the text"


def test_an_image_that_cannot_be_read_is_a_sign(view: TranscriptView) -> None:
    question = UserMessage([ImagePart("0" * 64, "image/png", "gone.png")])
    view.set_messages([question])
    view.pictures.put("0" * 64, reduced(b"no image"))
    row = view.row_of(question)
    assert row is not None
    assert row.findChildren(PictureBox)[0].grab().width() > 0
