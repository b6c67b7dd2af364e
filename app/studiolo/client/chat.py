"""Chats with a server: spec section 2."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from studiolo.api.chat import ChatRequest, ChatResponse
from studiolo.api.events import ChatEnd, Event
from studiolo.client.client import Client
from studiolo.client.thoughts import with_output_apart, with_thoughts_apart
from studiolo.client.transport import ENDLESS_TIMEOUT

_CHAT = "/api/v1/chat"


class ChatApi:
    """Turns of chats with the server that a Client talks to. Raises what the Client raises."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def complete(self, request: ChatRequest) -> ChatResponse:
        """Have one turn answered as a whole."""
        whole = request.model_copy(update={"stream": False})
        answer = await self._client.request_json("POST", _CHAT, ChatResponse, whole, timeout=ENDLESS_TIMEOUT)
        return with_output_apart(answer)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        """Yield one turn event by event; ChatEnd is the last. Closing the iterator cancels the generation at once.

        An ErrorEvent is handed on, not raised: what was generated still follows. Raises UnreachableError when the
        connection ends before ChatEnd.
        """
        streamed = request.model_copy(update={"stream": True})
        answered = self._client.stream_events(_CHAT, streamed, ChatResponse, _ended, subject="The reply")
        async with aclosing(with_thoughts_apart(answered)) as events:
            async for event in events:
                yield event
                if isinstance(event, ChatEnd):
                    return


def _ended(result: ChatResponse) -> Event:
    return ChatEnd(result=result)
