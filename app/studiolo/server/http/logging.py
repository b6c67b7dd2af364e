"""Every request is entered in the log: ASGI middleware."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studiolo.api.settings import ServerSettings
from studiolo.server.http.access import IDENTITY
from studiolo.server.http.errors import CLIENT_LEFT
from studiolo.server.request_log import KeptBody, RequestLogbook

_QUIET = ("/api/v1/server/log", "/api/v1/server/status")
"""Whoever watches the server asks for these again and again: that is not news."""


class LogRequests:
    """ASGI middleware that enters each request in the logbook, with its status and how many seconds it took.

    The request's body is kept as well where the setting `log_bodies` is on.
    """

    def __init__(self, app: ASGIApp, *, logbook: RequestLogbook, settings: Callable[[], ServerSettings]) -> None:
        self._app = app
        self._logbook = logbook
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and log it, also where it fails or its client leaves; reading the log is not logged."""
        if scope["type"] != "http" or scope["path"].startswith(_QUIET):
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        client = scope.get("client")
        entry = self._logbook.begin(scope["method"], scope["path"], client[0] if client else "")
        status = CLIENT_LEFT

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        kept = KeptBody()

        async def watched_receive() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                kept.add(message.get("body", b""))
                if not message.get("more_body"):
                    kept.note()
            return message

        try:
            await self._app(scope, watched_receive if self._settings().log_bodies else receive, watched_send)
        finally:
            identity = scope.get(IDENTITY)
            entry.token_name = identity.name if identity else None
            self._logbook.end(entry, status=status, seconds=time.monotonic() - began)
