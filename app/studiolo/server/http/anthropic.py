"""Anthropic's routes: `/v1/messages`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from studiolo.api.anthropic import CountTokensRequest, MessagesRequest
from studiolo.server.apart import apart
from studiolo.server.chat.anthropic import MessageEvents, messages_body, prompt_body
from studiolo.server.chat.images import check_messages
from studiolo.server.chat.inference import Inference
from studiolo.server.chat.rendering import Event
from studiolo.server.engine.chunk import Chunk
from studiolo.server.engine.pool import InstancePool
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import ANTHROPIC_ERRORS, error_frame
from studiolo.server.http.routing import EVENT_STREAM
from studiolo.server.http.sse import begun_stream, encode_data, unless_gone


def anthropic_routes(pool: InstancePool) -> APIRouter:
    """Return the routes of Anthropic's dialect over the instances of `pool`."""
    router = APIRouter(prefix="/v1", responses=ANTHROPIC_ERRORS, route_class=CheckedRoute)

    @router.post("/messages", responses=EVENT_STREAM)
    async def messages(body: MessagesRequest, request: Request) -> Response:
        """The model's next message."""
        inference = await Inference.prepare(pool, body.model)
        order = await _checked(await apart(lambda: messages_body(body, inference.model)), inference)
        chunks = inference.chat(order)
        if not body.stream:
            return await unless_gone(request, _whole(inference, chunks))
        failure = partial(error_frame, path=request.url.path)
        return await unless_gone(request, begun_stream(_frames(inference, chunks), failure))

    @router.post("/messages/count_tokens")
    async def count_tokens(body: CountTokensRequest, request: Request) -> Response:
        """How many tokens a message would begin with; loads the model."""
        inference = await Inference.prepare(pool, body.model)
        order = await _checked(await apart(lambda: prompt_body(body, inference.model)), inference)
        return await unless_gone(request, _counted(inference, order))

    return router


async def _checked(order: dict[str, Any], inference: Inference) -> dict[str, Any]:
    sees = inference.model.capabilities.vision
    return order | {"messages": await check_messages(order["messages"], sees=sees, model=inference.model.key)}


async def _events(
    inference: Inference, chunks: AsyncGenerator[Chunk, None]
) -> AsyncGenerator[tuple[MessageEvents, list[Event]], None]:
    rendering: MessageEvents | None = None
    async with aclosing(chunks):
        async for chunk in chunks:
            begun = []
            if rendering is None:
                rendering = MessageEvents(chunk.model)
                begun = rendering.start()
            yield rendering, [*begun, *rendering.feed(chunk)]
    assert rendering
    yield rendering, rendering.finish(context_full=inference.context_full)


async def _frames(inference: Inference, chunks: AsyncGenerator[Chunk, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(_events(inference, chunks)) as steps:
        async for _, events in steps:
            for event in events:
                yield encode_data(event, named=True)


async def _whole(inference: Inference, chunks: AsyncGenerator[Chunk, None]) -> Response:
    message: dict[str, Any] = {}
    async with aclosing(_events(inference, chunks)) as steps:
        async for rendering, _ in steps:
            message = rendering.message
    return JSONResponse(message)


async def _counted(inference: Inference, order: dict[str, Any]) -> Response:
    return JSONResponse({"input_tokens": await inference.count(order)})
