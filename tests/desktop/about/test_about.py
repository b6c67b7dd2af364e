"""About: true versions, the licences of what ships, links that ask first, and the report of a crash."""

import asyncio
import platform
import threading
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMessageBox, QPushButton

from studiolo import __version__
from studiolo.desktop.about.dialogs import AboutDialog, CrashDialog, LicencesDialog
from studiolo.desktop.about.licences import Component, is_qt, licence_text, qt_folder, shipped_components
from studiolo.desktop.about.panel import AboutPanel
from studiolo.paths import app_paths
from tests.stands.waiting import until
from tests.stands.whole_window import WholeWindow, whole_window

D = TypeVar("D", bound=QDialog)


@pytest.fixture
async def desk(qapp: QApplication) -> AsyncIterator[WholeWindow]:
    async with whole_window(None) as desk:
        yield desk
    assert desk.reported == []


async def dialog(desk: WholeWindow, kind: type[D]) -> D:
    await until(lambda: desk.dialogs(kind), kind.__name__)
    found = desk.dialogs(kind)[0]
    assert isinstance(found, kind)
    return found


async def about(desk: WholeWindow) -> AboutPanel:
    desk.window.registry.run("about")
    return (await dialog(desk, AboutDialog)).panel


def said(panel: AboutPanel) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel))


async def test_it_tells_the_versions_and_folders_that_are_true(desk: WholeWindow) -> None:
    text = said(await about(desk))
    build = version("xllamacpp")
    for piece in (__version__, f"b{build.rpartition('.')[2]}", build, qVersion(), platform.python_version()):
        assert piece in text
    assert str(app_paths().data) in text
    assert str(app_paths().logs) in text


async def test_the_details_can_be_copied_and_name_no_secret(desk: WholeWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.servers.select(await desk.servers.add("http://127.0.0.1:9", "Attic", "sk-lm-abcdefgh:01234567890123456789"))
    panel = await about(desk)
    panel.copy.click()
    text = QGuiApplication.clipboard().text()
    assert f"Studiolo {__version__}" in text
    assert qVersion() in text
    assert "Server: another" in text
    for secret in ("127.0.0.1", "Attic", "sk-lm", str(app_paths().data)):
        assert secret not in text
    assert panel.copy.text() == "Copied"


async def test_the_licences_of_what_ships_can_be_read(desk: WholeWindow) -> None:
    (await about(desk)).licences.click()
    licences = await dialog(desk, LicencesDialog)
    await until(lambda: "Permission is hereby granted" in licences.text.toPlainText())
    assert licences.list.items[0].title == "Studiolo"
    assert not licences.note.isVisible()
    QTest.keyClicks(licences.search, "pyside")
    await until(lambda: "GNU LESSER GENERAL PUBLIC LICENSE" in licences.text.toPlainText())
    assert licences.note.isVisible()
    assert "You may replace" in licences.note.text()
    assert str(qt_folder()) in licences.note.text()
    licences.search.setText("zzz")
    assert licences.list.items == []


def test_what_ships_is_listed_with_a_licence_and_nothing_else_is() -> None:
    components = {one.name.casefold(): one for one in shipped_components()}
    for name in ("studiolo", "python", "httpx", "pydantic", "xllamacpp", "shiboken6", "qasync", "anyio"):
        assert name in components
        assert components[name].licence, name
    assert "pytest" not in components
    assert "mypy" not in components
    texts = {name: licence_text(one) for name, one in components.items()}
    assert "LESSER GENERAL" in texts["shiboken6"]
    assert "Georgi Gerganov" in texts["xllamacpp"] or "MIT" in texts["xllamacpp"]
    assert [name for name, text in texts.items() if not text] == ["latex2mathml"]
    assert licence_text(Component("not-there", "1", "")) == ""
    assert is_qt(components["shiboken6"])


class _Browser(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toString())


async def test_a_link_is_opened_after_a_question(desk: WholeWindow) -> None:
    panel = await about(desk)
    browser = _Browser()
    QDesktopServices.setUrlHandler("https", browser, "open")  # type: ignore[arg-type]  # It takes text only.
    try:
        next(button for button in panel.findChildren(QPushButton) if button.text() == "llama.cpp").click()
        box = await dialog_of(panel)
        assert "github.com/ggml-org/llama.cpp" in box.informativeText()
        assert browser.opened == []
        next(button for button in box.buttons() if button.text() == "Open").click()
        await until(lambda: browser.opened)
    finally:
        QDesktopServices.unsetUrlHandler("https")
    assert browser.opened == ["https://github.com/ggml-org/llama.cpp"]


async def dialog_of(panel: AboutPanel) -> QMessageBox:
    return await until(lambda: next(iter(box for box in panel.findChildren(QMessageBox) if box.isVisible()), None))


async def test_without_a_crash_there_is_nothing_of_one(desk: WholeWindow) -> None:
    panel = await about(desk)
    await until(lambda: desk.actions.about.settled)
    assert not panel.crash.isVisible()


async def test_it_may_be_closed_before_it_is_known_whether_there_was_a_crash(
    desk: WholeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def read(_folder: Path) -> None:
        begun.set()
        go_on.wait(10)

    monkeypatch.setattr("studiolo.desktop.about.presenter.read_report", read)
    panel = await about(desk)
    await until(begun.is_set)
    gone: list[bool] = []
    panel.destroyed.connect(lambda: gone.append(True))
    (await dialog(desk, AboutDialog)).close()
    await until(lambda: gone)
    go_on.set()
    await asyncio.sleep(0)  # What was read arrives in the turn after.
    await asyncio.to_thread(lambda: None)


async def test_the_report_of_a_crash_is_shown_copied_and_deleted(desk: WholeWindow) -> None:
    file = app_paths().logs / "desktop-crash.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("Studiolo 0.1.0\n\nFatal Python error: Segmentation fault\n")
    panel = await about(desk)
    await until(panel.crash.isVisible)
    assert "closed unexpectedly on" in panel.crash.told.text()
    panel.crash.show_report.click()
    report = await dialog(desk, CrashDialog)
    assert "Segmentation fault" in report.text.toPlainText()
    report.copy.click()
    assert "Segmentation fault" in QGuiApplication.clipboard().text()
    QTest.keyClick(report, Qt.Key.Key_Escape)
    await until(lambda: not desk.dialogs(CrashDialog))
    assert file.exists()
    panel.crash.delete.click()
    await until(lambda: not panel.crash.isVisible())
    assert not file.exists()
