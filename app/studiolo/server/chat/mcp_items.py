"""The items of MCP in OpenAI's Responses API, and what a conversation keeps of them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studiolo.server.chat.responses import Message
from studiolo.server.mcp.contract import McpTool

Body = dict[str, Any]

MCP_ITEM = "mcp"
"""Where a kept call has its item of the response, if a tool of an MCP server was called."""
CALL, LISTED, REQUEST, ANSWER = "mcp_call", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response"
NOT_ALLOWED = "Error: The person did not allow this call."
_EXECUTION_ERROR = "mcp_tool_execution_error"


@dataclass(frozen=True)
class Waiting:
    """A call that its program is asked for. approved: None where it has not answered."""

    request_id: str
    call_id: str
    label: str
    name: str
    arguments: str
    approved: bool | None = None


def definition_mark(tool: McpTool) -> str:
    """Return what the id of an approval request ends with, which depends on the tool's definition and its source.

    Whoever approves it has seen this definition and no other, and the conversation may be its program's own.
    """
    return "_" + hashlib.sha256(f"{tool.digest} {tool.source}".encode()).hexdigest()[:16]


def waiting_calls(messages: Sequence[Message], items: Sequence[Body]) -> list[Waiting]:
    """Return the calls whose approval a conversation's last turn asked for, with what `items` answer.

    Of several answers to one of them, a denial counts.
    """
    answers: dict[str, bool] = {}
    for item in items:
        if _is(item, ANSWER):
            asked_for = str(item.get("approval_request_id"))
            answers[asked_for] = answers.get(asked_for, True) and item.get("approve") is True
    told = {message.get("tool_call_id") for message in messages if message.get("role") == "tool"}
    waiting = []
    for message in messages:
        for call in message.get("tool_calls") or ():
            item = call.get(MCP_ITEM) or {}
            if item.get("type") == REQUEST and call["id"] not in told:
                arguments = call["function"]["arguments"]
                asked = (item["id"], call["id"], item["server_label"], item["name"], arguments)
                waiting.append(Waiting(*asked, answers.get(item["id"])))
    return waiting


def unanswered(waiting: Waiting) -> Message:
    """Return what the model is told of a call that waits, as long as nobody says otherwise."""
    return {"role": "tool", "tool_call_id": waiting.call_id, "content": NOT_ALLOWED}


def with_results(messages: Sequence[Message], results: Sequence[Message]) -> list[Message]:
    """Return a conversation with what became of calls in the place of what was not known yet."""
    known = {result["tool_call_id"]: result for result in results}
    return [
        known.get(message.get("tool_call_id"), message) if message.get("role") == "tool" else message
        for message in messages
    ]


def as_calls(items: Sequence[Body]) -> list[Body]:
    """Return the items of an input with those of MCP in the words of functions.

    Programs that keep their own conversation send them back. What waits for approval was not allowed, as long as nobody
    says otherwise.
    """
    found: list[Body] = []
    for item in items:
        if _is(item, CALL):
            call_id = str(item.get("id"))
            call = {"type": "function_call", "call_id": call_id, "name": item.get("name")}
            found.append({**call, "arguments": item.get("arguments")})
            shown = item.get("output") or _error_text(item.get("error")) or ""
            found.append({"type": "function_call_output", "call_id": call_id, "output": shown})
        elif _is(item, REQUEST):
            call = {"type": "function_call", "call_id": str(item.get("id")), "name": item.get("name")}
            found.append({**call, "arguments": item.get("arguments")})
            found.append({"type": "function_call_output", "call_id": call["call_id"], "output": NOT_ALLOWED})
        elif not (_is(item, LISTED) or _is(item, ANSWER)):
            found.append(item)
    return found


def requests_among(items: Sequence[Body]) -> list[Message]:
    """Return the calls that wait for approval in an input, as a conversation keeps them."""
    calls = []
    for item in items:
        if _is(item, REQUEST):
            kept = {key: str(item.get(key) or "") for key in ("id", "type", "name", "server_label", "arguments")}
            function = {"name": kept["name"], "arguments": kept["arguments"]}
            calls.append({"id": kept["id"], "type": "function", "function": function, MCP_ITEM: kept})
    return [{"role": "assistant", "content": "", "tool_calls": calls}] if calls else []


def error_of(message: str) -> Body:
    """Return a failed call's `error`."""
    return {"type": _EXECUTION_ERROR, "content": [{"type": "text", "text": message}]}


def _error_text(error: Any) -> str:
    return error if isinstance(error, str) else json.dumps(error, ensure_ascii=False) if error else ""


def _is(item: Body, kind: str) -> bool:
    return item.get("type") == kind
