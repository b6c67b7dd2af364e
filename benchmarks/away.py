"""Downloads in sight by the hundred, and what the desktop takes while its window is away."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from benchmarks.rows import Row
from studiolo.desktop import loop
from studiolo.desktop.downloads.model import JobColumn
from studiolo.desktop.widgets import theme
from studiolo.paths import HOME_VARIABLE, self_command
from tests.stalls import StallMonitor
from tests.stands.desk import desk_at
from tests.stands.display import virtual_display
from tests.stands.many_jobs import many_jobs
from tests.stands.session_bus import session_bus
from tests.stands.waiting import until

JOBS = 500
_WATCH_SECONDS = 20


def measure_many_jobs(home: Path) -> list[Row]:
    """The page of downloads, sorted by progress, while all of them change twice a second."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply(app, "light")
    former = os.environ.get(HOME_VARIABLE)
    os.environ[HOME_VARIABLE] = str(home)
    worst: list[float] = []

    async def watch() -> int:
        with many_jobs(JOBS) as address:
            async with desk_at(address) as desk:
                await until(lambda: desk.page.table.rowCount() == JOBS)
                desk.page.view.header().setSortIndicator(JobColumn.PROGRESS, Qt.SortOrder.DescendingOrder)
                await asyncio.sleep(2)
                with StallMonitor() as stalls:
                    await asyncio.sleep(_WATCH_SECONDS)
                worst.append(stalls.worst_cpu)
        return 0

    try:
        loop.run(app, watch)
    finally:
        os.environ.pop(HOME_VARIABLE)
        if former is not None:
            os.environ[HOME_VARIABLE] = former
    name = f"{JOBS} downloads that change twice a second: the longest that the window's thread is busy"
    return [Row(name, f"{worst[0]:.0f} ms", "at most 16 ms", worst[0] <= 16)]


def measure_hidden(home: Path) -> list[Row]:
    """Open the window, let it rest, close it into the tray, and look at what is left."""
    with virtual_display() as display:
        (home / "config").mkdir(parents=True)
        (home / "config" / "desktop.json").write_text('{"closing": "keep"}')

        async def watch() -> tuple[float, float, float]:
            async with session_bus() as panel:
                environment = os.environ | display.environment | {HOME_VARIABLE: str(home)}
                environment |= {"DBUS_SESSION_BUS_ADDRESS": panel.address}
                with _desktop(environment) as process:
                    await until(lambda: display.titles("Studiolo") and panel.watcher.items)
                    await asyncio.sleep(6)
                    display.close_window("Studiolo")
                    await until(lambda: not display.titles("Studiolo"))
                    await asyncio.sleep(4)
                    return await asyncio.to_thread(_rest_of, process)

        own, shared, share = asyncio.run(watch())
    name = "memory of its process with the window closed into the tray, pages shared with others by their share"
    return [
        Row(name, f"{shared:.0f} MB ({own:.0f} MB its own)", "under 120 MB", shared < 120),
        Row("its share of a core meanwhile", f"{share:.2%}", "under 0.5 %", share < 0.005),
    ]


@contextmanager
def _desktop(environment: dict[str, str]) -> Iterator[psutil.Process]:
    process = subprocess.Popen(self_command(), env=environment)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _rest_of(process: psutil.Process) -> tuple[float, float, float]:
    """MB of its own, MB with its share of what is shared, and how much of a core it takes."""
    memory = process.memory_full_info()
    before, began = process.cpu_times(), time.monotonic()
    time.sleep(_WATCH_SECONDS)
    after = process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return memory.uss / 1e6, memory.pss / 1e6, spent / (time.monotonic() - began)
