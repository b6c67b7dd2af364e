"""The events of OpenAI's Responses API, and the response that they build up (openresponses.org, 2026-11)."""

import json
import re
import secrets
import time
from typing import Any

from studiolo.api.openai import ResponsesRequest
from studiolo.errors import AppError, ContextOverflowError, NotFoundError, RequestError
from studiolo.server.chat.calls import TEXT_INPUT, text_input
from studiolo.server.chat.mcp_items import CALL, LISTED, MCP_ITEM, REQUEST
from studiolo.server.chat.probabilities import Held, count_of
from studiolo.server.chat.rendering import Event, OutputPiece, Rendering
from studiolo.server.chat.responses import INCOMPLETE, PREFIX, Message, ResponseStore
from studiolo.server.chat.tools import Offer, Tool
from studiolo.server.engine.chunk import TokenCounts

Body = dict[str, Any]

_PREFIXES = {
    "reasoning": "rs_",
    "message": "msg_",
    "function_call": "fc_",
    "custom_tool_call": "ctc_",
    CALL: "mcp_",
    LISTED: "mcpl_",
    REQUEST: "mcpr_",
}
OUT_OF_TOKENS = "max_output_tokens"
"""OpenAI's reason for an answer that ended with the limit of its tokens, or with the room that there was."""
_ITEM_ID = re.compile(r"[a-z]+_([0-9a-f]{48})[0-9a-f]{2,}")
_CALLS = ("function_call", "custom_tool_call", CALL, LISTED, REQUEST)


