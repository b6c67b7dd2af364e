"""The desktop as a process: its beginning, and every way to end it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from studiolo.desktop.application import _run_stage
from studiolo.files import write_atomically
from studiolo.local_server import OwnedServer, running_server, start_owned
from studiolo.paths import app_paths, self_command
from tests.stands.openness import left_open, open_to_others
from tests.stands.waiting import wait_until

_NO_DISPLAY = """
import sys
from studiolo.__main__ import main
print(main([]), [name for name in sys.modules if name.startswith(("PySide6", "shiboken6", "qasync"))])
"""

_BEFORE_THE_WINDOW = """
import sys
import studiolo.desktop.application
print([name for name in ("httpx", "rich", "studiolo.client") if name in sys.modules])
"""

_SESSION = """
import asyncio, sys
from studiolo.desktop import loop
from studiolo.desktop import application
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.paths import app_paths

app = application.Application(["studiolo"])
settings = DesktopSettingsStore(app_paths().config / "desktop.json")

async def main():
    running = application.DesktopApp(app, app_paths(), settings)
    asyncio.get_running_loop().call_later(1.5, lambda: [{action} for _ in range(3)])
    return await running.run()

status = loop.run(app, main)
print([name for name in ("fastapi", "uvicorn", "xllamacpp", "studiolo.server", "studiolo.cli") if name in sys.modules])
sys.exit(status)
"""


@contextlib.contextmanager
def desktop() -> Iterator["subprocess.Popen[str]"]:
    """The desktop, its window painted."""
    process = subprocess.Popen(
        self_command(), env=os.environ | {"STUDIOLO_STARTUP_TRACE": "1"}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline().startswith("shown ")
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def python(source: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in (os.environ | changes).items() if value}
    return subprocess.run(
        [sys.executable, "-c", source], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.skipif(os.name != "posix", reason="others are kept out otherwise there")
def test_nobody_else_can_look_at_what_the_window_keeps() -> None:
    with left_open("data/history.sqlite", "logs/desktop.log"), desktop():
        wait_until(lambda: (app_paths().data / "history.sqlite").stat().st_size, "the chats")
        wait_until(lambda: running_server(app_paths()), "the server")
        assert open_to_others() == {}


def test_without_a_display_it_names_what_works_and_imports_no_qt() -> None:
    done = python(_NO_DISPLAY, DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")
    assert done.stdout == "1 []\n"
    assert "no display" in done.stderr
    assert "studiolo server start" in done.stderr
    assert "studiolo chat" in done.stderr


def test_the_client_is_not_imported_before_the_window_is_shown() -> None:
    done = python(_BEFORE_THE_WINDOW)
    assert done.stdout == "[]\n", done.stderr


def test_the_trace_tells_the_seconds_from_the_process_start() -> None:
    began = time.monotonic()
    process = subprocess.Popen(
        self_command(), env=os.environ | {"STUDIOLO_STARTUP_TRACE": "1"}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    shown = float(process.stdout.readline().removeprefix("shown "))
    took = time.monotonic() - began
    process.terminate()
    assert process.wait(20) == 0
    assert process.stdout.read() == "", "one line"
    process.stdout.close()
    assert took / 2 < shown < took + 0.05


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_and_the_server_it_started(number: signal.Signals) -> None:
    with desktop() as process:
        wait_until(lambda: running_server(app_paths()))
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        assert process.wait(20) == 0
        assert family
        assert not [child for child in family if child.is_running()]


def test_quitting_while_the_server_starts_leaves_nothing() -> None:
    with desktop() as process:
        wait_until(lambda: psutil.Process(process.pid).children())
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.terminate()
        assert process.wait(20) == 0
        assert not [child for child in family if child.is_running()]
    assert running_server(app_paths()) is None


def test_its_death_is_its_servers_end() -> None:
    with desktop() as process:
        wait_until(lambda: running_server(app_paths()))
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        wait_until(lambda: not [child for child in family if child.is_running()])


def test_it_leaves_a_server_alone_that_was_there_before() -> None:
    server = start_owned(app_paths())
    assert isinstance(server, OwnedServer)
    with desktop() as process:
        wait_until(lambda: "found the server" in (app_paths().logs / "desktop.log").read_text())
        process.terminate()
        assert process.wait(20) == 0
    assert running_server(app_paths()) == server.state
    server.stop()


@pytest.mark.parametrize("action", ["app.quit()", "running.quit()", "running._window.close()"])
def test_every_way_to_quit_is_the_same_and_may_come_often(action: str) -> None:
    write_atomically(app_paths().config / "desktop.json", b'{"closing": "quit"}')
    done = python(_SESSION.format(action=action))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"
    assert done.stderr == ""
    log = (app_paths().logs / "desktop.log").read_text() if (app_paths().logs / "desktop.log").exists() else ""
    assert "ERROR" not in log
    assert running_server(app_paths()) is None


async def test_a_stage_that_fails_or_hangs_does_not_keep_the_next_from_ending(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studiolo.desktop.application._STAGE_SECONDS", 0.05)

    async def fail() -> None:
        raise ValueError("no")

    async def hang() -> None:
        await asyncio.sleep(60)

    await _run_stage("failing", fail)
    await _run_stage("hanging", hang)
    assert "quitting: failing" in caplog.text
    assert "quitting: hanging" in caplog.text
