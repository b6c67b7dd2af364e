"""The routes of `/api/v1`: spec sections 2 and 3, and the extensions that go with them."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from studiolo.api import events
from studiolo.api.base import Answer
from studiolo.api.chat import ChatRequest, ChatResponse
from studiolo.api.models import LoadRequest, LoadResponse, ModelList, UnloadRequest, UnloadResponse
from studiolo.errors import AppError, UnsupportedError
from studiolo.server.chat.responses import ResponseStore
from studiolo.server.chat.turn import ChatTurn, error_info
from studiolo.server.engine.instance import Loading, LoadOptions
from studiolo.server.engine.pool import InstancePool
from studiolo.server.http.access import caller_of
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS
from studiolo.server.http.model_list import list_models
from studiolo.server.http.sse import event_stream, unless_gone
from studiolo.server.mcp.contract import Mcp

_STREAM = {"content": {"text/event-stream": {"schema": {"type": "string"}}}}


def native_routes(pool: InstancePool, store: ResponseStore, mcp: Mcp) -> APIRouter:
    """The documented routes over the instances of `pool`, the chats in `store` and the tools of `mcp`."""
    router = APIRouter(prefix="/api/v1", responses=NATIVE_ERRORS, route_class=CheckedRoute)

    @router.post("/chat", response_model=ChatResponse, responses={200: _STREAM})
    async def chat(body: ChatRequest, request: Request) -> Response:
        """One turn of a chat."""
        turn = await ChatTurn.prepare(body, pool, store, mcp, caller_of(request))
        if body.stream:
            return event_stream(turn.stream(), last=events.ChatEnd())
        return await unless_gone(request, _whole_turn(turn))

    @router.get("/models", response_model=ModelList)
    async def models() -> Response:
        """Every model on disk, with its loaded instances."""
        return _json(list_models(await pool.models(), pool.instances, pool.sampling))

    @router.post("/models/load", response_model=LoadResponse, responses={200: _STREAM})
    async def load(body: LoadRequest, request: Request) -> Response:
        """Load a model. Extension: with `Accept: text/event-stream` the load's progress is streamed."""
        loading = await _begin_load(pool, body)
        if "text/event-stream" in request.headers.get("accept", ""):
            return event_stream(_load_events(loading, body))
        return await unless_gone(request, _whole_load(loading, body))

    @router.post("/models/unload", response_model=UnloadResponse)
    async def unload(body: UnloadRequest) -> Response:
        """Unload one instance."""
        await pool.unload(body.instance_id)
        return _json(UnloadResponse(instance_id=body.instance_id))

    return router


async def _whole_turn(turn: ChatTurn) -> Response:
    result = ChatResponse()
    async with aclosing(turn.stream()) as stream:
        async for event in stream:
            if isinstance(event, events.ChatEnd):
                result = event.result
    if turn.failure:
        raise turn.failure
    return _json(result)


async def _begin_load(pool: InstancePool, body: LoadRequest) -> Loading:
    model = await pool.find_model(body.model)
    if body.num_experts is not None:
        raise UnsupportedError("This engine can't change the number of experts.", param="num_experts")
    options = LoadOptions(
        context_length=body.context_length,
        eval_batch_size=body.eval_batch_size,
        flash_attention=body.flash_attention,
        offload_kv_cache_to_gpu=body.offload_kv_cache_to_gpu,
        parallel=body.parallel,
        identifier=body.identifier,
    )
    return pool.load(model, options)


async def _load_events(loading: Loading, body: LoadRequest) -> AsyncGenerator[Answer, None]:
    yield events.ModelLoadStart(model_instance_id=loading.id)
    try:
        async with aclosing(loading.progress()) as progress:
            async for fraction in progress:
                yield events.ModelLoadProgress(model_instance_id=loading.id, progress=fraction)
    except AppError as error:
        yield events.ErrorEvent(error=error_info(error))
        return
    result = _loaded(loading, body)
    yield events.ModelLoadProgress(model_instance_id=loading.id, progress=1.0)
    yield events.ModelLoadEnd(model_instance_id=loading.id, load_time_seconds=result.load_time_seconds)
    yield events.ModelLoadResult(result=result)


async def _whole_load(loading: Loading, body: LoadRequest) -> Response:
    async with aclosing(loading.progress()) as progress:
        async for _ in progress:
            pass
    return _json(_loaded(loading, body))


def _loaded(loading: Loading, body: LoadRequest) -> LoadResponse:
    instance = loading.instance()
    return LoadResponse(
        type=instance.model.kind,
        instance_id=instance.id,
        load_time_seconds=instance.load_seconds,
        load_config=instance.config if body.echo_load_config else None,
    )


def _json(answer: Answer) -> JSONResponse:
    return JSONResponse(answer.model_dump(mode="json"))
