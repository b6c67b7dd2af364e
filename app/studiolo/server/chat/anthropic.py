"""Anthropic's messages on the engine's chat route.

llama.cpp has a route of that name, but it forces no tool call and takes no template arguments; so the requests go the
way of all chats, and the events are written here.
"""

import json
import secrets
from typing import Any

from studiolo.api.anthropic import CountTokensRequest, MessagesRequest
from studiolo.errors import RequestError
from studiolo.server.chat.openai import use_tools, with_one_system
from studiolo.server.chat.rendering import Event, Piece, Rendering
from studiolo.server.library.scan import LibraryModel

Body = dict[str, Any]

_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
_THINKING = {"enabled": True, "adaptive": True, "between_tools": True, "disabled": False}
_EFFORTS = {"low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}


def messages_body(request: MessagesRequest, model: LibraryModel) -> Body:
    """The engine's chat request for a message. Raises RequestError for what this server does not do."""
    body = prompt_body(request, model) | {"max_tokens": request.max_tokens}
    sampling = {"temperature": request.temperature, "top_p": request.top_p, "top_k": request.top_k}
    body |= {key: value for key, value in sampling.items() if value is not None}
    if request.stop_sequences:
        body["stop"] = request.stop_sequences
    if schema := _schema(request):
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "output", "schema": schema}}
    return body


def prompt_body(request: CountTokensRequest, model: LibraryModel) -> Body:
    """What of the engine's chat request decides on the prompt. Raises as `messages_body` does."""
    body: Body = {"messages": _chat_messages(request)}
    _use_tools(body, request)
    return body | _thinking(request, model)


class MessageEvents(Rendering):
    """The events of a streamed message; `message` is the whole one, complete after `finish`."""

    def __init__(self, model_id: str) -> None:
        super().__init__()
        self.message: Body = {
            "id": f"msg_{secrets.token_hex(12)}",
            "type": "message",
            "role": "assistant",
            "model": model_id,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
            "container": None,
            "usage": _usage({}, 0),
        }

    def start(self) -> list[Event]:
        return [{"type": "message_start", "message": {**self.message, "content": []}}]

    def finish(self) -> list[Event]:
        """After the last chunk."""
        out = self.close()
        self.message["stop_reason"] = _STOP_REASONS.get(self.finish_reason or "stop", "end_turn")
        self.message["usage"] = _usage(self.usage, self.reasoning_tokens)
        delta = {"stop_reason": self.message["stop_reason"], "stop_sequence": None}
        return [
            *out,
            {"type": "message_delta", "delta": delta, "usage": self.message["usage"]},
            {"type": "message_stop"},
        ]

    @property
    def _block(self) -> Body:
        block: Body = self.message["content"][-1]
        return block

    @property
    def _index(self) -> int:
        return len(self.message["content"]) - 1

    def opened(self, piece: Piece) -> list[Event]:
        block: Body = {"type": "text", "text": "", "citations": None}
        if piece.kind == "reasoning":
            block = {"type": "thinking", "thinking": "", "signature": ""}
        elif piece.kind == "call":
            block = {"type": "tool_use", "id": _tool_use_id(piece.call_id), "name": piece.name, "input": {}}
            block["caller"] = {"type": "direct"}
        self.message["content"].append({**block, "json": ""} if piece.kind == "call" else block)
        return [{"type": "content_block_start", "index": self._index, "content_block": dict(block)}]

    def added(self, piece: Piece) -> list[Event]:
        kind, name = {
            "text": ("text_delta", "text"),
            "reasoning": ("thinking_delta", "thinking"),
            "call": ("input_json_delta", "json"),
        }[piece.kind]
        self._block[name] += piece.text
        delta = {"type": kind, "partial_json" if name == "json" else name: piece.text}
        return [{"type": "content_block_delta", "index": self._index, "delta": delta}]

    def closed(self) -> list[Event]:
        if self._block["type"] == "tool_use":
            self._block["input"] = _object(self._block.pop("json"))
        return [{"type": "content_block_stop", "index": self._index}]


def _chat_messages(request: CountTokensRequest) -> list[Body]:
    """The conversation in OpenAI's form."""
    messages: list[Body] = []
    if request.system:
        messages.append({"role": "system", "content": _joined(request.system, "system")})
    for number, message in enumerate(request.messages):
        blocks = message.content
        if isinstance(blocks, str):
            messages.append({"role": message.role, "content": blocks})
        elif message.role == "assistant":
            messages.append(_assistant(blocks, f"messages.{number}"))
        else:
            messages += _user(blocks, f"messages.{number}", message.role)
    return with_one_system(messages)


def _use_tools(body: Body, request: CountTokensRequest) -> None:
    tools = []
    for number, tool in enumerate(request.tools or ()):
        if tool.get("type") not in (None, "custom"):
            raise RequestError(
                f"Tools of the type '{str(tool['type'])[:40]}' are not offered here.",
                param=f"tools.{number}",
                code="invalid_value",
                hint="Tools with a name and an input_schema are.",
            )
        function = {"name": tool.get("name"), "parameters": tool.get("input_schema")}
        if tool.get("description"):
            function["description"] = tool["description"]
        tools.append({"type": "function", "function": function})
    choice = request.tool_choice or {}
    kinds: dict[Any, str | Body | None] = {
        None: None,
        "auto": "auto",
        "none": "none",
        "any": "required",
        "tool": {"type": "function", "function": {"name": choice.get("name")}},
    }
    if choice.get("type") not in kinds:
        raise RequestError("'tool_choice' is auto, any, tool or none.", param="tool_choice", code="invalid_value")
    use_tools(body, tools, kinds[choice.get("type")])
    if choice.get("disable_parallel_tool_use"):
        body["parallel_tool_calls"] = False


