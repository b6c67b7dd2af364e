"""The REST API, one method an endpoint: spec sections 1 to 4 and our extensions."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import ValidationError

from studiolo.api.base import Answer, Request
from studiolo.api.chat import ChatRequest, ChatResponse
from studiolo.api.downloads import DownloadJob, DownloadRequest
from studiolo.api.events import ChatEnd, ErrorEvent, Event, ModelLoadResult, parse_event
from studiolo.api.models import LoadRequest, LoadResponse, ModelEntry, ModelList, UnloadRequest, UnloadResponse
from studiolo.api.server import Greeting, ServerInfo
from studiolo.client.errors import error_from_answer, error_from_info, map_httpx_error
from studiolo.client.sse import ServerSentEvent, read_events
from studiolo.client.transport import normalize_address, open_client
from studiolo.errors import NotFoundError, ProtocolError, UnreachableError

A = TypeVar("A", bound=Answer)

_EVENT_STREAM = "text/event-stream"
_HTTPX_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)


class Client:
    """A server that speaks the API. Every method raises AppErrors only (see studiolo.errors).

    Close it with `aclose`, or use it as an async context manager. Raises RequestError for what is no address, AccessError
    for what is no token.
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
        await self._http.aclose()

    async def greeting(self) -> bool:
        """Whether the server greets as LM Studio's API does; needs no token."""
        try:
            return (await self._ask("GET", "/lmstudio-greeting", Greeting)).lmstudio
        except (NotFoundError, ProtocolError):
            return False

    async def server(self) -> ServerInfo | None:
        """Who answers and with which extensions; None for a server that has none, such as LM Studio."""
        try:
            return await self._ask("GET", "/api/v1/server", ServerInfo)
        except NotFoundError:
            return None

    async def models(self) -> list[ModelEntry]:
        """Every model on disk, with its loaded instances."""
        return (await self._ask("GET", "/api/v1/models", ModelList)).models

    async def load(self, request: LoadRequest) -> LoadResponse:
        """Load a model and wait until it is; minutes for a large one."""
        return await self._ask("POST", "/api/v1/models/load", LoadResponse, request)

    async def load_events(self, request: LoadRequest) -> AsyncGenerator[Event, None]:
        """Load a model and watch: ModelLoadStart, ModelLoadProgress, ModelLoadEnd, and ModelLoadResult last.

        A server without the capability `load_progress` gives the result alone. Closing the iterator gives the load up
        where the server can.
        """
        headers = {"Accept": f"{_EVENT_STREAM}, application/json"}
        async with self._send("POST", "/api/v1/models/load", request, headers) as answer:
            if _EVENT_STREAM not in answer.headers.get("content-type", ""):
                yield ModelLoadResult(result=self._parse(await answer.aread(), answer.status_code, LoadResponse))
                return
            async with aclosing(self._events(answer)) as events:
                async for event in events:
                    if isinstance(event, ErrorEvent):
                        raise error_from_info(event.error)
                    yield event
                    if isinstance(event, ModelLoadResult):
                        return
        raise self._cut_off("The load")

    async def unload(self, instance_id: str) -> UnloadResponse:
        """Unload one instance."""
        return await self._ask("POST", "/api/v1/models/unload", UnloadResponse, UnloadRequest(instance_id=instance_id))

    async def chat_once(self, request: ChatRequest) -> ChatResponse:
        """One turn, answered whole."""
        return await self._ask("POST", "/api/v1/chat", ChatResponse, request.model_copy(update={"stream": False}))

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """One turn, event by event; ChatEnd is the last. Closing the iterator cancels the generation at once.

        An ErrorEvent is handed on, not raised: what was generated still follows. Raises UnreachableError when the
        connection ends before ChatEnd.
        """
        streamed = request.model_copy(update={"stream": True})
        async with self._send("POST", "/api/v1/chat", streamed, {"Accept": _EVENT_STREAM}) as answer:
            if _EVENT_STREAM not in answer.headers.get("content-type", ""):
                yield ChatEnd(result=self._parse(await answer.aread(), answer.status_code, ChatResponse))
                return
            async with aclosing(self._events(answer)) as events:
                async for event in events:
                    yield event
                    if isinstance(event, ChatEnd):
                        return
        raise self._cut_off("The reply")

    async def download(self, request: DownloadRequest) -> DownloadJob:
        """Start a download, or join the one that runs already."""
        return await self._ask("POST", "/api/v1/models/download", DownloadJob, request)

    async def download_status(self, job_id: str) -> DownloadJob:
        """How far a download is."""
        return await self._ask("GET", f"/api/v1/models/download/status/{job_id}", DownloadJob)

    async def _ask(self, method: str, path: str, kind: type[A], body: Request | None = None) -> A:
        async with self._send(method, path, body) as answer:
            return self._parse(await answer.aread(), answer.status_code, kind)

    @asynccontextmanager
    async def _send(
        self, method: str, path: str, body: Request | None, headers: dict[str, str] | None = None
    ) -> AsyncIterator[httpx.Response]:
        """An answer whose body is still to be read. Raises AppErrors for refusals and for whatever breaks within."""
        content = body.model_dump_json(exclude_none=True) if body else None
        headers = (headers or {}) | ({"Content-Type": "application/json"} if body else {})
        try:
            async with self._http.stream(method, path, content=content, headers=headers) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise error_from_answer(await answer.aread(), answer.status_code, self.address)
                yield answer
        except _HTTPX_ERRORS as error:
            raise map_httpx_error(error, self.address) from error

    def _parse(self, content: bytes, status: int, kind: type[A]) -> A:
        try:
            data: Any = json.loads(content)
        except ValueError as error:
            raise self._not_understood(content) from error
        # Real servers answer an unknown route with status 200: the body tells, never the status alone.
        if isinstance(data, dict) and "error" in data and "error" not in kind.model_fields:
            raise error_from_answer(content, status, self.address)
        try:
            return kind.model_validate(data)
        except ValidationError as error:
            raise self._not_understood(content) from error

    async def _events(self, answer: httpx.Response) -> AsyncGenerator[Event, None]:
        async with aclosing(read_events(answer.aiter_bytes())) as events:
            async for event in events:
                yield self._event(event)

    def _event(self, event: ServerSentEvent) -> Event:
        try:
            return parse_event(event.event, json.loads(event.data))
        except ValueError as error:
            raise self._not_understood(event.data.encode()) from error

    def _not_understood(self, content: bytes) -> ProtocolError:
        return ProtocolError(
            f"The answer of {self.address} was not understood.",
            hint="Check that this is the address of a server that speaks the LM Studio API.",
            details=content[:300].decode(errors="replace"),
        )

    def _cut_off(self, what: str) -> UnreachableError:
        return UnreachableError(f"{what} was cut off: {self.address} closed the connection.", hint="Try again.")
