"""OpenAI's completions on the engine, which speaks them: what differs is translated, the rest passes."""

import time
from typing import Any

from studiolo.api.openai import ChatCompletionRequest, CompletionRequest, TextCompletionRequest
from studiolo.errors import RequestError, UnsupportedError
from studiolo.server.chat.inference import Chunk
from studiolo.server.library.scan import LibraryModel

Body = dict[str, Any]

# `n_cmpl` is llama.cpp's other name for n; a slot is not the client's to choose.
_KEPT_BACK = frozenset(
    {"model", "stream", "stream_options", "ttl", "n", "n_cmpl", "best_of", "id_slot", "max_completion_tokens", "user"}
    | {"reasoning_effort", "reasoning", "metadata", "store", "service_tier"}
)
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")
_PARTS = ("text", "image_url", "input_audio", "refusal")


def chat_body(request: ChatCompletionRequest, model: LibraryModel) -> Body:
    """The engine's request for a chat completion. Raises RequestError for what this server does not do."""
    refuse_several(request)
    body = _passed(request)
    for message in body["messages"]:
        _check_parts(message)
    body["messages"] = with_one_system(body["messages"])
    if request.max_completion_tokens is not None:
        body["max_tokens"] = request.max_completion_tokens
    use_tools(body, request.tools, request.tool_choice)
    return body | template_arguments(request.reasoning_effort, model)


def text_body(request: TextCompletionRequest) -> Body:
    """The engine's request for a completion of plain text."""
    refuse_several(request)
    for name in ("echo", "suffix"):
        if getattr(request, name):
            raise UnsupportedError(f"'{name}' is not supported.", param=name, code="unsupported_parameter")
    if request.best_of not in (None, 1):
        raise UnsupportedError("'best_of' other than 1 is not supported.", param="best_of", code="unsupported_value")
    return _passed(request)


def refuse_several(request: CompletionRequest) -> None:
    if request.n not in (None, 1):
        raise UnsupportedError(
            "'n' other than 1 is not supported.",
            param="n",
            code="unsupported_value",
            hint="Send the request several times: they are answered side by side.",
        )


def use_tools(body: Body, tools: list[Body] | None, choice: str | Body | None) -> None:
    """Put tools in OpenAI's form, and the choice among them, into the engine's request; both checked."""
    body.pop("tools", None)
    body.pop("tool_choice", None)
    names = [_function_name(number, tool) for number, tool in enumerate(tools or ())]
    wanted = _choice(choice, names)
    if names:
        body["tools"] = tools
    if wanted is not None:
        body["tool_choice"] = wanted


def template_arguments(effort: str | None, model: LibraryModel) -> Body:
    """How much the model is to reason, in its template's words: {} where it has no choice.

    effort: OpenAI's none to xhigh. A model that can't do just that does what is nearest: clients of this dialect send
    an effort to whatever model they are pointed at.
    """
    if effort is not None and effort not in _EFFORTS:
        options = ", ".join(f"'{option}'" for option in _EFFORTS)
        raise RequestError(
            f"'{effort[:40]}' is no reasoning effort. Supported are {options}.",
            param="reasoning_effort",
            code="invalid_value",
        )
    capability = model.capabilities.reasoning
    if effort is None or capability is None:
        return {}
    arguments: Body = {"enable_thinking": effort != "none"}
    if "medium" in capability.allowed_options:
        arguments["reasoning_effort"] = {"none": "low", "minimal": "low", "xhigh": "high"}.get(effort, effort)
    return {"chat_template_kwargs": arguments}


def with_one_system(messages: list[Body]) -> list[Body]:
    """The messages with one system message, the first: templates fail on a second, and know no developer."""
    texts = [_text(message["content"]) for message in messages if message["role"] in ("system", "developer")]
    others = [message for message in messages if message["role"] not in ("system", "developer")]
    system = "\n\n".join(text for text in texts if text)
    return [{"role": "system", "content": system}, *others] if system else others


