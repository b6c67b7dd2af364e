"""The window: how long until it is seen, and what it holds at rest."""

import os
import subprocess
import time
from pathlib import Path
from statistics import median

import psutil

from benchmarks.rows import Row
from studiolo.paths import HOME_VARIABLE, self_command
from tests.stands.display import virtual_display

RUNS = 7
_REST_SECONDS = 6


def measure_window(home: Path) -> list[Row]:
    """Start the desktop under Xvfb, warm, and read its own trace."""
    with virtual_display() as display:
        environment = os.environ | display.environment | {HOME_VARIABLE: str(home), "STUDIOLO_STARTUP_TRACE": "1"}
        starts = [_start(environment, rest=False)[0] for _ in range(RUNS + 1)][1:]
        _, memory = _start(environment, rest=True)
    shown = median(starts)
    return [
        Row("process start to shown window, warm", f"{shown:.2f} s", "under 1.0 s", shown < 1.0),
        Row("memory of the window's process at rest", f"{memory:.0f} MB", "under 150 MB", memory < 150),
    ]


def _start(environment: dict[str, str], *, rest: bool) -> tuple[float, float]:
    """Seconds from process start to the first painted window, and its resident memory in MB when it rests."""
    process = subprocess.Popen(self_command(), env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        shown = next(float(line.split()[1]) for line in process.stdout if line.startswith("shown "))
        time.sleep(_REST_SECONDS if rest else 0.5)
        memory = psutil.Process(process.pid).memory_info().rss / 1e6
    finally:
        process.terminate()
        process.wait(20)
    return shown, memory
