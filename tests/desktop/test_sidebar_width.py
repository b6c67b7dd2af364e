"""The sidebar's width is changed by a person alone."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSplitter, QWidget

from studiolo.desktop.shell.navigation import CHAT, MODELS
from studiolo.desktop.shell.window import MainWindow
from studiolo.paths import app_paths
from tests.stands.waiting import until


def wide_page() -> QWidget:
    page = QWidget()
    page.setMinimumWidth(860)
    return page


@pytest.fixture
def open_window(qapp: QApplication) -> Iterator[Callable[[], MainWindow]]:
    windows: list[MainWindow] = []

    def open_window() -> MainWindow:
        window = MainWindow(app_paths())
        window.factories[MODELS] = wide_page
        window.show()
        windows.append(window)
        return window

    yield open_window
    for window in windows:
        window.close()
        window.deleteLater()


def drag(window: MainWindow, by: int) -> None:
    handle = window.findChildren(QSplitter)[0].handle(1)
    middle = handle.rect().center()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(handle, middle + QPoint(by, 0))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=middle + QPoint(by, 0))


async def shown_as_wide_as(window: MainWindow, width: int) -> None:
    await until(lambda: window.sidebar.isVisible() and window.sidebar.width() == width)


async def test_pages_and_sizes_leave_the_sidebar_as_wide_as_it_was_made(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    before = window.sidebar.width()
    drag(window, 40)
    width = window.sidebar.width()
    assert width > before + 30
    await shown_as_wide_as(window, width)
    for page in (MODELS, CHAT):
        window.show_page(page)
        await shown_as_wide_as(window, width)
    window.show_page(MODELS)
    for size in (480, 1000, 760, 1600, 480, 1000):
        window.resize(size, 700)
        await until(lambda size=size: window.width() == size and window.sidebar.isVisible() == (size >= 760))  # type: ignore[misc]
        if size >= 760:
            await shown_as_wide_as(window, width)
    window.resize(480, 700)
    await until(lambda: not window.sidebar.isVisible())
    window.close()
    again = open_window()
    assert again.width() == 480
    again.resize(1000, 700)
    await shown_as_wide_as(again, width)