class WholeCompletion:
    """Puts a streamed completion, of a chat or of text, together as one answer."""

    def __init__(self) -> None:
        self._answer: Body = {}
        self._choices: dict[int, Body] = {}
        self._usage: Body = {}

    def feed(self, chunk: Chunk) -> None:
        if not self._answer:
            kind = str(chunk.get("object", "")).removesuffix(".chunk")
            self._answer = {key: chunk[key] for key in ("id", "created", "model", "system_fingerprint") if key in chunk}
            self._answer["object"] = kind
        if usage := chunk.get("usage"):
            self._usage = _added(self._usage, usage)
        for choice in chunk.get("choices", ()):
            kept = self._choices.setdefault(choice["index"], _empty_choice(choice))
            _grow(kept, choice)

    def result(self) -> Body:
        choices = [self._choices[index] for index in sorted(self._choices)]
        return {**self._answer, "choices": choices, "usage": self._usage}


class TextChunks:
    """Gives the chunks of a text completion OpenAI's id and its older form of log probabilities."""

    def __init__(self) -> None:
        self._offsets: dict[int, int] = {}

    def feed(self, chunk: Chunk) -> Chunk:
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
            "token_logprobs": [entry["logprob"] for entry in entries],
            "top_logprobs": [{top["token"]: top["logprob"] for top in entry["top_logprobs"]} for entry in entries],
            "text_offset": offsets,
        }


def _passed(request: CompletionRequest) -> Body:
    body = request.model_dump(exclude_none=True)
    return {key: value for key, value in body.items() if key not in _KEPT_BACK}


def _function_name(number: int, tool: Body) -> str:
    function = tool.get("function")
    name = function.get("name") if isinstance(function, dict) else None
    if tool.get("type") != "function" or not isinstance(name, str) or not name:
        raise RequestError(
            "Only tools of the type 'function', with a name, are supported.",
            param=f"tools.{number}",
            code="invalid_value",
        )
    parameters = function.get("parameters") if isinstance(function, dict) else None
    if parameters is not None and not isinstance(parameters, dict):
        raise RequestError(
            "A function's parameters are a JSON schema.",
            param=f"tools.{number}.function.parameters",
            code="invalid_value",
        )
    return name


def _choice(choice: str | Body | None, names: list[str]) -> str | Body | None:
    if choice is None or choice in ("auto", "none"):
        return choice if names else None
    function = choice.get("function") if isinstance(choice, dict) else None
    if choice == "required" and names:
        return choice
    if isinstance(function, dict) and function.get("name") in names:
        return {"type": "function", "function": {"name": function["name"]}}
    raise RequestError(
        "'tool_choice' is auto, none, required, or a function among the tools.",
        param="tool_choice",
        code="invalid_value",
    )


def _check_parts(message: Body) -> None:
    content = message.get("content")
    if content is None and message["role"] != "assistant":
        raise RequestError(
            f"A message of the role '{message['role']}' needs content.", param="messages", code="invalid_value"
        )
    for part in content if isinstance(content, list) else ():
        if part.get("type") not in _PARTS:
            kind = str(part.get("type"))[:40]
            raise RequestError(f"Content of the type '{kind}' is not read.", param="messages", code="invalid_value")


def _text(content: str | list[Body] | None) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if part.get("type") in ("text", "input_text"))
    return content or ""


def _empty_choice(choice: Body) -> Body:
    if "delta" not in choice:
        return {"index": choice["index"], "text": "", "logprobs": None, "finish_reason": None}
    message: Body = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    return {"index": choice["index"], "message": message, "logprobs": None, "finish_reason": None}


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
        for name in ("name", "arguments"):
            kept["function"][name] += call.get("function", {}).get(name) or ""


def _added(before: Body, usage: Body) -> Body:
    """Several prompts of one request count together."""
    out = {key: before.get(key, 0) + value for key, value in usage.items() if isinstance(value, int)}
    details = {key: _added(before.get(key, {}), value) for key, value in usage.items() if isinstance(value, dict)}
    return out | details


def model_object(model_id: str, *, publisher: str, created: float) -> Body:
    """A model as OpenAI and Anthropic list it: each reads the keys that it knows."""
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
