"""What is left of a window that broke down: the interpreter's last words, kept until the next start tells of them."""

import faulthandler
import logging
import os
import platform
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO

from studiolo import __version__
from studiolo.files import open_regular, write_atomically
from studiolo.redaction import redact

logger = logging.getLogger(__name__)

_RUNNING, _REPORT = "desktop-crash.log", "desktop-crash.txt"
_MARKS = ("Fatal Python error", "Windows fatal exception")
_MOST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class CrashReport:
    """When it was written, in seconds since the epoch, and what it says, without secrets and names of folders."""

    time: float
    text: str


class CrashLog:
    """Listens for what ends the process without a chance to say so (a fault in Qt, a full stack, an abort).

    The file it would be written to goes when the program ends as it should. Nothing of it ever stands in the way: where
    it can't be written, there is no report.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None

    def begin(self) -> None:
        """Keep what the last run left, and listen from now on."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _keep(self._folder)
            # What is no file at all, such as a pipe, would wait for somebody who reads it.
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
            self._file = os.fdopen(os.open(self._folder / _RUNNING, flags, 0o600), "wb", 0)
            self._file.write(_head().encode())
            faulthandler.enable(self._file)
        except OSError as error:
            logger.warning("a crash would leave no report: %s", error)

    def end(self) -> None:
        """Hear that the program ends as it should."""
        if self._file is None:
            return
        faulthandler.disable()
        self._file.close()
        self._file = None
        with suppress(OSError):
            (self._folder / _RUNNING).unlink(missing_ok=True)


def read_report(folder: Path) -> CrashReport | None:
    """Return the report that an earlier run left; None where there is none. It blocks."""
    file = folder / _REPORT
    try:
        with open_regular(file) as report:
            text = report.read(_MOST_BYTES).decode(errors="replace")
            return CrashReport(os.fstat(report.fileno()).st_mtime, private(text))
    except OSError:
        return None


def delete_report(folder: Path) -> None:
    """Delete the report. Raises OSError. It blocks."""
    (folder / _REPORT).unlink(missing_ok=True)


def private(text: str) -> str:
    """Return text without tokens, and without the name of the person's own folder."""
    home = str(Path.home())
    return redact(text.replace(home, "~") if len(home) > 1 else text)


def _keep(folder: Path) -> None:
    file = folder / _RUNNING
    try:
        with open_regular(file) as left:
            text = left.read(_MOST_BYTES).decode(errors="replace")
            when = os.fstat(left.fileno()).st_mtime
    except FileNotFoundError:
        return
    # Ended by force, or with the machine, it had nothing to say.
    if any(mark in text for mark in _MARKS):
        write_atomically(folder / _REPORT, text.encode())
        os.utime(folder / _REPORT, (when, when))


def _head() -> str:
    try:
        qt = version("PySide6-Essentials")
    except PackageNotFoundError:
        qt = "?"
    began = datetime.fromtimestamp(time.time()).astimezone().isoformat(timespec="seconds")
    program = f"Studiolo {__version__}, Python {platform.python_version()}, Qt {qt}"
    return f"{program}, {platform.platform()}\nStarted {began}\n\n"
