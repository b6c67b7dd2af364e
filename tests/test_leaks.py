import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).parents[1]

_INI = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
qt_api = pyside6
leak_grace_seconds = 0.3
"""

_LEAKING = """
import asyncio, subprocess, sys, threading, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

kept = []

async def test_task():
    kept.append(asyncio.create_task(asyncio.sleep(60), name="forgotten task"))

def test_thread():
    threading.Thread(target=time.sleep, args=(4,), name="forgotten thread", daemon=True).start()

def test_timer(qapp):
    timer = QTimer(objectName="forgotten timer")
    timer.start(1000)
    kept.append(timer)

def test_window(qapp):
    kept.append(QWidget(windowTitle="forgotten window"))
    kept[-1].show()

def test_process():
    kept.append(subprocess.Popen([sys.executable, "-c", "'forgotten process'; import time; time.sleep(60)"]))

def test_grandchild():
    inner = "import time; 'forgotten grandchild'; time.sleep(60)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    kept.append(subprocess.Popen([sys.executable, "-c", outer]))
    time.sleep(0.5)
"""

_TIDY = """
import asyncio, subprocess, threading
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

@pytest.fixture(scope="module")
def shared():
    process = subprocess.Popen(["sleep", "60"])
    yield
    process.kill()
    process.wait()

@pytest.fixture
async def served():
    task = asyncio.create_task(asyncio.sleep(60))
    yield
    task.cancel()

async def test_everything_ends(qapp, qtbot, shared, served):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    timer = QTimer(window)
    timer.start(1000)
    await asyncio.to_thread(threading.get_ident)
    await (await asyncio.create_subprocess_exec("true")).wait()

def test_what_a_module_shares_is_not_the_tests(shared):
    pass
"""


def run(pytester: pytest.Pytester, source: str) -> pytest.RunResult:
    pytester.makeini(_INI)
    pytester.makeconftest((_REPOSITORY / "tests" / "conftest.py").read_text())
    pytester.makepyfile(source)
    pytester._monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(_REPOSITORY), str(_REPOSITORY / "app")]))
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", timeout=60)


def test_a_leak_of_each_kind_fails_its_test_and_is_named(pytester: pytest.Pytester) -> None:
    result = run(pytester, _LEAKING)
    result.assert_outcomes(passed=6, errors=6)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_task*",
            "*asyncio task: *forgotten task*",
            "*ERROR at teardown of test_thread*",
            "*thread: forgotten thread*",
            "*ERROR at teardown of test_timer*",
            "*QTimer: every 1000 ms, 'forgotten timer'*, started at test_*.py:*",
            "*ERROR at teardown of test_window*",
            "*window: QWidget 'forgotten window'*",
            "*ERROR at teardown of test_process*",
            "*child process: *forgotten process*",
            "*ERROR at teardown of test_grandchild*",
            "*child process: *forgotten grandchild*",
        ]
    )


def test_tidy_tests_pass(pytester: pytest.Pytester) -> None:
    run(pytester, _TIDY).assert_outcomes(passed=2)
