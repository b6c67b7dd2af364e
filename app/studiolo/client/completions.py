"""A whole conversation, answered by the OpenAI route: for what the native API can't say (spec section 5).

There a turn goes on from a response that the server keeps; here the caller gives everything that was said.
"""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Literal

from pydantic import Field

from studiolo.api.base import Answer, Request
from studiolo.api.chat import STOP_REASONS, ChatResponse, ChatStats
from studiolo.api.errors import ErrorInfo
from studiolo.api.events import ChatEnd, ErrorEvent, Event, MessageDelta, ReasoningDelta, ReasoningStart
from studiolo.client.client import Client
from studiolo.client.thoughts import with_thoughts_apart

_DONE = "[DONE]"


class PromptFunction(Request):
    """What was called; `arguments` is JSON as text."""

    name: str
    arguments: str


class PromptCall(Request):
    """A call of an assistant's message."""

    id: str
    type: Literal["function"] = "function"
    function: PromptFunction


class PromptMessage(Request):
    """One message. `content`: text, or parts as OpenAI has them (`text`, `image_url`).

    An assistant's message may have called tools; the message of a tool says by `tool_call_id` which call it answers.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]]
    tool_calls: list[PromptCall] | None = None
    tool_call_id: str | None = None


class StreamedCompletionRequest(Request):
    """`max_tokens` and the sampling as in a ChatRequest, in OpenAI's words.

    `exact_model`, an extension of ours: a chat with a model that is gone is not gone on with by another.
    """

    model: str = Field(min_length=1)
    messages: list[PromptMessage]
    stream: bool = True
    stream_options: dict[str, bool] = Field(default_factory=lambda: {"include_usage": True})
    temperature: float | None = None
    top_p: float | None = None
    min_p: float | None = None
    top_k: int | None = None
    repeat_penalty: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    exact_model: bool = True


class _Delta(Answer):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(Answer):
    delta: _Delta = Field(default_factory=_Delta)
    message: _Delta = Field(default_factory=_Delta)
    """Of an answer that is not streamed."""
    finish_reason: str | None = None


class _Usage(Answer):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(Answer):
    choices: list[_Choice] = Field(default_factory=list)
    usage: _Usage | None = None
    error: ErrorInfo | None = None


class Completions:
    """The OpenAI route of the server that `client` talks to."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def chat(self, request: StreamedCompletionRequest) -> AsyncGenerator[Event, None]:
        """The events of a native chat, as far as this route tells them; ChatEnd is the last. Raises as Client.chat."""
        async with aclosing(with_thoughts_apart(self._chat(request))) as events:
            async for event in events:
                yield event

    async def _chat(self, request: StreamedCompletionRequest) -> AsyncGenerator[Event, None]:
        began = time.monotonic()
        first: float | None = None
        thinking, count, usage, ended = False, 0, None, None
        chunks = self._client.stream_json("/v1/chat/completions", _Chunk, request, last=_DONE)
        async with aclosing(chunks):
            async for chunk in chunks:
                if chunk.error:
                    yield ErrorEvent(error=chunk.error)
                    break  # Some servers say after it that they are done, others just close the connection.
                usage = chunk.usage or usage
                ended = next((choice.finish_reason for choice in chunk.choices if choice.finish_reason), ended)
                for event in _told(chunk, thinking=thinking):
                    first = first or time.monotonic()
                    thinking = isinstance(event, ReasoningStart | ReasoningDelta)
                    count += not isinstance(event, ReasoningStart)
                    yield event
        seconds = time.monotonic() - (first or began)
        tokens = usage.completion_tokens if usage else count
        stats = ChatStats(
            input_tokens=usage.prompt_tokens if usage else 0,
            total_output_tokens=tokens,
            tokens_per_second=tokens / seconds if seconds > 0 else 0.0,
            time_to_first_token_seconds=(first or time.monotonic()) - began,
            stop_reason=STOP_REASONS.get(ended or ""),
        )
        yield ChatEnd(result=ChatResponse(model_instance_id=request.model, stats=stats))


def _told(chunk: _Chunk, *, thinking: bool) -> Sequence[Event]:
    events: list[Event] = []
    for choice in chunk.choices:
        for said in (choice.delta, choice.message):
            if thought := said.reasoning_content or said.reasoning:
                events += [] if thinking else [ReasoningStart()]
                events.append(ReasoningDelta(content=thought))
            if said.content:
                events.append(MessageDelta(content=said.content))
    return events
