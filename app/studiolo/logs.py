"""The log of one process: a file that rotates, without secrets, that never stands in the program's way."""

import contextlib
import logging
import os
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from studiolo.redaction import redact as redact

MAX_BYTES = 2_000_000
KEPT_FILES = 3

_FORMAT = "%(asctime)s %(levelname)-7s %(process)d %(name)s: %(message)s"


def start_logging(name: str, folder: Path, *, console: bool = False, level: int = logging.INFO) -> None:
    """Log this process to `<folder>/<name>.log`, and to stderr if `console`.

    Where the file can't be written the program goes on without it: no error is raised, now or later. Calling it again
    replaces what the first call set up.
    """
    root = logging.getLogger()
    for former in [handler for handler in root.handlers if isinstance(handler, _FileHandler | _ConsoleHandler)]:
        root.removeHandler(former)
        former.close()
    formatter = _RedactingFormatter(_FORMAT)
    for handler in _handlers(folder / f"{name}.log", console=console):
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(True)
    # One line for each request with the whole address, and the desktop asks several times a second.
    for talkative in ("httpx", "httpx2", "mcp"):
        logging.getLogger(talkative).setLevel(max(level, logging.WARNING) if level > logging.DEBUG else level)


def _handlers(file: Path, *, console: bool) -> list[logging.Handler]:
    handlers: list[logging.Handler] = []
    if console and sys.stderr is not None:
        handlers.append(_ConsoleHandler(sys.stderr))
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handlers.append(
            _FileHandler(file, maxBytes=MAX_BYTES, backupCount=KEPT_FILES - 1, encoding="utf-8", errors="replace")
        )
    except OSError:
        # Without any handler logging would print warnings by its "last resort", tokens and all.
        handlers.append(logging.NullHandler())
    return handlers


class _RedactingFormatter(logging.Formatter):
    """Redacts the finished text, so that no way into it (message, arguments, traceback) is missed."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _ConsoleHandler(logging.StreamHandler[TextIO]):
    """Of a type of its own, to be told from what others put on the root logger."""


class _FileHandler(RotatingFileHandler):
    """A rotating file that only its user reads, and that stays quiet about the disk.

    Full today, it may have room again tomorrow.
    """

    def _open(self) -> TextIOWrapper:
        # A pipe without a reader is an error then, and not waited for.
        at_once = getattr(os, "O_NONBLOCK", 0)
        os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | at_once, 0o600))
        with contextlib.suppress(OSError):
            os.chmod(self.baseFilename, 0o600)
        return super()._open()

    def doRollover(self) -> None:  # noqa: N802
        try:
            super().doRollover()
        except OSError:
            # Another process holds the file (Windows) or the folder is read-only: the old file grows on.
            if self.stream is None:
                self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)