class ResponseEvents(Rendering):
    """Renders one response; `response` is the whole one, complete after `finish` or `fail`.

    offer: the tools of the request, so that a call is told as its program knows it.
    """

    def __init__(self, request: ResponsesRequest, model_id: str, response_id: str, offer: Offer) -> None:
        super().__init__()
        self._sequence = 0
        self._offer = offer
        self._flat: dict[str, str] = {}
        self._arguments = ""
        self._held = Held()
        self.response = _skeleton(request, model_id, response_id)

    def start(self) -> list[Event]:
        """Return the two events that open the stream, with a response that has no output yet."""
        return [self._whole("response.created"), self._whole("response.in_progress")]

    @property
    def incomplete(self) -> str | None:
        """Return why the response ended before its time, if it did."""
        return OUT_OF_TOKENS if self.finish_reason == "length" else None

    def finish(self) -> list[Event]:
        """Return the events after the last chunk."""
        out = self.close()
        reason = self.incomplete
        self.response["status"] = "incomplete" if reason else "completed"
        if reason:
            self.response["incomplete_details"] = {"reason": reason}
        else:
            self.response["completed_at"] = int(time.time())
        self.response["usage"] = _usage(self.usage)
        return [*out, self._whole(f"response.{self.response['status']}")]

    def fail(self, error: AppError) -> list[Event]:
        """Return where the stream broke off."""
        out = self.close()
        self.response["status"] = "failed"
        self.response["error"] = {"code": _failure_code(error), "message": str(error)}
        return [*out, self._whole("response.failed")]

    def message(self, since: int = 0) -> Message:
        """Return what the model answered, as the store keeps it.

        since: the number of the first item that belongs to it.
        """
        message: Message = {"role": "assistant", "content": ""}
        for item in self.response["output"][since:]:
            if item["type"] == "message":
                message["content"] += "".join(part["text"] for part in item["content"])
            elif item["type"] == "reasoning":
                text = "".join(part["text"] for part in item["content"])
                message["reasoning_content"] = message.get("reasoning_content", "") + text
            elif item["type"] != LISTED:
                message.setdefault("tool_calls", []).append(self._kept_call(item))
        return message

    def _kept_call(self, item: Body) -> Body:
        """Return a call as the engine reads it.

        `tool` is what the program knows it by, where that is something else.
        """
        custom = item["type"] == "custom_tool_call"
        arguments = json.dumps({TEXT_INPUT: item["input"]}, ensure_ascii=False) if custom else item["arguments"]
        function = {"name": self._flat[item["id"]], "arguments": arguments}
        call: Body = {"id": item["call_id"], "type": "function", "function": function}
        if custom or "namespace" in item:
            call["tool"] = {"name": item["name"], "namespace": item.get("namespace"), "custom": custom}
        return call

    @property
    def _item(self) -> Body:
        item: Body = self.response["output"][-1]
        return item

    def _event(self, kind: str, **data: Any) -> Event:
        event = {"type": kind, "sequence_number": self._sequence, **data}
        self._sequence += 1
        return event

    def _whole(self, kind: str) -> Event:
        return self._event(kind, response={**self.response, "output": list(self.response["output"])})

    def _of_item(self, kind: str, **data: Any) -> Event:
        place = {"item_id": self._item["id"], "output_index": len(self.response["output"]) - 1}
        if self._item["type"] not in _CALLS:
            place["content_index"] = 0
        return self._event(kind, **place, **data)

    def _about_item(self, kind: str) -> Event:
        return self._event(kind, output_index=len(self.response["output"]) - 1, item=_copied(self._item))

    def opened(self, piece: OutputPiece) -> list[Event]:
        """Begin the output item that a piece belongs to: a reasoning, a message or a call."""
        if piece.kind == "call":
            return [self._opened_call(piece)]
        kind = "reasoning" if piece.kind == "reasoning" else "message"
        item: Body = {"id": self._new_id(kind), "type": kind, "status": "in_progress", "content": []}
        item["summary" if kind == "reasoning" else "role"] = [] if kind == "reasoning" else "assistant"
        self.response["output"].append(item)
        added = self._about_item("response.output_item.added")
        part: Body = {"type": "reasoning_text", "text": ""}
        if piece.kind == "text":
            part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        item["content"].append(part)
        empty = {**part, "logprobs": []} if "logprobs" in part else dict(part)
        return [added, self._of_item("response.content_part.added", part=empty)]

    def _opened_call(self, piece: OutputPiece) -> Event:
        tool = self._offer.tool(piece.name)
        kind = "custom_tool_call" if tool.custom else "function_call"
        item: Body = {"id": self._new_id(kind), "type": kind, "status": "in_progress"}
        item |= {"call_id": piece.call_id or f"call_{secrets.token_hex(12)}", "name": tool.name}
        if tool.namespace is not None:
            item["namespace"] = tool.namespace
        item["input" if tool.custom else "arguments"] = ""
        self._flat[item["id"]], self._arguments = piece.name, ""
        self.response["output"].append(item)
        return self._about_item("response.output_item.added")

    def _new_id(self, kind: str) -> str:
        """Return an id that leads back to the response: of its kind, the so-manyeth."""
        number = sum(item["type"] == kind for item in self.response["output"])
        return f"{_PREFIXES[kind]}{self.response['id'].removeprefix(PREFIX)}{number:02x}"

    def added(self, piece: OutputPiece) -> list[Event]:
        """Add a piece's text to the open item, and return its delta; a custom tool's call has none before its end."""
        if self._item["type"] == "custom_tool_call":
            self._arguments += piece.text  # JSON around the text that is wanted: told when it is whole.
            return []
        if piece.kind == "call":
            self._item["arguments"] += piece.text
            return [self._of_item("response.function_call_arguments.delta", delta=piece.text)]
        part = self._item["content"][0]
        part["text"] += piece.text
        if piece.kind == "reasoning":
            return [self._of_item("response.reasoning_text.delta", delta=piece.text)]
        logprobs = [_logprob(entry) for entry in piece.logprobs]
        self._held.add(count_of(logprobs))
        part["logprobs"] += logprobs
        return [self._of_item("response.output_text.delta", delta=piece.text, logprobs=logprobs)]

    def closed(self) -> list[Event]:
        """End the open item, which is incomplete where the engine ran out of tokens."""
        item = self._item
        cut = self.finish_reason == "length"
        item["status"] = "incomplete" if cut else "completed"
        if item["type"] == "function_call":
            done = [self._of_item("response.function_call_arguments.done", arguments=item["arguments"])]
        elif item["type"] == "custom_tool_call":
            item["input"] = text_input(self._arguments)
            done = [self._of_item("response.custom_tool_call_input.delta", delta=item["input"])]
            done.append(self._of_item("response.custom_tool_call_input.done", input=item["input"]))
        elif item["type"] == "reasoning":
            part = item["content"][0]
            done = [self._of_item("response.reasoning_text.done", text=part["text"])]
        else:
            part = item["content"][0]
            done = [self._of_item("response.output_text.done", text=part["text"], logprobs=part["logprobs"])]
        if item["type"] not in _CALLS:
            done.append(self._of_item("response.content_part.done", part=dict(item["content"][0])))
        return [*done, self._about_item("response.output_item.done")]


