"""Formulas: drawn beside the window's thread, shown as images, copied as they were written."""

from collections.abc import AsyncIterator, Callable

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.transcript.formulas import FormulaLook, drawn
from studiolo.desktop.chat.transcript.markdown_run import MarkdownText, formulas
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.parts import TextPart
from studiolo.desktop.markup.drawing import draw_formula
from studiolo.desktop.markup.parser import markdown_parser
from tests.stalls import StallMonitor
from tests.stands.waiting import until


@pytest.fixture
async def view(qapp: QApplication) -> AsyncIterator[TranscriptView]:
    view = TranscriptView()
    view.resize(800, 700)
    view.show()
    yield view
    view.close()
    view.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def texts(view: TranscriptView) -> list[MarkdownText]:
    return view.viewport().findChildren(MarkdownText)


def images_in(text: MarkdownText) -> int:
    return text.toPlainText().count("\ufffc")


@pytest.mark.parametrize(
    ("source", "latex"),
    [
        ("so $x^2$ is", ["x^2"]),
        (r"so \(x^2\) is", ["x^2"]),
        ("$$\nx^2\n$$", ["x^2"]),
        (r"\[ x^2 \]", ["x^2"]),
        ("inline $$x^2$$ too", ["x^2"]),
        ("from $5 to $6", []),
        ("`$x^2$`", []),
        (r"\$x\$", []),
    ],
)
def test_what_is_a_formula(source: str, latex: list[str]) -> None:
    found = []
    for token in markdown_parser().parse(source):
        found += [one.content.strip() for one in (token, *(token.children or ())) if one.type.startswith("math")]
    assert found == latex


async def test_formulas_take_the_place_of_their_source(view: TranscriptView) -> None:
    blocks = [
        "With $x^2 + y^2$ in it.",
        "$$\n\\int_0^1 x\\,dx = \\frac{1}{2}\n$$",
        "\\[ A = \\begin{pmatrix}1\\end{pmatrix} \\]",
    ]
    source = "\n\n".join(blocks)
    view.set_messages([Reply([TextPart(source)])])
    text = texts(view)[0]
    assert "x^2 + y^2" in text.toPlainText() or images_in(text)
    await until(lambda: images_in(text) == 3)
    assert "\\int" not in text.toPlainText()
    view.flush()
    assert text.height() == round(text.document().size().height())
    view.selection.select_all()
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == source
    cursor = QTextCursor(text.document())
    cursor.setPosition(2)
    cursor.setPosition(9, QTextCursor.MoveMode.KeepAnchor)
    view.selection.clear()
    text.setTextCursor(cursor)
    text.setFocus()
    assert "$x^2 + y^2$" in view.selection.copied(text)[0].markdown


async def test_what_cannot_be_read_stays_as_it_is_written(view: TranscriptView) -> None:
    view.set_messages([Reply([TextPart(r"Broken: $\frac{1}$ and $x_{$, but $y$.")])])
    text = texts(view)[0]
    await until(lambda: images_in(text) == 1)
    assert r"$\frac{1}$" in text.toPlainText()


async def test_a_wide_formula_fits_the_column(view: TranscriptView) -> None:
    wide = "$$\n" + " + ".join(f"a_{{{number}}}" for number in range(60)) + "\n$$"
    view.set_messages([Reply([TextPart(wide)])])
    text = texts(view)[0]
    await until(lambda: images_in(text))
    view.flush()
    assert text.document().idealWidth() <= text.width() + 1
    before = text.width()
    view.resize(480, 700)
    await until(lambda: text.width() < before and text.document().idealWidth() <= text.width() + 1)


def test_a_formula_stands_on_the_line_of_the_text() -> None:
    for latex in ("x", r"\frac{1}{2}", r"\sqrt{\frac{a}{b}}", "y^{2^{2^2}}", r"\underbrace{a}_{b}"):
        look = FormulaLook(latex, False, 16.0, 4.0, "#000000", 2.0)
        drawing, image = draw_formula(latex, 16.0, "#000000", block=False), drawn(look)
        assert drawing is not None
        # What Qt reserves above the line, for an image of that height set in the middle.
        assert (image.height + look.half_x) / 2 >= drawing.above - 0.01
        assert (image.height - look.half_x) / 2 >= drawing.below - 0.01
        assert image.image.width() == pytest.approx(drawing.width * 2, abs=1)


@pytest.mark.parametrize(
    "latex", ["", " ", "{" * 5000, "\\" * 3000, "x" * 5000, "{" * 900 + "}" * 900, "\\frac" * 500, "\0", "\ud800"]
)
def test_whatever_stands_between_dollars_does_no_harm(latex: str) -> None:
    drawn(FormulaLook(latex, False, 16.0, 4.0, "#000000", 1.0))


@pytest.mark.alone
async def test_five_hundred_formulas_do_not_stall(view: TranscriptView, stalls: Callable[[], StallMonitor]) -> None:
    lines = [f"The {n}th: $x_{{{n}}} = \\frac{{{n}}}{{y^{{{n}}}}} + \\sqrt{{{n}}}$ of them." for n in range(500)]
    reply = Reply([TextPart("\n\n".join(lines))])
    with stalls() as watch:
        view.set_messages([reply])
        await until(lambda: not any("$" in text.toPlainText() for text in texts(view) if text.isVisible()))
        view.verticalScrollBar().setValue(0)
        await until(lambda: not any("$" in text.toPlainText() for text in texts(view) if text.isVisible()))
        await until(lambda: view.settled and formulas().idle)
    assert watch.worst_cpu < 100


async def test_nobody_is_told_of_formulas_after_the_chat_is_gone(view: TranscriptView) -> None:
    view.set_messages([Reply([TextPart(f"$z_{{{n}}}^2$")]) for n in range(30)])
    view.set_messages([])
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    await until(lambda: formulas().idle)
    assert not view.viewport().findChildren(QObject, "MarkdownText")
