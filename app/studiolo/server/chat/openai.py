"""OpenAI's completions on the engine, which speaks them: what differs is translated, the rest passes."""

import time
from typing import Any

from studiolo.api.openai import ChatCompletionRequest, CompletionRequest, TextCompletionRequest
from studiolo.errors import RequestError, UnsupportedError
from studiolo.server.chat.calls import sound_message, text_input
from studiolo.server.chat.formats import read_format, sound_constraints
from studiolo.server.chat.parts import is_plain, joined, read_parts, thoughts
from studiolo.server.chat.probabilities import Held, beside, count_of, logarithm, refuse_too_many
from studiolo.server.chat.tools import Offer, use_tools
from studiolo.server.engine.chunk import RawChunk
from studiolo.server.library.served import ServedModel

Body = dict[str, Any]

# `n_cmpl` is llama.cpp's other name for n; a slot is not the client's to choose.
_KEPT_BACK = frozenset(
    {"model", "exact_model", "stream", "stream_options", "ttl", "n", "n_cmpl", "best_of", "id_slot"}
    | {"max_completion_tokens", "user", "reasoning_effort", "reasoning", "metadata", "store", "service_tier"}
    | {"response_format", "web_search_options"}
)
_EFFORTS = {
    "none": "low",
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}
"""What programs ask for, and the nearest that templates know."""
_IGNORED_ELSEWHERE = {
    "draft_model": "Leave it out: models run alone here.",
    "preset": "Send its settings themselves.",
    "functions": "Send them as tools.",
}
"""What would change the answer and can't be obeyed, with what to do."""
_SEEDS = 2**32
_NEED_CONTENT = ("user", "system", "developer")


def chat_body(request: ChatCompletionRequest, model: ServedModel, offer: Offer) -> Body:
    """Return the engine's request for a chat completion. Raises RequestError for what this server does not do.

    offer: the tools of the request.
    """
    refuse_several(request)
    refuse_ignored(request.model_extra)
    for message in request.messages:
        if message.role in _NEED_CONTENT and "content" not in message.model_fields_set:
            raise RequestError(
                f"A message of the role '{message.role}' needs content.", param="messages", code="invalid_value"
            )
    body = _passed(request)
    body["messages"] = with_one_system([_message(message) for message in body["messages"]])
    if request.max_completion_tokens is not None:
        body["max_tokens"] = request.max_completion_tokens
    if format_ := read_format(request.response_format, "response_format"):
        body["response_format"] = format_
    use_tools(body, offer, request.tool_choice)
    return body | template_arguments(request.reasoning_effort, model)


def text_body(request: TextCompletionRequest) -> Body:
    """Return the engine's request for a completion of plain text."""
    refuse_several(request)
    refuse_ignored(request.model_extra)
    for name in ("echo", "suffix"):
        if getattr(request, name):
            raise UnsupportedError(f"'{name}' is not supported.", param=name, code="unsupported_parameter")
    if request.best_of not in (None, 1):
        raise UnsupportedError("'best_of' other than 1 is not supported.", param="best_of", code="unsupported_value")
    body = _passed(request)
    format_ = read_format((request.model_extra or {}).get("response_format"), "response_format")
    if format_:
        # The engine's route for text takes the schema alone.
        body["json_schema"] = format_.get("json_schema", {}).get("schema", {})
    return sound_constraints(body)


def refuse_ignored(extra: Body | None) -> None:
    """Raise UnsupportedError for what would change the answer and is not obeyed here."""
    for name, hint in _IGNORED_ELSEWHERE.items():
        if (extra or {}).get(name):
            raise UnsupportedError(f"'{name}' is not supported.", param=name, code="unsupported_parameter", hint=hint)


def refuse_several(request: CompletionRequest) -> None:
    """Raise UnsupportedError for a request that wants several answers (`n` other than 1)."""
    if request.n not in (None, 1):
        raise UnsupportedError(
            "'n' other than 1 is not supported.",
            param="n",
            code="unsupported_value",
            hint="Send the request several times: they are answered side by side.",
        )


