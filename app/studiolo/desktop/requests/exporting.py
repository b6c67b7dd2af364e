"""Requests written into a file that a person chooses, one a line."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QWidget

from studiolo.api.server import RequestEntry
from studiolo.desktop.language import translate
from studiolo.desktop.widgets.dialogs import ask_for_file
from studiolo.errors import StorageError
from studiolo.files import write_atomically


async def export_requests(parent: QWidget, entries: Sequence[RequestEntry]) -> None:
    """Ask where, and write requests there as lines of JSON, the oldest first. Raises StorageError."""
    kept = list(reversed(entries))
    target = await ask_for_file(
        parent,
        translate("Requests", "Export requests"),
        "requests.jsonl",
        {".jsonl": translate("Requests", "Lines of JSON")},
    )
    if target:
        await asyncio.to_thread(_write, target, kept)


def _write(target: Path, entries: Sequence[RequestEntry]) -> None:
    lines = "".join(f"{entry.model_dump_json(exclude={'type', 'body', 'reply'})}\n" for entry in entries)
    try:
        write_atomically(target, lines.encode(), private=True)
    except OSError as error:
        raise StorageError(f"{target} can't be written.", hint=f"{error.strerror}.", details=str(error)) from error
