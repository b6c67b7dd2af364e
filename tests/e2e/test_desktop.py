"""The desktop as a process, on a screen, with its server and a real model."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from studiolo.files import write_atomically
from studiolo.local_server import running_server
from studiolo.paths import app_paths, self_command
from tests.stands.display import Display, virtual_display
from tests.stands.plain_http import plain_get
from tests.stands.waiting import wait_until

pytestmark = pytest.mark.e2e

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"


@pytest.fixture
def display() -> Iterator[Display]:
    with virtual_display() as display:
        yield display


@pytest.fixture
def desktop(display: Display) -> Iterator["subprocess.Popen[bytes]"]:
    # A model as small as this one may ramble on until its context is full.
    write_atomically(app_paths().config / "server.json", b'{"default_context_length": 512}')
    process = subprocess.Popen(self_command(), env=os.environ | display.environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if state := running_server(app_paths()):
            psutil.Process(state.pid).kill()


def chats() -> list[dict[str, Any]]:
    """What the window's server has been asked."""
    if not (state := running_server(app_paths())):
        return []
    try:
        entries = plain_get(f"{state.address}/api/v1/server/log").json()["entries"]
    except httpx.HTTPError:
        return []
    return [entry for entry in entries if entry["route"] == "/api/v1/chat"]


def family(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def models_were_listed() -> bool:
    state = running_server(app_paths())
    if not state:
        return False
    entries = plain_get(f"{state.address}/api/v1/server/log").json()["entries"]
    return any(entry["route"] == "/api/v1/models" and entry["status"] == 200 for entry in entries)


@pytest.mark.timeout(300)
def test_a_typed_message_is_answered_and_quitting_leaves_nothing(
    desktop: "subprocess.Popen[bytes]", display: Display
) -> None:
    wait_until(models_were_listed)
    display.type_into("Studiolo", "Say hello.")
    [entry] = wait_until(lambda: [entry for entry in chats() if entry["status"]], seconds=200)
    assert entry["status"] == 200
    assert entry["output_tokens"]
    display.screenshot(SCREENSHOTS / "desktop.png")
    children = family(desktop)
    assert len(children) == 2, "the server and one engine"
    desktop.send_signal(signal.SIGTERM)
    assert desktop.wait(20) == 0
    assert not [child for child in children if child.is_running()]


def test_killing_the_desktop_in_mid_reply_leaves_nothing(desktop: "subprocess.Popen[bytes]", display: Display) -> None:
    wait_until(models_were_listed)
    display.type_into("Studiolo", "Write a very long story about the sea, in many chapters.")
    wait_until(lambda: [entry for entry in chats() if entry["model"] and not entry["status"]])
    children = family(desktop)
    desktop.kill()
    wait_until(lambda: not [child for child in children if child.is_running()])


def test_without_a_display_it_names_what_works_instead() -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    done = subprocess.run(self_command(), env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "studiolo server start" in done.stderr
    assert "studiolo chat" in done.stderr
    assert "Traceback" not in done.stderr
