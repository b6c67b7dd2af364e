"""Answers that a closed connection ends at once: event streams, and plain ones that take long."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from studiolo.api.base import Answer
from studiolo.api.events import ErrorEvent
from studiolo.errors import AppError
from studiolo.server.chat.turn import error_info
from studiolo.server.mistakes import foreseen
from studiolo.server.request_log import note

T = TypeVar("T")


COMMENT_SECONDS = 5.0
"""After so long without an event a comment is sent: proxies and clients give a silent connection up."""
_TOGETHER_SECONDS = 0.02
_AT_ONCE = 8
"""In a steady stream frames that come closer together than this are one packet; so many are not held back before."""
_MOST_WAITING = 64 * 1024
DONE = b"data: [DONE]\n\n"
"""The end of a stream in OpenAI's dialect, of one that failed, too: a stream without it was cut off."""
HEAD_SECONDS = 2.0
"""So long an answer's status waits for what the engine says first."""


class EventStream(Response):
    """Sends frames as they come, and comments while none do. The client's leaving closes the iterator.

    first: the frame that is on its way already. failure: the frames that tell of an error in the middle, also of one
    that nobody foresaw: a stream that only breaks off says nothing.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        *,
        first: "asyncio.Task[bytes] | None" = None,
        failure: Callable[[AppError], bytes],
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._frames = frames
        self._first = first
        self._failure = failure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head of the answer, then frames until there are no more or the client is gone."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await _unless_gone(receive, self._pump(send))

    async def _pump(self, send: Send) -> None:
        async with _Pipe(send) as pipe:
            try:
                async with aclosing(self._frames) as frames:
                    if self._first:
                        await pipe.put(await self._first)
                    async for frame in frames:
                        await pipe.put(frame)
            except StopAsyncIteration:
                pass  # There was not even a first frame.
            except ClientDisconnect:
                raise
            except Exception as error:  # noqa: BLE001 - `foreseen` logs it
                told = foreseen(error, "an event stream")
                note(error=told.message)
                await pipe.put(self._failure(told))
            finally:
                if self._first:
                    self._first.cancel()


class _Pipe:
    """Sends frames, in a steady stream several together: each packet costs both sides a wake-up.

    Without frames for a while it sends comments. Leaving it sends what waits, and that it is all.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._due = self._last - _AT_ONCE * _TOGETHER_SECONDS
        self._waiting = b""
        self._sending: asyncio.Task[None] | None = None
        self._commenting = asyncio.create_task(self._comment())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._commenting.cancel()
        if error:
            if self._sending:
                self._sending.cancel()
            return
        if self._sending:
            await self._sending
        await self._send({"type": "http.response.body", "body": self._waiting, "more_body": False})

    async def put(self, frame: bytes) -> None:
        self._waiting += frame
        if self._sending is None or self._sending.done():
            wait = self._due - self._loop.time()
            if wait <= 0:
                await self._flush()
            else:
                self._sending = asyncio.create_task(self._flush_after(wait))
        elif len(self._waiting) > _MOST_WAITING:
            await self._sending  # The client is slower than the model.

    async def _flush_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        while self._waiting:
            await self._flush()

    async def _flush(self) -> None:
        frames, self._waiting = self._waiting, b""
        self._last = self._loop.time()
        self._due = max(self._due, self._last - _AT_ONCE * _TOGETHER_SECONDS) + _TOGETHER_SECONDS
        await self._send({"type": "http.response.body", "body": frames, "more_body": True})

    async def _comment(self) -> None:
        while True:
            await asyncio.sleep(max(0.0, self._last + COMMENT_SECONDS - self._loop.time()))
            if self._loop.time() >= self._last + COMMENT_SECONDS:
                await self.put(b": waiting\n\n")


async def begun_stream(frames: AsyncGenerator[bytes, None], failure: Callable[[AppError], bytes]) -> EventStream:
    """Return an EventStream whose beginning had time to fail: an error until then is raised, and so gets a status."""
    first = asyncio.create_task(_first_of(frames))
    try:
        await asyncio.wait([first], timeout=HEAD_SECONDS)
        if first.done() and (error := first.exception()) and not isinstance(error, StopAsyncIteration):
            raise error
    except BaseException:
        first.cancel()
        await asyncio.wait([first])
        await frames.aclose()
        raise
    return EventStream(frames, first=first, failure=failure)


async def _first_of(frames: AsyncGenerator[bytes, None]) -> bytes:
    return await anext(frames)


def event_stream(events: AsyncGenerator[Answer, None], *, last: Answer | None = None) -> EventStream:
    """Return a stream of the contract's events. last: what ends it even where it fails, behind the `error`."""

    def failure(error: AppError) -> bytes:
        told = encode_event(ErrorEvent(error=error_info(error)))
        return told + encode_event(last) if last else told

    return EventStream(_encoded(events), failure=failure)


async def _encoded(events: AsyncGenerator[Answer, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(events):
        async for event in events:
            yield encode_event(event)


def encode_event(event: Answer) -> bytes:
    """Return one event of the contract as bytes of an event stream."""
    name: str = event.type  # type: ignore[attr-defined]
    return f"event: {name}\ndata: {event.model_dump_json()}\n\n".encode()


def encode_data(data: dict[str, Any], *, named: bool) -> bytes:
    """Return one frame of a dialect; named: with an `event:` line of its type before it."""
    head = f"event: {data['type']}\n" if named else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Run `work`; cancel it when the client closes the connection. Raises ClientDisconnect then."""
    await request.body()
    result = await _unless_gone(request.receive, work)
    if result is None:
        raise ClientDisconnect
    return result


async def _unless_gone(receive: Receive, work: Coroutine[Any, Any, T]) -> T | None:
    task = asyncio.create_task(work)
    gone = asyncio.create_task(_disconnected(receive))
    try:
        await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.wait([task, gone])


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
