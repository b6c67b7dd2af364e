"""Tab and Shift+Tab lead through the window on one way, which has everything on it."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.composing.reading import read_bytes
from studiolo.desktop.chat.messages import Reply, UserMessage
from studiolo.desktop.discover.page import DiscoverPage
from studiolo.desktop.downloads.page import DownloadsPage
from studiolo.desktop.history.parts import TextPart
from studiolo.desktop.models.page import ModelsPage
from studiolo.desktop.shell.navigation import CHAT, DISCOVER, DOWNLOADS, MODELS, TOOLS
from studiolo.desktop.shell.window import MainWindow
from studiolo.paths import app_paths

_MOST = 80


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    window = MainWindow(app_paths())
    for name, page in ((DISCOVER, DiscoverPage), (DOWNLOADS, DownloadsPage), (MODELS, ModelsPage)):
        window.factories[name] = page
    window.page.set_messages([UserMessage([TextPart("Why?")]), Reply([TextPart("So.\n\n```python\nx\n```")])])
    window.page.composer.set_text("A draft.")
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield window
    window.close()
    window.deleteLater()


def way(key: Qt.Key) -> list[QWidget]:
    """Where the key leads, until it has led back."""
    visited: list[QWidget] = []
    while (focus := QApplication.focusWidget()) and focus not in visited:
        visited.append(focus)
        QTest.keyClick(focus, key, _SHIFT if key is Qt.Key.Key_Backtab else _NONE)
        assert len(visited) < _MOST
    assert focus is visited[0]
    return visited


_NONE, _SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.mark.parametrize("page", [CHAT, DISCOVER, DOWNLOADS, MODELS, TOOLS])
def test_tab_and_shift_tab_lead_the_same_way(window: MainWindow, page: str) -> None:
    window.show_page(page)
    window.sidebar.search.setFocus()
    forward = way(Qt.Key.Key_Tab)
    assert way(Qt.Key.Key_Backtab) == [forward[0], *reversed(forward[1:])]
    assert [one for one in forward if one not in window.sidebar.findChildren(QWidget)]


def test_tab_leads_to_the_models_the_messages_and_what_goes_with_the_draft(window: MainWindow) -> None:
    page = window.page
    page.composer.tray.set_attachments([read_bytes(b"one", "one.txt"), read_bytes(b"two", "two.txt")])
    page.composer.field.setFocus()
    visited = way(Qt.Key.Key_Tab)
    for stop in (page.picker, page.tune, page.transcript, page.composer.attach, page.composer.button):
        assert stop in visited
    messages = [one for one in visited if page.transcript.viewport().isAncestorOf(one)]
    assert len(messages) > 8
    heights = [one.mapTo(page.transcript, one.rect().topLeft()).y() for one in messages]
    assert heights[0] < heights[-1]
    order = [visited.index(one) for one in (page.composer.field, page.composer.attach, page.composer.button)]
    assert order == sorted(order)
    assert order[1] - order[0] == 5, "two chips, each with its button"


def test_a_page_is_entered_where_one_would_begin(window: MainWindow) -> None:
    window.show_page(DISCOVER)
    assert QApplication.focusWidget() is window.findChildren(DiscoverPage)[0].search
    window.show_page(CHAT)
    assert QApplication.focusWidget() is window.page.composer.field
