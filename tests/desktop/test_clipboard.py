"""A program that copied something ends like any other, whichever platform it runs on."""

import os
import subprocess
import sys

import pytest

from tests.stands.display import virtual_display

_SESSION = """
import asyncio, sys
from studiolo.desktop import loop
from studiolo.desktop import application
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.paths import app_paths

app = application.Application(["studiolo"])
settings = DesktopSettingsStore(app_paths().config / "desktop.json")

async def main():
    running = application.DesktopApp(app, app_paths(), settings, hidden=True)
    def copy_and_quit():
        put_on_clipboard([Copied("**bold**", ("bold", "<b>bold</b>"))])
        running.quit()
    asyncio.get_running_loop().call_later(0.2, copy_and_quit)
    return await running.run()

sys.exit(loop.run(app, main))
"""

_APPLICATION = """
import sys
from PySide6.QtWidgets import QApplication
from studiolo.desktop.clipboard import release_clipboard

app = QApplication([])
copy()
app.processEvents()
kept = QGuiApplication.clipboard().text()
release_clipboard()
print(kept, "|", QGuiApplication.clipboard().text())
"""

_IMPORTS = """
from PySide6.QtGui import QGuiApplication
from studiolo.desktop.chat.transcript.selection import Copied, put_on_clipboard

def copy():
    put_on_clipboard([Copied("**bold**", ("bold", "<b>bold</b>"))])
"""


def run(source: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", _IMPORTS + source]
    return subprocess.run(command, env=os.environ | changes, capture_output=True, text=True, timeout=60, check=False)


def test_a_session_in_which_something_was_copied_ends_with_success() -> None:
    done = run(_SESSION)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("platform", ["offscreen", "minimal", "vnc"])
def test_where_the_clipboard_is_the_process_s_own_it_is_cleared(platform: str) -> None:
    done = run(_APPLICATION, QT_QPA_PLATFORM=platform)
    assert (done.returncode, done.stdout) == (0, "**bold** | \n"), done.stderr


def test_where_it_belongs_to_the_screen_it_is_left_alone() -> None:
    with virtual_display() as display:
        done = run(_APPLICATION, **display.environment)
    assert (done.returncode, done.stdout) == (0, "**bold** | **bold**\n"), done.stderr
