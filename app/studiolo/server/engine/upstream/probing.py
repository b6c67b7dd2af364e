"""What another server is, and what its models can do: found out by asking it.

Asking for its models costs nothing, and is done again and again. A reply of one token, with and without a tool and an
image, costs time, and money at some: that is done only when a person adds or checks the server, and of a few models.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from studiolo.api.models import ReasoningCapability
from studiolo.api.upstreams import UpstreamInfo, UpstreamModelInfo
from studiolo.errors import AppError, RequestError
from studiolo.server.engine.contract import CHAT, EMBEDDINGS
from studiolo.server.engine.upstream.address import is_open_to_listeners
from studiolo.server.engine.upstream.errors import UpstreamBusyError, UpstreamError, one_line, own_words, refusal
from studiolo.server.engine.upstream.machine import NO_TOOLS, UpstreamMachine
from studiolo.server.engine.upstream.wire import WireReply

MOST_MODELS = 1000
"""Of one server; the rest is not listed."""
MOST_PROBED = 4
"""Models that are asked for a token each: a server with more of them may have to load each one first."""

_LOOK_SECONDS = 15.0
_SIDE_SECONDS = 5.0
_TOKEN_SECONDS = 180.0
"""A server may have to load the model for its first token."""
_EMBEDS = re.compile(r"embed|(?:^|[/-])(?:bge|e5|gte|minilm)(?:-|$)", re.IGNORECASE)
"""In the name of a model that is not asked for a token."""
_RAY_OWNER = "organization-owner"
"""Whom Ray Serve's LLM app, which runs vLLM, says that models are owned by."""
_SAYS = [{"role": "user", "content": "Hi"}]
_TOOL = {
    "type": "function",
    "function": {"name": "look", "description": "Look.", "parameters": {"type": "object", "properties": {}}},
}
_DOT = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAIAAAD9b0jDAAAAJElEQVR42mM4EaBBdcQwauiooaOGjho6auiooaOGjho6MgwFAHZe"
    "1C4Y5WEPAAAAAElFTkSuQmCC"
)
"""A picture of 28 points by 28 of one colour: smaller ones are refused by some models that see."""
_SEES = [
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": _DOT}}, {"type": "text", "text": "?"}]}
]


async def look(machine: UpstreamMachine) -> list[UpstreamModelInfo]:
    """Return the models that a server lists; what was found out of them before stays. It costs the server nothing.

    Raises UpstreamError, RequestError for a server that has no such list.
    """
    info, bare = machine.info, machine.info.bare_routes
    reply = await machine.wire.fetch("GET", machine.route("/v1/models"), seconds=_LOOK_SECONDS)
    if reply.status == HTTPStatus.NOT_FOUND:
        other = await machine.wire.fetch("GET", "/v1/models" if bare else "/models", seconds=_LOOK_SECONDS)
        if other.status == HTTPStatus.OK:
            info.bare_routes, reply = not bare, other
    if reply.status != HTTPStatus.OK:
        if reply.status == HTTPStatus.NOT_FOUND:
            raise _no_api(machine, reply)
        raise refusal(reply.status, reply.content, reply.retry_after, place=machine.place, model="")
    entries = reply.data.get("data") if isinstance(reply.data, dict) else None
    if not isinstance(entries, list):
        raise _no_api(machine, reply)
    before = {model.id: model for model in info.models}
    found = [_listed(entry, before) for entry in entries[:MOST_MODELS] if _has_id(entry)]
    return list({model.id: model for model in found}.values())


async def check(machine: UpstreamMachine) -> AsyncGenerator[tuple[str, str], None]:
    """Look at a server in full; yield what is tried now, and of which model. What is found is in `machine.info`.

    Raises as `look` does. That a model fails is no error of its server: it is told in the model's notes.
    """
    info = machine.info
    yield "server", ""
    info.models = await look(machine)
    info.engine, info.dialect = await _engine_of(machine)
    await _read_own_listing(machine)
    info.notes = _notes(info)
    if info.dialect not in ("studiolo", "lm_studio"):
        # Those tell what their models can do, and load a model for its first token.
        for model in info.models[:MOST_PROBED]:
            model.notes = []
            async with aclosing(_probed(machine, model)) as steps:
                async for step in steps:
                    yield step, model.id
    info.checked_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    machine.note_answer(whole=True)


