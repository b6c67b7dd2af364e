"""Exports are read in a process of their own: one may be one value of a hundred megabytes, and nobody reads it first.

This is that process's side. It knows no Qt.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studiolo.desktop.history.imports.pieces import Piece, pieces_of
from studiolo.desktop.history.imports.reading import Imported, read_one_by_one
from studiolo.desktop.worker.serving import serve
from studiolo.errors import AppError, RequestError

MEMORY_BYTES = 448_000_000
"""The window itself holds one chat of them, too."""
SECONDS = 10.0
"""In which something of it must have been read."""

_ANSWER_BYTES = 4_000_000
_ANSWER_PIECES = 1_000
_ANSWER_SECONDS = 0.3


def run_import_worker() -> int:
    """Read what the window asks for; the result is the exit status."""
    return serve(_Reading().handle, memory=MEMORY_BYTES, seconds=4 * SECONDS)


class _Reading:
    """One export: the first question names it, each answer goes on where the one before ended."""

    def __init__(self) -> None:
        self._imported = Imported()
        self._pieces: Iterator[Piece | None] | None = None
        self._failure: AppError | MemoryError | None = None

    def handle(self, question: dict[str, Any], _: bytes) -> Piece:
        if path := question.get("path"):
            self._pieces = _pieces(Path(path), self._imported)
        if self._pieces is None:
            raise RequestError("Whatever read the chats broke down.", hint="Import them again.")
        if self._failure:
            raise self._failure
        pieces, data, size, done = [], [], 0, True
        until = time.monotonic() + _ANSWER_SECONDS
        try:
            for piece in self._pieces:
                if piece:
                    pieces.append(piece[0] | {"size": len(piece[1])})
                    data.append(piece[1])
                    size += len(piece[1])
                if size > _ANSWER_BYTES or len(pieces) >= _ANSWER_PIECES or time.monotonic() > until:
                    done = False
                    break
            else:
                self._failure = self._imported.as_error()
        except (AppError, MemoryError) as error:
            self._failure = error
        # It is told after what came before it.
        done = done and self._failure is None
        skipped, self._imported.skipped = self._imported.skipped, []
        told = {"pieces": pieces, "skipped": len(skipped), "read": self._imported.read, "done": done}
        return told, b"".join(data)


def _pieces(path: Path, imported: Imported) -> Iterator[Piece | None]:
    for chat in read_one_by_one(path, imported):
        if chat is None:
            yield None
        else:
            yield from pieces_of(chat)
