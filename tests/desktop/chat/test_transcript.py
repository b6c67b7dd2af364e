"""The virtual transcript with real widgets, offscreen."""

import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studiolo.api.chat import ChatStats
from studiolo.api.events import MessageDelta, ModelLoadProgress, ReasoningDelta
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Message, Reply, Turn, UserMessage
from studiolo.desktop.chat.transcript.actions import Retry
from studiolo.desktop.chat.transcript.column import NEIGHBOURS
from studiolo.desktop.chat.transcript.markdown_run import MarkdownRun, MarkdownText
from studiolo.desktop.chat.transcript.question import QuestionRow
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.chat.transcript.rows import Row
from studiolo.desktop.chat.transcript.runs import ReasoningRun, SelectableText
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.parts import TextPart
from studiolo.errors import EngineError

SENTENCE = "The quick brown fox jumps over the lazy dog. "


def messages(turns: int) -> list[Message]:
    """Replies of very different lengths, so that estimates are wrong."""
    made: list[Message] = []
    for number in range(turns):
        text = f"Reply {number}. " + SENTENCE * (number * 7 % 31) + "\n" * (number % 5)
        reply = Reply([TextPart(text)])
        reply.stats = ChatStats(total_output_tokens=9, tokens_per_second=5)
        made += [UserMessage([TextPart(f"Question {number}")]), reply]
    return made


@pytest.fixture
def view(qtbot: QtBot) -> TranscriptView:
    view = TranscriptView()
    view.resize(760, 600)
    qtbot.addWidget(view)
    view.show()
    return view


def rows(view: TranscriptView) -> list[Row]:
    """Those that are widgets, hidden or not, and those that Qt is about to delete."""
    return [child for child in view.viewport().findChildren(QWidget) if isinstance(child, Row)]


def shown(view: TranscriptView) -> list[Row]:
    return sorted((row for row in rows(view) if not row.isHidden()), key=lambda row: row.y())


def settle(view: TranscriptView, qtbot: QtBot) -> None:
    """Until no neighbour is left to be made."""
    qtbot.waitUntil(lambda: view.settled)


def seen(view: TranscriptView) -> dict[Message, int]:
    """Where the messages in sight begin, in pixels below the viewport's top."""
    height = view.viewport().height()
    return {row.message: row.y() for row in shown(view) if row.y() < height and row.geometry().bottom() > 0}


def wheel(view: TranscriptView, notches: int) -> None:
    """Turn the wheel over whatever is in the middle of the view; positive is up."""
    window = view.windowHandle()
    assert window is not None
    QTest.wheelEvent(window, QPointF(view.viewport().rect().center()), QPoint(0, 120 * notches))


def test_ten_thousand_messages_open_with_a_few_dozen_widgets(view: TranscriptView, qtbot: QtBot) -> None:
    made = messages(5_000)
    began = time.thread_time()
    view.set_messages(made)
    assert time.thread_time() - began < 0.5
    settle(view, qtbot)
    in_sight = len(shown(view))
    assert 2 <= in_sight <= 20
    assert in_sight <= view.live_rows <= in_sight + 2 * NEIGHBOURS
    assert view.row_of(made[-1]) in shown(view)
    assert view.following


