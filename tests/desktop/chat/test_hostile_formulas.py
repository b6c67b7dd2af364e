"""Formulas that take more than they should: each is shown as it is written, or drawn, within the limits."""

import os
import re
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.texmath import texmath_plugin
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.pdf import write_pdf
from studiolo.desktop.chat.transcript import markdown_run
from studiolo.desktop.chat.transcript.formulas import FormulaLook, drawn
from studiolo.desktop.chat.transcript.markdown import Writer
from studiolo.desktop.chat.transcript.markdown_run import MarkdownText, formulas
from studiolo.desktop.chat.transcript.pieces import Splitter
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.exporting import as_html
from studiolo.desktop.history.parts import TextPart, parts_to_json
from studiolo.desktop.history.records import Chat, StoredMessage
from studiolo.desktop.markup.formula_rules import FORMULAS, formula_of
from studiolo.desktop.markup.parser import markdown_parser
from studiolo.desktop.widgets.theme import LIGHT
from studiolo.desktop.worker.formulas import FormulaDrawer
from tests.desktop.chat.test_hostile_attachments import memory_taken
from tests.stalls import StallMonitor
from tests.stands.hostile_formulas import KINDS, QUICK, hostile_formulas
from tests.stands.waiting import until, wait_until

PROVE = bool(os.environ.get("STUDIOLO_PROVE"))
LIMIT_BYTES = 400_000_000
LIMIT_SECONDS = 12.0
MOST_PIXELS = 1_600_000


@pytest.fixture(scope="module")
def drawer() -> Iterator[FormulaDrawer]:
    with FormulaDrawer(patient=True) as drawer:
        yield drawer


@pytest.fixture
async def view(qapp: QApplication) -> AsyncIterator[TranscriptView]:
    view = TranscriptView()
    view.resize(800, 700)
    view.show()
    yield view
    view.close()
    view.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.mark.proof
