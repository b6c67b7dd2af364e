"""Markdown as it comes from models: cut, written and shown; nothing in it is trusted."""

import time

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studiolo.api.events import MessageDelta, ReasoningDelta
from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.transcript.actions import Follow
from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.chat.transcript.markdown import Writer
from studiolo.desktop.chat.transcript.markdown_run import MarkdownRun, MarkdownText
from studiolo.desktop.chat.transcript.pieces import Piece, Splitter
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.chat.transcript.runs import ReasoningRun
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.parts import TextPart
from studiolo.desktop.widgets.code_colours import coloured
from studiolo.desktop.widgets.theme import LIGHT

EXAMPLE = """# Title

A *paragraph* with `code` and a [link](https://example.org/x).

- one
- [x] two
  1. three

> quoted

```python
def f(x):
    return "a"  # why
```

| a | b |
|---|--:|
| 1 | 2 |

    indented

The end."""


def test_text_and_code_are_told_apart() -> None:
    pieces = Splitter().pieces(EXAMPLE, whole=True)
    assert [piece.kind for piece in pieces] == ["text", "code", "text", "code", "text"]
    assert pieces[1] == Piece("code", 'def f(x):\n    return "a"  # why', "python")
    assert pieces[3].source == "indented"


@pytest.mark.parametrize("step", [1, 7, 50])
def test_a_text_that_grows_ends_as_if_it_had_come_at_once(step: int) -> None:
    splitter = Splitter()
    for end in range(0, len(EXAMPLE), step):
        pieces = splitter.pieces(EXAMPLE[:end], whole=False)
        assert all(piece.whole for piece in pieces[:-1])
    assert splitter.pieces(EXAMPLE, whole=True) == Splitter().pieces(EXAMPLE, whole=True)


def test_only_the_last_block_is_read_again() -> None:
    splitter = Splitter()
    text = "".join(f"Paragraph {n} with some words.\n\n" for n in range(20_000))
    splitter.pieces(text, whole=False)
    began = time.thread_time()
    for _ in range(100):
        text += "word "
        splitter.pieces(text, whole=False)
    assert time.thread_time() - began < 0.5


def test_another_text_begins_anew() -> None:
    splitter = Splitter()
    splitter.pieces("one\n\ntwo\n\n", whole=False)
    assert splitter.pieces("three", whole=True) == [Piece("text", "three")]


def html(source: str) -> str:
    return Writer(LIGHT).html(source)


def test_html_in_a_reply_is_text() -> None:
    written = html('<script>alert(1)</script> <img src="http://x/y.png"> a<br>b')
    assert "<script" not in written
    assert "<img" not in written
    assert "&lt;script&gt;" in written


def test_an_image_is_a_link() -> None:
    written = html("![a cat](http://example.org/cat.png)")
    assert "<img" not in written
    assert 'href="http://example.org/cat.png"' in written
    assert "a cat" in written


@pytest.mark.parametrize("address", ["javascript:alert(1)", "vbscript:x", "file:///etc/passwd", "data:text/html,x"])
def test_dangerous_links_are_no_links(address: str) -> None:
    assert "href" not in html(f"[x]({address})")


def test_tables_tasks_and_breaks_are_what_they_mean() -> None:
    written = html("- [ ] do\n- [x] done\n\none\ntwo\n\n| a | b |\n|---|--:|\n| 1 | 2 |")
    assert "☐ do" in written
    assert "☑ done" in written
    assert "one<br" in written
    assert '<td align="right"' in written
    assert "~~" not in html("~~gone~~")


def test_colours_of_code_cover_each_line() -> None:
    lines = coloured('def f(x):\n    return "a"  # why\n', "python")
    assert (0, 3, "code_keyword") in lines[0]
    assert any(name == "code_string" for _, _, name in lines[1])
    assert any(name == "muted" for _, _, name in lines[1])
    assert coloured("x", "no such language") == [[]]


@pytest.fixture
def view(qtbot: QtBot) -> TranscriptView:
    view = TranscriptView()
    view.resize(800, 600)
    qtbot.addWidget(view)
    view.show()
    return view


def row_of(view: TranscriptView, reply: Reply) -> ReplyRow:
    row = view.row_of(reply)
    assert isinstance(row, ReplyRow)
    return row


def shown(view: TranscriptView, text: str) -> MarkdownRun:
    reply = Reply([TextPart(text)])
    view.set_messages([reply])
    run = row_of(view, reply).runs[0]
    assert isinstance(run, MarkdownRun)
    return run


def test_code_has_its_language_its_colours_and_is_copied(view: TranscriptView, qtbot: QtBot) -> None:
    run = shown(view, EXAMPLE)
    code = next(piece for piece in run.pieces if isinstance(piece, CodeBlock))
    assert code.language.text() == "python"
    QTest.mouseClick(code.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == 'def f(x):\n    return "a"  # why'
    qtbot.waitUntil(lambda: bool(code.field.document().firstBlock().layout().formats()))


def test_a_link_is_told_and_not_opened(view: TranscriptView, qtbot: QtBot) -> None:
    run = shown(view, "See [the notes](https://example.org/notes).")
    text = run.pieces[0]
    assert isinstance(text, MarkdownText)
    cursor = QTextCursor(text.document())
    cursor.setPosition(7)
    at = text.cursorRect(cursor).center() + QPoint(1, 0)
    with qtbot.waitSignal(view.action_requested) as told:
        QTest.mouseClick(text.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert told.args == [Follow(QUrl("https://example.org/notes"))]


def test_thoughts_are_folded_once_the_model_speaks(view: TranscriptView) -> None:
    reply = Reply([])
    reply.begin()
    view.set_messages([reply])
    reply.apply(ReasoningDelta(content="Let me think."))
    view.message_changed(reply)
    view.flush()
    run = row_of(view, reply).runs[0]
    assert isinstance(run, ReasoningRun)
    assert run.body.isVisible()
    assert run.header.text() == "Thinking…"
    reply.apply(MessageDelta(content="Yes."))
    view.message_changed(reply)
    view.flush()
    assert not run.body.isVisible()
    assert run.header.text().startswith("Thought for")
    before = row_of(view, reply).height()
    QTest.mouseClick(run.header, Qt.MouseButton.LeftButton)
    view.flush()
    assert run.body.isVisible()
    assert row_of(view, reply).height() > before


ODD = {
    "empty": "",
    "null byte": "a\0b `\0` \n```\n\0\n```",
    "open fence": "```python\nx = 1",
    "broken table": "| a | b |\n|---|\n| 1 |",
    "broken links": "[a](b [c](d ![e](f",
    "deep list": "\n".join("  " * depth + "- x" for depth in range(60)),
    "deep quote": ">" * 200 + " x",
    "right to left": "# مرحبا\n\n- שלום",
    "emoji": "👩‍👩‍👧 **😀**",
    "odd line ends": "a\r\nb\x0bc\x0cd\x85e\u2028f\rg\n\n```\na\x0cb\n```\n\nend",
    "surrogate": "a \ud800 b",
    "emphasis": "*" * 3000 + "a",
    "brackets": "[" * 3000,
}


@pytest.mark.parametrize("name", ODD)
def test_odd_texts_are_shown(view: TranscriptView, name: str) -> None:
    run = shown(view, ODD[name])
    assert bool(run.pieces) is bool(ODD[name])
    splitter = Splitter()
    for end in range(0, min(len(ODD[name]), 400), 3):
        splitter.pieces(ODD[name][:end], whole=False)
