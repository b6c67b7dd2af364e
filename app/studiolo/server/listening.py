"""The HTTP server around the application: whom it believes, and whom it gives up waiting for."""

import asyncio
import contextlib
import errno
import logging
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

logger = logging.getLogger(__name__)

HEAD_SECONDS = 20.0
"""So long a client may take to say what it wants."""
BODY_SECONDS = 60.0
"""So long a client may send nothing of a body that it began."""
WRITE_SECONDS = 60.0
"""So long a client may take nothing of an answer."""
_LOOK_SECONDS = 1.0
_COMPLAINT_SECONDS = 60.0
_DESCRIPTORS = 16384
_BACKLOG = 128


class HttpServer(uvicorn.Server):
    """uvicorn, with the signals left to others: it would end open streams before the models could.

    A client that neither asks nor takes what it asked for is given up, so that it holds no slot and no descriptor.
    """

    def __init__(self, app: ASGIApp, *, grace_seconds: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=HttpConnection,
                ws="none",
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                # Anybody on this machine can send such a header, so it says nothing of where a request comes from.
                proxy_headers=False,
                backlog=_BACKLOG,
                timeout_graceful_shutdown=grace_seconds,
            )
        )
        self._looked = 0.0

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals of the process as they are; uvicorn would take them over here."""
        yield

    async def listen_on(self, sockets: list[socket.socket]) -> None:
        """Serve further sockets, which are closed with the others."""
        for listener in sockets:
            self.servers.append(
                await asyncio.get_running_loop().create_server(self._connect, sock=listener, backlog=_BACKLOG)
            )

    def _connect(self) -> asyncio.Protocol:
        return HttpConnection(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    async def on_tick(self, counter: int) -> bool:
        """Look for silent clients once a second, and return whether the server is to end, as uvicorn does."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            self.give_up_on_the_silent(now)
        return await super().on_tick(counter)

    def give_up_on_the_silent(self, now: float) -> None:
        """Close every connection whose client has been waited for too long."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, HttpConnection) and (reason := connection.overdue(now)):
                logger.info("a connection from %s is closed: %s", connection.client, reason)
                connection.transport.abort()


class HttpConnection(H11Protocol):
    """A connection that knows how long its client has been silent."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start all clocks of the connection at the time when it is made."""
        now = time.monotonic()
        self._began = now
        """When it was made, or the last request on it ended."""
        self._heard = now
        self._took = now
        self._unsent = 0
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Note when the client was heard last, and handle what it sent."""
        self._heard = time.monotonic()
        super().data_received(data)

    def resume_writing(self) -> None:
        """Note that the client took what it was sent, and go on sending."""
        # Between two looks as much may be added as was taken.
        self._took = time.monotonic()
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Note when an answer was complete: from now on the client may be silent for as long as on a new connection."""
        self._began = time.monotonic()
        super().on_response_complete()

    def overdue(self, now: float) -> str | None:
        """Return what the client has kept this server waiting for, if that is too long."""
        unsent = self.transport.get_write_buffer_size()
        # Only while nothing is added can it be seen whether the client takes any.
        waits_for_it = self.flow.write_paused or self.transport.is_closing()
        if not waits_for_it or unsent < self._unsent:
            self._took = now
        self._unsent = unsent
        if now - self._took > WRITE_SECONDS:
            return "it does not take its answer"
        if self.conn.their_state is h11.IDLE and unsent == 0 and now - self._began > HEAD_SECONDS:
            return "it does not ask for anything"
        sending = self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused
        if sending and now - max(self._heard, self._began) > BODY_SECONDS:
            return "it does not send its request"
        return None


def allow_many_connections() -> None:
    """Raise the limit of open descriptors, which is 256 on some systems, as far as this user may."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class LoopComplaints:
    """An event loop's exception handler. That no connection can be taken is told once a minute, not for each try."""

    def __init__(self) -> None:
        self._told = -_COMPLAINT_SECONDS

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log that too many files are open, at most once a minute; all else goes to the loop's own handler."""
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)):
            loop.default_exception_handler(context)
            return
        now = time.monotonic()
        if now - self._told >= _COMPLAINT_SECONDS:
            self._told = now
            logger.error("no more connections can be taken, since too many files are open (%s)", error)
