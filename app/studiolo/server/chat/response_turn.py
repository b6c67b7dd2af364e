"""One request of OpenAI's Responses API: the chat behind it, its events, the turn that is kept."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from studiolo.api.chat import ContextOverflow
from studiolo.api.openai import ResponsesRequest
from studiolo.errors import AppError
from studiolo.server.apart import apart
from studiolo.server.chat.images import check_messages
from studiolo.server.chat.inference import Inference
from studiolo.server.chat.mcp_items import Waiting, as_calls, requests_among, unanswered, waiting_calls
from studiolo.server.chat.rendering import Event
from studiolo.server.chat.response_events import ResponseEvents, with_references
from studiolo.server.chat.response_input import engine_body, input_messages, refuse_unsupported, tools_among
from studiolo.server.chat.responses import Message, ResponseStore, Thread, new_response_id, with_ending
from studiolo.server.chat.tools import Offer, offered
from studiolo.server.chat.turn import without_images
from studiolo.server.engine.pool import InstancePool
from studiolo.server.mistakes import foreseen
from studiolo.server.request_log import note

_OVERFLOWS: dict[str | None, ContextOverflow] = {"auto": "rolling_window", "disabled": "stop"}
"""OpenAI's words for what becomes of a conversation that is too long: its beginning is left out, or it is refused."""


@dataclass(frozen=True)
class ResponseConversation:
    """This is what a request says and what it continues.

    tools: all that it offers. items: its input's. waiting: the calls of MCP servers whose approval was asked for; each
    has a message in `asked` for what becomes of it.
    """

    inference: Inference
    before: Thread
    items: list[dict[str, Any]]
    asked: list[Message]
    tools: list[dict[str, Any]]
    waiting: list[Waiting]


async def read_conversation(
    request: ResponsesRequest, pool: InstancePool, store: ResponseStore
) -> ResponseConversation:
    """Check a request and read what it says. Raises RequestError and its kinds."""
    refuse_unsupported(request)
    overflow = _OVERFLOWS.get(request.truncation)
    inference = await Inference.prepare(pool, request.model, ttl=request.ttl, overflow=overflow)
    before = Thread(None, [])
    if request.previous_response_id is not None:
        before = await store.thread(request.previous_response_id)
    model = inference.model
    items = request.input
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    items = await with_references(items, store)
    kept = await apart(lambda: waiting_calls(before.messages, items))
    said = await apart(lambda: as_calls(items))
    messages = await apart(lambda: input_messages(said)) if said or not kept else []
    asked = await check_messages(messages, sees=model.capabilities.vision, model=model.key)
    asked = [*(unanswered(waiting) for waiting in kept), *asked]
    if not model.capabilities.vision:
        unseen = await apart(lambda: [without_images(message) for message in before.messages])
        before = Thread(before.system, unseen)
    waiting = [*kept, *await apart(lambda: waiting_calls(requests_among(items), items))]
    tools = [*(request.tools or ()), *await apart(lambda: tools_among(items))]
    return ResponseConversation(inference, before, items, asked, tools, waiting)


class ResponseTurn:
    """A response that can be made. `response` is the whole one and `failure` what ended it, after `stream`."""

    def __init__(
        self,
        request: ResponsesRequest,
        inference: Inference,
        asked: list[Message],
        body: dict[str, Any],
        offer: Offer,
        store: ResponseStore,
    ) -> None:
        self._request = request
        self._inference = inference
        self._asked = asked
        self._body = body
        self._offer = offer
        self._store = store
        self.response: dict[str, Any] = {}
        self.failure: AppError | None = None

    @classmethod
    async def prepare(cls, request: ResponsesRequest, pool: InstancePool, store: ResponseStore) -> "ResponseTurn":
        """Check a request before anything is answered. Raises RequestError and its kinds."""
        talk = await read_conversation(request, pool, store)
        offer = await apart(lambda: offered(talk.tools))
        body = await apart(lambda: engine_body(request, talk.inference.model, talk.before, talk.asked, offer))
        return cls(request, talk.inference, talk.asked, body, offer, store)

    async def stream(self) -> AsyncGenerator[Event, None]:
        """Yield the events, from `response.created` to the one that ends it.

        What fails before the engine's first word is raised; what fails later is `response.failed`.
        """
        events: ResponseEvents | None = None
        try:
            async with aclosing(self._inference.chat(self._body)) as chunks:
                async for chunk in chunks:
                    if events is None:
                        events = ResponseEvents(self._request, chunk.model, new_response_id(), self._offer)
                        for event in events.start():
                            yield event
                    for event in events.feed(chunk):
                        yield event
            assert events
            ending = events.finish()
            if self._request.store is not False:
                await self._keep(events)
        except Exception as error:
            if events is None:
                raise
            self.failure = foreseen(error, "a response")
            note(error=self.failure.message)
            ending = events.fail(self.failure)
        self.response = events.response
        for event in ending:
            yield event

    async def count(self) -> int:
        """Return tokens of the prompt that `stream` would begin with."""
        return await self._inference.count(self._body)

    def refused(self, error: AppError) -> list[Event]:
        """Return the events of a response that failed before the engine's first word.

        Nobody can be told by a status any more.
        """
        events = ResponseEvents(self._request, self._inference.model.key, new_response_id(), self._offer)
        return [*events.start(), *events.fail(error)]

    async def _keep(self, events: ResponseEvents) -> None:
        await self._store.add(
            parent=self._request.previous_response_id,
            model=self._inference.model.key,
            system=None,
            messages=with_ending([*self._asked, events.message()], events.incomplete),
            response_id=events.response["id"],
        )
