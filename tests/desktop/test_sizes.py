"""Text size, density and the font of code change while the window is open: then everything is as if made so."""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.transcript.code import CodeBlock
from studiolo.desktop.shell.navigation import CHAT, DISCOVER, DOWNLOADS, MODELS
from studiolo.desktop.tray.mini_monitor import MiniMonitor
from studiolo.desktop.widgets import theme
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.sizes import Density, sizes, wear_code_font
from tests.desktop.test_recolouring import places, seen, window_with_everything
from tests.stands.cut_text import cut_texts
from tests.stands.waiting import stays

SERIFS = "DejaVu Serif"
"""Nobody would take it for the system's font of code."""
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "larger": ({}, {"text_size": 200}),
    "as it was": ({"text_size": 200}, {}),
    "compact": ({}, {"density": "compact", "code_font": SERIFS}),
    "comfortable": ({"density": "compact", "code_font": SERIFS}, {}),
}


@pytest.fixture(autouse=True)
def _usual_again(qapp: QApplication) -> Iterator[None]:
    flash = qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)
    theme.apply(qapp, "light")
    yield
    qapp.setCursorFlashTime(flash)
    theme.apply(qapp, "light")


@pytest.mark.parametrize("change", CHANGES)
async def test_after_a_change_every_page_is_as_if_made_so(change: str, qapp: QApplication) -> None:
    before, after = CHANGES[change]
    pages = (DISCOVER, DOWNLOADS, MODELS, CHAT)
    theme.apply(qapp, "light", **before)
    changed = await window_with_everything()
    first = {page: await seen(changed, page) for page in pages}
    theme.apply(qapp, "light", **after)
    await settled(qapp)
    now = {page: await seen(changed, page) for page in pages}
    fresh = await window_with_everything()
    try:
        for page in pages:
            assert places(now[page], await seen(fresh, page)) == [], page
            assert places(now[page], first[page]), f"nothing is seen of it on {page}"
    finally:
        for window in (changed, fresh):
            window.close()
            window.deleteLater()


async def settled(app: QApplication) -> None:
    """Layouts within layouts hear of each other one turn later each."""
    await stays(lambda: app.activePopupWidget() is None)


def test_menus_tips_and_the_mini_monitor_have_the_size_too(qapp: QApplication) -> None:
    label, monitor = QLabel("Anything"), MiniMonitor()
    label.show()
    monitor.show()
    small = monitor.width()
    theme.apply(qapp, "light", text_size=200)
    qapp.processEvents()
    menu = new_menu(label)
    menu.ensurePolished()
    assert {widget.font().pointSizeF() for widget in (label, menu, monitor.label)} == {sizes().body}
    assert QToolTip.font().pointSizeF() == sizes().body
    assert monitor.width() == 2 * small
    theme.apply(qapp, "light")
    qapp.processEvents()
    assert (label.font().pointSizeF(), monitor.width()) == (sizes().body, small)
    for widget in (label, monitor):
        widget.close()
        widget.deleteLater()


def test_all_text_at_twice_the_size_is_twice_as_large(qapp: QApplication) -> None:
    usual = {kind: sizes().points(kind) for kind in ("caption", "small", "body", "title", "code")}
    theme.apply(qapp, "light", text_size=200)
    assert {kind: sizes().points(kind) / 2 for kind in usual} == pytest.approx(usual)  # type: ignore[arg-type]
    assert usual["caption"] < usual["small"] < usual["body"] < usual["title"]


def test_a_font_of_code_that_is_gone_gives_way_to_the_systems(qapp: QApplication) -> None:
    field = QPlainTextEdit()
    wear_code_font(field)
    block = CodeBlock()
    system = QFontInfo(field.font()).family()
    for chosen, expected in ((SERIFS, SERIFS), ('No such "font"', system), ("", system)):
        theme.apply(qapp, "light", code_font=chosen)
        for widget in (field, block.field):
            widget.ensurePolished()
            assert QFontInfo(widget.font()).family() == expected
    field.deleteLater()
    block.deleteLater()


@pytest.mark.parametrize("density", ["comfortable", "compact"])
@pytest.mark.parametrize("text_size", [80, 100, 200])
async def test_no_word_is_cut_in_a_narrow_window(text_size: int, density: Density, qapp: QApplication) -> None:
    theme.apply(qapp, "light", text_size=text_size, density=density)
    window = await window_with_everything()
    window.resize(900, 760)
    try:
        for page in (DISCOVER, DOWNLOADS, MODELS, CHAT):
            await seen(window, page)
            await settled(qapp)
            assert cut_texts(window) == [], page
        window.page.show_inspector(True)
        await settled(qapp)
        assert cut_texts(window) == []
    finally:
        window.close()
        window.deleteLater()


def test_a_word_that_is_cut_is_found(qtbot: QtBot) -> None:
    room = QWidget()
    qtbot.addWidget(room)
    label, button = QLabel("Anything at all", room), QPushButton("Press", room)
    room.resize(400, 200)
    button.move(0, 100)
    room.show()
    assert cut_texts(room) == []
    label.setFixedWidth(label.sizeHint().width() - 4)
    button.setFixedHeight(button.sizeHint().height() - 6)
    assert cut_texts(room) == ["Anything at all", "Press"]
    label.setFixedWidth(label.sizeHint().width())
    label.move(400 - label.sizeHint().width() + 4, 0)
    button.setFixedHeight(button.sizeHint().height())
    assert cut_texts(room) == ["Anything at all"]
