from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studiolo.desktop.shell.window import MainWindow
from studiolo.paths import app_paths
from tests.stands.waiting import until


@pytest.fixture
def open_window(qapp: QApplication) -> Iterator[Callable[[], MainWindow]]:
    windows = []

    def open_window() -> MainWindow:
        windows.append(MainWindow(app_paths()))
        windows[-1].show()
        return windows[-1]

    yield open_window
    for window in windows:
        window.close()
        window.deleteLater()


async def test_it_comes_back_where_it_was(open_window: Callable[[], MainWindow]) -> None:
    first = open_window()
    assert first.windowTitle() == "Studiolo"
    first.setGeometry(QRect(QPoint(60, 70), QSize(640, 500)))
    await until(lambda: first.geometry() == QRect(60, 70, 640, 500))
    first.close()
    assert (app_paths().config / "window.ini").exists()
    assert open_window().geometry() == QRect(60, 70, 640, 500)


async def test_a_broken_memory_of_its_place_is_forgotten(open_window: Callable[[], MainWindow]) -> None:
    app_paths().config.mkdir(parents=True)
    (app_paths().config / "window.ini").write_text("[window]\ngeometry=@ByteArray(nonsense)\n")
    assert open_window().size() == QSize(1000, 760)


async def test_a_folder_that_cannot_be_written_does_not_keep_it_from_closing(
    open_window: Callable[[], MainWindow], caplog: pytest.LogCaptureFixture, application_home: Path
) -> None:
    (application_home / "config").write_text("a file where the folder should be")
    window = open_window()
    window.close()
    assert not window.isVisible()
    assert "window.ini" in caplog.text


async def test_it_stays_usable_when_made_small(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.resize(1, 1)
    await until(lambda: window.rect().contains(window.page.composer.geometry()))
    assert window.width() >= 420
    assert window.page.composer.isVisible()
    assert window.rect().contains(window.page.composer.geometry())


async def test_the_list_of_chats_has_its_width_again_after_a_narrow_time(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    await until(lambda: window.sidebar.width() > 200)
    width = window.sidebar.width()
    assert width > 200
    for size in (480, 1600, 480, 1000):
        window.resize(size, 700)
        await until(partial(_fits, window, size))
    await until(lambda: abs(window.sidebar.width() - width) <= 2)


def _fits(window: MainWindow, size: int) -> bool:
    return window.page.width() <= size


async def test_its_shortcuts(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    heard: list[str] = []
    window.page.new_chat_requested.connect(lambda: heard.append("new chat"))
    window.quit_requested.connect(lambda: heard.append("quit"))
    window.activateWindow()
    await until(window.isActiveWindow)
    window.page.picker.setFocus()
    QTest.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    focused = window.focusWidget()
    assert focused is not None
    assert window.page.composer.isAncestorOf(focused)
    QTest.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert heard == ["new chat", "quit"]
