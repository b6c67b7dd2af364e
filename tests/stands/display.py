"""A screen in memory, with a keyboard."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Display:
    """`environment` is what a program needs to open its windows here."""

    environment: dict[str, str]

    def type_into(self, title: str, text: str, *, seconds: float = 20) -> None:
        """Wait for a window with this title, then type `text` and Enter."""
        deadline = time.monotonic() + seconds
        while not (found := self._xdotool("search", "--onlyvisible", "--name", title)):
            assert time.monotonic() < deadline, f"no window '{title}'"
            time.sleep(0.05)
        self._xdotool("windowfocus", "--sync", found.split()[-1])
        self._xdotool("type", "--delay", "10", text)
        self._xdotool("key", "Return")

    def screenshot(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["import", "-window", "root", str(file)], env=os.environ | self.environment, check=True)

    def _xdotool(self, *arguments: str) -> str:
        command = ["xdotool", *arguments]
        environment = os.environ | self.environment
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
        return done.stdout.strip()


@contextmanager
def virtual_display(width: int = 1120, height: int = 820) -> Iterator[Display]:
    """An X server of its own, as long as the context lasts."""
    for tool in ("Xvfb", "xdotool", "import"):
        assert shutil.which(tool), f"{tool} is missing: .ci/run says which packages the tests need"
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with open(read, encoding="ascii") as ready:
        number = ready.readline().strip()
    try:
        yield Display({"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"})
    finally:
        server.terminate()
        server.wait()
