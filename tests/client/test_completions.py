"""The OpenAI route, told as the events of a native chat."""

import json

import pytest

from studiolo.api.events import ChatEnd, MessageDelta, ReasoningDelta, ReasoningStart
from studiolo.api.openai import PromptMessage, StreamedCompletionRequest
from studiolo.client.client import Client
from studiolo.client.openai import OpenAiApi
from studiolo.errors import RequestError
from studiolo.paths import app_paths
from tests.stands.raw_http import raw_server, response
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama


async def test_a_conversation_is_answered_by_a_real_server() -> None:
    write_tiny_llama(app_paths().models / "tiny" / "tiny" / "tiny.gguf")
    said = [
        PromptMessage(role="user", content="One"),
        PromptMessage(role="assistant", content="Two"),
        PromptMessage(role="user", content="Three"),
    ]
    async with serving() as running, Client(running.address) as client:
        request = StreamedCompletionRequest(model="tiny/tiny", messages=said, max_tokens=8)
        events = [event async for event in OpenAiApi(client).stream_chat(request)]
        with pytest.raises(RequestError, match="nobody"):
            [
                event
                async for event in OpenAiApi(client).stream_chat(
                    StreamedCompletionRequest(model="no/nobody", messages=said)
                )
            ]
    *deltas, end = events
    assert all(isinstance(event, MessageDelta) for event in deltas)
    assert isinstance(end, ChatEnd)
    assert end.result.stats.total_output_tokens == 8
    assert end.result.stats.input_tokens > 10
    assert end.result.response_id is None


async def test_thoughts_are_told_apart() -> None:
    deltas: list[dict[str, str]] = [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning_content": "so", "content": "Yes"},
        {"reasoning": "but"},
    ]
    chunks = [f"data: {json.dumps({'choices': [{'delta': delta}]})}\n\n" for delta in deltas]
    stream = response("".join([*chunks, "data: [DONE]\n\n"]).encode(), kind="text/event-stream")
    async with raw_server(stream) as server, Client(server.address) as client:
        request = StreamedCompletionRequest(model="m", messages=[PromptMessage(role="user", content="x")])
        *events, end = [event async for event in OpenAiApi(client).stream_chat(request)]
    assert events == [
        ReasoningStart(),
        ReasoningDelta(content="hm"),
        ReasoningDelta(content="hm"),
        ReasoningDelta(content="so"),
        MessageDelta(content="Yes"),
        ReasoningStart(),
        ReasoningDelta(content="but"),
    ]
    assert isinstance(end, ChatEnd)
