"""A model file that somebody has already: chosen on the start page, and talked to."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit

from studiolo.paths import app_paths
from tests.desktop.start.desk import StartDesk, start_desk
from tests.stands.hub import StandHub
from tests.stands.own_catalog import offer_birds
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until


async def choose(desk: StartDesk, file: Path) -> None:
    desk.press(desk.page.file)
    dialog = await until(QApplication.activeModalWidget, "the question for a file")
    assert isinstance(dialog, QFileDialog)
    assert dialog.nameFilters() == ["Model files (*.gguf)"]
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    assert field is not None
    field.setText(str(file))
    QTest.keyClick(field, Qt.Key.Key_Return)


async def test_a_model_file_of_this_computer_is_taken_in_and_talked_to(
    stand: StandHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", stand.endpoint)
    offer_birds(stand, tmp_path)
    file = write_tiny_llama(tmp_path / "Raven-Q8_0.gguf", name="Raven")
    broken = tmp_path / "Broken.gguf"
    broken.write_bytes(b"nothing")
    async with start_desk() as desk:
        await desk.select_own()
        await desk.offered()
        assert desk.card.caption.text() == "Best for this computer"
        assert desk.page.lead.text() == "Models run on this computer. What you write stays here."
        await choose(desk, broken)
        await until(lambda: desk.page.file_strip.isVisible())
        await until(lambda: "Broken.gguf can't be used" in desk.page.file_strip.label.text())
        assert desk.start.shown
        await choose(desk, file)
        await until(lambda: desk.chat.model and desk.chat.model.key == "local/raven")
        assert not desk.start.shown
        [taken] = app_paths().models.rglob("*.gguf")
        assert taken.samefile(file), "it takes no room a second time"
