"""A test that leaves something running behind fails and names it.

Looked for: asyncio tasks, threads, child processes (and theirs) and, in tests with a QApplication, active QTimers and
visible windows. What was there before the test, such as a server that a module shares, is not counted.
"""

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

_GRACE_SECONDS = 2.0
_POLL_SECONDS = 0.02
_RUNNER = "_function_scoped_runner"

# Threads and processes that are nobody's leak: the time-out's own, and the tracker that multiprocessing keeps for good.
_STANDING_THREADS = ("pytest_timeout",)
_STANDING_PROCESSES = ("multiprocessing.resource_tracker",)


@pytest.fixture(autouse=True)
def leaves_nothing_behind(request: pytest.FixtureRequest, application_home: object) -> Iterator[None]:
    """Set up before the test's other fixtures and so torn down after them, but for the event loop itself."""
    runner = request.getfixturevalue(_RUNNER) if _RUNNER in request.fixturenames else None
    with_qt = _uses_qt(request, runner)
    threads, processes = set(threading.enumerate()), set(_children())
    before = _qt_things() if with_qt else set()
    yield
    found = []
    if runner is not None:
        found += _tasks(runner.get_loop())
        # Ends the loop's own pool of threads: what is left after this has nobody to end it.
        runner.close()
    left_threads = _after_grace(lambda: [thread for thread in threading.enumerate() if thread not in threads], _counts)
    found += [f"thread: {thread.name} ({thread!r})" for thread in left_threads]
    if with_qt:
        found += _left_in_qt(before)
    found += _left_processes(processes)
    if found:
        pytest.fail("left behind:\n" + "\n".join(f"  {line}" for line in found), pytrace=False)


def _after_grace(look: Callable[[], list[Any]], counts: Callable[[Any], bool]) -> list[Any]:
    """What is still there a while later: ending takes a moment."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while (left := [thing for thing in look() if counts(thing)]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return left


def _tasks(loop: asyncio.AbstractEventLoop) -> list[str]:
    async def settle() -> set["asyncio.Task[Any]"]:
        deadline = loop.time() + _GRACE_SECONDS
        while (left := asyncio.all_tasks() - {asyncio.current_task()}) and loop.time() < deadline:
            await asyncio.sleep(_POLL_SECONDS)
        return left

    if loop.is_closed() or not asyncio.all_tasks(loop):
        return []
    return [f"asyncio task: {task!r}" for task in loop.run_until_complete(settle())]


def _counts(thread: threading.Thread) -> bool:
    # A thread that Python did not start (Qt's, an engine's) is listed for good once it has run a line of Python.
    return not (isinstance(thread, threading._DummyThread) or thread.name.startswith(_STANDING_THREADS))


def _children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _left_processes(before: set[psutil.Process]) -> list[str]:
    def counts(process: psutil.Process) -> bool:
        try:
            if process in before or process.status() == psutil.STATUS_ZOMBIE:
                return False
            return not any(standing in " ".join(process.cmdline()) for standing in _STANDING_PROCESSES)
        except psutil.NoSuchProcess:
            return False

    left = _after_grace(_children, counts)
    lines = []
    for process in left:
        try:
            lines.append(f"child process: {process.pid} {' '.join(process.cmdline())}")
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, _GRACE_SECONDS)
    return lines


def _uses_qt(request: pytest.FixtureRequest, runner: "asyncio.Runner | None") -> bool:
    return "qapp" in request.fixturenames or type(runner and runner.get_loop()).__name__ == "AppLoop"


def _left_in_qt(before: set[object]) -> list[str]:
    from PySide6.QtCore import QCoreApplication, QEvent, QTimer
    from PySide6.QtWidgets import QWidget

    if _qt_things() - before:
        # Garbage, and what Qt deletes later, is on its way out already.
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
    lines = []
    for thing in _qt_things() - before:
        if isinstance(thing, QTimer):
            lines.append(f"QTimer: every {thing.interval()} ms, {thing.objectName()!r}, of {thing.parent()!r}")
            thing.stop()
        elif isinstance(thing, QWidget):
            title = thing.windowTitle() or thing.objectName()
            lines.append(f"window: {type(thing).__name__} {title!r}")
            thing.hide()
            thing.deleteLater()
    return lines


def _qt_things() -> set[object]:
    """Active timers that Python knows, and visible windows."""
    import shiboken6
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    timers = {
        thing
        for thing in gc.get_objects()
        if issubclass(type(thing), QTimer) and shiboken6.isValid(thing) and thing.isActive()
    }
    windows = {widget for widget in QApplication.topLevelWidgets() if widget.isVisible()}
    return timers | windows
