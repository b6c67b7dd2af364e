"""What is copied of a reply: formulas with their delimiters, tables as rows, code with its fence, in every form."""

import time
from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QTextEdit

from studiolo.desktop.chat.messages import Message, Reply, UserMessage
from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.chat.transcript.markdown_run import MarkdownText
from studiolo.desktop.chat.transcript.selection import Spot, put_on_clipboard
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.parts import ReasoningPart, TextPart
from tests.stands.waiting import until

REPLY = """The sum \\(a + b\\) is **here**:

$$
a + b = c
$$

| name | sign |
|------|------|
| plus | $+$ |
| bar | `a|b` |

1. one
2. two
   ```python
   def f():
       return 1
   ```
- [x] done

The end_of it."""


@pytest.fixture
async def view(qapp: QApplication) -> AsyncIterator[TranscriptView]:
    view = TranscriptView()
    view.resize(760, 900)
    view.show()
    yield view
    view.close()
    view.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def shown(view: TranscriptView, *messages: Message) -> list[QTextEdit | QPlainTextEdit]:
    """The fields of the first message, once its formulas are drawn."""
    view.set_messages(messages)
    texts = view.viewport().findChildren(MarkdownText)
    await until(lambda: not any(text._awaited for text in texts))
    row = view.row_of(messages[0])
    return row.said() if row else []


def copied(view: TranscriptView, how: str) -> str:
    put_on_clipboard(view.selection.copied(QApplication.focusWidget()), how=how)
    return QGuiApplication.clipboard().text()


async def test_everything_is_copied_as_it_reads(view: TranscriptView) -> None:
    fields = await shown(view, Reply([TextPart(REPLY)]))
    first = fields[0]
    first.setFocus()
    first.selectAll()
    assert copied(view, "plain") == (
        "The sum \\(a + b\\) is here:\n\n$$\na + b = c\n$$\n\nname\tsign\nplus\t$+$\nbar\ta|b\n\n1. one\n2. two"
    )
    view.selection.select_all()
    assert "def f():\n    return 1" in copied(view, "plain")
    assert copied(view, "markdown") == REPLY
    told = copied(view, "both")
    html = QGuiApplication.clipboard().mimeData().html()
    assert told == REPLY
    assert "formula:" not in html


async def test_messages_nobody_has_seen_read_the_same(view: TranscriptView) -> None:
    replies = [Reply([TextPart(REPLY)]) for _ in range(40)]
    await shown(view, *replies)
    view.selection.select_all()
    plain = copied(view, "plain")
    assert plain.count("plus\t$+$\nbar\ta|b") == 40
    assert plain.count("$$\na + b = c\n$$") == 40
    assert not set(plain) & set("\ufffc\ufdd0\ufdd1")


async def test_a_part_of_a_text_keeps_its_formulas_and_its_marks(view: TranscriptView) -> None:
    fields = await shown(view, Reply([TextPart(REPLY)]))
    first = fields[0]
    first.setFocus()
    cursor = QTextCursor(first.document())
    cursor.setPosition(4)
    cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
    first.setTextCursor(cursor)
    assert copied(view, "markdown") == (
        "sum \\(a + b\\) is **here**:\n\n$$\na + b = c\n$$\n\n"
        "| name | sign |\n| --- | --- |\n| plus | $+$ |\n| bar | `a\\|b` |\n\n1. one\n2. two"
    )
    copied(view, "both")
    html = QGuiApplication.clipboard().mimeData().html()
    assert "formula:" not in html
    assert "\\(a + b\\)" in html


async def test_a_part_of_code_keeps_its_fence_and_its_language(view: TranscriptView) -> None:
    fields = await shown(view, Reply([TextPart(REPLY)]))
    number = next(n for n, field in enumerate(fields) if isinstance(field.parentWidget(), CodeBlock))
    view.selection._select(Spot(0, number, 4), Spot(0, number + 1, 4))
    assert copied(view, "markdown").startswith("```python\nf():\n    return 1\n```\n\n")
    view.selection._select(Spot(0, number - 1, 3), Spot(0, number, 7))
    assert copied(view, "markdown").endswith("\n\n```python\ndef f()\n```")


async def test_a_question_is_copied_as_it_was_typed(view: TranscriptView) -> None:
    fields = await shown(view, UserMessage([TextPart("Is *this* a_b and `c`?\nYes.")]))
    fields[0].setFocus()
    cursor = QTextCursor(fields[0].document())
    cursor.setPosition(3)
    cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
    fields[0].setTextCursor(cursor)
    for how in ("markdown", "plain", "both"):
        assert copied(view, how) == "*this* a_b and `c`?\nYes."


async def test_a_long_table_stays_one_table(view: TranscriptView) -> None:
    table = "| a | b |\n|---|---|\n" + "".join(f"| {n} | cell |\n" for n in range(1_500))
    await shown(view, Reply([TextPart(table.strip())]))
    assert len(view.sections) > 2
    view.selection.select_all()
    assert copied(view, "markdown") == table.strip()


async def test_columns_from_right_to_left_are_copied_in_their_order(view: TranscriptView) -> None:
    fields = await shown(view, Reply([TextPart("| أ | ب |\n|---|---|\n| 1 | 2 |")]))
    fields[0].setFocus()
    fields[0].selectAll()
    assert copied(view, "plain") == "أ\tب\n1\t2"


@pytest.mark.parametrize("kind", ["reply", "code span", "question", "reasoning"])
def test_a_word_without_end_opens_as_fast_as_others(kind: str, qapp: QApplication) -> None:
    word = "0123456789abcdef" * 3_750
    messages: dict[str, Message] = {
        "reply": Reply([TextPart(word)]),
        "code span": Reply([TextPart(f"`{word}`")]),
        "question": UserMessage([TextPart(word)]),
        "reasoning": Reply([ReasoningPart(word), TextPart("So.")]),
    }
    view = TranscriptView()
    view.resize(700, 800)
    view.show()
    began = time.thread_time()
    view.set_messages([messages[kind]])
    while not view.settled:
        QApplication.processEvents()
    assert time.thread_time() - began < 1.0
    view.close()
    view.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
