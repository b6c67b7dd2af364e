"""What a process says before its own log is open, and how the one that started it reads that."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Self

_SHOWN_LINES = 2
_SHOWN_BYTES = 8192
_PROBE_BYTES = 16 * 1024


class LastWords:
    """A file for a child's output: at `path` where that can be written, else somewhere that needs no disk.

    On a full or read-only disk it would be lost just when somebody has to hear why nothing starts.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        on_disk = _on_disk(path)
        self._on_disk = on_disk is not None
        self.file: IO[bytes] = on_disk or _elsewhere()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()

    def read(self) -> str:
        """Return the last lines so far, in one."""
        try:
            # The child writes on from where this descriptor stands: only its own reading may move it.
            size = os.fstat(self.file.fileno()).st_size
            content = self._read_from(max(0, size - _SHOWN_BYTES))
        except (OSError, ValueError):
            return ""
        return " ".join(content.decode(errors="replace").strip().splitlines()[-_SHOWN_LINES:])

    def _read_from(self, offset: int) -> bytes:
        if sys.platform != "win32":
            return os.pread(self.file.fileno(), _SHOWN_BYTES, offset)
        if not self._on_disk:
            return b""
        with self._path.open("rb") as again:
            again.seek(offset)
            return again.read(_SHOWN_BYTES)


def _on_disk(path: Path) -> IO[bytes] | None:
    """Return the file at `path`, empty, if there is room for some lines in it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600), "r+b", 0)
    except OSError:
        return None
    try:
        file.write(b"\n" * _PROBE_BYTES)
        file.truncate(0)
    except OSError:
        file.close()
        return None
    return file


def _elsewhere() -> IO[bytes]:
    with contextlib.suppress(OSError):
        if sys.platform == "linux":
            return open(os.memfd_create("last words"), "r+b", 0)
    with contextlib.suppress(OSError):
        return tempfile.TemporaryFile(buffering=0)
    return open(os.devnull, "r+b", 0)
