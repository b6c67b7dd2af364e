"""LM Studio's older API, `/api/v0`: OpenAI's completions with figures, and models with what is known of them."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from studiolo.api.chat import CONTEXT_FULL, STOP_REASONS
from studiolo.api.openai import ChatCompletionRequest, EmbeddingRequest, TextCompletionRequest
from studiolo.server.chat.inference import Inference
from studiolo.server.chat.openai import WholeCompletion
from studiolo.server.engine.build import ENGINE, engine_version
from studiolo.server.engine.chunk import Chunk, Timings
from studiolo.server.engine.instance import Instance
from studiolo.server.engine.pool import InstancePool
from studiolo.server.engine.serving import ServingInstance
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import OPENAI_ERRORS
from studiolo.server.http.openai import Completion, begin_chat, begin_text, embedded, streamed
from studiolo.server.http.routing import EVENT_STREAM
from studiolo.server.http.sse import unless_gone
from studiolo.server.http.stepwise import whole_answer
from studiolo.server.library.scan import LibraryModel
from studiolo.server.library.served import ServedModel

_FIGURES = ("stats", "model_info", "runtime")


def older_routes(pool: InstancePool) -> APIRouter:
    """Return the routes of `/api/v0` over the instances of `pool`."""
    router = APIRouter(prefix="/api/v0", responses=OPENAI_ERRORS, route_class=CheckedRoute)

    @router.get("/models")
    async def models() -> Response:
        """Every model on disk, and what is loaded under another name."""
        return JSONResponse({"object": "list", "data": list((await _listed(pool)).values())})

    @router.get("/models/{model_id:path}")
    async def model(model_id: str) -> Response:
        """One of them."""
        listed = await _listed(pool)
        target = await pool.find_model(model_id) if model_id not in listed else None
        return JSONResponse(listed[target.key if target else model_id])

    @router.post("/chat/completions", responses=EVENT_STREAM)
    async def chat(body: ChatCompletionRequest, request: Request) -> Response:
        """A chat completion."""
        completion = _with_figures(await begin_chat(pool, body))
        if not body.stream:
            return await unless_gone(request, _whole(completion))
        return await streamed(request, completion, wants_usage=True)

    @router.post("/completions", responses=EVENT_STREAM)
    async def completions(body: TextCompletionRequest, request: Request) -> Response:
        """A completion of plain text."""
        completion = _with_figures(await begin_text(pool, body))
        if not body.stream:
            return await unless_gone(request, _whole(completion))
        return await streamed(request, completion, wants_usage=True)

    @router.post("/embeddings")
    async def embeddings(body: EmbeddingRequest, request: Request) -> Response:
        """The embeddings of one text or several."""
        inference = await Inference.prepare(pool, body.model, kind="embedding", ttl=body.ttl)
        return await unless_gone(request, embedded(inference, body))

    return router


async def _listed(pool: InstancePool) -> dict[str, dict[str, Any]]:
    """What can be named, by its name."""
    models = await pool.models()
    remote = pool.remote_instances({model.key for model in models})
    named = {instance.id: _entry(instance.id, instance.model, instance) for instance in remote}
    named |= {model.key: _entry(model.key, model, None) for model in models if not model.error}
    for instance in pool.instances:
        named[instance.id] = _entry(instance.id, instance.model, instance)
        if instance.model.key in named and named[instance.model.key]["state"] != "loaded":
            named[instance.model.key] = _entry(instance.model.key, instance.model, instance)
    return dict(sorted(named.items()))


def _entry(name: str, model: ServedModel, instance: ServingInstance | None) -> dict[str, Any]:
    kind = "embeddings" if model.kind == "embedding" else "vlm" if model.capabilities.vision else "llm"
    entry: dict[str, Any] = {
        "id": name,
        "object": "model",
        "type": kind,
        "publisher": model.publisher,
        "arch": model.architecture,
        "compatibility_type": "gguf" if isinstance(model, LibraryModel) else None,
        "quantization": model.quantization.name if model.quantization else None,
        "state": "loaded" if instance else "not-loaded",
        "max_context_length": model.max_context_length,
    }
    if instance:
        entry["loaded_context_length"] = instance.config.context_length or None
    if model.capabilities.trained_for_tool_use:
        entry["capabilities"] = ["tool_use"]
    return entry


def _with_figures(completion: Completion) -> Completion:
    return replace(completion, chunks=_figured(completion.chunks, completion.inference))


async def _figured(chunks: AsyncGenerator[Chunk, None], inference: Inference) -> AsyncGenerator[Chunk, None]:
    """The chunks, the engine's counts being told together with the end of the choice that they belong to."""
    ended: Chunk | None = None
    async with aclosing(chunks):
        async for chunk in chunks:
            if ended and chunk.choices:
                yield ended
                ended = None
            if chunk.usage:
                # A chat's counts are a chunk of their own, without choices.
                told = ended or chunk
                yield told.with_raw(usage=chunk.raw["usage"], **_figures(chunk.timings, told, inference))
                ended = None
            elif any(choice.finish_reason for choice in chunk.choices):
                ended = chunk
            else:
                yield chunk
    if ended:
        yield ended


def _figures(timings: Timings | None, ended: Chunk, inference: Inference) -> dict[str, Any]:
    reasons = [choice.finish_reason for choice in ended.choices]
    model, here = inference.model, isinstance(inference.instance, Instance)
    return {
        "stats": {
            "tokens_per_second": timings.predicted_per_second if timings else None,
            "time_to_first_token": timings.prompt_ms / 1000 if timings else 0.0,
            "generation_time": timings.predicted_ms / 1000 if timings else 0.0,
            "stop_reason": STOP_REASONS.get((CONTEXT_FULL if inference.context_full else reasons[0]) or "")
            if reasons
            else None,
        },
        "model_info": {
            "arch": model.architecture,
            "quant": model.quantization.name if model.quantization else None,
            "format": "gguf" if here else None,
            "context_length": inference.context_length,
        },
        "runtime": {"name": ENGINE, "version": engine_version(), "supported_formats": ["gguf"]}
        if here
        else {"name": "openai-compatible", "version": "", "supported_formats": []},
    }


async def _whole(completion: Completion) -> Response:
    whole = WholeCompletion()
    figures: dict[str, Any] = {}
    async with aclosing(completion.chunks) as chunks:
        async for chunk in chunks:
            told = completion.told(chunk)
            whole.feed(told)
            figures |= {name: told[name] for name in _FIGURES if name in told}
    return await whole_answer({**whole.result(), **figures})
