"""A program in a terminal of its own: a real pseudo-terminal, with what a person sees and types."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from types import TracebackType
from typing import Self

# Makes standard input the controlling terminal, so that Ctrl+C is a signal, then becomes the program.
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
_ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-Z\\-_=>])")


class Terminal:
    """`text` is what was shown so far, without the escape sequences."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._screen, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        variables = {**environment, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *command],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env=variables,
            start_new_session=True,
        )
        os.close(inside)
        self._raw = b""

    @property
    def text(self) -> str:
        return _ESCAPES.sub("", self._raw.decode(errors="replace")).replace("\r\n", "\n")

    def expect(self, pattern: str, *, after: int = 0, timeout: float = 60) -> int:
        """Wait until `pattern` is shown behind position `after` of the text; the position behind it."""
        deadline = time.monotonic() + timeout
        while True:
            if found := re.compile(pattern).search(self.text, after):
                return found.end()
            if time.monotonic() > deadline or not self._read(deadline):
                raise AssertionError(f"not shown: {pattern!r}; the terminal has:\n{self.text}")

    def keys(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def wait(self, timeout: float = 20) -> int:
        """Read until the program ends; its exit status."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self._read(deadline):
            pass
        return self.process.wait(max(0.1, deadline - time.monotonic()))

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._screen], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return True
        try:
            more = os.read(self._screen, 65536)
        except OSError:
            return False  # Linux's end of file: the last program that had the terminal has ended
        self._raw += more
        return bool(more)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._screen)
