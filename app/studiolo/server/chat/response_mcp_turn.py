"""A response whose model may call tools of MCP servers while it is made."""

import math
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Any

from studiolo.api.openai import ResponsesRequest
from studiolo.errors import RequestError
from studiolo.server.apart import apart
from studiolo.server.chat.images import check_messages
from studiolo.server.chat.inference import Inference
from studiolo.server.chat.mcp_items import LISTED, Waiting, definition_mark, with_results
from studiolo.server.chat.rendering import Event
from studiolo.server.chat.response_input import engine_body
from studiolo.server.chat.response_mcp_events import McpResponseEvents
from studiolo.server.chat.response_tools import OpenResponseTools, ResponseTools, split_tools, wanted_servers
from studiolo.server.chat.response_turn import ResponseTurn, read_conversation
from studiolo.server.chat.responses import Message, ResponseStore, new_response_id, with_ending
from studiolo.server.chat.rounds import ENOUGH, with_text
from studiolo.server.chat.tools import Offer, use_tools
from studiolo.server.chat.turn_tools import TurnTools, check_knows_tools
from studiolo.server.engine.pool import InstancePool
from studiolo.server.mcp.contract import Caller, Mcp
from studiolo.server.mistakes import foreseen
from studiolo.server.request_log import note

Body = dict[str, Any]

_TOO_MANY = "The call was not made: the request allows no more of them (max_tool_calls)."

_CHANGED = "The call was not made: its tool is gone, or was changed since it was approved."


