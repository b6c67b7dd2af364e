"""Attachments, read in a process of their own that can be ended."""

import asyncio
from pathlib import Path
from typing import Any

from studiolo.desktop.chat.composing.attachment_worker import MEMORY_BYTES, SECONDS
from studiolo.desktop.chat.composing.reading import Attachment
from studiolo.desktop.history.parts import FilePart, ImagePart
from studiolo.desktop.language import translate
from studiolo.desktop.worker.process import WorkerProcess, WorkerStopped
from studiolo.desktop.worker.roles import ATTACHMENT_WORKER
from studiolo.errors import RequestError

_AT_ONCE = 2


class AttachmentReader:
    """Reads files for whoever must not wait. Cancelled, it ends the process that reads.

    seconds, memory: how long one file may take, and how many bytes.
    """

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY_BYTES) -> None:
        self._seconds = seconds
        self._memory = memory
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def read_file(self, path: Path) -> Attachment:
        """Read what `reading.read_file` reads, within limits. Raises RequestError, also where a limit is reached."""
        return await self._read({"path": str(path)}, b"", path.name)

    async def read_image(self, data: bytes, name: str) -> Attachment:
        """Read what `reading.read_image` reads, within limits. Raises RequestError."""
        return await self._read({"name": name}, data, name)

    async def _read(self, question: dict[str, Any], data: bytes, name: str) -> Attachment:
        async with self._turns:
            worker = WorkerProcess(ATTACHMENT_WORKER, memory=self._memory)
            try:
                return await asyncio.to_thread(_ask_once, worker, question, data, self._seconds)
            except WorkerStopped as stopped:
                raise _limit_reached(stopped, name) from None
            except asyncio.CancelledError:
                worker.end()
                raise


def _ask_once(worker: WorkerProcess, question: dict[str, Any], data: bytes, seconds: float) -> Attachment:
    try:
        return _attachment(*worker.ask(question, data, seconds=seconds))
    finally:
        worker.rest()


def _attachment(answer: dict[str, Any], found: bytes) -> Attachment:
    text_at, data_at = answer["preview"], answer["preview"] + answer["text"]
    if answer["kind"] == FilePart.kind:
        return Attachment(FilePart(found[text_at:data_at].decode("utf-8", "surrogatepass"), **answer["part"]))
    return Attachment(ImagePart(**answer["part"]), found[data_at:], found[:text_at])


def _limit_reached(stopped: WorkerStopped, name: str) -> RequestError:
    return stopped.as_error(
        name,
        time=translate("Attachments", "%1 can't be attached: reading it took more than 10 seconds."),
        memory=translate("Attachments", "%1 can't be attached: reading it took more than 450 MB of memory."),
        ended=translate("Attachments", "%1 can't be attached: whatever reads it broke down."),
        hint=translate("Attachments", "Attach a smaller file, or the part that matters."),
        ended_hint=translate("Attachments", "The file may be damaged: open it and save it anew."),
    )
