"""The REST API, one method an endpoint: spec sections 1 to 4 and our extensions."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic_core import PydanticSerializationError

from studiolo.api.base import Answer, Request
from studiolo.api.chat import ChatRequest, ChatResponse
from studiolo.api.downloads import DownloadJob, DownloadRequest
from studiolo.api.events import KNOWN_EVENTS, ChatEnd, ErrorEvent, Event, ModelLoadResult, UnknownEvent, parse_event
from studiolo.api.models import (
    EstimateRequest,
    LoadRequest,
    LoadResponse,
    MemoryEstimate,
    ModelEntry,
    ModelList,
    UnloadRequest,
    UnloadResponse,
)
from studiolo.api.server import Greeting, ServerInfo
from studiolo.client.errors import NOT_OUR_API, error_from_answer, error_from_info, is_cut_off, map_httpx_error
from studiolo.client.sse import ServerSentEvent, read_events
from studiolo.client.thoughts import with_output_apart, with_thoughts_apart
from studiolo.client.transport import (
    ENDLESS_TIMEOUT,
    LOAD_TIMEOUT,
    QUESTION_TIMEOUT,
    keep_alive,
    normalize_address,
    open_client,
)
from studiolo.errors import AccessError, EngineError, NotFoundError, ProtocolError, RequestError, UnreachableError

A = TypeVar("A", bound=Answer)

_EVENT_STREAM = "text/event-stream"
_HTTPX_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
_MAX_ANSWER_BYTES = 256 * 2**20
_DETAILS_BYTES = 300
_MUST_BE_UNDERSTOOD = {kind.model_fields["type"].default for kind in (ErrorEvent, ChatEnd, ModelLoadResult)}


class Client:
    """A server that speaks the API. Every method raises AppErrors only (see studiolo.errors).

    Close it with `aclose`, or use it as an async context manager. Raises RequestError for what is no address
    and AccessError for what can't be a token.
    """

    def __init__(
        self, address: str, token: str | None = None, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.address = normalize_address(address)
        self._http = open_client(self.address, token, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; the client can't be used afterwards."""
        await self._http.aclose()

    async def greeting(self) -> bool:
        """Whether the server greets as LM Studio's API does; needs no token."""
        try:
            return (await self.request_json("GET", "/lmstudio-greeting", Greeting)).lmstudio
        except (RequestError, AccessError, ProtocolError, EngineError):
            # Whatever it is, it does not greet.
            return False

    async def server(self) -> ServerInfo | None:
        """Who answers and with which extensions; None for a server that has none, such as LM Studio."""
        try:
            return await self.request_json("GET", "/api/v1/server", ServerInfo)
        except NotFoundError:
            return None

    async def models(self) -> list[ModelEntry]:
        """Every model on disk, with its loaded instances."""
        return (await self.request_json("GET", "/api/v1/models", ModelList)).models

    async def load(self, request: LoadRequest) -> LoadResponse:
        """Load a model and wait until it is; minutes for a large one."""
        return await self.request_json("POST", "/api/v1/models/load", LoadResponse, request, timeout=LOAD_TIMEOUT)

    async def load_events(self, request: LoadRequest) -> AsyncGenerator[Event, None]:
        """Load a model and watch: ModelLoadStart, ModelLoadProgress, ModelLoadEnd, and ModelLoadResult last.

        A server without the capability `load_progress` gives the result alone. Closing the iterator gives the load up
        where the server can. An error event is raised as its AppError.
        """
        accepts = f"{_EVENT_STREAM}, application/json"
        async with self._send("POST", "/api/v1/models/load", request, accepts=accepts, timeout=LOAD_TIMEOUT) as answer:
            if not _is_event_stream(answer):
                yield ModelLoadResult(result=await self._read(answer, LoadResponse))
                return
            async with aclosing(self._events(answer, "The load")) as events:
                async for event in events:
                    if isinstance(event, ErrorEvent):
                        raise error_from_info(event.error)
                    yield event
                    if isinstance(event, ModelLoadResult):
                        return

    async def estimate(self, request: EstimateRequest) -> MemoryEstimate | None:
        """How much memory a load would take; None where the server can't tell (capability `estimate_memory`)."""
        try:
            return await self.request_json("POST", "/api/v1/models/estimate", MemoryEstimate, request)
        except NotFoundError as error:
            if error.what == "model":
                raise
            return None

    async def unload(self, instance_id: str) -> UnloadResponse:
        """Unload one instance."""
        request = UnloadRequest(instance_id=instance_id)
        try:
            return await self.request_json("POST", "/api/v1/models/unload", UnloadResponse, request)
        except NotFoundError as error:
            # The wire has one type for both; what is not there is what was asked for.
            error.what = "instance" if error.what == "model" else error.what
            raise

    async def chat_once(self, request: ChatRequest) -> ChatResponse:
        """One turn, answered whole."""
        whole = request.model_copy(update={"stream": False})
        answer = await self.request_json("POST", "/api/v1/chat", ChatResponse, whole, timeout=ENDLESS_TIMEOUT)
        return with_output_apart(answer)

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """One turn, event by event; ChatEnd is the last. Closing the iterator cancels the generation at once.

        An ErrorEvent is handed on, not raised: what was generated still follows. Raises UnreachableError when the
        connection ends before ChatEnd.
        """
        streamed = request.model_copy(update={"stream": True})
        async with self._send(
            "POST", "/api/v1/chat", streamed, accepts=_EVENT_STREAM, timeout=ENDLESS_TIMEOUT
        ) as answer:
            if not _is_event_stream(answer):
                yield ChatEnd(result=with_output_apart(await self._read(answer, ChatResponse)))
                return
            async with aclosing(with_thoughts_apart(self._events(answer, "The reply"))) as events:
                async for event in events:
                    yield event
                    if isinstance(event, ChatEnd):
                        return

    async def download(self, request: DownloadRequest) -> DownloadJob:
        """Start a download, or join the one that runs already."""
        return await self.request_json("POST", "/api/v1/models/download", DownloadJob, request)

    async def download_status(self, job_id: str) -> DownloadJob:
        """How far a download is."""
        return await self.request_json("GET", f"/api/v1/models/download/status/{quote(job_id, safe='')}", DownloadJob)

    async def request_json(
        self,
        method: str,
        path: str,
        kind: type[A],
        body: Request | None = None,
        *,
        timeout: httpx.Timeout = QUESTION_TIMEOUT,
    ) -> A:
        """What one endpoint answers; the methods of this class and of Administration are made of it."""
        async with self._send(method, path, body, accepts="application/json", timeout=timeout) as answer:
            return await self._read(answer, kind)

    async def stream_json(
        self, path: str, kind: type[A], body: Request | None = None, *, last: str | None = None
    ) -> AsyncGenerator[A, None]:
        """Yield what a server streams, in answer to `body` if there is one, until the data `last`.

        A server that does not stream, where there is such an end, gives its one answer. Raises UnreachableError at
        another end.
        """
        method = "POST" if body else "GET"
        async with self._send(method, path, body, accepts=_EVENT_STREAM, timeout=ENDLESS_TIMEOUT) as answer:
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

    @asynccontextmanager
    async def _send(
        self, method: str, path: str, body: Request | None, *, accepts: str, timeout: httpx.Timeout
    ) -> AsyncIterator[httpx.Response]:
        """An answer whose body is still to be read. Raises AppErrors for refusals and for whatever breaks within."""
        if self._http.is_closed:
            raise UnreachableError(f"The connection to {self.address} was made anew.", hint="Try again.")
        headers = {"Accept": accepts} | ({"Content-Type": "application/json"} if body else {})
        if _EVENT_STREAM in accepts:
            # A proxy that compresses holds events back until it has a block of them.
            headers["Accept-Encoding"] = "identity"
        try:
            async with self._http.stream(
                method,
                path,
                content=_encoded(body) if body else None,
                headers=headers,
                timeout=timeout,
                extensions={"trace": keep_alive},
            ) as answer:
                if not answer.is_success:
                    raise error_from_answer(answer, await self._content(answer), self.address)
                yield answer
        except _HTTPX_ERRORS as error:
            raise map_httpx_error(error, self.address) from error

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
        """The events of `answer`, whose end the caller does not wait for: to get there is to be cut off."""
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
        return UnreachableError(
            f"{what} was cut off: {self.address} closed the connection.", hint="Try again.", details=details
        )


def _is_event_stream(answer: httpx.Response) -> bool:
    return _EVENT_STREAM in answer.headers.get("content-type", "").lower()


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