def _notes(info: UpstreamInfo) -> list[str]:
    notes = []
    if info.has_key and is_open_to_listeners(info.address):
        notes.append("Its key goes over the network without encryption: use an address with https.")
    if len(info.models) > MOST_PROBED and info.dialect not in ("studiolo", "lm_studio"):
        told = f"It has {len(info.models)} models; the first {MOST_PROBED} were tried."
        notes.append(f"{told} Of the others it shows when they are used what they can do.")
    if not info.models:
        notes.append("It lists no model.")
    return notes


async def _engine_of(machine: UpstreamMachine) -> tuple[str, str]:
    """Return what runs there, with its version, and whose dialect it speaks."""
    greeting = await _side(machine, "/lmstudio-greeting")
    if greeting.get("lmstudio") is True:
        own = await _side(machine, "/api/v1/server")
        if isinstance(own.get("capabilities"), list):
            return one_line(f"Studiolo {own.get('version', '')}"), "studiolo"
        return "LM Studio", "lm_studio"
    owners = {model.publisher for model in machine.info.models}
    props = await _side(machine, "/props")
    if isinstance(props.get("default_generation_settings"), dict):
        _read_props(machine.info, props)
        return one_line(f"llama.cpp {props.get('build_info', '')}"), "llama.cpp"
    version = (await _side(machine, "/version")).get("version")
    if "vllm" in owners and isinstance(version, str):
        return one_line(f"vLLM {version}"), "vllm"
    if _RAY_OWNER in owners:
        return "Ray Serve LLM", "vllm"
    if "vllm" in owners:
        return "vLLM", "vllm"
    if "llamacpp" in owners or "llama.cpp" in owners:
        return "llama.cpp", "llama.cpp"
    return "OpenAI-compatible", "openai"


def _read_props(info: UpstreamInfo, props: dict[str, Any]) -> None:
    """Take what llama-server's `/props` says of its one model."""
    context = props["default_generation_settings"].get("n_ctx")
    modalities = props.get("modalities")
    for model in info.models if len(info.models) == 1 else ():
        model.context_length = _tokens(context) or model.context_length
        if isinstance(modalities, dict):
            model.vision = modalities.get("vision") is True


async def _read_own_listing(machine: UpstreamMachine) -> None:
    """Take what one of our own servers, or LM Studio, says of its models in its own listing."""
    if machine.info.dialect not in ("studiolo", "lm_studio"):
        return
    listing = (await _side(machine, "/api/v1/models")).get("models")
    entries = (
        {entry.get("key"): entry for entry in listing if isinstance(entry, dict)} if isinstance(listing, list) else {}
    )
    for model in machine.info.models:
        entry = entries.get(model.id) or entries.get(model.id.split("@")[0])
        if not isinstance(entry, dict):
            continue
        can = entry.get("capabilities")
        can = can if isinstance(can, dict) else {}
        model.kind = "embedding" if entry.get("type") in ("embedding", "embeddings") else "llm"
        model.publisher = one_line(str(entry.get("publisher") or ""))[:100]
        model.context_length = _tokens(entry.get("max_context_length")) or model.context_length
        model.tools, model.vision = can.get("trained_for_tool_use") is True, can.get("vision") is True
        model.counts = True
        model.reasoning = _reasoning(can.get("reasoning"))
        if model.kind == "llm" and not model.tools:
            model.notes = [f"{NO_TOOLS}its chat template has no place for them."]


