"""Anthropic's messages on the engine's chat route.

llama.cpp has a route of that name, but it forces no tool call and takes no template arguments; so the requests go the
way of all chats, and the events are written here.
"""

import json
import secrets
from typing import Any

from studiolo.api.anthropic import CountTokensRequest, InputMessage, MessagesRequest
from studiolo.api.chat import CONTEXT_FULL
from studiolo.errors import RequestError
from studiolo.server.chat.calls import arguments_text, json_text
from studiolo.server.chat.formats import read_format
from studiolo.server.chat.openai import refuse_ignored, with_one_system
from studiolo.server.chat.parts import is_plain, joined, read_parts, thoughts
from studiolo.server.chat.rendering import Event, OutputPiece, Rendering
from studiolo.server.chat.tools import offered, use_tools
from studiolo.server.engine.chunk import TokenCounts
from studiolo.server.library.served import ServedModel

Body = dict[str, Any]

_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    CONTEXT_FULL: "model_context_window_exceeded",
}
_THINKING = {"enabled": True, "adaptive": True, "between_tools": True, "disabled": False}
_EFFORTS = {"low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}


def messages_body(request: MessagesRequest, model: ServedModel) -> Body:
    """Return the engine's chat request for a message. Raises RequestError for what this server does not do."""
    refuse_ignored(request.model_extra)
    body = prompt_body(request, model)
    sampling: Body = {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": request.top_k,
    }
    body |= {key: value for key, value in sampling.items() if value is not None}
    if request.stop_sequences:
        body["stop"] = request.stop_sequences
    if format_ := _format(request):
        body["response_format"] = format_
    return body


def prompt_body(request: CountTokensRequest, model: ServedModel) -> Body:
    """Return what of the engine's chat request decides on the prompt. Raises as `messages_body` does."""
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
            "usage": _usage(TokenCounts()),
        }

    def start(self) -> list[Event]:
        """Return the event that opens the stream, with a message that has no content yet."""
        return [{"type": "message_start", "message": {**self.message, "content": []}}]

    def finish(self, *, context_full: bool = False) -> list[Event]:
        """Return the events after the last chunk."""
        out = self.close()
        if context_full:
            self.finish_reason = CONTEXT_FULL
        self.message["stop_reason"] = _STOP_REASONS.get(self.finish_reason or "stop", "end_turn")
        self.message["usage"] = _usage(self.usage)
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

    def opened(self, piece: OutputPiece) -> list[Event]:
        """Begin the content block that a piece belongs to: a text, a thinking or a tool_use block."""
        block: Body = {"type": "text", "text": "", "citations": None}
        if piece.kind == "reasoning":
            block = {"type": "thinking", "thinking": "", "signature": ""}
        elif piece.kind == "call":
            block = {"type": "tool_use", "id": _tool_use_id(piece.call_id), "name": piece.name, "input": {}}
            block["caller"] = {"type": "direct"}
        self.message["content"].append({**block, "json": ""} if piece.kind == "call" else block)
        return [{"type": "content_block_start", "index": self._index, "content_block": dict(block)}]

    def added(self, piece: OutputPiece) -> list[Event]:
        """Add a piece's text to the open block, and return the delta for it."""
        kind, name = {
            "text": ("text_delta", "text"),
            "reasoning": ("thinking_delta", "thinking"),
            "call": ("input_json_delta", "json"),
        }[piece.kind]
        self._block[name] += piece.text
        delta = {"type": kind, "partial_json" if name == "json" else name: piece.text}
        return [{"type": "content_block_delta", "index": self._index, "delta": delta}]

    def closed(self) -> list[Event]:
        """End the open block; the input of a tool call is read from its JSON only here, where it is whole."""
        if self._block["type"] == "tool_use":
            self._block["input"] = _object(self._block.pop("json"))
        return [{"type": "content_block_stop", "index": self._index}]


def _chat_messages(request: CountTokensRequest) -> list[Body]:
    """Return the conversation in OpenAI's form."""
    messages: list[Body] = []
    if request.system:
        messages.append({"role": "system", "content": joined(read_parts(request.system, "system", lenient=True))})
    for number, role, blocks in _turns(request.messages):
        param = f"messages.{number}"
        if role == "assistant":
            messages.append(_assistant(blocks, param))
        else:
            messages += _user(blocks, param, role)
    return with_one_system(messages)


def _turns(messages: list[InputMessage]) -> list[tuple[int, str, list[Body]]]:
    """Return each turn's number, role and blocks: neighbours of one role are one turn (Anthropic's Messages API)."""
    turns: list[tuple[int, str, list[Body]]] = []
    for number, message in enumerate(messages):
        content = message.content
        blocks = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
        if turns and turns[-1][1] == message.role:
            turns[-1] = (*turns[-1][:2], turns[-1][2] + blocks)
        else:
            turns.append((number, message.role, blocks))
    return turns


