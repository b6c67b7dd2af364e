"""Answers that a closed connection ends at once: event streams, and plain ones that take long."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from studiolo.api.base import Answer

T = TypeVar("T")


class EventStream(Response):
    """Sends events as they come: `event: <type>`, `data: <json>`. The client's leaving closes the iterator."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[Answer, None]) -> None:
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await _unless_gone(receive, self._pump(send))

    async def _pump(self, send: Send) -> None:
        async with aclosing(self._events) as events:
            async for event in events:
                await send({"type": "http.response.body", "body": encode_event(event), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def encode_event(event: Answer) -> bytes:
    """One event of the contract as bytes of an event stream."""
    name: str = event.type  # type: ignore[attr-defined]
    return f"event: {name}\ndata: {event.model_dump_json()}\n\n".encode()


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
