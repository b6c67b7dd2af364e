"""A person's way from a search to a chat, in a window of its own process: `python -m tests.e2e.whole_path begin`.

`begin` searches, chooses, downloads, pauses and goes on, and kills itself and its server in the middle. `end` starts
again, waits for the rest and chats. Everything is done with the widgets; a line is printed for each step.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from studiolo.desktop import loop
from studiolo.desktop.application import Application, DesktopApp
from studiolo.desktop.chat.transcript.reply import ReplyRow
from studiolo.desktop.discover.page import DiscoverPage
from studiolo.desktop.downloads.actions import DownloadAction
from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.downloads.page import DownloadsPage
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.widgets import theme
from studiolo.local_server import running_server
from studiolo.paths import app_paths
from tests.stands.waiting import LIMIT_SECONDS, until

WORDS, NAME = "owl", "birds/Owl-GGUF"


async def step(what: str, true: Callable[[], object], seconds: float = LIMIT_SECONDS) -> None:
    await until(true, what, seconds=seconds)
    print(what, flush=True)


def press(button: QAbstractButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def downloads(window: MainWindow) -> DownloadsPage:
    QTest.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    [page] = window.findChildren(DownloadsPage)
    return page


def job(page: DownloadsPage) -> Download | None:
    return page.table.job(0) if page.table.rowCount() else None


async def begin(window: MainWindow) -> None:
    await step("models are known", lambda: running_server(app_paths()))
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    [discover] = window.findChildren(DiscoverPage)
    await step("picks are shown", lambda: discover.results.models)
    QTest.keyClicks(discover.search, WORDS)
    await step("it is found", lambda: [model.name for model in discover.results.models] == [NAME])
    QTest.keyClick(discover.search, Qt.Key.Key_Return)
    QTest.keyClick(discover.list, Qt.Key.Key_Down)
    await step("its page is open", lambda: discover.panel.isVisible() and discover.panel.chosen)
    press(discover.panel.download)
    page = downloads(window)
    await step("it comes", lambda: (one := job(page)) and one.state == "downloading" and one.fraction > 0.1)
    page.view.choose(0)
    press(page.buttons[DownloadAction.PAUSE])
    await step("it is paused", lambda: (one := job(page)) and one.state == "paused")
    paused = job(page)
    assert paused
    press(page.buttons[DownloadAction.RESUME])
    await step("it goes on", lambda: (one := job(page)) and one.received > paused.received + 1_000_000)
    server = running_server(app_paths())
    assert server
    print(f"killed at {paused.received}", flush=True)
    os.kill(server.pid, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


async def end(window: MainWindow) -> None:
    page = downloads(window)
    await step("it is known again", lambda: job(page))
    known = job(page)
    assert known
    print(f"again at {known.received}", flush=True)
    await step("it is complete", lambda: (one := job(page)) and one.state == "completed")
    page.view.choose(0)
    press(page.chat)
    await step("the chat is in sight", lambda: window.shown_page == "chat")
    await step("the model answers", lambda: "Owl" in window.page.picker.text() or "owl" in window.page.picker.text())
    QTest.keyClicks(window.page.composer.field, "Say hello.")
    QTest.keyClick(window.page.composer.field, Qt.Key.Key_Return)
    await step("a reply", lambda: any(row.runs and row.message.text for row in window.findChildren(ReplyRow)), 120)
    QTest.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)


def main() -> int:
    app = Application(["studiolo"])
    theme.apply(app, "light")

    async def run() -> int:
        session = DesktopApp(app, app_paths(), DesktopSettingsStore(app_paths().config / "desktop.json"))
        running = asyncio.ensure_future(session.run())
        await step("the window is open", lambda: session._window.isVisible() and session._stages)
        await asyncio.sleep(0.5)
        await {"begin": begin, "end": end}[sys.argv[1]](session._window)
        if session._window.page.composer.button.accessibleName() == "Stop":
            # A reply is being written, so quitting asks.
            press(session._window.page.composer.button)
            await asyncio.sleep(0.5)
        session.quit()
        return await running

    return loop.run(app, run)


if __name__ == "__main__":
    sys.exit(main())
