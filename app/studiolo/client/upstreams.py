"""The servers whose models one of our own servers uses (extensions, capability upstreams)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote

from studiolo.api.base import Answer
from studiolo.api.upstreams import (
    UpstreamCheckEvent,
    UpstreamCheckRequest,
    UpstreamInfo,
    UpstreamList,
    UpstreamRequest,
)
from studiolo.client.client import Client
from studiolo.client.errors import error_from_info
from studiolo.client.transport import LOAD_TIMEOUT

_UPSTREAMS = "/api/v1/upstreams"


class UpstreamsApi:
    """Over a Client of a server with the capability `upstreams`. Raises what the Client raises."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def upstreams(self) -> list[UpstreamInfo]:
        """Return the other servers, in the order in which they were added."""
        return (await self._client.request_json("GET", _UPSTREAMS, UpstreamList)).upstreams

    async def add(self, request: UpstreamRequest) -> UpstreamInfo:
        """Have a server looked at and added; it may have to load its models for that."""
        return await self._client.request_json("POST", _UPSTREAMS, UpstreamInfo, request, timeout=LOAD_TIMEOUT)

    async def check(self, upstream_id: str) -> AsyncGenerator[UpstreamCheckEvent, None]:
        """Have a server looked at again, and watch; the last event has the result.

        An error event is raised as its AppError.
        """
        path = f"{_of(upstream_id)}/check"
        async with aclosing(self._client.stream_json(path, UpstreamCheckEvent, UpstreamCheckRequest())) as events:
            async for event in events:
                if event.error is not None:
                    raise error_from_info(event.error)
                yield event
                if event.result is not None:
                    return

    async def remove(self, upstream_id: str) -> None:
        """Have a server forgotten, with its key."""
        await self._client.request_json("DELETE", _of(upstream_id), Answer)


def _of(upstream_id: str) -> str:
    return f"{_UPSTREAMS}/{quote(upstream_id, safe='')}"