def kept_response(response_id: str, model: str, created: float, messages: list[Message]) -> Body:
    """Return a response read back from the store: what was answered, as far as it is kept."""
    answer = next((message for message in reversed(messages) if message["role"] == "assistant"), {})
    calls = [call for call in answer.get("tool_calls", ()) if MCP_ITEM not in call]
    tools = {call["function"]["name"]: Tool(**call["tool"]) for call in calls if "tool" in call}
    events = ResponseEvents(ResponsesRequest(model=model, input=""), model, response_id, Offer(tools=tools))
    pieces = [
        OutputPiece("reasoning", answer.get("reasoning_content") or ""),
        OutputPiece("text", answer.get("content") or ""),
    ]
    pieces = [piece for piece in pieces if piece.text]
    for call in calls:
        function = call["function"]
        pieces.append(OutputPiece("call", function["arguments"], name=function["name"], call_id=call["id"]))
    incomplete = answer.get(INCOMPLETE)
    if incomplete == OUT_OF_TOKENS:
        events.finish_reason = "length"
    for piece in pieces:
        events.opened(piece)
        events.added(piece)
        events.closed()
    # What MCP servers did comes before the answer, and what they are to do after it.
    done, asked = _kept_mcp_items(messages)
    output = [*done, *events.response["output"], *asked]
    events.response["output"] = output
    ended: Body = {"created_at": int(created), "completed_at": int(created), "status": "completed", "usage": None}
    if incomplete:
        ended |= {"completed_at": None, "status": "incomplete", "incomplete_details": {"reason": incomplete}}
    return events.response | ended


def _kept_mcp_items(messages: list[Message]) -> tuple[list[Body], list[Body]]:
    calls = [call for message in messages for call in message.get("tool_calls") or () if MCP_ITEM in call]
    items: list[Body] = [call[MCP_ITEM] for call in calls]
    return [item for item in items if item["type"] == CALL], [item for item in items if item["type"] == REQUEST]


async def with_references(items: list[Body], store: ResponseStore) -> list[Body]:
    """Return `items` with what was answered before in place of references to it; what is not kept is left out."""
    known: dict[str, dict[str, Body]] = {}
    found = []
    for item in items:
        if item.get("type") != "item_reference" and not (item.keys() <= {"id", "type"} and item.get("id")):
            found.append(item)
            continue
        match = _ITEM_ID.fullmatch(str(item.get("id")))
        if match and match[1] not in known:
            known[match[1]] = await _items_of(PREFIX + match[1], store)
        if match and (meant := known[match[1]].get(match[0])):
            found.append(meant)
    return found


async def _items_of(response_id: str, store: ResponseStore) -> dict[str, Body]:
    try:
        kept = await store.get(response_id)
    except NotFoundError:
        return {}
    output = kept_response(response_id, kept.model, kept.created, kept.messages)["output"]
    return {item["id"]: item for item in output}


def _failure_code(error: AppError) -> str:
    """Return what programs decide by whether to shorten the conversation, to mend the request, or to try again."""
    if isinstance(error, ContextOverflowError):
        return "context_length_exceeded"
    return "invalid_prompt" if isinstance(error, RequestError) else "server_error"


def _skeleton(request: ResponsesRequest, model_id: str, response_id: str) -> Body:
    reasoning = request.reasoning
    text = request.text or {}
    return {
        "id": response_id,
        "object": "response",
        "created_at": int(time.time()),
        "completed_at": None,
        "status": "in_progress",
        "incomplete_details": None,
        "error": None,
        "model": model_id,
        "previous_response_id": request.previous_response_id,
        "instructions": request.instructions,
        "output": [],
        "tools": [_echoed_tool(tool) for tool in request.tools or ()],
        "tool_choice": request.tool_choice or "auto",
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "max_tool_calls": request.max_tool_calls,
        "truncation": request.truncation or "disabled",
        "text": {**text, "format": text.get("format") or {"type": "text"}},
        "temperature": 1.0 if request.temperature is None else request.temperature,
        "top_p": 1.0 if request.top_p is None else request.top_p,
        "presence_penalty": request.presence_penalty or 0.0,
        "frequency_penalty": request.frequency_penalty or 0.0,
        "top_logprobs": request.top_logprobs or 0,
        "reasoning": {
            "effort": reasoning.effort if reasoning else None,
            "summary": reasoning.summary if reasoning else None,
        },
        "usage": None,
        "max_output_tokens": request.max_output_tokens,
        "store": request.store is not False,
        "background": False,
        "service_tier": "default",
        "metadata": request.metadata or {},
        "safety_identifier": request.safety_identifier,
        "prompt_cache_key": request.prompt_cache_key,
    }


def _echoed_tool(tool: Body) -> Body:
    if tool.get("type") not in (None, "function"):
        return tool
    usual = {"type": "function", "name": "", "description": None, "parameters": None, "strict": None}
    return usual | tool


def _copied(item: Body) -> Body:
    return {**item, "content": [dict(part) for part in item["content"]]} if "content" in item else dict(item)


def _logprob(entry: Body) -> Body:
    names = ("token", "logprob", "bytes")
    top = [{name: other.get(name) for name in names} for other in entry.get("top_logprobs", ())]
    return {name: entry.get(name) for name in names} | {"top_logprobs": top}


def _usage(usage: TokenCounts) -> Body:
    return {
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens},
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
