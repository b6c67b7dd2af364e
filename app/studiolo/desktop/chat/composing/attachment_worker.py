"""Attachments are read in a process of their own: what a stranger's file does to its reader, it does to nobody else.

This is that process's side. It knows no Qt.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from studiolo.desktop.chat.composing.reading import read_file, read_image
from studiolo.desktop.history.parts import FilePart
from studiolo.desktop.worker.serving import serve

MEMORY_BYTES = 448_000_000
"""The window itself holds what came of it, too: both together take less than 512 MB."""
SECONDS = 10.0


def run_attachment_worker() -> int:
    """Read what the window asks for; the result is the exit status."""
    return serve(_handle, memory=MEMORY_BYTES, seconds=2 * SECONDS)


def _handle(question: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    path = question.get("path")
    attachment = read_file(Path(path)) if path is not None else read_image(data, question["name"])
    preview = attachment.preview or b""
    text = attachment.part.text.encode("utf-8", "surrogatepass") if isinstance(attachment.part, FilePart) else b""
    known = {name: value for name, value in asdict(attachment.part).items() if name != "text"}
    answer = {"kind": attachment.part.kind, "part": known, "preview": len(preview), "text": len(text)}
    return answer, preview + text + (attachment.data or b"")
