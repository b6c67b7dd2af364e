"""Every request is entered in the log: ASGI middleware."""

import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studiolo.api.settings import ServerSettings
from studiolo.logs import redact
from studiolo.server.engine.upstream.hops import VIA, note_server
from studiolo.server.http.access import CALLER, permission_for
from studiolo.server.http.client_program import program_of
from studiolo.server.http.errors import CLIENT_LEFT
from studiolo.server.request_log import RequestLogbook, note_body
from studiolo.server.request_record import KeptBody, RequestRecord, StreamRecord, kept_headers
from studiolo.server.request_usage import RequestUsage

_QUIET = tuple(f"/api/v1/server/{one}" for one in ("log", "status", "machine", "usage"))
"""To look at what the server does is not news."""
_MOST_QUERY = 1000
_FAILED = 400


def counting(usage: RequestUsage) -> Callable[[RequestRecord], None]:
    """Return what counts requests that have ended: those that ask a model, or would have."""

    def count(record: RequestRecord) -> None:
        entry = record.entry
        if entry.model is not None or (entry.method == "POST" and permission_for("POST", entry.route) == "chat"):
            failed = entry.error is not None or (entry.status or 0) >= _FAILED
            usage.add(token=entry.token_name or "", model=entry.model or "", failed=failed, used=record.used)

    return count


class LogRequests:
    """ASGI middleware that enters each request in the logbook, with its status and how many seconds it took.

    What is sent and answered is kept as well where the setting `log_bodies` is on.
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
        headers = Headers(scope=scope)
        program = program_of(headers)
        note_server(VIA in headers)
        record = self._logbook.begin(scope["method"], scope["path"], client[0] if client else "", program)
        watch = _Watch(record, began, send)
        in_full = self._settings().log_bodies
        if in_full:
            watch.keep_head(scope)
        try:
            await self._app(
                scope,
                watch.receiving(receive) if in_full else receive,
                watch.send_and_keep if in_full else watch.send,
            )
        finally:
            caller = scope.get(CALLER)
            record.entry.token_name = caller.token.name if caller and caller.token else None
            self._logbook.end(record, status=watch.status, seconds=time.monotonic() - began)


class _Watch:
    """Looks at what passes between a client and the application."""

    def __init__(self, record: RequestRecord, began: float, send: Send) -> None:
        self.status = CLIENT_LEFT
        self._record = record
        self._began = began
        self._send = send
        self._answer: KeptBody | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)

    async def send_and_keep(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._begin_answer(message)
        elif message["type"] == "http.response.body":
            content = message.get("body", b"")
            if self._record.stream:
                self._record.stream.add(content, time.monotonic() - self._began)
            elif self._answer:
                self._answer.add(content)
                if not message.get("more_body"):
                    self._record.answer = self._answer.text()[0]
        await self._send(message)

    def keep_head(self, scope: Scope) -> None:
        self._record.in_full = True
        self._record.request_headers = kept_headers(scope["headers"])
        self._record.query = redact(scope.get("query_string", b"").decode("latin-1")[:_MOST_QUERY])

    def receiving(self, receive: Receive) -> Receive:
        kept = KeptBody()

        async def receive_and_keep() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                kept.add(message.get("body", b""))
                if not message.get("more_body"):
                    note_body(kept)
            return message

        return receive_and_keep

    def _begin_answer(self, message: Message) -> None:
        headers = message.get("headers", [])
        self._record.answer_headers = kept_headers(headers)
        kind = Headers(raw=headers).get("content-type", "")
        if kind.startswith("text/event-stream"):
            self._record.stream = StreamRecord()
        elif kind.startswith(("application/json", "text/")):
            self._answer = KeptBody()
