"""The tray as a panel sees it: the desktop as a process, on an X server and a message bus of its own."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from PySide6.QtGui import QImage

from studiolo.api.chat import ChatRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.downloads import DownloadsApi
from studiolo.client.server import ServerApi
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.files import write_atomically
from studiolo.local_server import running_server
from studiolo.paths import app_paths, self_command
from tests.stands.display import Display, virtual_display
from tests.stands.hub import StandHub
from tests.stands.serving import STARTER
from tests.stands.session_bus import Panel, session_bus
from tests.stands.template_model import starter_model
from tests.stands.waiting import until

pytestmark = pytest.mark.timeout(180)
_RING = (0x5C, 0x7C, 0xFA)
_DOT = (0x37, 0xB2, 0x4D)


@asynccontextmanager
async def desktop(
    panel: Panel, display: Display, stand: StandHub, *arguments: str
) -> AsyncIterator["subprocess.Popen[bytes]"]:
    environment = display.environment | {"DBUS_SESSION_BUS_ADDRESS": panel.address, "HF_ENDPOINT": stand.endpoint}
    process = subprocess.Popen([*self_command(), *arguments], env=os.environ | environment)
    try:
        await until(lambda: running_server(app_paths()), "the server")
        yield process
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 20)
        finally:
            process.kill()
            process.wait()
            if state := running_server(app_paths()):
                psutil.Process(state.pid).kill()


def client() -> Client:
    state = running_server(app_paths())
    assert state
    return Client(state.address, state.key or None)


async def ring_pixels(panel: Panel) -> int:
    _, data = await panel.picture()
    return sum(tuple(data[at + 1 : at + 4]) == _RING for at in range(0, len(data), 4) if data[at] > 200)


@pytest.fixture
def owl(stand: StandHub) -> None:
    stand.add("birds/Owl-GGUF", {"Owl-Q4_K_M.gguf": starter_model()})


async def test_the_panel_sees_a_download_and_steers_it(stand: StandHub, owl: None) -> None:
    stand.wrong.bytes_per_second = 3_000_000
    with virtual_display() as display:
        async with session_bus() as panel, desktop(panel, display, stand), client() as one:
            await until(lambda: panel.watcher.items, "the icon")
            before = await ring_pixels(panel)
            assert "birds" not in await panel.tip()
            job = await DownloadsApi(one).start("birds/Owl-GGUF")
            assert job.job_id
            await until(lambda: _contains(panel.tip, "birds/Owl-GGUF Q4_K_M"), "progress in the tip")
            early = await until(lambda: _more(panel, before), "a ring")
            await until(lambda: _more(panel, early), "the ring goes on")
            title = next(label for label in await panel.menu() if label.endswith("/ Pause")).removesuffix("/ Pause")
            await panel.choose(f"{title}/ Pause")
            await until(lambda: _state(one, job.job_id, "paused"), "the pause")
            await until(lambda: _contains(panel.tip, "paused"), "the tip of the pause")
            assert await ring_pixels(panel) == 0, "nothing moves"
            stand.wrong.bytes_per_second = 0
            resume = next(label for label in await panel.menu() if label.endswith("/ Resume"))
            await panel.choose(resume)
            await until(lambda: _state(one, job.job_id, "completed"), "the end")
            await until(lambda: panel.notifications.shown, "a notification")
            assert panel.notifications.shown[0][:2] == ("Download complete", "birds/Owl-GGUF Q4_K_M")
            assert any(0 < dock["progress"] < 1 and dock["progress-visible"] for dock in panel.docks)
            await until(lambda: not panel.docks[-1]["progress-visible"], "the dock's end")
            panel.click(1)
            await until(lambda: display.titles("Downloads – Studiolo"), "the page")


async def test_a_closed_window_leaves_the_tray_and_comes_back(stand: StandHub) -> None:
    write_atomically(app_paths().config / "desktop.json", b'{"closing": "keep"}')
    with virtual_display() as display:
        async with session_bus() as panel, desktop(panel, display, stand) as process:
            await until(lambda: panel.watcher.items, "the icon")
            await until(lambda: display.titles("Studiolo"), "the window")
            display.close_window("Studiolo")
            await until(lambda: not display.titles("Studiolo"), "no window")
            await panel.choose("Open Studiolo")
            await until(lambda: display.titles("Studiolo"), "the window again")
            assert process.poll() is None
            await until(lambda: _offers(panel, "Stop the server"))
            await panel.choose("Stop the server")
            await until(lambda: running_server(app_paths()) is None, "the server's end")
            await until(lambda: _offers(panel, "Start the server"))
            await panel.choose("Start the server")
            await until(lambda: running_server(app_paths()), "the server again")
            await panel.choose("Quit")
            assert await asyncio.to_thread(process.wait, 20) == 0


async def test_the_theme_is_that_of_the_settings_and_another_one_at_once(stand: StandHub, tmp_path: Path) -> None:
    write_atomically(app_paths().config / "desktop.json", b'{"colour_scheme": "dark"}')
    with virtual_display() as display:
        async with session_bus() as panel, desktop(panel, display, stand, "--hidden"):
            await until(lambda: panel.watcher.items, "the icon")
            assert not display.titles("Studiolo")
            await panel.choose("Settings…")
            await until(lambda: display.titles("Studiolo"), "the window, with the dialog in it")
            await until(lambda: _lightness(display, tmp_path) < 60, "a dark window")
            # The search, the setting that is found, the choice before its last one, and out.
            for key in ("ctrl+comma", *"theme", "Return", "Left", "Escape"):
                await asyncio.to_thread(display.press, "Studiolo", key)
            await until(lambda: _lightness(display, tmp_path) > 200, "a light window")
    assert DesktopSettingsStore(app_paths().config / "desktop.json").current.colour_scheme == "light"


async def test_at_login_there_is_no_window(stand: StandHub) -> None:
    with virtual_display() as display:
        async with session_bus() as panel, desktop(panel, display, stand, "--hidden"):
            await until(lambda: panel.watcher.items, "the icon")
            await until(lambda: _contains_not(panel.tip, "stopped"), "the server is known")
            assert not display.titles("Studiolo")
            await panel.choose("New chat")
            await until(lambda: display.titles("Studiolo"), "the window")


async def test_a_second_start_brings_the_window_up(stand: StandHub) -> None:
    with virtual_display() as display:
        async with session_bus() as panel, desktop(panel, display, stand, "--hidden"):
            await until(lambda: panel.watcher.items, "the icon")
            await until(lambda: (app_paths().runtime / "desktop.json").exists(), "the first one listens")
            assert await second_start(display, "--hidden") == 0
            assert await panel.tip(), "by now it has done what it was called for"
            assert not display.titles("Studiolo"), "that was a login"
            assert await second_start(display) == 0
            await until(lambda: display.titles("Studiolo"), "the window")
            assert len(panel.watcher.items) == 1
        assert not (app_paths().runtime / "desktop.json").exists()


async def test_a_reply_that_ends_while_the_window_is_away_is_told(stand: StandHub) -> None:
    write_atomically(app_paths().config / "desktop.json", b'{"closing": "keep"}')
    # A model as small as this one may ramble on until its context is full.
    write_atomically(app_paths().config / "server.json", b'{"default_context_length": 512}')
    with virtual_display() as display:
        async with session_bus() as panel, desktop(panel, display, stand), client() as one:
            await until(lambda: panel.watcher.items, "the icon")
            await until(lambda: _was_asked(one, "/api/v1/models"), "the model is known")
            await asyncio.to_thread(display.type_into, "Studiolo", "Say hello.")
            await until(lambda: _dot(panel), "a dot")
            display.close_window("Studiolo")
            await until(lambda: panel.notifications.shown, "a notification")
            assert panel.notifications.shown[0][0] == "The reply is there"
            await until(lambda: _no_dot(panel), "no dot")
            panel.click(1)
            await until(lambda: display.titles("Studiolo"), "the window")
            # Somebody else's request is seen, too.
            asked = asyncio.create_task(
                ChatApi(one).complete(ChatRequest(model=STARTER, input="Tell a long story.", max_output_tokens=150))
            )
            await until(lambda: _contains(panel.tip, "The server is answering"), "the tip")
            await asked


async def test_closing_asks_while_downloads_run(stand: StandHub, owl: None) -> None:
    stand.wrong.bytes_per_second = 500_000
    with virtual_display() as display:
        async with session_bus() as panel, desktop(panel, display, stand) as process, client() as one:
            await until(lambda: panel.watcher.items, "the icon")
            await DownloadsApi(one).start("birds/Owl-GGUF")
            await until(lambda: _contains(panel.tip, " MB / "), "something that came")
            display.close_window("Studiolo")
            await until(lambda: display.titles("Close the window"), "the question")
            await asyncio.to_thread(display.press, "Close the window", "Return")
            await until(lambda: not display.titles("Studiolo"), "no window")
            assert process.poll() is None
            [title] = await _to_cancel(panel)
            await panel.choose(title)
            await until(lambda: display.titles("Downloads – Studiolo"), "the page with the way back")
            await until(lambda: _nothing_to_cancel(panel), "it is cancelled")
            await asyncio.to_thread(display.press, "Downloads – Studiolo", "ctrl+z")
            await until(lambda: _to_cancel(panel), "it is there again")
            await until(lambda: _contains(panel.tip, " MB / "), "it goes on")
            await panel.choose("Quit")
            await until(lambda: len(display.titles("Downloads – Studiolo")) == 2, "the question about what ends")
            await asyncio.to_thread(display.press, "Downloads – Studiolo", "Return")
            assert await asyncio.to_thread(process.wait, 20) == 0


async def test_closing_asks_until_it_is_told_not_to(stand: StandHub) -> None:
    with virtual_display() as display:
        async with session_bus() as panel, desktop(panel, display, stand) as process:
            await until(lambda: panel.watcher.items, "the icon")
            await until(lambda: _contains_not(panel.tip, "stopped"), "the server is known")
            display.close_window("Studiolo")
            await until(lambda: display.titles("Close the window"), "the question")
            await asyncio.to_thread(display.press, "Close the window", "Return")
            await until(lambda: not display.titles("Studiolo"), "no window")
            await panel.choose("Open Studiolo")
            await until(lambda: display.titles("Studiolo"), "the window")
            display.close_window("Studiolo")
            await until(lambda: display.titles("Close the window"), "the question again: nobody said not to")
            for key in ("space", "Return"):  # "Don't ask again" has the focus.
                await asyncio.to_thread(display.press, "Close the window", key)
            await until(lambda: not display.titles("Studiolo"), "no window again")
            await panel.choose("Open Studiolo")
            await until(lambda: display.titles("Studiolo"), "the window again")
            display.close_window("Studiolo")
            await until(lambda: not display.titles("Studiolo"), "no window at once")
            assert not display.titles("Close the window")
            assert process.poll() is None
            assert running_server(app_paths())


def _lightness(display: Display, folder: Path) -> int:
    """Of a place in the middle of the screen, where the window is: 0 is black and 255 white."""
    display.screenshot(folder / "screen.png")
    picture = QImage(str(folder / "screen.png"))
    return picture.pixelColor(picture.width() // 2, picture.height() // 4).lightness()


async def _was_asked(one: Client, route: str) -> bool:
    return any(entry.route == route and entry.status == 200 for entry in await ServerApi(one).log())


async def _offers(panel: Panel, label: str) -> bool:
    return label in await panel.menu()


async def _to_cancel(panel: Panel) -> list[str]:
    """The ways to cancel a download. How far each is stands in them."""
    return [label for label in await panel.menu() if label.endswith("/ Cancel")]


async def _nothing_to_cancel(panel: Panel) -> bool:
    return not await _to_cancel(panel)


async def _dot(panel: Panel) -> bool:
    _, data = await panel.picture()
    return any(tuple(data[at + 1 : at + 4]) == _DOT for at in range(0, len(data), 4))


async def _no_dot(panel: Panel) -> bool:
    return not await _dot(panel)


async def second_start(display: Display, *arguments: str) -> int:
    process = subprocess.Popen([*self_command(), *arguments], env=os.environ | display.environment)
    try:
        return await asyncio.to_thread(process.wait, 10)
    finally:
        process.kill()


async def test_without_a_tray_the_window_is_not_lost(stand: StandHub) -> None:
    write_atomically(app_paths().config / "desktop.json", b'{"closing": "keep"}')
    with virtual_display() as display:
        async with session_bus(tray=False) as panel, desktop(panel, display, stand) as process:
            await until(lambda: display.titles("Studiolo"), "the window")
            display.close_window("Studiolo")
            assert await second_start(display, "--hidden") == 0, "it answers, after it was closed"
            assert process.poll() is None
            assert display.exists("Studiolo"), "it is minimised, not hidden"


async def _contains(ask: Callable[[], Awaitable[str]], piece: str) -> bool:
    return piece in await ask()


async def _contains_not(ask: Callable[[], Awaitable[str]], piece: str) -> bool:
    return piece not in await ask()


async def _more(panel: Panel, than: int) -> int:
    count = await ring_pixels(panel)
    return count if count > than else 0


async def _state(one: Client, job: str | None, state: str) -> bool:
    assert job
    return (await DownloadsApi(one).status(job)).state == state