@pytest.mark.timeout(3600 if PROVE else 120)
def test_hostile_formulas_take_no_more_than_their_share(
    qapp: QApplication, drawer: FormulaDrawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not PROVE:
        monkeypatch.setattr("studiolo.desktop.worker.formulas._CPU_SECONDS", 0.2)
    kinds = tuple(KINDS) if PROVE else QUICK
    for what, latex in hostile_formulas(200 if PROVE else len(QUICK), seed=5, kinds=kinds):
        began = time.monotonic()
        with memory_taken() as taken:
            image = drawn(FormulaLook(latex, len(what) % 2 == 0, 18.0, 4.0, "#000000", 2.0), drawer)
        took = time.monotonic() - began
        print(f"{what}: {took:.1f} s, {taken.most / 1e6:.0f} MB, {image.image.width()} x {image.image.height()}")
        assert took < LIMIT_SECONDS, what
        assert taken.most < LIMIT_BYTES, what
        assert image.image.width() * image.image.height() <= MOST_PIXELS, what


def texts(view: TranscriptView) -> list[MarkdownText]:
    return view.viewport().findChildren(MarkdownText)


def images_in(view: TranscriptView) -> int:
    return sum(text.toPlainText().count("\ufffc") for text in texts(view))


async def test_a_formula_that_takes_too_long_keeps_the_others_waiting_for_a_moment_only(
    view: TranscriptView, stalls: Callable[[], StallMonitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studiolo.desktop.worker.formulas._CPU_SECONDS", 0.2)
    long = r"\begin{matrix}" + r"x^{x^{x}}&" * 300 + r"\end{matrix}"
    with stalls() as watch:
        view.set_messages([Reply([TextPart(f"First ${long}$ and $x^2$.\n\n```\ncode\n```\n\nThen $y^2$.")])])
        await until(lambda: images_in(view) >= 2)
    assert watch.worst_cpu < 100


async def test_large_formulas_do_not_fill_the_memory(view: TranscriptView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studiolo.desktop.chat.transcript.formulas._KEPT_BYTES", 4_000_000)
    monkeypatch.setattr(markdown_run, "_MOST_FORMULA_BYTES", 3_000_000)
    large = [rf"$$\hspace{{{number}em}}x^{{\frac{{1}}{{2}}}}$$" for number in range(180, 192)]
    view.set_messages([Reply([TextPart("\n\n".join(large))])])
    await until(lambda: images_in(view) > 1)
    await until(lambda: not any(text._awaited for text in texts(view)))
    assert formulas().kept_bytes <= 4_000_000
    assert 1 < images_in(view) < len(large)
    for text in texts(view):
        assert sum(image.image.sizeInBytes() for _, image in text._drawn) < 4_500_000


async def test_a_formula_wider_than_any_screen_is_shown_as_it_is_written(view: TranscriptView) -> None:
    view.set_messages([Reply([TextPart(r"See $\hspace{40000em}x$ and $y^2$.")])])
    await until(lambda: images_in(view) == 1)
    assert r"\hspace{40000em}" in texts(view)[0].toPlainText()


def test_exports_draw_within_the_limits_too(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studiolo.desktop.worker.formulas._CPU_SECONDS", 0.2)
    told = "Too wide: $\\hspace{40000em}x$.\n\nA sum: $" + "x+" * 1_900 + "$\n\nGood: $x^2$"
    parts = parts_to_json([TextPart(told)])
    messages = {1: StoredMessage(1, None, "assistant", parts, 0.0)}
    chat = Chat(1, "t", None, 0.0, 0.0, leaf=1)
    page = as_html(chat, messages)
    assert page.count("<svg") == 1
    assert len(page) < 100_000
    with memory_taken() as taken:
        write_pdf(chat, messages, tmp_path / "a.pdf", {})
    assert taken.most < LIMIT_BYTES


def test_an_export_gives_up_on_formulas_once_many_came_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studiolo.desktop.worker.formulas._PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr("studiolo.desktop.worker.formulas._CPU_SECONDS", 0.05)
    monkeypatch.setattr("studiolo.desktop.worker.formulas._SECONDS", 0.2)
    with FormulaDrawer() as drawer:
        assert drawer.draw("x+" * 1_900, 16.0, "#000000", block=False) is None
        assert drawer.draw("x", 16.0, "#000000", block=False) is None
        assert drawer._worker._child is None


@pytest.mark.skipif(os.name != "posix", reason="no process can be stopped here")
def test_a_formula_is_drawn_though_the_worker_ends_as_it_is_asked() -> None:
    with FormulaDrawer() as drawer, ThreadPoolExecutor(1) as pool:
        assert drawer.draw("x", 16.0, "#000000", block=False)
        child = drawer._worker._child
        assert child
        child.send_signal(signal.SIGSTOP)
        drawing = pool.submit(drawer.draw, "x^2", 16.0, "#000000", block=False)
        wait_until(lambda: any(thread.name == "worker watch" for thread in threading.enumerate()))
        child.kill()
        assert drawing.result()


@pytest.mark.parametrize("beginning", [r"\(a ", "\\[\n\n", "\\[ a\n", r"> \[ a" + "\n", "$a ", "$$\n\n"])
def test_formulas_that_never_end_are_looked_for_once(beginning: str) -> None:
    source = beginning * (50_000 // len(beginning))
    began = time.process_time()
    Writer(LIGHT).html(source)
    Splitter().pieces(source, whole=True)
    assert time.process_time() - began < 6.0


PIECES = [r"\(", r"\)", "x", " ", "\n", "\n\n", "> ", "(1)", "\\", "[", "- "]


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
@settings(max_examples=150)
def test_formulas_in_a_line_begin_and_end_where_the_usual_rule_has_it(source: str) -> None:
    assume(not re.search(r"\\\(\s*\\\)", source))
    usual = markdown_parser().disable("formula").use(texmath_plugin, delimiters="brackets")
    assert shape(markdown_parser(), source) == shape(usual, source)


BLOCKS = [r"\[", r"\]", "$$", r"\begin{align}", r"\end{align}", "x", "=", " ", "\n", "\n", "\n\n", "(1)", "`"]


@given(st.lists(st.sampled_from(BLOCKS), max_size=24).map("".join))
@example(r"\[\[\](1)")
@settings(max_examples=200)
def test_formulas_are_the_same_in_lists_and_in_quotations(source: str) -> None:
    source = "x" + re.sub("\n +", "\n", source).rstrip()
    alone = formulas_in(source)
    assert formulas_in("> " + source.replace("\n", "\n> ")) == alone
    assert formulas_in("- " + source.replace("\n", "\n  ")) == alone
    assert all(formula in source for formula in alone)


def formulas_in(source: str) -> list[str]:
    tokens = [one for token in markdown_parser().parse(source) for one in (token, *(token.children or ()))]
    return [formula_of(token).source for token in tokens if token.type in FORMULAS]


def shape(parser: MarkdownIt, source: str) -> list[tuple[str, str]]:
    return [(one.type, one.content) for token in parser.parse(source) for one in [token, *(token.children or ())]]
