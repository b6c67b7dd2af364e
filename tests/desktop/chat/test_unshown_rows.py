"""Rows are measured long before they are shown: then they need the same height as afterwards."""

import hashlib
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Activity, Message, Phase, Reply, UserMessage
from studiolo.desktop.chat.transcript.options import RowOptions
from studiolo.desktop.chat.transcript.pictures import Pictures
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.chat.transcript.row_factory import make_row
from studiolo.desktop.chat.transcript.sections import sections_of
from studiolo.desktop.chat.transcript.status import FailureCard
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.parts import FilePart, ImagePart, Part, ReasoningPart, TextPart, ToolPart
from studiolo.errors import AppError, UnreachableError

_REASON = "The server has ended unexpectedly while the answer to this message was being written."
_DIGEST = hashlib.sha256(b"").hexdigest()


def failed(*parts: Part) -> Reply:
    reply = Reply(list(parts))
    reply.failure = UnreachableError(_REASON, hint="Try again, or choose another server.")
    return reply


def failed_without_hint() -> Reply:
    reply = Reply()
    reply.failure = AppError(_REASON)
    return reply


def waiting() -> Reply:
    reply = Reply()
    reply.begin()
    reply.activity = Activity(Phase.LOADING, 0.0, progress=0.5)
    return reply


def one_of_two() -> Reply:
    conversation = Conversation()
    first = conversation.ask("Why?").reply
    first.stop()
    second = conversation.ask_again(first)
    second.stop()
    return second


KINDS: dict[str, Callable[[], Message]] = {
    "failed": failed,
    "failed_without_hint": failed_without_hint,
    "failed_halfway": lambda: failed(TextPart("It began.\n\n```python\nprint()\n```")),
    "waiting": waiting,
    "one_of_two": one_of_two,
    "thoughts": lambda: Reply([ReasoningPart("Hm.", seconds=2.0), TextPart("So.")]),
    "tool": lambda: Reply([ToolPart(name="look", arguments="{}", output="found")]),
    "table": lambda: Reply([TextPart("| a | b |\n|---|---|\n| 1 | 2 |\n\n1. x\n2. y")]),
    "image": lambda: Reply([ImagePart(_DIGEST, "image/png", "a.png")]),
    "question": lambda: UserMessage([TextPart("Why?\n" * 40)]),
    "question_with_files": lambda: UserMessage([FilePart("text", "notes.txt", 4), TextPart("Why?")]),
}


@pytest.mark.parametrize("editing", [False, True], ids=["read", "edited"])
@pytest.mark.parametrize("width", [300, 700])
@pytest.mark.parametrize("kind", KINDS)
def test_a_row_is_as_high_before_it_is_shown_as_afterwards(kind: str, width: int, editing: bool, qtbot: QtBot) -> None:
    hidden = QWidget()
    qtbot.addWidget(hidden)
    section = sections_of(KINDS[kind]())[-1]
    row = make_row(section, hidden, Pictures(hidden), RowOptions())
    if editing:
        row.begin_edit()  # type: ignore[attr-defined]
    before = row.arrange(width)
    hidden.resize(width, before)
    row.resize(width, before)
    hidden.show()
    row.show()
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    assert before == row.arrange(width)


def test_why_a_reply_failed_is_told_when_its_chat_is_opened_again(qtbot: QtBot) -> None:
    view = TranscriptView()
    qtbot.addWidget(view)
    view.resize(760, 600)
    view.show()
    talk = [message for _ in range(3) for message in (UserMessage([TextPart("Why?")]), failed())]
    view.set_messages(talk)
    qtbot.waitUntil(lambda: view.settled)
    rows = [row for message in talk if isinstance(row := view.row_of(message), ReplyRow)]
    assert rows
    for row in rows:
        assert row.failure
        assert row.failure.height() >= row.failure.retry.sizeHint().height() + 20
        assert row.rect().contains(row.failure.geometry())


def test_a_reason_that_has_become_longer_takes_more_lines_at_once(qtbot: QtBot) -> None:
    card = FailureCard(purpose="")
    qtbot.addWidget(card)
    card.show_error(AppError("Short."))
    card.show()
    short = card.height_for(300)
    card.show_error(AppError(_REASON * 4))
    assert card.height_for(300) > short
