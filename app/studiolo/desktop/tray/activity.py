"""Whether our own server is answering somebody, whoever that is."""

import asyncio
import logging
from contextlib import aclosing

from PySide6.QtCore import QObject, Signal

from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Connection, Ready
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AppError

logger = logging.getLogger(__name__)

_ANSWERS = ("/chat", "/chat/completions", "/responses", "/completions", "/embeddings", "/messages")
_AGAIN_SECONDS = 10.0


class ServerActivity(QObject):
    """Listens to the server's log while it runs: the server tells when a request begins and ends."""

    changed = Signal()

    def __init__(self, connection: Connection, report: Report, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._scope = TaskScope(self, report)
        self._running: set[int] = set()
        connection.changed.connect(self._connection_changed)
        self._connection_changed()

    @property
    def count(self) -> int:
        """Return how many requests a model answers just now."""
        return len(self._running)

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._scope.aclose()

    def _connection_changed(self) -> None:
        self._set(set())
        if isinstance(self._connection.state, Ready):
            self._scope.start(self._listen(), replace="listen")
        else:
            self._scope.cancel("listen")

    def _set(self, running: set[int]) -> None:
        told = len(self._running) != len(running)
        self._running = running
        if told:
            self.changed.emit()

    async def _listen(self) -> None:
        while True:
            try:
                await self._follow()
            except AppError as error:
                # A server of an older version has no log; one that is asked for a token has none for us.
                logger.info("what the server does is not told: %s", error)
            self._set(set())
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _follow(self) -> None:
        async with aclosing(ServerApi(self._connection.client).follow_log()) as entries:
            async for entry in entries:
                if not entry.route.endswith(_ANSWERS):
                    continue
                if entry.status is None:
                    self._set(self._running | {entry.id})
                else:
                    self._set(self._running - {entry.id})