def template_arguments(effort: str | None, model: ServedModel) -> Body:
    """Return how much the model is to reason, in its template's words: {} where it has no choice.

    effort: OpenAI's none to xhigh. A model that can't do just that does what is nearest, and an effort that nobody
    knows is as if none was named: clients of this dialect send an effort to whatever model they are pointed at.
    """
    effort = (effort or "").strip().lower()
    capability = model.capabilities.reasoning
    if effort not in _EFFORTS or capability is None:
        return {}
    arguments: Body = {"enable_thinking": effort != "none"}
    if "medium" in capability.allowed_options:
        arguments["reasoning_effort"] = _EFFORTS[effort]
    return {"chat_template_kwargs": arguments}


def with_one_system(messages: list[Body]) -> list[Body]:
    """Return the messages as every template can read them, with one system message, the first.

    Templates fail on a second, and know no developer.
    """
    sound = [sound_message(message) for message in messages]
    texts = [_text(message["content"]) for message in sound if message["role"] in ("system", "developer")]
    others = [message for message in sound if message["role"] not in ("system", "developer")]
    system = "\n\n".join(text for text in texts if text)
    return [{"role": "system", "content": system}, *others] if system else others


class WholeCompletion:
    """Puts a streamed completion, of a chat or of text, together as one answer.

    Its chunks are given as they are to be told. Raises RequestError for more log probabilities than can be held.
    """

    def __init__(self) -> None:
        self._answer: Body = {}
        self._choices: dict[int, Body] = {}
        self._usage: Body = {}
        self._held = Held()

    def feed(self, chunk: RawChunk) -> None:
        """Add a chunk's text, calls, log probabilities and usage to the answer."""
        if not self._answer:
            kind = str(chunk.get("object", "")).removesuffix(".chunk")
            self._answer = {key: chunk[key] for key in ("id", "created", "model", "system_fingerprint") if key in chunk}
            self._answer["object"] = kind
        if usage := chunk.get("usage"):
            self._usage = _added(self._usage, usage)
        for choice in chunk.get("choices", ()):
            kept = self._choices.setdefault(choice["index"], _empty_choice(choice))
            self._held.add(_probabilities(choice.get("logprobs") or {}))
            _grow(kept, choice)

    def result(self) -> Body:
        """Return the whole answer, with its choices in the order of their index."""
        for choice in self._choices.values():
            message = choice.get("message")
            if message is not None and message["content"] is None and not message.get("tool_calls"):
                message["content"] = ""  # Null beside nothing else is refused elsewhere when it comes back as history.
        choices = [self._choices[index] for index in sorted(self._choices)]
        return {**self._answer, "choices": choices, "usage": self._usage}


class TextChunks:
    """Gives the chunks of a text completion OpenAI's id and its older form of log probabilities."""

    def __init__(self) -> None:
        self._offsets: dict[int, int] = {}

    def feed(self, chunk: RawChunk) -> RawChunk:
        """Return the chunk with an id that begins with `cmpl-`, and with the older form of log probabilities."""
        choices = [{**choice, "logprobs": self._logprobs(choice)} for choice in chunk.get("choices", ())]
        return {**chunk, "id": str(chunk.get("id", "")).replace("chatcmpl-", "cmpl-"), "choices": choices}

    def _logprobs(self, choice: Body) -> Body | None:
        entries = (choice.get("logprobs") or {}).get("content")
        if not entries:
            return None
        offsets, at = [], self._offsets.get(choice["index"], 0)
        for entry in entries:
            offsets.append(at)
            at += len(entry["token"])
        self._offsets[choice["index"]] = at
        return {
            "tokens": [entry["token"] for entry in entries],
            "token_logprobs": [logarithm(entry) for entry in entries],
            "top_logprobs": [{top["token"]: logarithm(top) for top in beside(entry)} for entry in entries],
            "text_offset": offsets,
        }