def test_widgets_stay_few_while_scrolling_through(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages(messages(1_000))
    bar = view.verticalScrollBar()
    for value in range(0, bar.maximum(), bar.maximum() // 16):
        bar.setValue(value)
        settle(view, qtbot)
        assert view.live_rows <= len(shown(view)) + 2 * NEIGHBOURS
    QApplication.sendPostedEvents(None, 52)
    assert len(rows(view)) <= 60


def test_rows_in_sight_fill_the_view_without_gap_or_overlap(view: TranscriptView) -> None:
    view.set_messages(messages(400))
    bar = view.verticalScrollBar()
    for value in (bar.maximum(), bar.maximum() // 2, bar.maximum() // 3, 17, 0):
        bar.setValue(value)
        rows = shown(view)
        assert all(above.y() + above.height() == below.y() for above, below in pairwise(rows))
        assert rows[0].y() <= 20
        assert rows[-1].geometry().bottom() >= view.viewport().height() - 6


def test_what_is_in_sight_moves_by_the_scrolled_way_while_estimates_are_corrected(view: TranscriptView) -> None:
    view.set_messages(messages(300))
    total = view.verticalScrollBar().maximum()
    corrected = 0
    for _ in range(60):
        before = seen(view)
        wheel(view, 1)
        moved = {after - before[message] for message, after in seen(view).items() if message in before}
        assert len(moved) == 1, "rows in sight move together"
        assert moved.pop() == view.verticalScrollBar().singleStep() * QApplication.wheelScrollLines()
        corrected += view.verticalScrollBar().maximum() != total
        total = view.verticalScrollBar().maximum()
    assert corrected > 5, "the estimates were too good for this test to mean anything"


def test_neighbours_made_later_do_not_move_what_is_in_sight(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages(messages(300))
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    before, live = seen(view), view.live_rows
    settle(view, qtbot)
    assert view.live_rows > live
    assert seen(view) == before


def test_home_shows_the_first_line_and_end_the_last(view: TranscriptView, qtbot: QtBot) -> None:
    made = messages(300)
    view.set_messages(made)
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert seen(view)[made[0]] == 20
    assert not view.following
    QTest.keyClick(view, Qt.Key.Key_End)
    assert made[-1] in seen(view)
    assert view.following


def test_scroll_keys_work_with_the_focus_in_a_message(view: TranscriptView) -> None:
    made = messages(30)
    view.set_messages(made)
    row = view.row_of(made[-1])
    assert isinstance(row, ReplyRow)
    body = row.runs[0].tab_stops()[0]
    body.setFocus()
    before = view.verticalScrollBar().value()
    QTest.keyClick(body, Qt.Key.Key_PageUp)
    assert before - view.verticalScrollBar().value() > view.viewport().height() // 2


def stream(view: TranscriptView, reply: Reply, text: str) -> None:
    reply.apply(MessageDelta(content=text))
    view.message_changed(reply)
    view.flush()


def asked(view: TranscriptView) -> Reply:
    turn = Conversation().ask("Why?")
    view.append((turn.question, turn.reply))
    return turn.reply


def test_stream_is_followed_and_touches_only_the_last_row(
    view: TranscriptView, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.set_messages(messages(50))
    reply = asked(view)
    refreshed: list[Row] = []
    arranged: list[Row] = []
    for kind in (QuestionRow, ReplyRow):
        for name, log in (("refresh", refreshed), ("arrange", arranged)):
            monkeypatch.setattr(kind, name, spied(getattr(kind, name), log))
    for _ in range(60):
        stream(view, reply, SENTENCE)
        assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()
    row = view.row_of(reply)
    assert row is not None
    assert set(refreshed) == {row}
    assert [each for each in arranged if each is not row] == []
    assert row.geometry().bottom() < view.viewport().height()
    assert row.height() > view.viewport().height() // 2


def spied(method: Callable[..., object], log: list[Row]) -> Callable[..., object]:
    def call(row: Row, *arguments: object) -> object:
        log.append(row)
        return method(row, *arguments)

    return call


def test_reader_who_scrolled_up_is_left_alone_until_jumping_back(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages(messages(50))
    reply = asked(view)
    stream(view, reply, SENTENCE * 20)
    with qtbot.waitSignal(view.following_changed) as changed:
        wheel(view, 3)
    assert changed.args == [False]
    assert view.jump.isVisible()
    before = seen(view)
    for _ in range(20):
        stream(view, reply, SENTENCE * 5)
    assert {message: y for message, y in seen(view).items() if message in before} == before
    QTest.mouseClick(view.jump, Qt.MouseButton.LeftButton)
    assert view.following
    assert not view.jump.isVisible()
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()


def test_scrolling_back_to_the_end_follows_again(view: TranscriptView) -> None:
    view.set_messages(messages(50))
    wheel(view, 2)
    assert not view.following
    wheel(view, -40)
    assert view.following


def test_resizing_keeps_the_message_at_the_top(view: TranscriptView) -> None:
    view.set_messages(messages(300))
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    top = next(iter(seen(view)))
    for width in (420, 1400, 500, 760):
        view.resize(width, 600)
        assert next(iter(seen(view))) is top
        rows = shown(view)
        assert all(row.width() == min(700, width - 32) for row in rows)
        assert all(abs(row.geometry().center().x() - width // 2) <= 1 for row in rows)
    view.jump_to_latest()
    view.resize(420, 300)
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()


def test_text_wraps_within_the_column(view: TranscriptView) -> None:
    view.set_messages([UserMessage([TextPart("x" * 900)]), Reply([TextPart("https://" + "long" * 300)])])
    view.resize(420, 1600)  # Whatever the font before: all of it in sight.
    for body in view.viewport().findChildren(SelectableText):
        assert body.document().size().width() <= body.width()
        assert body.document().size().height() <= body.height() + 1
        assert body.width() <= 388


def test_question_stands_at_the_far_side_in_both_directions(view: TranscriptView) -> None:
    question = UserMessage([TextPart("مرحبا 😀")])
    view.set_messages([question])
    row = view.row_of(question)
    assert isinstance(row, QuestionRow)
    assert row.body.geometry().center().x() > row.width() // 2
    view.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert row.body.geometry().center().x() < row.width() // 2


def test_right_to_left_text_begins_at_the_right(view: TranscriptView) -> None:
    reply = Reply([TextPart("مرحبا\n\nhello\n\n你好 😀👩‍👩‍👧")])
    view.set_messages([reply])
    row = view.row_of(reply)
    assert isinstance(row, ReplyRow)
    run = row.runs[0]
    assert isinstance(run, MarkdownRun)
    [body] = run.pieces
    assert isinstance(body, MarkdownText)
    document = body.document()
    ends = [document.findBlockByNumber(n).layout().lineAt(0).naturalTextRect().left() for n in range(3)]
    assert ends[0] > 300
    assert ends[1] == ends[2] == 0
    assert body.toPlainText() == reply.text.replace("\n\n", "\n")


def test_selection_survives_streaming_and_can_be_copied(view: TranscriptView) -> None:
    reply = asked(view)
    stream(view, reply, "Hello world")
    row = view.row_of(reply)
    assert isinstance(row, ReplyRow)
    run = row.runs[0]
    assert isinstance(run, MarkdownRun)
    body = run.pieces[0]
    assert isinstance(body, MarkdownText)
    cursor = QTextCursor(body.document())
    cursor.movePosition(QTextCursor.MoveOperation.EndOfWord, QTextCursor.MoveMode.KeepAnchor)
    body.setTextCursor(cursor)
    stream(view, reply, ", and more")
    assert body.textCursor().selectedText() == "Hello"
    body.copy()
    assert QGuiApplication.clipboard().text() == "Hello"


def test_menu_of_a_message_copies_the_whole_and_does_not_block(view: TranscriptView, qtbot: QtBot) -> None:
    reply = Reply([TextPart("one\ntwo")])
    view.set_messages([reply])
    body = view.viewport().findChildren(SelectableText)[0]
    menu = view.show_menu(body.mapTo(view.viewport(), QPoint(10, 10)))
    assert menu.isVisible()
    names = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert names[:2] == ["Select all", "Copy reply"]
    menu.actions()[2].trigger()
    assert QGuiApplication.clipboard().text() == "one\ntwo"
    menu.close()


def test_reply_shows_progress_then_words_then_its_speed(view: TranscriptView) -> None:
    reply = asked(view)
    row = view.row_of(reply)
    assert isinstance(row, ReplyRow)
    assert row.activity is not None
    assert row.activity.text == "Queued…"
    reply.send()
    view.message_changed(reply)
    view.flush()
    assert row.activity.text == "Waiting for the model…"
    reply.apply(ModelLoadProgress(progress=0.42))
    view.message_changed(reply)
    view.flush()
    assert row.activity.text == "Loading the model… · 42 %"
    reply.apply(ReasoningDelta(content="hm"))
    view.message_changed(reply)
    view.flush()
    assert row.activity.text == "Thinking…"
    stream(view, reply, "Because.")
    assert row.activity.text == "Writing…"
    assert [type(run) for run in row.runs] == [ReasoningRun, MarkdownRun]
    reply.activity = None
    reply.stats = ChatStats(tokens_per_second=41.23, total_output_tokens=128, time_to_first_token_seconds=0.35)
    view.message_changed(reply)
    view.flush()
    assert row.activity.isHidden()
    assert row.stats.text() == "41.2 tokens/s · 128 tokens · 0.35 s to first token"
    QTest.mouseClick(row.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "Because."
    assert row.copy.accessibleName() == "Copied"


def test_broken_reply_keeps_its_text_and_offers_retry(view: TranscriptView, qtbot: QtBot) -> None:
    reply = asked(view)
    stream(view, reply, "Half a")
    reply.fail(EngineError("The model's process ended.", hint="Send the message again."))
    view.message_changed(reply)
    view.flush()
    row = view.row_of(reply)
    assert isinstance(row, ReplyRow)
    assert row.failure is not None
    assert row.failure.accessibleName() == "The model's process ended. Send the message again."
    assert row.failure.geometry().bottom() < row.height()
    with qtbot.waitSignal(view.action_requested) as asked_again:
        QTest.mouseClick(row.failure.retry, Qt.MouseButton.LeftButton)
    assert asked_again.args == [Retry(reply)]
    reply.begin()
    view.message_changed(reply)
    view.flush()
    assert row.failure.isHidden()
    assert row.runs == []


def test_tab_goes_from_message_to_message_downwards(view: TranscriptView, qtbot: QtBot) -> None:
    view.set_messages(messages(40))
    wheel(view, 10)
    settle(view, qtbot)
    view.setFocus()
    tops: list[int] = []
    while True:
        QTest.keyClick(QApplication.focusWidget() or view, Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is not None
        if not view.viewport().isAncestorOf(focus):
            break
        tops.append(focus.mapTo(view, QPoint(0, 0)).y())
    assert len(tops) > 3
    assert tops == sorted(tops)
    assert focus is view.jump


def test_every_control_has_an_accessible_name(view: TranscriptView) -> None:
    made = messages(3)
    failed = Reply([TextPart("x")])
    failed.failure = EngineError("gone")
    view.set_messages([*made, failed])
    controls = [child for child in view.findChildren(QWidget) if child.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert len(controls) > 5
    nameless = [child for child in controls if not (child.accessibleName() or getattr(child, "text", str)())]
    assert nameless == []


def test_another_conversation_replaces_the_first(view: TranscriptView) -> None:
    view.set_messages(messages(40))
    view.set_messages([])
    assert (view.live_rows, view.verticalScrollBar().maximum()) == (0, 0)
    turn = Turn(UserMessage([TextPart("a")]), Reply([TextPart("b")]))
    view.append((turn.question, turn.reply))
    assert len(shown(view)) == 2
