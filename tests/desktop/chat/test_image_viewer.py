"""An image, large."""

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.image_viewer import ImageViewer, show_image
from studiolo.desktop.history.parts import ImagePart
from studiolo.errors import AppError
from tests.desktop.chat.test_rows import picture
from tests.stands.waiting import until


def viewer(qtbot: QtBot) -> tuple[QWidget, ImageViewer]:
    parent = QWidget()
    parent.resize(600, 400)
    qtbot.addWidget(parent)
    parent.show()
    made = ImageViewer(QImage.fromData(picture()), "blue.png", 1234, parent)
    made.show()
    return parent, made


def test_it_fits_zooms_and_closes_by_keys(qtbot: QtBot) -> None:
    _parent, shown = viewer(qtbot)
    fitting = shown.view.transform().m11()
    assert fitting < 1
    QTest.keyClicks(shown, "+")
    assert shown.view.transform().m11() == pytest.approx(fitting * 1.25)
    QTest.keyClicks(shown, "1")
    assert shown.view.transform().m11() == 1
    QTest.keyClicks(shown, "0")
    assert shown.view.transform().m11() == pytest.approx(fitting)
    wheel = QWheelEvent(
        QPointF(50, 50),
        shown.view.mapToGlobal(QPointF(50, 50)),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(shown.view.viewport(), wheel)
    assert shown.view.transform().m11() > fitting
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    assert not shown.isVisible()


async def test_it_is_saved_as_it_is(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def where(*_: object) -> Path:
        return tmp_path / "mine.png"

    monkeypatch.setattr("studiolo.desktop.chat.save_dialogs.ask_for_file", where)
    parent = QWidget()
    parent.show()
    showing = asyncio.ensure_future(show_image(parent, ImagePart("f", "image/png", "blue.png"), picture()))
    found = await until(lambda: parent.findChildren(ImageViewer))
    found[0].done(2)
    await showing
    assert (tmp_path / "mine.png").read_bytes() == picture()
    with pytest.raises(AppError, match="can't be read"):
        await show_image(parent, ImagePart("f", "image/png", "x"), b"nothing")
    parent.close()
    parent.deleteLater()
