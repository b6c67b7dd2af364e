"""The route of chats: spec section 2."""

from contextlib import aclosing

from fastapi import APIRouter, Request, Response

from studiolo.api import events
from studiolo.api.chat import ChatRequest, ChatResponse
from studiolo.server.chat.responses import ResponseStore
from studiolo.server.chat.turn import ChatTurn
from studiolo.server.engine.pool import InstancePool
from studiolo.server.http.access import caller_of
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS
from studiolo.server.http.routing import EVENT_STREAM, json_answer
from studiolo.server.http.sse import event_stream, unless_gone
from studiolo.server.mcp.contract import Mcp


def chat_routes(pool: InstancePool, store: ResponseStore, mcp: Mcp) -> APIRouter:
    """Return `/api/v1/chat` over the instances of `pool`, the chats in `store` and the tools of `mcp`."""
    router = APIRouter(prefix="/api/v1", responses=NATIVE_ERRORS, route_class=CheckedRoute)

    @router.post("/chat", response_model=ChatResponse, responses=EVENT_STREAM)
    async def chat(body: ChatRequest, request: Request) -> Response:
        """One turn of a chat."""
        turn = await ChatTurn.prepare(body, pool, store, mcp, caller_of(request))
        if body.stream:
            return event_stream(turn.stream(), last=events.ChatEnd())
        return await unless_gone(request, _whole_turn(turn))

    return router


async def _whole_turn(turn: ChatTurn) -> Response:
    result = ChatResponse()
    async with aclosing(turn.stream()) as stream:
        async for event in stream:
            if isinstance(event, events.ChatEnd):
                result = event.result
    if turn.failure:
        raise turn.failure
    return json_answer(result)
