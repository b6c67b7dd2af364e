"""What every test gets: a home of its own, the right event loop, and a check that it leaves nothing behind."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from studiolo.desktop.qt_import import import_qt
from tests.dealing import dealt
from tests.stands.homes import make_home, use_home
from tests.stands.hub import StandHub, stand_hub

# What a program prints comes as it does to a user, where nobody has set this.
os.environ.pop("PYTHONUNBUFFERED", None)

# Before anything imports Qt.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# How long an example takes depends on who else uses the machine.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

pytest_plugins = ["pytester", "tests.leaks"]

# Proofs that have no short form: half an hour of work as root, and programs that are installed or built for it.
collect_ignore = (
    [] if os.environ.get("STUDIOLO_PROVE") else ["test_fresh_machine.py", "programs", "server/proofs/test_runtimes.py"]
)

_TESTS = Path(__file__).parent
_DESKTOP = _TESTS / "desktop"
_kept: list[object] = []


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The desktop's tests run on the window's event loop, the others on asyncio's own."""
    if item.path.is_relative_to(_DESKTOP):
        return {"window": _window_loop}
    return {"asyncio": asyncio.new_event_loop}


def _window_loop() -> asyncio.AbstractEventLoop:
    from PySide6.QtWidgets import QApplication

    from studiolo.desktop.loop import AppLoop

    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication([])
        _kept.append(app)  # Nobody else holds it, and it must outlive every widget.
    return AppLoop(app)


def pytest_configure() -> None:
    """Import Qt as the program does, and let programs that the tests start take Ctrl+C, also where a shell has started
    the tests in the background.
    """
    import_qt()
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the tests, have each begin with some of the long ones: xdist gives each as many in
    a row, and with one of a minute at its end the others would wait for that one process.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:
        items[:] = dealt(items, workers, lambda item: str(item.path.relative_to(_TESTS)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep what is collected out of the garbage collector's sight: it lives as long as the tests do. Going through its
    700,000 objects again and again takes a fifth of the time of tests that start no server.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_sessionfinish() -> None:
    """What a test copied must not outlive Python: Qt would end the process with SIGSEGV after the last test passed."""
    if "PySide6.QtGui" in sys.modules:
        from studiolo.desktop.clipboard import release_clipboard

        release_clipboard()


@pytest.fixture(autouse=True)
def application_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything that the program keeps, in this test and in the processes it starts, goes below this folder."""
    # Not tmp_path: it holds the test's name, and a socket's path may have 100 characters at most.
    home = make_home(tmp_path_factory)
    use_home(home, monkeypatch)
    return home


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What a program that ran within the test set up goes with it: its stderr is closed by then."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [handler for handler in root.handlers if type(handler).__module__ == "studiolo.logs"]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture
def stand() -> Iterator[StandHub]:
    """A hub without the internet."""
    with stand_hub() as hub:
        yield hub
