"""Other servers whose models are used here, as extensions under `/api/v1/upstreams`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, Request, Response

from studiolo.api.base import EXTENSION
from studiolo.api.upstreams import (
    UpstreamChange,
    UpstreamCheckEvent,
    UpstreamCheckRequest,
    UpstreamInfo,
    UpstreamList,
    UpstreamRequest,
)
from studiolo.errors import AppError
from studiolo.server.chat.turn import error_info
from studiolo.server.engine.upstream.service import UpstreamService
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS
from studiolo.server.http.routing import EVENT_STREAM, json_answer
from studiolo.server.http.sse import event_stream, unless_gone


def upstream_routes(upstreams: UpstreamService) -> APIRouter:
    """Return the routes of other servers."""
    router = APIRouter(prefix="/api/v1/upstreams", responses=NATIVE_ERRORS, route_class=CheckedRoute)

    @router.get("", openapi_extra=EXTENSION)
    async def list_upstreams() -> UpstreamList:
        """The other servers, with their models, as they are doing; none is asked anything by this."""
        return UpstreamList(upstreams=upstreams.all())

    @router.post("", openapi_extra=EXTENSION)
    async def add(body: UpstreamRequest, request: Request) -> Response:
        """Look at a server, which asks its models for a token, and add it. One of the same name is replaced."""
        return await unless_gone(request, _added(upstreams, body))

    @router.patch("/{upstream_id}", openapi_extra=EXTENSION)
    async def change(upstream_id: str, body: UpstreamChange) -> UpstreamInfo:
        """Set a server up otherwise; it is asked nothing by this."""
        return await upstreams.change(upstream_id, body)

    @router.post("/{upstream_id}/check", openapi_extra=EXTENSION, responses=EVENT_STREAM)
    async def check(upstream_id: str, request: Request, body: UpstreamCheckRequest) -> Response:
        """Look at a server again, which asks its models for a token; with `Accept: text/event-stream` step by step."""
        upstreams.describe(upstream_id)
        if "text/event-stream" in request.headers.get("accept", ""):
            return event_stream(_check_events(upstreams, upstream_id))
        return await unless_gone(request, _checked(upstreams, upstream_id))

    @router.delete("/{upstream_id}", openapi_extra=EXTENSION, status_code=204)
    async def remove(upstream_id: str) -> Response:
        """Forget a server, and its key; what it answers just now ends with an error."""
        await upstreams.remove(upstream_id)
        return Response(status_code=204)

    return router


async def _added(upstreams: UpstreamService, body: UpstreamRequest) -> Response:
    return json_answer(await upstreams.add(body))


async def _checked(upstreams: UpstreamService, upstream_id: str) -> Response:
    async with aclosing(upstreams.check(upstream_id)) as steps:
        async for _ in steps:
            pass
    return json_answer(upstreams.describe(upstream_id))


async def _check_events(upstreams: UpstreamService, upstream_id: str) -> AsyncGenerator[UpstreamCheckEvent, None]:
    try:
        async with aclosing(upstreams.check(upstream_id)) as steps:
            async for step, model in steps:
                yield UpstreamCheckEvent(type="check.step", step=step, model=model or None)
        yield UpstreamCheckEvent(type="check.result", result=upstreams.describe(upstream_id))
    except AppError as error:
        yield UpstreamCheckEvent(type="error", error=error_info(error))