def _use_tools(body: Body, request: CountTokensRequest) -> None:
    """Put the tools of a request and its choice among them into the body for the engine. Raises RequestError.

    Tools with a schema of their own are functions; of the others Anthropic runs some, and some only its models were
    shown.
    """
    tools: list[Body] = []
    for tool in request.tools or ():
        if tool.get("type") in (None, "custom"):
            function = {name: tool.get(name) for name in ("name", "description")}
            tools.append({"type": "function", "function": function | {"parameters": tool.get("input_schema")}})
        else:
            tools.append({"type": tool["type"]})
    choice = request.tool_choice or {}
    kinds: dict[Any, str | Body | None] = {
        None: None,
        "auto": "auto",
        "none": "none",
        "any": "required",
        "tool": {"type": "function", "function": {"name": choice.get("name")}},
    }
    kind = choice.get("type")
    if not isinstance(kind, str | None) or kind not in kinds:
        raise RequestError("'tool_choice' is auto, any, tool or none.", param="tool_choice", code="invalid_value")
    use_tools(body, offered(tools), kinds[kind])
    if choice.get("disable_parallel_tool_use"):
        body["parallel_tool_calls"] = False


def _format(request: MessagesRequest) -> Body | None:
    """Return the form of the answer; `output_format` is its place in the beta, `response_format` OpenAI's."""
    extra = request.model_extra or {}
    wanted = (request.output_config or {}).get("format")
    if wanted is not None:
        return read_format(wanted, "output_config")
    name = "output_format" if extra.get("output_format") else "response_format"
    return read_format(extra.get(name), name)


def _thinking(request: CountTokensRequest, model: ServedModel) -> Body:
    """Nobody who does not ask for thinking gets any, as far as the model can be told."""
    kind = (request.thinking or {"type": "disabled"}).get("type")
    if not isinstance(kind, str) or kind not in _THINKING:
        known = ", ".join(_THINKING)
        raise RequestError(f"'thinking.type' is one of {known}.", param="thinking", code="invalid_value")
    budget = (request.thinking or {}).get("budget_tokens")
    if isinstance(budget, float) and budget.is_integer():
        budget = int(budget)
    if budget is not None and (not isinstance(budget, int) or isinstance(budget, bool) or budget < 1):
        raise RequestError("'budget_tokens' is a number of tokens.", param="thinking", code="invalid_value")
    capability = model.capabilities.reasoning
    if capability is None:
        return {}
    arguments: Body = {"enable_thinking": _THINKING[kind]}
    if "medium" in capability.allowed_options and _THINKING[kind]:
        effort = (request.output_config or {}).get("effort")
        arguments["reasoning_effort"] = _EFFORTS.get(str(effort).lower(), "medium")
    body: Body = {"chat_template_kwargs": arguments}
    return body | {"reasoning_budget_tokens": budget} if budget and _THINKING[kind] else body


def _user(blocks: list[Body], param: str, role: str) -> list[Body]:
    """Return a user's blocks: results of tools are messages of their own, and come first."""
    results: list[Body] = []
    parts: list[Body] = []
    for block in blocks:
        if not str(block.get("type")).endswith("tool_result"):
            parts += read_parts([block], param, lenient=True)
            continue
        content = block.get("content")
        shown = read_parts(content if isinstance(content, str | list) else _shown(content), param, lenient=True)
        results.append({"role": "tool", "tool_call_id": str(block.get("tool_use_id") or ""), "content": joined(shown)})
        parts += [part for part in shown if part["type"] == "image_url"]
    parts = [part for part in parts if part["type"] != "thinking"]
    if not parts and results:
        return results
    return [*results, {"role": role, "content": joined(parts) if is_plain(parts) else parts}]


def _shown(content: Any) -> str:
    return "" if content is None else json_text(content)


def _assistant(blocks: list[Body], param: str) -> Body:
    """What tools of Anthropic's own did is left out: their calls and results, and whatever is new."""
    texts, thought, calls = [], "", []
    for block in blocks:
        kind = block.get("type")
        if kind == "tool_use":
            function = {"name": str(block.get("name") or ""), "arguments": arguments_text(block.get("input"))}
            calls.append({"id": str(block.get("id") or ""), "type": "function", "function": function})
        elif kind in ("text", "thinking"):
            parts = read_parts([block], param)
            thought += thoughts(parts)
            texts.append(joined(parts))
    message: Body = {"role": "assistant", "content": "".join(texts)}
    if thought:
        message["reasoning_content"] = thought
    return message | {"tool_calls": calls} if calls else message


def _usage(usage: TokenCounts) -> Body:
    return {
        "input_tokens": usage.prompt_tokens - usage.cached_tokens,
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
        "cache_read_input_tokens": usage.cached_tokens,
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
    except (ValueError, RecursionError):
        return {}  # Cut off by the limit of tokens, which stop_reason says; or what no program could read.
    return value if isinstance(value, dict) else {}