async def _probed(machine: UpstreamMachine, model: UpstreamModelInfo) -> AsyncGenerator[str, None]:
    """Ask one model for a token, with a tool, with an image; yield each step before it is taken."""
    yield "chat"
    counted, problem = await _token(machine, model, {"messages": _SAYS})
    if problem is not None:
        yield "embeddings"
        if await _embeds(machine, model):
            model.kind, model.tools, model.vision = "embedding", False, False
        else:
            model.notes = [f"It did not answer when it was tried: {problem}"]
        return
    model.kind, model.counts = "llm", counted
    if not counted:
        model.notes.append("It does not tell counts of tokens: they are estimated.")
    yield "tools"
    await _try(machine, model, "tools", {"messages": _SAYS, "tools": [_TOOL], "tool_choice": "auto"})
    if model.vision is None or machine.dialect != "llama.cpp":
        yield "images"
        await _try(machine, model, "vision", {"messages": _SEES})


async def _try(machine: UpstreamMachine, model: UpstreamModelInfo, what: str, body: dict[str, Any]) -> None:
    """Find out whether a model takes something; None where its server only had too much to do."""
    _, problem = await _token(machine, model, body)
    if isinstance(problem, UpstreamBusyError):
        return
    setattr(model, what, problem is None)
    if problem is not None and what == "tools" and not any(note.startswith(NO_TOOLS) for note in model.notes):
        model.notes.append(f"{NO_TOOLS}{problem.message}")


async def _token(
    machine: UpstreamMachine, model: UpstreamModelInfo, body: dict[str, Any]
) -> tuple[bool, AppError | None]:
    """Ask for one token; return whether its server counted, and what went wrong, if anything did."""
    counted = False
    try:
        with machine.working():
            async with aclosing(machine.stream(CHAT, {**body, "max_tokens": 1}, model)) as chunks:
                async for chunk in chunks:
                    if chunk.usage:
                        counted = not chunk.is_estimated
    except AppError as error:
        return False, error
    return counted, None


async def _embeds(machine: UpstreamMachine, model: UpstreamModelInfo) -> bool:
    try:
        answer = await machine.ask(EMBEDDINGS, {"input": "Hi"}, model)
    except AppError:
        return False
    return isinstance(answer.get("data"), list) and bool(answer["data"])


async def _side(machine: UpstreamMachine, route: str) -> dict[str, Any]:
    """Return the object that a route answers with which only some servers have; empty elsewhere."""
    try:
        reply = await machine.wire.fetch("GET", route, seconds=_SIDE_SECONDS)
    except UpstreamError:
        return {}
    return reply.data if reply.status == HTTPStatus.OK and isinstance(reply.data, dict) else {}


def _has_id(entry: Any) -> bool:
    name = entry.get("id") if isinstance(entry, dict) else None
    return isinstance(name, str) and 0 < len(name) <= 300 and name.isprintable() and name == name.strip()


def _listed(entry: dict[str, Any], before: dict[str, UpstreamModelInfo]) -> UpstreamModelInfo:
    name = entry["id"]
    model = before.get(name) or UpstreamModelInfo(id=name, kind="embedding" if _EMBEDS.search(name) else "llm")
    owner = entry.get("owned_by")
    model.publisher = one_line(owner)[:100] if isinstance(owner, str) and not model.publisher else model.publisher
    meta, metadata = entry.get("meta"), entry.get("metadata")
    places = [
        entry.get("max_model_len"),
        meta.get("n_ctx") if isinstance(meta, dict) else None,
        metadata.get("max_request_context_length") if isinstance(metadata, dict) else None,
        entry.get("context_length"),  # OpenRouter and its like.
        meta.get("n_ctx_train") if isinstance(meta, dict) else None,
    ]
    model.context_length = next((length for place in places if (length := _tokens(place))), model.context_length)
    return model


def _reasoning(value: Any) -> ReasoningCapability | None:
    options = value.get("allowed_options") if isinstance(value, dict) else None
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        return None
    default = value.get("default")
    return ReasoningCapability(allowed_options=options, default=default if isinstance(default, str) else None)


def _tokens(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31 else None


def _no_api(machine: UpstreamMachine, reply: WireReply) -> RequestError:
    said = own_words(reply.content[:4096])[:200].removesuffix(".") or "nothing"
    return RequestError(
        f"{machine.place} has no OpenAI-compatible API: /v1/models answered {reply.status}: {said}.",
        param="address",
        code="upstream_not_compatible",
        hint="Give the address up to the '/v1', such as http://box:8000 or https://box.example/llm.",
    )
