"""Requests to a server that speaks the REST API; what its endpoints are is in the files beside, one for each noun."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic_core import PydanticSerializationError

from studiolo.api.base import Answer, Request
from studiolo.api.events import KNOWN_EVENTS, ChatEnd, ErrorEvent, Event, ModelLoadResult, UnknownEvent, parse_event
from studiolo.client.certificates import SYSTEM, Certificate
from studiolo.client.errors import NOT_OUR_API, error_from_answer, is_cut_off, map_httpx_error
from studiolo.client.raw_answer import RawAnswer
from studiolo.client.sse import ServerSentEvent, read_events
from studiolo.client.transport import ENDLESS_TIMEOUT, QUESTION_TIMEOUT, keep_alive, normalize_address, open_client
from studiolo.errors import ProtocolError, RequestError, UnreachableError
from studiolo.network.network import Network

A = TypeVar("A", bound=Answer)

EVENT_STREAM = "text/event-stream"
"""The content type of a stream of events."""
_HTTPX_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
_MAX_ANSWER_BYTES = 256 * 2**20
_DETAILS_BYTES = 300
_MUST_BE_UNDERSTOOD = {kind.model_fields["type"].default for kind in (ErrorEvent, ChatEnd, ModelLoadResult)}


@dataclass(frozen=True)
class RecordedAnswer:
    """An answer as it came, be it a refusal."""

    status: int
    content_type: str
    content: bytes


class Client:
    """A server that speaks the API. Every method raises AppErrors only (see studiolo.errors).

    Close it with `aclose`, or use it as an async context manager. Raises RequestError for what is no address
    and AccessError for what can't be a token. network: the way there; without one, the proxies of the system.
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        *,
        certificate: Certificate = SYSTEM,
        doubted: Callable[[], None] = lambda: None,
        network: Network | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Connect to nobody yet.

        Args:
            address: As a person writes it.
            token: What is sent with each request.
            certificate: Which one of the server is trusted.
            doubted: Called when a request fails as if nobody were there, before its error is raised.
            network: The way there; without one, that of the environment.
            transport: What carries the requests, in place of the network.

        Raises:
            RequestError: That is no address.
            AccessError: That can't be a token.
            CertificateError: The certificate that is to be trusted can't be read.
        """
        self.address = normalize_address(address)
        self._doubted = doubted
        self._http = open_client(self.address, token, certificate=certificate, network=network, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; the client can't be used afterwards."""
        await self._http.aclose()

    def token_beginning(self, length: int) -> str:
        """Return the first characters of the token that is sent, by which it is known in lists; empty for none."""
        return str(self._http.headers.get("authorization", "")).removeprefix("Bearer ")[:length]

    async def request_json(
        self,
        method: str,
        path: str,
        kind: type[A],
        body: Request | None = None,
        *,
        timeout: httpx.Timeout = QUESTION_TIMEOUT,
    ) -> A:
        """Ask one endpoint and return its answer; the methods of the classes beside this one are made of it."""
        async with self._send(method, path, body, accepts="application/json", timeout=timeout) as answer:
            return await self._read(answer, kind)

    async def record_exchange(
        self, method: str, path: str, body: Any = None, *, timeout: httpx.Timeout = QUESTION_TIMEOUT
    ) -> RecordedAnswer:
        """Ask for anything, and return the answer as it comes: for who checks a server. body: what becomes JSON."""
        raw = None if body is None else json.dumps(body).encode()
        # Some servers stream whatever is asked by who would take a stream.
        accepts = EVENT_STREAM if isinstance(body, dict) and body.get("stream") else "application/json"
        async with self._send(method, path, raw, accepts=accepts, timeout=timeout, refusals=True) as answer:
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            return RecordedAnswer(answer.status_code, kind, await self._content(answer))

    async def stream_json(
        self, path: str, kind: type[A], body: Request | None = None, *, last: str | None = None
    ) -> AsyncGenerator[A, None]:
        """Yield what a server streams, in answer to `body` if there is one, until the data `last`.

        A server that does not stream, where there is such an end, gives its one answer. Raises UnreachableError at
        another end.
        """
        method = "POST" if body else "GET"
        async with self._send(method, path, body, accepts=EVENT_STREAM, timeout=ENDLESS_TIMEOUT) as answer:
            if last is not None and not _is_event_stream(answer):
                yield await self._read(answer, kind)
                return
            async with aclosing(_chunks(answer)) as chunks, aclosing(read_events(chunks)) as events:
                async for event in events:
                    if event.data == last:
                        return
                    try:
                        yield kind.model_validate_json(event.data)
                    except ValueError as error:
                        raise self._not_understood(event.data.encode()) from error
        raise self._cut_off("The stream")

    async def stream_events(
        self,
        path: str,
        body: Request,
        kind: type[A],
        whole: Callable[[A], Event],
        *,
        subject: str,
        accepts: str = EVENT_STREAM,
        timeout: httpx.Timeout = ENDLESS_TIMEOUT,
    ) -> AsyncGenerator[Event, None]:
        """Yield the events that a server streams in answer to `body`, which is posted.

        Args:
            path: The endpoint's.
            body: What is posted.
            kind: What a server answers that does not stream.
            whole: Makes the one event of such an answer.
            subject: What is said to be cut off, such as "The reply".
            accepts: The content types that will do.
            timeout: How long the server may be silent.

        Raises:
            UnreachableError: The connection ended; the caller leaves at the last event that it waits for.
        """
        async with self._send("POST", path, body, accepts=accepts, timeout=timeout) as answer:
            if not _is_event_stream(answer):
                yield whole(await self._read(answer, kind))
                return
            async with aclosing(self._events(answer, subject)) as events:
                async for event in events:
                    yield event

    async def send_written(self, method: str, path: str, content: str | None, content_type: str) -> int:
        """Send a request as somebody wrote it, read its answer to the end, and return the status, whatever it is.

        Args:
            method: That of the request.
            path: Its path, with its query.
            content: Its body; None for none.
            content_type: What the body is.
        """
        if self._http.is_closed:
            raise UnreachableError(f"The connection to {self.address} was made anew.", hint="Try again.")
        headers = {"Content-Type": content_type} if content else {}
        data = content.encode() if content else None
        try:
            sending = self._http.stream(method, path, content=data, headers=headers, timeout=ENDLESS_TIMEOUT)
            async with sending as answer:
                async with aclosing(_chunks(answer)) as chunks:
                    async for _ in chunks:
                        pass
                return answer.status_code
        except _HTTPX_ERRORS as error:
            raise map_httpx_error(error, self.address) from error

    @asynccontextmanager
    async def exchange(self, method: str, path: str, body: str | None, *, accepts: str) -> AsyncIterator[RawAnswer]:
        """Send a request as it is written, and yield the answer as it is, whatever its status.

        Args:
            method: Such as GET.
            path: With its query.
            body: JSON; None for none.
            accepts: The content types that will do.

        Raises:
            UnreachableError: Nobody answers, or the connection breaks; other AppErrors as the Client's.
        """
        if self._http.is_closed:
            raise UnreachableError(f"The connection to {self.address} was made anew.", hint="Try again.")
        headers = {"Accept": accepts, "Accept-Encoding": "identity"}
        headers |= {} if body is None else {"Content-Type": "application/json"}
        content = None if body is None else body.encode(errors="replace")
        try:
            async with self._http.stream(
                method,
                path,
                content=content,
                headers=headers,
                timeout=ENDLESS_TIMEOUT,
                extensions={"trace": keep_alive},
            ) as answer:
                yield RawAnswer(answer)
        except _HTTPX_ERRORS as error:
            raise map_httpx_error(error, self.address) from error

    @asynccontextmanager
    async def _send(
        self,
        method: str,
        path: str,
        body: Request | bytes | None,
        *,
        accepts: str,
        timeout: httpx.Timeout,
        refusals: bool = False,
    ) -> AsyncIterator[httpx.Response]:
        """Yield an answer whose body is still to be read.

        Raises AppErrors for whatever breaks within and, unless `refusals` are answers like others, for refusals.
        """
        if self._http.is_closed:
            raise UnreachableError(f"The connection to {self.address} was made anew.", hint="Try again.")
        headers = {"Accept": accepts} | ({"Content-Type": "application/json"} if body else {})
        if EVENT_STREAM in accepts:
            # A proxy that compresses holds events back until it has a block of them.
            headers["Accept-Encoding"] = "identity"
        try:
            async with self._http.stream(
                method,
                path,
                content=_encoded(body) if isinstance(body, Request) else body,
                headers=headers,
                timeout=timeout,
                extensions={"trace": keep_alive},
            ) as answer:
                if not (answer.is_success or refusals):
                    raise error_from_answer(answer, await self._content(answer), self.address)
                yield answer
        except _HTTPX_ERRORS as error:
            mapped = map_httpx_error(error, self.address)
            if isinstance(mapped, UnreachableError) and not isinstance(error, httpx.PoolTimeout):
                self._doubted()
            raise mapped from error

    async def _content(self, answer: httpx.Response) -> bytes:
        content = bytearray()
        async with aclosing(_chunks(answer)) as chunks:
            async for chunk in chunks:
                content += chunk
                if len(content) > _MAX_ANSWER_BYTES:
                    raise self._not_understood(bytes(content[:_DETAILS_BYTES]))
        return bytes(content)

    async def _read(self, answer: httpx.Response, kind: type[A]) -> A:
        content = await self._content(answer)
        try:
            data: Any = {} if answer.status_code == httpx.codes.NO_CONTENT else json.loads(content)
            # Real servers answer an unknown route with status 200: the body tells, never the status alone.
            if isinstance(data, dict) and data.get("error") and "error" not in kind.model_fields:
                raise error_from_answer(answer, content, self.address)
            return kind.model_validate(data)
        except (ValueError, RecursionError) as error:
            raise self._not_understood(content) from error

    async def _events(self, answer: httpx.Response, what: str) -> AsyncGenerator[Event, None]:
        """Yield the events of `answer`, whose end the caller does not wait for: to get there is to be cut off."""
        try:
            async with aclosing(_chunks(answer)) as chunks, aclosing(read_events(chunks)) as events:
                async for event in events:
                    yield self._event(event)
        except httpx.TransportError as error:
            if not is_cut_off(error):
                raise
            raise self._cut_off(what, f"{type(error).__name__}: {error}") from error
        raise self._cut_off(what)

    def _event(self, sent: ServerSentEvent) -> Event:
        try:
            data: Any = json.loads(sent.data)
        except (ValueError, RecursionError) as error:
            if sent.event not in KNOWN_EVENTS and sent.event != "message":
                return UnknownEvent(type=sent.event, data=sent.data)
            raise self._not_understood(sent.data.encode()) from error
        event = parse_event(sent.event, data)
        if isinstance(event, UnknownEvent) and event.type in _MUST_BE_UNDERSTOOD:
            raise self._not_understood(sent.data.encode())
        return event

    def _not_understood(self, content: bytes) -> ProtocolError:
        return ProtocolError(
            f"The answer of {self.address} was not understood.",
            hint=NOT_OUR_API,
            details=content[:_DETAILS_BYTES].decode(errors="replace"),
        )

    def _cut_off(self, what: str, details: str = "") -> UnreachableError:
        self._doubted()
        return UnreachableError(
            f"{what} was cut off: {self.address} closed the connection.", hint="Try again.", details=details
        )


def _is_event_stream(answer: httpx.Response) -> bool:
    return EVENT_STREAM in answer.headers.get("content-type", "").lower()


async def _chunks(answer: httpx.Response) -> AsyncGenerator[bytes, None]:
    # Typed as an iterator by httpx, but a generator, and one that has to be closed where it is left early.
    async for chunk in answer.aiter_bytes():
        yield chunk


def _encoded(body: Request) -> bytes:
    """JSON without what is None. Raises RequestError for text that is no Unicode, which a clipboard can hold."""
    try:
        return body.model_dump_json(exclude_none=True).encode()
    except PydanticSerializationError as error:
        raise RequestError(
            "The text has characters in it that can't be sent.", hint="Type or copy it again.", details=str(error)
        ) from error
