import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox, QWidget
from shiboken6 import delete

import studiolo.desktop
from studiolo.desktop.widgets.dialogs import ask, finished, show_error
from studiolo.errors import AppError
from tests.stands.waiting import until

_DESKTOP = Path(studiolo.desktop.__file__).parent
_STATIC = {
    "QMessageBox": {"about", "aboutQt", "critical", "information", "question", "warning"},
    "QFileDialog": {
        "getExistingDirectory",
        "getExistingDirectoryUrl",
        "getOpenFileName",
        "getOpenFileNames",
        "getOpenFileUrl",
        "getOpenFileUrls",
        "getSaveFileName",
        "getSaveFileUrl",
    },
    "QInputDialog": {"getDouble", "getInt", "getItem", "getMultiLineText", "getText"},
    "QColorDialog": {"getColor"},
    "QFontDialog": {"getFont"},
}


@pytest.fixture
def window(qapp: QApplication) -> Iterator[QWidget]:
    window = QWidget()
    window.setWindowTitle("Studiolo")
    window.show()
    yield window
    window.close()
    window.deleteLater()


async def opened(window: QWidget) -> QMessageBox:
    boxes = await until(lambda: [box for box in window.findChildren(QMessageBox) if box.isVisible()])
    return boxes[0]


@pytest.mark.parametrize(
    ("key", "destructive", "answer"),
    [
        (Qt.Key.Key_Return, False, True),
        (Qt.Key.Key_Return, True, False),
        (Qt.Key.Key_Escape, False, False),
        (Qt.Key.Key_Escape, True, False),
    ],
)
async def test_a_question_is_answered_by_keys(window: QWidget, key: Qt.Key, destructive: bool, answer: bool) -> None:
    asking = asyncio.create_task(
        ask(window, "Delete the chat?", explanation="It can't be undone.", yes="Delete", destructive=destructive)
    )
    box = await opened(window)
    assert (box.text(), box.informativeText()) == ("Delete the chat?", "It can't be undone.")
    QTest.keyClick(box, key)
    assert await asking is answer


async def test_the_button_means_yes(window: QWidget) -> None:
    asking = asyncio.create_task(ask(window, "Delete the chat?", yes="Delete", destructive=True))
    box = await opened(window)
    [button] = [button for button in box.buttons() if button.text() == "Delete"]
    button.click()
    assert await asking is True


async def test_other_tasks_go_on_while_a_dialog_is_open(window: QWidget) -> None:
    asking = asyncio.create_task(ask(window, "Go on?", yes="Go on"))
    box = await opened(window)
    assert await asyncio.to_thread(lambda: 1) == 1
    await asyncio.gather(*(asyncio.sleep(0.01) for _ in range(20)))
    QTest.keyClick(box, Qt.Key.Key_Escape)
    assert await asking is False


async def test_a_cancelled_question_closes_its_dialog(window: QWidget) -> None:
    asking = asyncio.create_task(ask(window, "Go on?", yes="Go on"))
    await opened(window)
    asking.cancel()
    await asyncio.wait([asking])
    assert asking.cancelled()
    assert not [box for box in window.findChildren(QMessageBox) if box.isVisible()]


async def test_finished_gives_the_dialogs_result(window: QWidget) -> None:
    dialog = QDialog(window)
    asyncio.get_running_loop().call_later(0.02, dialog.done, 7)
    assert await finished(dialog) == 7


async def test_an_error_shows_all_it_says_and_blocks_nothing(window: QWidget) -> None:
    box = show_error(window, AppError("It broke.", hint="Mend <b>it</b>.", details="line 1\nline 2"))
    assert box.isVisible()
    assert not box.isModal()
    assert (box.text(), box.informativeText(), box.detailedText()) == ("It broke.", "Mend <b>it</b>.", "line 1\nline 2")
    assert box.textFormat() is Qt.TextFormat.PlainText
    gone = asyncio.Event()
    box.destroyed.connect(gone.set)
    box.button(QMessageBox.StandardButton.Close).click()
    await gone.wait()


def modal_calls(source: str) -> list[int]:
    """Lines that run a dialog's or a menu's own event loop."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in ("exec", "exec_") or node.attr in _STATIC.get(owner, ()):
                lines.append(node.lineno)
    return sorted(lines)


def test_modal_dialogs_only_here() -> None:
    assert modal_calls("dialog.exec()\nQMessageBox.question(x, 'y')\nbox.open()\nself.menu.exec") == [1, 2, 4]
    found = {
        str(file.relative_to(_DESKTOP)): lines
        for file in _DESKTOP.rglob("*.py")
        if file.name != "dialogs.py" and (lines := modal_calls(file.read_text()))
    }
    assert found == {}


async def test_a_dialog_that_goes_with_its_window_is_no_mistake(qapp: QApplication) -> None:
    window = QWidget()
    waiting = asyncio.create_task(finished(QDialog(window)))
    await until(lambda: [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()])
    delete(window)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