class McpResponseTurn(ResponseTurn):
    """waiting: the calls whose approval was asked for before. known: labels of servers whose tools are listed."""

    def __init__(
        self,
        request: ResponsesRequest,
        inference: Inference,
        asked: list[Message],
        body: Body,
        store: ResponseStore,
        *,
        tools: ResponseTools,
        waiting: list[Waiting],
        known: set[str],
    ) -> None:
        super().__init__(request, inference, asked, body, Offer(), store)
        self._tools = tools
        self._waiting = waiting
        self._known = known
        self._said: list[Message] = []
        self._calls_left = math.inf if request.max_tool_calls is None else request.max_tool_calls

    @classmethod
    async def prepare_with(
        cls, request: ResponsesRequest, pool: InstancePool, store: ResponseStore, mcp: Mcp, caller: Caller
    ) -> "McpResponseTurn":
        """Do as ResponseTurn.prepare, for a request with MCP servers. Raises AccessError and McpServerError, too."""
        talk = await read_conversation(request, pool, store)
        model = talk.inference.model
        functions, entries = split_tools(talk.tools)
        wanted = wanted_servers(mcp, entries, caller)
        check_knows_tools(model, "tools")
        turn_tools = TurnTools(mcp, wanted, caller, None, model.capabilities.vision)
        tools = ResponseTools({entry.label: entry for entry in entries}, functions, turn_tools)
        plain = request.model_copy(update={"tool_choice": None})
        body = await apart(lambda: engine_body(plain, model, talk.before, talk.asked, Offer()))
        listed = [item for item in talk.items if item.get("type") == LISTED and not item.get("error")]
        known = {str(item.get("server_label")) for item in listed}
        return cls(request, talk.inference, talk.asked, body, store, tools=tools, waiting=talk.waiting, known=known)

    async def stream(self) -> AsyncGenerator[Event, None]:
        """Yield the events; see ResponseTurn. A server that can't be reached is an item that says so."""
        async with AsyncExitStack() as stack:
            tools = await stack.enter_async_context(self._tools.opened())
            model = self._inference.model.key
            events = McpResponseEvents(self._request, model, new_response_id(), tools)
            begun = False
            try:
                rounds = await stack.enter_async_context(aclosing(self._rounds(events, tools)))
                async for event in rounds:
                    begun = True
                    yield event
                ending = events.finish()
                if self._request.store is not False:
                    await self._keep_all(events)
            except Exception as error:
                if not begun:
                    raise
                self.failure = foreseen(error, "a response")
                note(error=self.failure.message)
                ending = events.fail(self.failure)
            self.response = events.response
            for event in ending:
                yield event

    async def count(self) -> int:
        """Return how many tokens the prompt of the first completion has, with the tools of the servers in it."""
        async with self._tools.opened() as tools:
            return await self._inference.count(self._order(tools, first=True))

    async def _rounds(self, events: McpResponseEvents, tools: OpenResponseTools) -> AsyncGenerator[Event, None]:
        opening = [*events.start(), *events.listed(self._known)]
        if any(waiting.approved for waiting in self._waiting):
            for event in opening:
                yield event
            opening = []
            async with aclosing(self._answered(events, tools)) as answered:
                async for event in answered:
                    yield event
        for number in range(tools.open.rounds + 1):
            events.stopped = number == tools.open.rounds
            calls = not events.stopped and self._calls_left > 0
            events.begin(calls=calls)
            order = self._order(tools, first=number == 0, calls=calls)
            async with aclosing(self._inference.chat(order)) as chunks:
                async for chunk in chunks:
                    # What fails before the model's first word is told by a status.
                    events.response["model"] = chunk.model
                    for event in (*opening, *events.feed(chunk)):
                        yield event
                    opening = []
            for event in events.ended():
                yield event
            if events.finish_reason == "length":
                events.calls = []
                for event in events.fail_open_calls():
                    yield event
            called = bool(events.calls)
            last = number + 1 == tools.open.rounds
            async with aclosing(self._called(events, tools, last=last)) as running:
                async for event in running:
                    yield event
            if events.hands_over or not called:
                return

    async def _answered(self, events: McpResponseEvents, tools: OpenResponseTools) -> AsyncGenerator[Event, None]:
        """Run the calls that were approved, and tell the model of those that were not."""
        results: list[Message] = []
        for waiting in self._waiting:
            if not waiting.approved:
                continue
            offered = tools.of(waiting.label, waiting.name)
            for event in events.begun(waiting, offered):
                yield event
            if offered is None or not waiting.request_id.endswith(definition_mark(offered.tool)):
                events.calls = [call for call in events.calls if call.id != waiting.call_id]
                results.append({"role": "tool", "tool_call_id": waiting.call_id, "content": f"Error: {_CHANGED}"})
        for event in events.fail_open_calls(_CHANGED):
            yield event
        async with aclosing(self._run(events, tools, results)) as running:
            async for event in running:
                yield event
        self._asked = with_results(self._asked, results)
        self._body = {**self._body, "messages": with_results(self._body["messages"], results)}

    async def _called(
        self, events: McpResponseEvents, tools: OpenResponseTools, *, last: bool
    ) -> AsyncGenerator[Event, None]:
        results: list[Message] = []
        async with aclosing(self._run(events, tools, results)) as running:
            async for event in running:
                yield event
        if results and (last or self._calls_left <= 0):
            results[-1] = with_text(results[-1], ENOUGH)
        self._said += [events.round_message(), *results]

    async def _run(
        self, events: McpResponseEvents, tools: OpenResponseTools, results: list[Message]
    ) -> AsyncGenerator[Event, None]:
        over = events.take_off(int(min(self._calls_left, len(events.calls))))
        self._calls_left -= len(events.calls)
        for event in events.fail_open_calls(_TOO_MANY) if over else ():
            yield event
        if events.calls:
            runs = tools.open.runs
            async with aclosing(runs.run(events.calls)) as running:
                async for _ in running:
                    pass
            for outcome in runs.outcomes:
                results.append(outcome.message())
                for event in events.settled(outcome):
                    yield event
        results += [{"role": "tool", "tool_call_id": call.id, "content": f"Error: {_TOO_MANY}"} for call in over]

    def _order(self, tools: OpenResponseTools, *, first: bool, calls: bool = True) -> Body:
        """Return a completion's request: a call that is required is required once.

        Raises RequestError, and McpServerError where the choice is one among tools of servers that can't be reached.
        """
        order = {**self._body, "messages": [*self._body["messages"], *self._said]}
        try:
            use_tools(order, tools.offer, self._request.tool_choice if first else None)
        except RequestError:
            for failure in tools.failures.values():
                raise failure from None
            raise
        if not calls and "tools" in order:
            order["tool_choice"] = "none"
        return order

    async def _keep_all(self, events: McpResponseEvents) -> None:
        sees = self._inference.model.capabilities.vision
        messages = await check_messages([*self._asked, *self._said], sees=sees, model=self._inference.model.key)
        await self._store.add(
            parent=self._request.previous_response_id,
            model=self._inference.model.key,
            system=None,
            messages=with_ending(messages, events.incomplete),
            response_id=events.response["id"],
        )


async def prepare_response(
    request: ResponsesRequest, pool: InstancePool, store: ResponseStore, mcp: Mcp, caller: Caller
) -> ResponseTurn:
    """Return a response that can be made. Raises RequestError and its kinds, AccessError, McpServerError."""
    if split_tools(request.tools or ())[1]:
        return await McpResponseTurn.prepare_with(request, pool, store, mcp, caller)
    return await ResponseTurn.prepare(request, pool, store)
