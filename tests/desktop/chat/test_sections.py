"""Long messages as several rows."""

from collections.abc import AsyncIterator, Callable

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from studiolo.api.events import MessageDelta
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Reply, UserMessage
from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.chat.transcript.sections import LENGTH, Section, sections_of
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.parts import Part, ReasoningPart, TextPart, ToolPart
from tests.stalls import StallMonitor
from tests.stands.waiting import until

PARAGRAPH = "The quick brown fox jumps over the lazy dog, and *then* it does so `again`. " * 6
LIMIT_MS = 100


def said(sections: list[Section]) -> str:
    return "".join(part.text for section in sections for part in section.parts if isinstance(part, TextPart))


def test_what_is_short_stays_whole() -> None:
    reply = Reply([ReasoningPart("Hm."), TextPart("word " * 1_000)])
    sections = sections_of(reply)
    assert len(sections) == 1
    assert sections[0].parts is reply.parts


def test_nothing_is_lost_and_blocks_stay_whole() -> None:
    code = "```python\n" + "value = 1\n\n" * 3_000 + "```"
    blocks = [*([PARAGRAPH] * 60), code, *([PARAGRAPH] * 60)]
    text = "\n\n".join(blocks)
    sections = sections_of(Reply([TextPart(text)]))
    assert len(sections) > 3
    assert said(sections) == text
    assert [section.last for section in sections] == [False] * (len(sections) - 1) + [True]
    assert sum(section.size for section in sections) == len(text)
    assert sum(code in part.text for section in sections for part in section.parts) == 1
    assert all(section.size < 3 * LENGTH for section in sections if code not in section.parts[0].text)


@pytest.mark.parametrize("text", ["x" * 100_000, "word " * 20_000, "line\n" * 20_000, "```\n" + "code\n\n" * 20_000])
def test_what_has_no_seams_is_cut_all_the_same_unless_it_is_code(text: str) -> None:
    sections = sections_of(Reply([TextPart(text)]))
    assert said(sections) == text
    assert (len(sections) > 3) is not text.startswith("```")


def test_parts_stand_where_they_stood() -> None:
    thought, tool = ReasoningPart("why " * 8_000, 3.0), ToolPart("look")
    parts: list[Part] = [thought, TextPart(PARAGRAPH * 40), tool, TextPart("End.")]
    sections = sections_of(Reply(parts))
    shown = [part for section in sections for part in section.parts]
    assert "".join(part.text for part in shown if isinstance(part, ReasoningPart)) == thought.text
    assert [part for part in shown if isinstance(part, ToolPart)] == [tool]
    assert shown[-1] == TextPart("End.")
    assert all(part.seconds == 3.0 for part in shown if isinstance(part, ReasoningPart))


@pytest.fixture
async def view(qapp: QApplication) -> AsyncIterator[TranscriptView]:
    view = TranscriptView()
    view.resize(800, 700)
    view.show()
    yield view
    view.close()
    view.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_a_growing_reply_goes_on_in_another_row(view: TranscriptView) -> None:
    turn = Conversation().ask("Write a book.")
    view.set_messages([])
    view.append((turn.question, turn.reply))
    written = ""
    for number in range(300):
        piece = f"Paragraph {number}. {PARAGRAPH}\n\n"
        written += piece
        turn.reply.apply(MessageDelta(content=piece))
        view.message_changed(turn.reply)
        view.flush()
    sections = [section for section in view.sections if section.message is turn.reply]
    assert len(sections) > 5
    assert said(sections) == written
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum()
    rows = [row for row in view.live.values() if isinstance(row, ReplyRow)]
    assert sum(row.activity is not None and row.activity.isVisible() for row in rows) == 1
    turn.reply.stop()
    view.message_changed(turn.reply)
    view.flush()
    assert sum(row.again.isVisible() for row in rows) == 1


async def test_what_is_far_within_a_long_reply_is_found(view: TranscriptView) -> None:
    text = "\n\n".join([*([PARAGRAPH] * 300), "A needle here.", *([PARAGRAPH] * 300), "Another needle."])
    reply = Reply([TextPart(text)])
    view.set_messages([UserMessage([TextPart("Where?")]), reply])
    for number in (0, 1):
        view.select(reply, "needle", number)
        selected = [
            field
            for row in view.live.values()
            for field in row.said()
            if field.textCursor().selectedText() == "needle" and row.isVisible()
        ]
        assert selected
        at = selected[-1].mapTo(view.viewport(), selected[-1].cursorRect().topLeft()).y()
        assert 0 <= at < view.viewport().height()


def still(view: TranscriptView) -> bool:
    """Nothing is left to be made, of what is in sight and beside it."""
    return view.settled and all(block.complete for block in view.viewport().findChildren(CodeBlock))


LONG_CODE = "\n".join(f"def function_{number}(a, b): return a + {number}  # comment" for number in range(50_000))


@pytest.mark.alone
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n\n".join([PARAGRAPH] * 2_200), id="a megabyte"),
        pytest.param(PARAGRAPH * 2_200, id="a megabyte in one paragraph"),
        pytest.param(f"Here:\n\n```python\n{LONG_CODE}\n```\n\nThat is all.", id="50,000 lines of code"),
        pytest.param("\n".join("  " * depth + f"- level {depth}" for depth in range(400)), id="a deep list"),
        pytest.param("> " * 500 + "deep", id="a deep quote"),
        pytest.param("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 1_000, id="a long table"),
        pytest.param("مرحبا بالعالم 😀👩‍👩‍👧‍👦 שלום " * 1_500, id="right to left and emoji"),
        pytest.param("**bold *it `co [a](b ![c]( <div> &amp; \0 \ud800 ~~~\n```" * 300, id="broken Markdown"),
    ],
)
async def test_nothing_stalls(view: TranscriptView, stalls: Callable[[], StallMonitor], text: str) -> None:
    view.set_messages([Reply([TextPart("Before.")])])
    await until(lambda: still(view))
    with stalls() as watch:
        view.set_messages([UserMessage([TextPart("Go.")]), Reply([TextPart(text)])])
        await until(lambda: still(view))
        view.verticalScrollBar().setValue(0)
        await until(lambda: still(view))
        view.resize(620, 700)
        await until(lambda: still(view))
        view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
        await until(lambda: still(view))
    assert watch.worst_cpu < LIMIT_MS
    assert view.live_rows < 60


async def test_a_long_code_comes_whole_and_can_be_copied(view: TranscriptView) -> None:
    view.set_messages([Reply([TextPart(f"```python\n{LONG_CODE}\n```")])])
    block = view.viewport().findChildren(CodeBlock)[0]
    await until(lambda: block.field.document().characterCount() > len(LONG_CODE))
    assert block.field.toPlainText() == LONG_CODE
    assert not block.wrap.isVisible()
    block.copy.click()
    assert QApplication.clipboard().text() == LONG_CODE
