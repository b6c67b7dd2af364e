import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.exceptions import capture_exceptions
from shiboken6 import delete

from studiolo.desktop.report import Reporter
from studiolo.desktop.tasks import TaskScope
from studiolo.errors import AppError, UnreachableError
from tests.stands.waiting import until


@pytest.fixture
async def reporter(qapp: QApplication) -> AsyncIterator[Reporter]:
    window = QWidget()
    window.show()
    reporter = Reporter()
    reporter.window = window
    yield reporter
    reporter.release()
    window.close()
    gone = asyncio.Event()
    window.destroyed.connect(gone.set)
    window.deleteLater()
    await gone.wait()


def boxes(reporter: Reporter) -> list[QMessageBox]:
    assert reporter.window is not None
    return [box for box in reporter.window.findChildren(QMessageBox) if box.isVisible()]


def made(kind: type[Exception], text: str) -> Exception:
    """An error with a traceback, as they come."""
    try:
        raise kind(text)
    except kind as error:
        return error


async def test_an_app_error_is_shown_as_it_is(reporter: Reporter, caplog: pytest.LogCaptureFixture) -> None:
    reporter(AppError("It broke.", hint="Mend it.", details="errno 5"))
    [box] = boxes(reporter)
    assert (box.text(), box.informativeText(), box.detailedText()) == ("It broke.", "Mend it.", "errno 5")
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "It broke. Mend it. errno 5"


async def test_anything_else_is_unexpected_and_leaves_a_traceback(
    reporter: Reporter, caplog: pytest.LogCaptureFixture
) -> None:
    reporter(made(ValueError, "Authorization: Bearer abcdefghijkl"))
    [box] = boxes(reporter)
    assert box.text() == "Something unexpected happened."
    assert "in made" in box.detailedText()
    assert "abcdefghijkl" not in box.detailedText()
    assert "Traceback" in caplog.text


async def test_an_error_is_reported_once_however_often_it_comes(
    reporter: Reporter, caplog: pytest.LogCaptureFixture
) -> None:
    error = UnreachableError("Nobody answers.")
    reporter(error)
    boxes(reporter)[0].close()
    reporter(error)
    assert boxes(reporter) == []
    assert len(caplog.records) == 1


async def test_windows_that_say_the_same_do_not_pile_up(reporter: Reporter, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        reporter(UnreachableError("Nobody answers."))
    assert len(boxes(reporter)) == 1
    assert len(caplog.records) == 5
    boxes(reporter)[0].close()
    reporter(UnreachableError("Nobody answers."))
    assert len(boxes(reporter)) == 1


async def test_any_thread_may_report(reporter: Reporter) -> None:
    await asyncio.to_thread(reporter, AppError("From afar."))
    [box] = await until(lambda: boxes(reporter))
    assert box.text() == "From afar."
    assert box.thread() is reporter.thread()


async def test_it_hears_of_what_nobody_caught(reporter: Reporter) -> None:
    loop = asyncio.get_running_loop()
    hooks = sys.excepthook, threading.excepthook

    def fail(text: str) -> None:
        raise AppError(text)

    with capture_exceptions():
        reporter.catch_everything(loop)
        emitter = QObject()
        emitter.objectNameChanged.connect(lambda: fail("slot"))
        emitter.setObjectName("x")
        QTimer.singleShot(0, lambda: fail("timer"))
        loop.call_soon(fail, "loop")
        thread = threading.Thread(target=fail, args=("thread",))
        thread.start()
        await until(lambda: len(boxes(reporter)) == 4)
        thread.join()
        reporter.release()
    assert {box.text() for box in boxes(reporter)} == {"slot", "timer", "loop", "thread"}
    assert (sys.excepthook, threading.excepthook) == hooks


async def test_a_scopes_failure_is_one_window_and_nothing_from_asyncio(reporter: Reporter) -> None:
    reporter.catch_everything(asyncio.get_running_loop())

    async def fail() -> None:
        raise AppError("It broke.")

    TaskScope(None, reporter).start(fail())
    await until(lambda: boxes(reporter))
    assert [box.text() for box in boxes(reporter)] == ["It broke."]


async def test_a_complaint_of_the_loop_without_an_error_is_logged_only(
    reporter: Reporter, caplog: pytest.LogCaptureFixture
) -> None:
    loop = asyncio.get_running_loop()
    reporter.catch_everything(loop)
    loop.call_exception_handler({"message": "Task was destroyed but it is pending!"})
    assert boxes(reporter) == []
    assert "Task was destroyed" in caplog.text


async def test_what_comes_when_the_window_is_gone_is_logged(
    qapp: QApplication, caplog: pytest.LogCaptureFixture
) -> None:
    reporter = Reporter()
    reporter.window = QWidget()
    delete(reporter.window)
    reporter(AppError("Too late."))
    assert [record.getMessage().strip() for record in caplog.records] == ["Too late."]
