"""Exported chats, read in a process of their own that can be ended."""

import asyncio
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from studiolo.desktop.history.imports.import_worker import MEMORY_BYTES, SECONDS
from studiolo.desktop.history.imports.pieces import Joining
from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.language import translate
from studiolo.desktop.worker.process import WorkerProcess, WorkerStopped
from studiolo.desktop.worker.roles import IMPORT_WORKER
from studiolo.errors import AppError, RequestError

_BUSY = 3
"""Seconds that pass while the processor gives one, at most."""

_Answer = tuple[dict[str, Any], bytes]


class ChatReader:
    """Reads a file or folder of exported chats, some at a time, within limits; the context ends its process.

    stopped: whether somebody wants no more of it. skipped: how many chats can't be read, by now; read: how many
    messages all of them have. seconds: of the processor, in which something of it must have been read; memory: bytes.
    """

    def __init__(self, path: Path, *, seconds: float = SECONDS, memory: int = MEMORY_BYTES) -> None:
        self._path = path
        self._seconds = seconds
        self._worker = WorkerProcess(IMPORT_WORKER, memory=memory)
        self._asking: asyncio.Future[_Answer] | None = None
        self._joining = Joining()
        self._done = False
        self.stopped = False
        self.skipped = 0
        self.read = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._asking:
            with suppress(AppError, WorkerStopped):
                await self._asking
        await asyncio.to_thread(self._worker.rest)

    def stop(self) -> None:
        """Read no more, at once."""
        self.stopped = True
        self._worker.end()

    async def more(self) -> list[ImportedChat] | None:
        """Return those that came next, maybe none yet; None at the end, and once it is stopped.

        Raises RequestError, also where a limit is reached: what came before holds.
        """
        if self._done or self.stopped:
            return None
        asking = self._asking or self._ask({"path": str(self._path)})
        try:
            answer, data = await asyncio.shield(asking)
        except WorkerStopped as stopped:
            if self.stopped:
                return None
            raise _limit_reached(stopped, self._path.name) from None
        self._done = answer["done"]
        if not self._done:
            # The next are read while whoever asked works with these.
            self._ask({}, continues=True)
        self.skipped += answer["skipped"]
        self.read = answer["read"]
        chats, at = [], 0
        for piece in answer["pieces"]:
            size = piece.pop("size")
            if chat := self._joining.add(piece, data[at : at + size]):
                chats.append(chat)
            at += size
        return chats

    def _ask(self, question: dict[str, Any], *, continues: bool = False) -> "asyncio.Future[_Answer]":
        ask = partial(
            self._worker.ask,
            question,
            # Where others keep the machine busy, the same work takes longer.
            seconds=_BUSY * self._seconds,
            cpu_seconds=self._seconds,
            continues=continues,
        )
        self._asking = asyncio.ensure_future(asyncio.to_thread(ask))
        return self._asking


def _limit_reached(stopped: WorkerStopped, name: str) -> RequestError:
    return stopped.as_error(
        name,
        time=translate("Imports", "%1 can't be read further: one of its chats took more than 10 seconds."),
        memory=translate("Imports", "%1 can't be read further: one of its chats took more than 450 MB of memory."),
        ended=translate("Imports", "%1 can't be read further: whatever reads it broke down."),
        hint=translate("Imports", "What came before stays. Import the rest in smaller files."),
    )
