"""The events of OpenAI's Responses API, and the response that they build up (openresponses.org, 2026-11)."""

import secrets
import time
from typing import Any

from studiolo.api.openai import ResponsesRequest
from studiolo.errors import AppError
from studiolo.server.chat.rendering import Event, Piece, Rendering
from studiolo.server.chat.responses import Message

Body = dict[str, Any]

_PREFIXES = {"reasoning": "rs_", "text": "msg_", "call": "fc_"}


class ResponseEvents(Rendering):
    """Renders one response; `response` is the whole one, complete after `finish` or `fail`."""

    def __init__(self, request: ResponsesRequest, model_id: str, response_id: str) -> None:
        super().__init__()
        self._sequence = 0
        self.response = _skeleton(request, model_id, response_id)

    def start(self) -> list[Event]:
        return [self._whole("response.created"), self._whole("response.in_progress")]

    def finish(self) -> list[Event]:
        """After the last chunk."""
        out = self.close()
        complete = self.finish_reason != "length"
        self.response["status"] = "completed" if complete else "incomplete"
        if complete:
            self.response["completed_at"] = int(time.time())
        else:
            self.response["incomplete_details"] = {"reason": "max_output_tokens"}
        self.response["usage"] = _usage(self.usage, self.reasoning_tokens)
        return [*out, self._whole(f"response.{self.response['status']}")]

    def fail(self, error: AppError) -> list[Event]:
        """Where the stream broke off."""
        out = self.close()
        self.response["status"] = "failed"
        self.response["error"] = {"code": "server_error", "message": str(error)}
        return [*out, self._whole("response.failed")]

    def message(self) -> Message:
        """What the model answered, as the store keeps it."""
        message: Message = {"role": "assistant", "content": ""}
        for item in self.response["output"]:
            if item["type"] == "message":
                message["content"] += "".join(part["text"] for part in item["content"])
            elif item["type"] == "reasoning":
                text = "".join(part["text"] for part in item["content"])
                message["reasoning_content"] = message.get("reasoning_content", "") + text
            else:
                function = {"name": item["name"], "arguments": item["arguments"]}
                call = {"id": item["call_id"], "type": "function", "function": function}
                message.setdefault("tool_calls", []).append(call)
        return message

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
        if self._item["type"] != "function_call":
            place["content_index"] = 0
        return self._event(kind, **place, **data)

    def _about_item(self, kind: str) -> Event:
        return self._event(kind, output_index=len(self.response["output"]) - 1, item=_copied(self._item))

    def opened(self, piece: Piece) -> list[Event]:
        item_id = _PREFIXES[piece.kind] + secrets.token_hex(16)
        item: Body = {"id": item_id, "type": "message", "status": "in_progress", "role": "assistant", "content": []}
        if piece.kind == "reasoning":
            item = {"id": item_id, "type": "reasoning", "status": "in_progress", "summary": [], "content": []}
        elif piece.kind == "call":
            call_id = piece.call_id or f"call_{secrets.token_hex(12)}"
            item = {"id": item_id, "type": "function_call", "status": "in_progress", "call_id": call_id}
            item |= {"name": piece.name, "arguments": ""}
        self.response["output"].append(item)
        added = self._about_item("response.output_item.added")
        if piece.kind == "call":
            return [added]
        part: Body = {"type": "reasoning_text", "text": ""}
        if piece.kind == "text":
            part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        item["content"].append(part)
        return [added, self._of_item("response.content_part.added", part=dict(part))]

    def added(self, piece: Piece) -> list[Event]:
        if piece.kind == "call":
            self._item["arguments"] += piece.text
            return [self._of_item("response.function_call_arguments.delta", delta=piece.text)]
        part = self._item["content"][0]
        part["text"] += piece.text
        if piece.kind == "reasoning":
            return [self._of_item("response.reasoning_text.delta", delta=piece.text)]
        logprobs = [_logprob(entry) for entry in piece.logprobs]
        part["logprobs"] = part["logprobs"] + logprobs
        return [self._of_item("response.output_text.delta", delta=piece.text, logprobs=logprobs)]

    def closed(self) -> list[Event]:
        item = self._item
        cut = self.finish_reason == "length"
        item["status"] = "incomplete" if cut else "completed"
        if item["type"] == "function_call":
            done = [self._of_item("response.function_call_arguments.done", arguments=item["arguments"])]
        elif item["type"] == "reasoning":
            part = item["content"][0]
            done = [self._of_item("response.reasoning_text.done", text=part["text"])]
        else:
            part = item["content"][0]
            done = [self._of_item("response.output_text.done", text=part["text"], logprobs=part["logprobs"])]
        if item["type"] != "function_call":
            done.append(self._of_item("response.content_part.done", part=dict(item["content"][0])))
        return [*done, self._about_item("response.output_item.done")]


def kept_response(response_id: str, model: str, created: float, messages: list[Message]) -> Body:
    """A response read back from the store: what was answered, as far as it is kept."""
    events = ResponseEvents(ResponsesRequest(model=model, input=""), model, response_id)
    answer = next((message for message in reversed(messages) if message["role"] == "assistant"), {})
    if answer.get("reasoning_content"):
        events.opened(Piece("reasoning", ""))
        events.added(Piece("reasoning", answer["reasoning_content"]))
        events.closed()
    if answer.get("content"):
        events.opened(Piece("text", ""))
        events.added(Piece("text", answer["content"]))
        events.closed()
    for call in answer.get("tool_calls", ()):
        events.opened(Piece("call", "", name=call["function"]["name"], call_id=call["id"]))
        events.added(Piece("call", call["function"]["arguments"]))
        events.closed()
    ended = {"created_at": int(created), "completed_at": int(created), "status": "completed", "usage": None}
    return events.response | ended


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
    usual = {"type": "function", "name": "", "description": None, "parameters": None, "strict": None}
    return usual | tool


def _copied(item: Body) -> Body:
    return {**item, "content": [dict(part) for part in item["content"]]} if "content" in item else dict(item)


def _logprob(entry: Body) -> Body:
    names = ("token", "logprob", "bytes")
    top = [{name: other.get(name) for name in names} for other in entry.get("top_logprobs", ())]
    return {name: entry.get(name) for name in names} | {"top_logprobs": top}


def _usage(usage: Body, reasoning_tokens: int) -> Body:
    details = usage.get("prompt_tokens_details") or {}
    made = usage.get("completion_tokens", 0)
    return {
        "input_tokens": usage.get("prompt_tokens", 0),
        "output_tokens": made,
        "total_tokens": usage.get("prompt_tokens", 0) + made,
        "input_tokens_details": {"cached_tokens": details.get("cached_tokens", 0)},
        "output_tokens_details": {"reasoning_tokens": reasoning_tokens},
    }
