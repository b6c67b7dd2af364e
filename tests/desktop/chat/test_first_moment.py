"""The window is on the screen before anybody listens to it: nothing that a person does then is lost."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from studiolo.desktop.chat.composing.composer import Composer
from studiolo.desktop.shell.navigation import CHAT, DOWNLOADS, MODELS
from studiolo.desktop.shell.window import MainWindow
from studiolo.paths import app_paths


@pytest.fixture
async def composer(qapp: QApplication) -> AsyncIterator[Composer]:
    composer = Composer()
    composer.show()
    yield composer
    composer.close()
    composer.deleteLater()


async def test_what_is_sent_before_anybody_listens_stays_in_sight_and_is_sent_then(composer: Composer) -> None:
    composer.hold()
    QTest.keyClicks(composer.field, "Hello")
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    assert composer.text == "Hello"
    sent: list[str] = []
    composer.sent.connect(lambda text, _: sent.append(text))
    composer.release()
    assert sent == ["Hello"]
    assert composer.text == ""


async def test_what_is_only_written_is_not_sent(composer: Composer) -> None:
    composer.hold()
    QTest.keyClicks(composer.field, "Hello")
    sent: list[str] = []
    composer.sent.connect(lambda text, _: sent.append(text))
    composer.release()
    assert not sent
    assert composer.text == "Hello"


async def test_files_and_buttons_are_told_later(composer: Composer, tmp_path: Path) -> None:
    composer.hold()
    composer.field.files_given.emit([tmp_path / "a.txt"])
    composer.field.text_given.emit("long")
    QTest.mouseClick(composer.attach, Qt.MouseButton.LeftButton)
    told: list[object] = []
    composer.files_given.connect(told.append)
    composer.text_given.connect(told.append)
    composer.attach_requested.connect(lambda: told.append("attach"))
    composer.release()
    assert told == [[tmp_path / "a.txt"], "long", "attach"]


async def test_a_page_that_is_asked_for_too_early_is_shown_once_it_can_be_made(qapp: QApplication) -> None:
    window = MainWindow(app_paths())
    window.show_page(DOWNLOADS)
    window.show_page(MODELS)
    assert window.shown_page == CHAT
    made: list[str] = []

    def make(name: str) -> QWidget:
        made.append(name)
        return QWidget()

    window.factories = {DOWNLOADS: lambda: make(DOWNLOADS), MODELS: lambda: make(MODELS)}
    window.show_wanted()
    assert window.shown_page == MODELS
    assert made == [MODELS]
    window.close_anyway()
    window.deleteLater()
