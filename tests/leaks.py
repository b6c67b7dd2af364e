"""A test that leaves something running behind fails and names it.

Looked for: asyncio tasks, threads, child processes (and theirs) and, in tests with a QApplication, active QTimers and
visible windows. What was there before the test, such as a server that a module shares, is not counted.
"""

import asyncio
import functools
import gc
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from studiolo.desktop.worker.roles import FORMULA_WORKER

_POLL_SECONDS = 0.02
_RUNNERS = tuple(f"_{scope}_scoped_runner" for scope in ("function", "class", "module", "package", "session"))

# Threads and processes that are nobody's leak: the time-out's own, the tracker that multiprocessing keeps for good, and
# the one that draws all windows' formulas, which ends when it has nothing to do.
_STANDING_THREADS = ("pytest_timeout",)
_STANDING_PROCESSES = ("multiprocessing.resource_tracker", FORMULA_WORKER)
# Those of a loop's own pool, which ends with the loop.
_LOOP_THREADS = ("asyncio_",)

# Every timer that Python started, and where. Walking the heap for them instead costs more than most tests.
_started: "weakref.WeakKeyDictionary[Any, str]" = weakref.WeakKeyDictionary()


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long an end may take that was asked for: only what is left behind waits for it."""
    parser.addini("leak_grace_seconds", "seconds that a test's tasks, threads and processes have to end", default="5")


@pytest.fixture(autouse=True)
def leaves_nothing_behind(request: pytest.FixtureRequest, application_home: object) -> Iterator[None]:
    """Set up before the test's other fixtures and so torn down after them, but for the event loop itself."""
    grace = float(request.config.getini("leak_grace_seconds"))
    name = next((name for name in _RUNNERS if name in request.fixturenames), None)
    runner = request.getfixturevalue(name) if name else None
    own_loop = name == _RUNNERS[0]
    with_qt = _uses_qt(request, runner)
    if with_qt:
        _watch_timers()
    tasks = _tasks_of(runner)
    threads, processes = set(threading.enumerate()), set(psutil.pids())
    before = _qt_things() if with_qt else set()
    yield
    found = []
    if runner is not None:
        found += _left_tasks(runner.get_loop(), tasks, grace)
    if runner is not None and own_loop:
        # Ends the loop's own pool of threads: what is left after this has nobody to end it.
        runner.close()
    passed_over = _STANDING_THREADS if own_loop else _STANDING_THREADS + _LOOP_THREADS
    left = _after_grace(lambda: set(threading.enumerate()) - threads, lambda one: _counts(one, passed_over), grace)
    found += [f"thread: {thread.name} ({thread!r})" for thread in left]
    if with_qt:
        found += _left_in_qt(before)
    found += _left_processes(processes, grace)
    if found:
        pytest.fail("left behind:\n" + "\n".join(f"  {line}" for line in found), pytrace=False)


def _after_grace(look: Callable[[], Any], counts: Callable[[Any], bool], grace: float) -> list[Any]:
    """What is still there a while later: ending takes a moment."""
    deadline = time.monotonic() + grace
    while (left := [thing for thing in look() if counts(thing)]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return left


def _tasks_of(runner: "asyncio.Runner | None") -> "set[asyncio.Task[Any]]":
    return asyncio.all_tasks(runner.get_loop()) if runner is not None else set()


def _left_tasks(loop: asyncio.AbstractEventLoop, before: "set[asyncio.Task[Any]]", grace: float) -> list[str]:
    async def settle() -> "set[asyncio.Task[Any]]":
        deadline = loop.time() + grace
        while (left := asyncio.all_tasks() - before - {asyncio.current_task()}) and loop.time() < deadline:
            await asyncio.sleep(_POLL_SECONDS)
        return left

    if loop.is_closed() or not asyncio.all_tasks(loop) - before:
        return []
    return [f"asyncio task: {task!r}" for task in loop.run_until_complete(settle())]


def _counts(thread: threading.Thread, passed_over: tuple[str, ...]) -> bool:
    # A thread that Python did not start (Qt's, an engine's) is listed for good once it has run a line of Python.
    return not (isinstance(thread, threading._DummyThread) or thread.name.startswith(passed_over))


def _started_since(before: set[int]) -> list[psutil.Process]:
    """The children, and theirs, that are new. Asking for all children instead reads every process of the machine."""
    new = []
    for pid in set(psutil.pids()) - before:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if os.getpid() in (parent.pid for parent in process.parents()):
                new.append(process)
    return new


def _left_processes(before: set[int], grace: float) -> list[str]:
    def counts(process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return not any(standing in " ".join(process.cmdline()) for standing in _STANDING_PROCESSES)
        except psutil.NoSuchProcess:
            return False

    left = _after_grace(lambda: _started_since(before), counts, grace)
    lines = []
    for process in left:
        try:
            lines.append(f"child process: {process.pid} {' '.join(process.cmdline())}")
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, grace)
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
            about = f"every {thing.interval()} ms, {thing.objectName()!r}, of {thing.parent()!r}"
            lines.append(f"QTimer: {about}, started at {_started[thing]}")
            thing.stop()
        elif isinstance(thing, QWidget):
            title = thing.windowTitle() or thing.objectName()
            lines.append(f"window: {type(thing).__name__} {title!r}")
            thing.hide()
            thing.deleteLater()
    return lines


def _qt_things() -> set[object]:
    """Active timers that Python started, and visible windows."""
    import shiboken6
    from PySide6.QtWidgets import QApplication

    timers = {timer for timer in list(_started) if shiboken6.isValid(timer) and timer.isActive()}
    windows = {widget for widget in QApplication.topLevelWidgets() if widget.isVisible()}
    return timers | windows


@functools.cache
def _watch_timers() -> None:
    """Have every `QTimer.start` noted from now on, once for the whole run."""
    from PySide6.QtCore import QTimer

    start = QTimer.start

    @functools.wraps(start)
    def noted(timer: QTimer, *arguments: Any) -> None:
        caller = sys._getframe(1)
        _started[timer] = f"{Path(caller.f_code.co_filename).name}:{caller.f_lineno}"
        # As a slot it gets whatever its signal carries; the real one takes of that what it knows.
        start(timer, *(one for one in arguments if isinstance(one, int | timedelta)))

    QTimer.start = noted  # type: ignore[method-assign]