def _schema(request: MessagesRequest) -> Body | None:
    wanted = (request.output_config or {}).get("format")
    if wanted is None:
        return None
    if (
        not isinstance(wanted, dict)
        or wanted.get("type") != "json_schema"
        or not isinstance(wanted.get("schema"), dict)
    ):
        raise RequestError(
            "'output_config.format' is a json_schema with its schema.", param="output_config", code="invalid_value"
        )
    schema: Body = wanted["schema"]
    return schema


def _thinking(request: CountTokensRequest, model: LibraryModel) -> Body:
    """Nobody who does not ask for thinking gets any, as far as the model can be told."""
    kind = (request.thinking or {"type": "disabled"}).get("type")
    if kind not in _THINKING:
        known = ", ".join(_THINKING)
        raise RequestError(f"'thinking.type' is one of {known}.", param="thinking", code="invalid_value")
    budget = (request.thinking or {}).get("budget_tokens")
    if budget is not None and (not isinstance(budget, int) or isinstance(budget, bool) or budget < 1):
        raise RequestError("'budget_tokens' is a number of tokens.", param="thinking", code="invalid_value")
    capability = model.capabilities.reasoning
    if capability is None:
        return {}
    arguments: Body = {"enable_thinking": _THINKING[kind]}
    if "medium" in capability.allowed_options and _THINKING[kind]:
        arguments["reasoning_effort"] = _EFFORTS.get((request.output_config or {}).get("effort") or "", "medium")
    body: Body = {"chat_template_kwargs": arguments}
    return body | {"reasoning_budget_tokens": budget} if budget and _THINKING[kind] else body


def _user(blocks: list[Body], param: str, role: str) -> list[Body]:
    """A user's blocks: results of tools are messages of their own, and come first."""
    results: list[Body] = []
    parts: list[Body] = []
    for block in blocks:
        kind = block.get("type")
        if kind == "tool_result":
            content = block.get("content") or ""
            text = _joined(content, param) if isinstance(content, str | list) else str(content)
            results.append({"role": "tool", "tool_call_id": str(block.get("tool_use_id", "")), "content": text})
            parts += [_image(inner, param) for inner in content if isinstance(inner, dict) and _is_image(inner)]
        elif kind == "text":
            parts.append({"type": "text", "text": str(block.get("text", ""))})
        elif _is_image(block):
            parts.append(_image(block, param))
        else:
            raise _unread(block, param)
    if all(part["type"] == "text" for part in parts):
        text = "\n".join(part["text"] for part in parts)
        return [*results, {"role": role, "content": text}] if parts else results
    return [*results, {"role": role, "content": parts}]


def _assistant(blocks: list[Body], param: str) -> Body:
    message: Body = {"role": "assistant", "content": ""}
    for block in blocks:
        kind = block.get("type")
        if kind == "text":
            message["content"] += str(block.get("text", ""))
        elif kind == "thinking":
            message["reasoning_content"] = message.get("reasoning_content", "") + str(block.get("thinking", ""))
        elif kind == "tool_use":
            function = {"name": str(block.get("name", "")), "arguments": json.dumps(block.get("input") or {})}
            call = {"id": str(block.get("id", "")), "type": "function", "function": function}
            message.setdefault("tool_calls", []).append(call)
        elif kind != "redacted_thinking":
            raise _unread(block, param)
    return message


def _image(block: Body, param: str) -> Body:
    source = block.get("source")
    if not isinstance(source, dict) or source.get("type") != "base64":
        raise RequestError(
            "An image's source must be of the type 'base64'.", param=param, code="invalid_value", hint="Send it itself."
        )
    url = f"data:{source.get('media_type')};base64,{source.get('data')}"
    return {"type": "image_url", "image_url": {"url": url}}


def _is_image(block: Body) -> bool:
    return block.get("type") == "image"


def _joined(content: str | list[Body], param: str) -> str:
    if isinstance(content, str):
        return content
    texts = []
    for block in content:
        if not isinstance(block, dict) or block.get("type") not in ("text", "image"):
            raise _unread(block if isinstance(block, dict) else {}, param)
        texts.append(str(block.get("text", "")))
    return "\n".join(text for text in texts if text)


def _unread(block: Body, param: str) -> RequestError:
    kind = str(block.get("type"))[:40]
    return RequestError(f"Content of the type '{kind}' is not read.", param=param, code="invalid_value")


def _usage(usage: Body, thinking_tokens: int) -> Body:
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    return {
        "input_tokens": usage.get("prompt_tokens", 0) - cached,
        "output_tokens": usage.get("completion_tokens", 0),
        "output_tokens_details": {"thinking_tokens": thinking_tokens},
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": 0,
        "cache_creation": None,
        "server_tool_use": None,
        "service_tier": "standard",
        "inference_geo": None,
    }


def _tool_use_id(call_id: str) -> str:
    return (
        call_id if call_id.startswith("toolu_") else f"toolu_{call_id.removeprefix('call_') or secrets.token_hex(12)}"
    )


def _object(text: str) -> Body:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}  # Cut off by the limit of tokens, which stop_reason says.
    return value if isinstance(value, dict) else {}
