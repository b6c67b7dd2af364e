"""OpenAI's routes: `/v1/models`, completions, embeddings, responses."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from studiolo.api.openai import ChatCompletionRequest, EmbeddingRequest, ResponsesRequest, TextCompletionRequest
from studiolo.errors import AppError, NotFoundError
from studiolo.server.apart import apart
from studiolo.server.chat.embeddings import embedding_order, sized
from studiolo.server.chat.images import check_messages
from studiolo.server.chat.inference import Inference, find_for_request
from studiolo.server.chat.input_items import MOST_ITEMS, input_items
from studiolo.server.chat.openai import CustomCalls, TextChunks, WholeCompletion, chat_body, model_object, text_body
from studiolo.server.chat.response_events import kept_response
from studiolo.server.chat.response_mcp_turn import prepare_response
from studiolo.server.chat.response_turn import ResponseTurn
from studiolo.server.chat.responses import ResponseStore
from studiolo.server.chat.tools import offered
from studiolo.server.engine.chunk import Chunk, RawChunk
from studiolo.server.engine.contract import COMPLETIONS, EMBEDDINGS
from studiolo.server.engine.pool import InstancePool
from studiolo.server.http.access import caller_of
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import OPENAI_ERRORS, error_frame
from studiolo.server.http.routing import EVENT_STREAM
from studiolo.server.http.sse import DONE, begun_stream, encode_data, unless_gone
from studiolo.server.http.stepwise import encoded, whole_answer
from studiolo.server.library.scan import LibraryModel
from studiolo.server.library.served import ServedModel
from studiolo.server.mcp.contract import Mcp
from studiolo.server.request_log import note_usage


def openai_routes(pool: InstancePool, store: ResponseStore, mcp: Mcp) -> APIRouter:
    """Return the routes of OpenAI's dialect over the instances of `pool`.

    Responses are kept in `store`, and may use the tools of `mcp`.
    """
    router = APIRouter(prefix="/v1", responses=OPENAI_ERRORS, route_class=CheckedRoute)

    @router.get("/models")
    async def models() -> Response:
        """The models that a request may name, in OpenAI's and Anthropic's words at once."""
        listed = _listed_models(await pool.models(), pool, loaded_only=not pool.just_in_time)
        return JSONResponse(listed)

    @router.get("/models/{model_id:path}")
    async def model(model_id: str) -> Response:
        """One model."""
        target = await find_for_request(pool, model_id)
        return JSONResponse(_listed_model(target if isinstance(target, LibraryModel) else target.model, model_id))

    @router.post("/chat/completions", responses=EVENT_STREAM)
    async def chat(body: ChatCompletionRequest, request: Request) -> Response:
        """A chat completion."""
        completion = await begin_chat(pool, body)
        if not body.stream:
            return await unless_gone(request, _whole(completion))
        return await streamed(request, completion, wants_usage=_wants_usage(body))

    @router.post("/completions", responses=EVENT_STREAM)
    async def completions(body: TextCompletionRequest, request: Request) -> Response:
        """A completion of plain text."""
        completion = await begin_text(pool, body)
        if not body.stream:
            return await unless_gone(request, _whole(completion))
        return await streamed(request, completion, wants_usage=_wants_usage(body))

    @router.post("/embeddings")
    async def embeddings(body: EmbeddingRequest, request: Request) -> Response:
        """The embeddings of one text or several."""
        inference = await Inference.prepare(pool, body.model, kind="embedding", ttl=body.ttl)
        return await unless_gone(request, embedded(inference, body))

    @router.post("/responses", responses=EVENT_STREAM)
    async def responses(body: ResponsesRequest, request: Request) -> Response:
        """A response; its id continues here and in `/api/v1/chat`."""
        turn = await prepare_response(body, pool, store, mcp, caller_of(request))
        if not body.stream:
            return await unless_gone(request, _whole_response(turn))
        return await unless_gone(request, begun_stream(_response_frames(turn), partial(_failed_response, turn)))

    @router.post("/responses/input_tokens")
    async def count_response(body: ResponsesRequest, request: Request) -> Response:
        """How many tokens a response would begin with; loads the model."""
        turn = await prepare_response(body, pool, store, mcp, caller_of(request))
        return await unless_gone(request, _counted(turn))

    @router.get("/responses/{response_id}/input_items")
    async def read_input(
        response_id: str,
        order: Literal["asc", "desc"] = "desc",
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST_ITEMS)] = 20,
    ) -> Response:
        """What a kept response was made from, the conversation before it included."""
        await store.get(response_id)
        messages = (await store.thread(response_id)).messages
        return JSONResponse(input_items(response_id, messages, order=order, after=after, limit=limit))

    @router.get("/responses/{response_id}")
    async def read_response(response_id: str) -> Response:
        """A kept response."""
        kept = await store.get(response_id)
        return JSONResponse(kept_response(response_id, kept.model, kept.created, kept.messages))

    @router.delete("/responses/{response_id}")
    async def delete_response(response_id: str) -> Response:
        """Forget a response."""
        if not await store.delete(response_id):
            raise NotFoundError(f"No response '{response_id[:80]}' is kept here.", what="response")
        return JSONResponse({"id": response_id, "object": "response", "deleted": True})

    return router


@dataclass(frozen=True)
class Completion:
    """A completion that can be made: its chunks to be, and what turns each into what is told of it, if anything."""

    inference: Inference
    chunks: AsyncGenerator[Chunk, None]
    translate: Callable[[RawChunk], RawChunk] | None

    def told(self, chunk: Chunk) -> RawChunk:
        """Return what is told of a chunk. Each is to be told of once, in their order."""
        return self.translate(chunk.raw) if self.translate else chunk.raw


async def begin_chat(pool: InstancePool, body: ChatCompletionRequest) -> Completion:
    """Return a chat completion that can be made. Raises RequestError and its kinds."""
    inference = await Inference.prepare(pool, body.model, ttl=body.ttl, exact=bool(body.exact_model))
    offer = await apart(lambda: offered(body.tools))
    order = await apart(lambda: chat_body(body, inference.model, offer))
    sees = inference.model.capabilities.vision
    order["messages"] = await check_messages(order["messages"], sees=sees, model=inference.model.key)
    return Completion(inference, inference.chat(order), CustomCalls(offer).feed if offer.has_custom else None)


async def begin_text(pool: InstancePool, body: TextCompletionRequest) -> Completion:
    """Return a completion of plain text that can be made. Raises RequestError and its kinds."""
    inference = await Inference.prepare(pool, body.model, ttl=body.ttl, exact=bool(body.exact_model))
    order = await apart(lambda: text_body(body))
    return Completion(inference, inference.stream(COMPLETIONS, order), TextChunks().feed)


def _wants_usage(body: ChatCompletionRequest | TextCompletionRequest) -> bool:
    return bool(body.stream_options and body.stream_options.include_usage)


async def _whole(completion: Completion) -> Response:
    whole = WholeCompletion()
    async with aclosing(completion.chunks) as chunks:
        async for chunk in chunks:
            whole.feed(completion.told(chunk))
    return await whole_answer(whole.result())


async def streamed(request: Request, completion: Completion, *, wants_usage: bool) -> Response:
    """Return the answer that sends the chunks as they come."""

    async def frames() -> AsyncGenerator[bytes, None]:
        async with aclosing(completion.chunks) as chunks:
            async for chunk in chunks:
                if not (wants_usage or chunk.choices):
                    continue
                told = completion.told(chunk)
                if not wants_usage and "usage" in told:
                    told = {key: value for key, value in told.items() if key != "usage"}
                yield encode_data(told, named=False)
        yield DONE

    return await unless_gone(request, begun_stream(frames(), partial(error_frame, path=request.url.path)))


async def embedded(inference: Inference, body: EmbeddingRequest) -> Response:
    """Return the answer with the vectors that were asked for."""
    instance, answer = await inference.request(EMBEDDINGS, embedding_order(body))
    note_usage(answer.get("usage", {}).get("prompt_tokens", 0), 0, 0)
    return JSONResponse({**sized(answer, body, inference.model), "model": instance.id})


async def _counted(turn: ResponseTurn) -> Response:
    return JSONResponse({"object": "response.input_tokens", "input_tokens": await turn.count()})


async def _whole_response(turn: ResponseTurn) -> Response:
    async with aclosing(turn.stream()) as events:
        async for _ in events:
            pass
    if turn.failure:
        raise turn.failure
    return await whole_answer(turn.response)


def _failed_response(turn: ResponseTurn, error: AppError) -> bytes:
    """What a stream ends with that failed before its first event: a client of responses knows no bare error."""
    return b"".join(encode_data(event, named=True) for event in turn.refused(error)) + DONE


async def _response_frames(turn: ResponseTurn) -> AsyncGenerator[bytes, None]:
    async with aclosing(turn.stream()) as events:
        async for event in events:
            yield await _event_frame(event)
    yield DONE


async def _event_frame(event: dict[str, Any]) -> bytes:
    """Every event but those of one piece may have all of the answer in it."""
    if event["type"].endswith(".delta"):
        return encode_data(event, named=True)
    return f"event: {event['type']}\ndata: ".encode() + await encoded(event) + b"\n\n"


def _listed_models(models: list[LibraryModel], pool: InstancePool, *, loaded_only: bool) -> dict[str, Any]:
    """The models that a request may name, for OpenAI's clients and, with its paging, for Anthropic's.

    loaded_only: without just-in-time loading nothing else of this machine can be named (spec section 6).
    """
    good = [model for model in models if not model.error]
    loaded = {instance.model.path for instance in pool.instances}
    remote = pool.remote_instances({model.key for model in models})
    named: dict[str, ServedModel] = {instance.id: instance.model for instance in remote}
    named |= {model.key: model for model in good if not loaded_only or model.path in loaded}
    named |= {instance.id: instance.model for instance in pool.instances}
    data = [_listed_model(model, name) for name, model in sorted(named.items())]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return {"object": "list", "data": data, "has_more": False, **ends}


def _listed_model(model: ServedModel, name: str) -> dict[str, Any]:
    """One model, under the name that it is asked by. One of another machine has no time: nobody says when it came."""
    created = 0.0
    if isinstance(model, LibraryModel):
        with suppress(OSError):
            created = model.path.stat().st_mtime
    return model_object(name, publisher=model.publisher, created=created)
