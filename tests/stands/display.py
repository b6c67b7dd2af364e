"""A screen in memory, with a keyboard."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.stands.waiting import LIMIT_SECONDS, wait_until


@dataclass(frozen=True)
class Display:
    """`environment` is what a program needs to open its windows here."""

    environment: dict[str, str]

    def type_into(self, title: str, text: str, *, seconds: float = LIMIT_SECONDS) -> None:
        """Wait for a window with this title, then type `text` and Enter."""
        found = wait_until(
            lambda: self._xdotool("search", "--onlyvisible", "--name", title), f"a window '{title}'", seconds=seconds
        )
        self._xdotool("windowfocus", "--sync", found.split()[-1])
        self._xdotool("type", "--delay", "10", text)
        self._xdotool("key", "Return")

    def press(self, title: str, key: str) -> None:
        """Press a key in the window with this title."""
        self._xdotool("windowfocus", "--sync", self.titles(title)[-1])
        self._xdotool("key", key)

    def titles(self, title: str) -> list[str]:
        """The windows in sight that have just this title."""
        return self._windows(title, "--onlyvisible")

    def exists(self, title: str) -> bool:
        """Whether there is such a window, be it minimised."""
        return bool(self._windows(title))

    def close_window(self, title: str) -> None:
        """As its title bar does it."""
        for window in self.titles(title):
            _ask_to_close(self.environment["DISPLAY"], int(window))

    def screenshot(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["import", "-window", "root", str(file)], env=os.environ | self.environment, check=True)

    def _windows(self, title: str, *more: str) -> list[str]:
        found = self._xdotool("search", *more, "--name", f"^{title}$").split()
        return [window for window in found if self._xdotool("getwindowname", window) == title]

    def _xdotool(self, *arguments: str) -> str:
        command = ["xdotool", *arguments]
        environment = os.environ | self.environment
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
        return done.stdout.strip()


class _ClientMessage(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("room", ctypes.c_byte * 96),
    )


def _ask_to_close(name: str, window: int) -> None:
    """What a window manager does when the cross in the title bar is clicked (ICCCM 4.2.8.1)."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(name.encode()))
    assert display
    message = _ClientMessage(type=33, send_event=1, window=window, format=32)
    message.message_type = x11.XInternAtom(display, b"WM_PROTOCOLS", 0)
    message.data[0] = x11.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
    x11.XSendEvent(display, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(message))
    x11.XCloseDisplay(display)


@contextmanager
def virtual_display(width: int = 1120, height: int = 820) -> Iterator[Display]:
    """An X server of its own, as long as the context lasts."""
    for tool in ("Xvfb", "xdotool", "import"):
        assert shutil.which(tool), f"{tool} is missing: `python3 dev.py prepare test` installs it"
    read, write = os.pipe()
    # It would begin anew, and refuse whoever comes then, each time the last program has gone.
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with open(read, encoding="ascii") as ready:
        number = ready.readline().strip()
    try:
        yield Display({"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"})
    finally:
        server.terminate()
        server.wait()
