"""How the window looks and how the chat behaves, changed by keys and in the store of a real session."""

import json
import subprocess
import sys

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.parts import TextPart
from studiolo.desktop.settings.schema import MOST_TEXT
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.settings.text_size import TextSizeStepper
from studiolo.paths import app_paths

_SESSION = """
import asyncio, json
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from studiolo.desktop import loop
from studiolo.desktop.application import Application, DesktopApp, dress
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.shell.window import MainWindow
from studiolo.paths import app_paths
from tests.stands.waiting import until

app = Application(["studiolo"])
settings = DesktopSettingsStore(app_paths().config / "desktop.json")
dress(app, settings.current)
told = {}

async def main():
    session = DesktopApp(app, app_paths(), settings)
    running = asyncio.create_task(session.run())
    window = next(widget for widget in app.topLevelWidgets() if isinstance(widget, MainWindow))
    await until(window.isVisible)
    composer = window.page.composer
    size = lambda: [settings.current.text_size, composer.field.font().pointSizeF()]
    told["sizes"], told["hints"] = [size()], [composer.hint]
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus, Qt.Key.Key_0, Qt.Key.Key_Minus):
        QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        told["sizes"].append(size())
    settings.change(send_with="enter")
    told["hints"].append(composer.hint)
    session.quit()
    return await running

loop.run(app, main)
print(json.dumps(told))
"""


def test_a_session_begins_as_it_was_wanted_and_keys_change_the_size_of_its_text() -> None:
    kept = app_paths().config / "desktop.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"text_size": 110, "send_with": "ctrl_enter"}))
    done = subprocess.run([sys.executable, "-c", _SESSION], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert [size for size, _ in told["sizes"]] == [110, 120, 130, 120, 100, 90]
    usual = next(points for size, points in told["sizes"] if size == 100)
    assert [points / usual * 100 for _, points in told["sizes"]] == pytest.approx([110, 120, 130, 120, 100, 90])
    assert told["hints"] == ["Ctrl+Enter sends, Enter breaks the line", "Enter sends, Shift+Enter breaks the line"]
    assert DesktopSettingsStore(kept).current.text_size == 90


def test_beyond_the_largest_and_the_smallest_nothing_happens(qapp: QApplication) -> None:
    settings = DesktopSettingsStore(app_paths().config / "desktop.json")
    stepper = TextSizeStepper(settings, _fail)
    seen: list[int] = []
    settings.changed.connect(lambda _: seen.append(settings.current.text_size))
    for _ in range(20):
        stepper.step(1)
    assert seen == list(range(110, MOST_TEXT + 1, 10))
    for _ in range(20):
        stepper.step(-1)
    assert seen[-1] == 80
    stepper.step(0)
    assert seen[-1] == 100


def test_a_size_that_can_not_be_kept_is_told(qapp: QApplication) -> None:
    file = app_paths().config / "desktop.json"
    settings = DesktopSettingsStore(file)
    (file.parent / file.name).mkdir(parents=True)
    reported: list[BaseException] = []
    TextSizeStepper(settings, reported.append).step(1)
    assert len(reported) == 1
    assert "could not be saved" in str(reported[0])
    assert settings.current.text_size == 100


def test_control_and_the_wheel_ask_for_another_size_and_do_not_scroll(qtbot: QtBot) -> None:
    view = TranscriptView()
    qtbot.addWidget(view)
    view.resize(600, 300)
    view.show()
    view.set_messages([Reply([TextPart("A line.\n\n" * 100)])])
    asked: list[int] = []
    view.text_step_requested.connect(asked.append)
    place = view.verticalScrollBar().value()
    for turn in (120, 60, 60, -240):
        _turn(view, turn, Qt.KeyboardModifier.ControlModifier)
    assert asked == [1, 1, -2]
    assert view.verticalScrollBar().value() == place
    _turn(view, 120, Qt.KeyboardModifier.NoModifier)
    assert len(asked) == 3
    assert view.verticalScrollBar().value() < place


def _turn(view: TranscriptView, angle: int, modifiers: Qt.KeyboardModifier) -> None:
    event = QWheelEvent(
        QPointF(50, 50),
        QPointF(view.mapToGlobal(QPoint(50, 50))),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


def _fail(error: BaseException) -> None:
    raise error
