"""The events of a response whose model calls tools of MCP servers: several completions, and results in between."""

import secrets
from typing import Any

from studiolo.api.chat import InvalidToolCallItem, ToolCallItem
from studiolo.api.openai import ResponsesRequest
from studiolo.errors import AppError
from studiolo.server.chat.mcp_items import CALL, LISTED, MCP_ITEM, REQUEST, Waiting, definition_mark, error_of
from studiolo.server.chat.rendering import Event, OutputPiece
from studiolo.server.chat.response_events import ResponseEvents
from studiolo.server.chat.response_tools import OpenResponseTools
from studiolo.server.chat.responses import Message
from studiolo.server.chat.tool_calls import ModelCall
from studiolo.server.chat.tool_runs import Outcome
from studiolo.server.chat.written_chunks import WrittenChunks
from studiolo.server.engine.chunk import Chunk, TokenCounts
from studiolo.server.mcp.contract import McpTool, OfferedTool

Body = dict[str, Any]


class McpResponseEvents(ResponseEvents):
    """Renders a response whose model may call tools of MCP servers, over several completions.

    `calls` are those of the last completion that are to be run; `hands_over`: its program is to go on, with a function
    or an approval; `stopped`: the model may have wanted more rounds of tools than this server allows.
    """

    def __init__(self, request: ResponsesRequest, model_id: str, response_id: str, tools: OpenResponseTools) -> None:
        super().__init__(request, model_id, response_id, tools.offer)
        self._tools = tools
        self._call_ids: dict[str, str] = {}
        self._since = 0
        self._spent = TokenCounts()
        self.calls: list[ModelCall] = []
        self.hands_over = self.stopped = False
        self._written: WrittenChunks | None = None

    def listed(self, known: set[str]) -> list[Event]:
        """Return the tools of each server, or why it has none.

        known: labels of those whose tools were listed before.
        """
        out: list[Event] = []
        for label in self._tools.entries:
            failure = self._tools.failures.get(label)
            if label in known and failure is None:
                continue
            tools = [one.tool for one in self._tools.open.toolset.tools if one.tool.server.label == label]
            item: Body = {"id": self._new_id(LISTED), "type": LISTED, "server_label": label, "tools": []}
            self.response["output"].append({**item, "error": None})
            out.append(self._about_item("response.output_item.added"))
            out.append(self._of_item("response.mcp_list_tools.in_progress"))
            if failure is None:
                self._item["tools"] = [_listed_tool(tool) for tool in tools]
                out.append(self._of_item("response.mcp_list_tools.completed"))
            else:
                self._item["error"] = str(failure)
                out.append(self._of_item("response.mcp_list_tools.failed"))
            out.append(self._about_item("response.output_item.done"))
        return out

    def begin(self, *, calls: bool) -> None:
        """Another completion follows. calls: whether tools may be called, so that what is written as a call is one."""
        self._written = WrittenChunks(self._tools.knows) if calls else None
        self._spent = self._spent.plus(self.usage)
        self.usage = TokenCounts()
        self._since = len(self.response["output"])
        self.calls = []

    def feed(self, chunk: Chunk) -> list[Event]:
        """Return the events of one chunk, after calls that the model wrote as text were found in it."""
        return super().feed(self._written.feed(chunk) if self._written else chunk)

    def ended(self) -> list[Event]:
        """Return the events that end what is open: the completion is over, or broke off."""
        out = super().feed(self._written.rest()) if self._written else []
        return [*out, *self.close()]

    def fail(self, error: AppError) -> list[Event]:
        """End what is still open, and return the events of a response that failed."""
        return [*self.ended(), *super().fail(error)]

    @property
    def incomplete(self) -> str | None:
        """Return why the response ended before its time, be it for too many rounds of tools; None if it did not."""
        return super().incomplete or ("max_tool_calls" if self.stopped else None)

    def finish(self) -> list[Event]:
        """End the response with the usage of all its completions together."""
        out = self.close()
        self.usage = self._spent.plus(self.usage)
        return [*out, *super().finish()]

    def round_message(self) -> Message:
        """Return the last completion as the conversation keeps it."""
        return self.message(self._since)

    def opened(self, piece: OutputPiece) -> list[Event]:
        """Begin an item; a call of a server's tool is one of MCP, or an approval request that is told at its end."""
        offered = self._tools.find(piece.name) if piece.kind == "call" else None
        if offered is None:
            self.hands_over = self.hands_over or piece.kind == "call"
            return super().opened(piece)
        call = ModelCall(piece.call_id or f"call_{secrets.token_hex(12)}", piece.name)
        if self._tools.waits(offered):
            request_id = self._new_id(REQUEST) + definition_mark(offered.tool)
            item = {"id": request_id, "type": REQUEST, **_named(offered), "arguments": ""}
            self._remember(item, call)
            self.response["output"].append(item)
            return []
        self.calls.append(call)
        return self._opened_mcp(call, _named(offered), None)

    def begun(self, waiting: Waiting, offered: OfferedTool | None) -> list[Event]:
        """Return a call that its program approved; of a tool that is gone it is about to fail."""
        call = ModelCall(waiting.call_id, offered.model_name if offered else waiting.name, waiting.arguments)
        named = {"server_label": waiting.label, "name": waiting.name}
        out = self._opened_mcp(call, named, waiting.request_id)
        self._item["arguments"] = waiting.arguments
        out.append(self._of_item("response.mcp_call_arguments.delta", delta=waiting.arguments))
        out.append(self._of_item("response.mcp_call_arguments.done", arguments=waiting.arguments))
        self.calls.append(call)
        return out

    def _opened_mcp(self, call: ModelCall, named: Body, request_id: str | None) -> list[Event]:
        item: Body = {"id": self._new_id(CALL), "type": CALL, "status": "in_progress", **named}
        item |= {"arguments": "", "output": None, "error": None, "approval_request_id": request_id}
        self._remember(item, call)
        self.response["output"].append(item)
        return [self._about_item("response.output_item.added"), self._of_item("response.mcp_call.in_progress")]

    def _remember(self, item: Body, call: ModelCall) -> None:
        self._call_ids[item["id"]] = call.id
        self._flat[item["id"]] = call.name

    def added(self, piece: OutputPiece) -> list[Event]:
        """Add a piece's text to the open item, and to the last of `calls` where a server's tool is called."""
        if self._item["type"] not in (CALL, REQUEST):
            return super().added(piece)
        self._item["arguments"] += piece.text
        if self._item["type"] == REQUEST:
            return []  # It is told when it is whole.
        self.calls[-1].arguments += piece.text
        return [self._of_item("response.mcp_call_arguments.delta", delta=piece.text)]

    def closed(self) -> list[Event]:
        """End the open item; an approval request that was cut off is dropped."""
        item = self._item
        if item["type"] == REQUEST:
            if self.finish_reason == "length":
                self.response["output"].pop()  # Nobody can approve what was cut off.
                return []
            self.hands_over = True
            return [self._about_item("response.output_item.added"), self._about_item("response.output_item.done")]
        if item["type"] != CALL:
            return super().closed()
        return [self._of_item("response.mcp_call_arguments.done", arguments=item["arguments"])]

    def settled(self, outcome: Outcome) -> list[Event]:
        """Return what became of a call."""
        output = self.response["output"]
        place, item = next(
            (place, item)
            for place, item in enumerate(output)
            if item["type"] == CALL and self._call_ids[item["id"]] == outcome.call.id
        )
        if isinstance(outcome.item, ToolCallItem):
            item["output"], item["status"] = _text(outcome), "completed"
        elif isinstance(outcome.item, InvalidToolCallItem):
            item["error"], item["status"] = error_of(outcome.item.reason), "failed"
        about = {"item_id": item["id"], "output_index": place}
        told = self._event(f"response.mcp_call.{item['status']}", **about)
        return [told, self._event("response.output_item.done", output_index=place, item=dict(item))]

    def take_off(self, most: int) -> list[ModelCall]:
        """Have no more than so many of the calls run; those that are not."""
        self.calls, over = self.calls[:most], self.calls[most:]
        return over

    def fail_open_calls(self, reason: str | None = None) -> list[Event]:
        """End calls that are not run: the limit of tokens cut them off, or there is a reason to be told."""
        to_run = {call.id for call in self.calls}
        out: list[Event] = []
        for place, item in enumerate(self.response["output"]):
            if item["type"] == CALL and item["status"] == "in_progress" and self._call_ids[item["id"]] not in to_run:
                item["status"] = "failed" if reason else "incomplete"
                if reason:
                    item["error"] = error_of(reason)
                    out.append(self._event("response.mcp_call.failed", item_id=item["id"], output_index=place))
                out.append(self._event("response.output_item.done", output_index=place, item=dict(item)))
        return out

    def _kept_call(self, item: Body) -> Body:
        if item["type"] not in (CALL, REQUEST):
            return super()._kept_call(item)
        call = ModelCall(self._call_ids[item["id"]], self._flat[item["id"]], item["arguments"])
        return {**call.message(), MCP_ITEM: item}


def _named(offered: OfferedTool) -> Body:
    return {"server_label": offered.tool.server.label, "name": offered.tool.name}


def _listed_tool(tool: McpTool) -> Body:
    told: Body = {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
    hints = tool.hints.model_dump(mode="json")
    return {**told, "annotations": {f"{name}_hint" if name != "title" else name: hints[name] for name in hints} or None}


def _text(outcome: Outcome) -> str:
    """Return what the model was told, which is what OpenAI has as a call's output."""
    if isinstance(outcome.content, str):
        return outcome.content
    return "\n".join(part["text"] if part["type"] == "text" else "[an image]" for part in outcome.content)
