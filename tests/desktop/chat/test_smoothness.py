"""How long the chat keeps the GUI thread busy, in CPU time."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from studiolo.api.events import MessageDelta
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Message, Reply, UserMessage
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.parts import TextPart
from tests.stalls import StallMonitor
from tests.stands.waiting import until

pytestmark = pytest.mark.alone

# A frame at 30 Hz. Measured: 2 to 10 ms, but machines differ.
WORST_MS = 33
TOKENS_PER_SECOND, TOKENS = 200, 600
KILOBYTE = "The quick brown fox jumps over the lazy dog. " * 22 + "\n\nAnd so on."


@pytest.fixture
async def view(qapp: QApplication) -> AsyncIterator[TranscriptView]:
    view = TranscriptView()
    view.resize(800, 700)
    view.show()
    yield view
    view.close()
    view.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def kilobytes(count: int) -> list[Message]:
    made: list[Message] = []
    for number in range(count // 2):
        made += [UserMessage([TextPart(f"Question {number}")]), Reply([TextPart(KILOBYTE)])]
    return made


async def test_streaming_into_a_long_conversation_leaves_the_window_free(
    view: TranscriptView, stalls: Callable[[], StallMonitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    view.set_messages(kilobytes(10_000))
    turn = Conversation().ask("Go on.")
    view.append((turn.question, turn.reply))
    await until(lambda: view.settled)
    refreshed: list[Reply] = []
    refresh = ReplyRow.refresh

    def noted(row: ReplyRow) -> None:
        refreshed.append(row.message)
        refresh(row)

    monkeypatch.setattr(ReplyRow, "refresh", noted)
    with stalls() as watch:
        for number in range(TOKENS):
            turn.reply.apply(MessageDelta(content=" token" if number % 40 else "\n\nNew paragraph."))
            view.message_changed(turn.reply)
            await asyncio.sleep(1 / TOKENS_PER_SECOND)  # The rate at which they come.
    view.flush()
    assert watch.worst_cpu < WORST_MS
    assert watch.busy < 0.4
    assert set(refreshed) == {turn.reply}
    seconds = sum(watch.wall) / 1000
    assert len(refreshed) / seconds < 60, "it is shown more often than a screen can"
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()


async def test_one_paragraph_without_end_does_not_slow_down(
    view: TranscriptView, stalls: Callable[[], StallMonitor]
) -> None:
    turn = Conversation().ask("Go on.")
    view.append((turn.question, turn.reply))
    turn.reply.apply(MessageDelta(content="word " * 4_000))
    view.message_changed(turn.reply)
    view.flush()
    with stalls() as watch:
        for _ in range(100):
            turn.reply.apply(MessageDelta(content="word "))
            view.message_changed(turn.reply)
            await asyncio.sleep(1 / TOKENS_PER_SECOND)  # The rate at which they come.
    assert watch.worst_cpu < WORST_MS


async def test_opening_and_scrolling_a_long_conversation_never_hangs(
    view: TranscriptView, stalls: Callable[[], StallMonitor]
) -> None:
    made = kilobytes(10_000)
    with stalls() as opening:
        view.set_messages(made)
        await until(lambda: view.settled)
    assert opening.worst_cpu < 150
    bar = view.verticalScrollBar()
    with stalls() as scrolling:
        for step in range(60):
            bar.setValue(bar.value() - 300 if step < 40 else bar.value() // 2)
            await asyncio.sleep(0.01)  # As fast as a hand on a wheel.
    assert scrolling.worst_cpu < 3 * WORST_MS
