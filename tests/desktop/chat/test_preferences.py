"""What a person wants of the chat page: which keys send, what is seen of thoughts, and of the speed."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studiolo.api.chat import ChatStats
from studiolo.desktop.chat.messages import Activity, Phase, Reply, UserMessage
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.transcript.question import QuestionRow
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.chat.transcript.runs import ReasoningRun
from studiolo.desktop.history.parts import ReasoningPart, TextPart
from studiolo.desktop.settings.schema import DesktopSettings

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def page(qtbot: QtBot) -> ChatPage:
    page = ChatPage()
    page.resize(800, 600)
    qtbot.addWidget(page)
    page.show()
    return page


def settings(**changes: object) -> DesktopSettings:
    return DesktopSettings.model_validate(changes)


def talk(page: ChatPage) -> tuple[QuestionRow, ReplyRow]:
    """A question, and a reply with a thought before it."""
    question = UserMessage([TextPart("Why?")])
    reply = Reply([ReasoningPart("Let me see.", seconds=2.0), TextPart("Because.")])
    reply.stats = ChatStats(tokens_per_second=41.2, total_output_tokens=12)
    page.set_messages([question, reply])
    asked, answered = page.transcript.row_of(question), page.transcript.row_of(reply)
    assert isinstance(asked, QuestionRow)
    assert isinstance(answered, ReplyRow)
    return asked, answered


def thoughts(row: ReplyRow) -> ReasoningRun:
    return next(run for run in row.runs if isinstance(run, ReasoningRun))


def test_either_enter_sends_or_control_enter_and_the_hint_says_which(page: ChatPage) -> None:
    composer, sent = page.composer, []
    page.sent.connect(lambda text, _: sent.append(text))
    assert composer.hint == "Enter sends, Shift+Enter breaks the line"
    page.use_settings(settings(send_with="ctrl_enter"))
    assert composer.hint == "Ctrl+Enter sends, Enter breaks the line"
    QTest.keyClicks(composer.field, "one")
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    QTest.keyClicks(composer.field, "two")
    QTest.keyClick(composer.field, Qt.Key.Key_Return, SHIFT)
    QTest.keyClicks(composer.field, "three")
    assert sent == []
    QTest.keyClick(composer.field, Qt.Key.Key_Return, CONTROL)
    assert sent == ["one\ntwo\nthree"]
    page.set_busy(True)
    assert composer.hint == "Ctrl+Enter sends it after this reply, Escape stops the reply"
    page.use_settings(settings(send_with="enter"))
    assert composer.hint == "Enter sends it after this reply, Escape stops the reply"
    QTest.keyClicks(composer.field, "four")
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    assert sent[1:] == ["four"]


def test_enter_chooses_from_the_list_of_presets_whatever_sends(page: ChatPage) -> None:
    chosen: list[str] = []
    page.composer.set_presets(["Terse"])
    page.composer.preset_chosen.connect(chosen.append)
    page.use_settings(settings(send_with="ctrl_enter"))
    QTest.keyClicks(page.composer.field, "/te")
    QTest.keyClick(page.composer.field, Qt.Key.Key_Return)
    assert chosen == ["Terse"]


def test_a_message_that_is_changed_is_sent_by_the_same_keys(page: ChatPage) -> None:
    page.use_settings(settings(send_with="ctrl_enter"))
    done: list[object] = []
    page.action_requested.connect(done.append)
    asked, _ = talk(page)
    asked.begin_edit()
    assert asked.editor
    QTest.keyClick(asked.editor.field, Qt.Key.Key_Return)
    QTest.keyClicks(asked.editor.field, "Tell me.")
    assert done == []
    assert asked.editor.field.toPlainText() == "Why?\nTell me."
    QTest.keyClick(asked.editor.field, Qt.Key.Key_Return, CONTROL)
    assert len(done) == 1


def test_thoughts_are_folded_or_open_or_not_there(page: ChatPage) -> None:
    _, row = talk(page)
    assert thoughts(row).isVisible()
    assert not thoughts(row).body.isVisible()
    folded = row.height()
    page.use_settings(settings(show_reasoning="open"))
    assert thoughts(row).body.isVisible()
    assert row.height() > folded
    page.use_settings(settings(show_reasoning="hidden"))
    assert not thoughts(row).isVisible()
    assert row.height() < folded
    assert thoughts(row).header not in row.tab_stops()
    page.use_settings(settings(show_reasoning="folded"))
    assert thoughts(row).isVisible()
    assert (row.height(), thoughts(row).body.isVisible()) == (folded, False)
    thoughts(row).header.click()
    page.use_settings(settings(show_reasoning="open"))
    page.use_settings(settings(show_reasoning="folded"))
    assert thoughts(row).body.isVisible(), "what a reader has unfolded stays so"


def test_a_reply_that_is_all_hidden_thought_so_far_says_that_it_thinks(page: ChatPage) -> None:
    page.use_settings(settings(show_reasoning="hidden"))
    reply = Reply([ReasoningPart("Hm. " * 10_000)])
    reply.activity = Activity(Phase.THINKING, 0.0)
    page.set_messages([reply])
    row = page.transcript.row_of(reply)
    assert isinstance(row, ReplyRow)
    assert not thoughts(row).isVisible()
    last = page.transcript.row(len(page.transcript.sections) - 1)
    assert isinstance(last, ReplyRow)
    assert last.activity
    assert last.activity.text.startswith("Thinking")
    assert page.transcript.verticalScrollBar().maximum() == 0, "what is hidden takes no room"


def test_the_speed_is_shown_or_not_and_what_else_is_said_stays(page: ChatPage) -> None:
    _, row = talk(page)
    assert row.stats.text().startswith("41.2 tokens/s")
    page.use_settings(settings(show_speed=False))
    assert not row.stats.isVisible()
    row.message.whole = True
    row.refresh()
    assert row.stats.text() == "sent with the whole chat"
    page.use_settings(settings(show_speed=True))
    assert row.stats.isVisible()
    assert row.stats.text().startswith("41.2 tokens/s")
    assert row.stats.text().endswith(" · sent with the whole chat")