class CustomCalls:
    """Gives chunks the calls of custom tools as their programs know them: with plain text, once it is whole."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._held: dict[int, Body] = {}

    def feed(self, chunk: RawChunk) -> RawChunk:
        """Return the chunk without the deltas of custom tools' calls, which the last chunk has whole, as plain text."""
        return {**chunk, "choices": [self._choice(choice) for choice in chunk.get("choices", ())]}

    def _choice(self, choice: Body) -> Body:
        delta = dict(choice.get("delta", {}))
        calls = [call for call in delta.pop("tool_calls", ()) if not self._holds(call)]
        if choice.get("finish_reason"):
            calls += [self._whole(index, call) for index, call in sorted(self._held.items())]
            self._held = {}
        return {**choice, "delta": delta | {"tool_calls": calls} if calls else delta}

    def _holds(self, call: Body) -> bool:
        function = call.get("function", {})
        if call["index"] in self._held:
            self._held[call["index"]]["arguments"] += function.get("arguments") or ""
            return True
        if not self._offer.tool(function.get("name") or "").custom:
            return False
        self._held[call["index"]] = {"id": call.get("id"), "arguments": "", **function}
        return True

    def _whole(self, index: int, call: Body) -> Body:
        custom = {"name": self._offer.tool(call["name"]).name, "input": text_input(call["arguments"])}
        return {"index": index, "id": call["id"], "type": "custom", "custom": custom}


def _passed(request: CompletionRequest) -> Body:
    body = request.model_dump(exclude_none=True)
    refuse_too_many(body.get("n_probs"))
    if request.seed is not None:
        body["seed"] = request.seed % _SEEDS
    return sound_constraints({key: value for key, value in body.items() if key not in _KEPT_BACK})


def _message(message: Body) -> Body:
    """Return a message whose parts are those that the engine knows. Raises RequestError."""
    if not isinstance(message.get("content"), list):
        return message
    parts = read_parts(message["content"], "messages")
    read = {**message, "content": joined(parts) if is_plain(parts) else [p for p in parts if p["type"] != "thinking"]}
    if message["role"] == "assistant" and (thought := thoughts(parts)):
        read["reasoning_content"] = message.get("reasoning_content") or thought
    return read


def _text(content: str | list[Body] | None) -> str:
    return joined(content) if isinstance(content, list) else content or ""


def _empty_choice(choice: Body) -> Body:
    if "delta" not in choice:
        return {"index": choice["index"], "text": "", "logprobs": None, "finish_reason": None}
    message: Body = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    return {"index": choice["index"], "message": message, "logprobs": None, "finish_reason": None}


def _probabilities(logprobs: Body) -> int:
    """Return how many there are, in the newer form or in the older one."""
    return count_of(logprobs.get("content") or []) + sum(1 + len(top) for top in logprobs.get("top_logprobs") or ())


def _grow(kept: Body, choice: Body) -> None:
    if "text" in kept:
        kept["text"] += choice.get("text") or ""
    else:
        _grow_message(kept["message"], choice.get("delta", {}))
    kept["finish_reason"] = choice.get("finish_reason") or kept["finish_reason"]
    for name, values in (choice.get("logprobs") or {}).items():
        if isinstance(values, list):
            kept["logprobs"] = kept["logprobs"] or {}
            kept["logprobs"].setdefault(name, []).extend(values)


def _grow_message(message: Body, delta: Body) -> None:
    for name in ("content", "reasoning_content"):
        if delta.get(name):
            message[name] = (message.get(name) or "") + delta[name]
    for call in delta.get("tool_calls", ()):
        calls = message.setdefault("tool_calls", [])
        while len(calls) <= call["index"]:
            calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
        kept = calls[call["index"]]
        kept["id"] = call.get("id") or kept["id"]
        if "custom" in call:
            del kept["function"]
            kept |= {"type": "custom", "custom": call["custom"]}
            continue
        for name in ("name", "arguments"):
            kept["function"][name] += call.get("function", {}).get(name) or ""


def _added(before: Body, usage: Body) -> Body:
    """Several prompts of one request count together."""
    flags = {key: value for key, value in usage.items() if isinstance(value, bool)}
    out = {key: before.get(key, 0) + value for key, value in usage.items() if isinstance(value, int)} | flags
    details = {key: _added(before.get(key, {}), value) for key, value in usage.items() if isinstance(value, dict)}
    return out | details


def model_object(model_id: str, *, publisher: str, created: float) -> Body:
    """Return a model as OpenAI and Anthropic list it: each reads the keys that it knows."""
    time_text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(created))
    return {
        "id": model_id,
        "object": "model",
        "created": int(created),
        "owned_by": publisher or "local",
        "type": "model",
        "display_name": model_id,
        "created_at": time_text,
    }
