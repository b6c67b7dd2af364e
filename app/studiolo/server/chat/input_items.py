"""What a kept response was made from, as the items of OpenAI's Responses API."""

from typing import Any, Literal

from studiolo.errors import RequestError
from studiolo.server.chat.calls import text_input
from studiolo.server.chat.responses import PREFIX, Message

Body = dict[str, Any]

MOST_ITEMS = 100


def input_items(
    response_id: str, messages: list[Message], *, order: Literal["asc", "desc"], after: str | None, limit: int
) -> Body:
    """Return a page of the items behind a response, whose conversation `messages` is, the answer being its last.

    Raises RequestError for an `after` that is none of them.
    """
    asked = messages[:-1] if messages and messages[-1].get("role") == "assistant" else messages
    items = [item for message in asked for item in _items(message)]
    for number, item in enumerate(items):
        item["id"] = f"in_{response_id.removeprefix(PREFIX)}{number:04x}"
    if order == "desc":
        items.reverse()
    if after is not None:
        place = next((number for number, item in enumerate(items) if item["id"] == after), None)
        if place is None:
            raise RequestError(f"'{after[:80]}' is not among the items.", param="after", code="invalid_value")
        items = items[place + 1 :]
    page = items[:limit]
    ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
    return {"object": "list", "data": page, "has_more": len(items) > limit, **ends}


def _items(message: Message) -> list[Body]:
    role = message.get("role")
    content = message.get("content") or ""
    if role == "tool":
        output = {"type": "function_call_output", "call_id": message.get("tool_call_id"), "output": content}
        return [{**output, "status": "completed"}]
    items: list[Body] = []
    if content or not message.get("tool_calls"):
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        shown = [_part(part, written=role == "assistant") for part in parts]
        items.append({"type": "message", "role": role, "status": "completed", "content": shown})
    return items + [_call(call) for call in message.get("tool_calls") or ()]


def _part(part: Body, *, written: bool) -> Body:
    if part.get("type") == "image_url":
        return {"type": "input_image", "image_url": part["image_url"]["url"], "detail": "auto"}
    if written:
        return {"type": "output_text", "text": part.get("text", ""), "annotations": []}
    return {"type": "input_text", "text": part.get("text", "")}


def _call(call: Body) -> Body:
    function, tool = call["function"], call.get("tool") or {}
    name = tool.get("name") or function["name"]
    if tool.get("custom"):
        told = {"type": "custom_tool_call", "name": name, "input": text_input(function["arguments"])}
    else:
        told = {"type": "function_call", "name": name, "arguments": function["arguments"]}
    if tool.get("namespace") is not None:
        told["namespace"] = tool["namespace"]
    return {**told, "call_id": call["id"], "status": "completed"}
