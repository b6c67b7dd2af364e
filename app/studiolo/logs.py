"""The log of one process: a file that rotates, without secrets, that never stands in the program's way."""

import logging
import re
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

MAX_BYTES = 2_000_000
KEPT_FILES = 3

_FORMAT = "%(asctime)s %(levelname)-7s %(process)d %(name)s: %(message)s"
_SECRETS = (
    # Ours and LM Studio's: ten characters tell two tokens apart and open nothing.
    (re.compile(r"\b(sk-lm-[A-Za-z0-9]{4})[A-Za-z0-9:_-]+"), r"\1…"),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)(?!sk-lm-)[A-Za-z0-9._~+/=:-]+"), r"\1…"),
    (re.compile(r"(?i)(x-api-key['\"]?\s*[,:=]\s*b?['\"]?)(?!sk-lm-)[A-Za-z0-9._~+/=:-]+"), r"\1…"),
    (re.compile(r"\bhf_[A-Za-z0-9]{8,}"), "hf_…"),
    # A proxy's address may carry its password.
    (re.compile(r"(://)[^/\s:@'\"]*:[^/\s@'\"]+@"), r"\1…@"),
)


def redact(text: str) -> str:
    """`text` with tokens and passwords cut out. Of a `sk-lm-` token the first ten characters stay."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


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
    # One line for each request, and the desktop asks several times a second.
    logging.getLogger("httpx").setLevel(max(level, logging.WARNING) if level > logging.DEBUG else level)


def _handlers(file: Path, *, console: bool) -> list[logging.Handler]:
    handlers: list[logging.Handler] = []
    if console and sys.stderr is not None:
        handlers.append(_ConsoleHandler(sys.stderr))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
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
    """A rotating file that stays quiet about the disk: full today, it may have room again tomorrow."""

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
