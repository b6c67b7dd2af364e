"""Anthropic's dialect, spoken by Anthropic's own package."""

import asyncio
import json
from typing import Any

import anthropic
import httpx
import pytest
from anthropic import AsyncAnthropic, AsyncStream
from anthropic.types import Message, RawMessageStreamEvent, TextBlock, ToolUseBlock, Usage

from studiolo.api.models import LoadRequest
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.server.http import sse
from tests.server.http.images import image_data
from tests.stands.serving import RunningServer
from tests.stands.slots import busy, cut_off
from tests.stands.starter import STARTER
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather of a place",
    "input_schema": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
}
LONG_STORY: dict[str, Any] = {"text": "Tell a very long story.", "max_tokens": 3000}
AT_ONCE = 300
"""Tokens, the question's among them, within which an answer of thousands ends when nobody wants it any more."""


def said(text: str = "Say hello.") -> list[Any]:
    return [{"role": "user", "content": text}]


def request_of(text: str, more: dict[str, Any]) -> dict[str, Any]:
    return {"model": STARTER, "messages": said(text), "max_tokens": 12, "extra_body": {"temperature": 0.0}, **more}


async def ask(claude: AsyncAnthropic, text: str = "Say hello.", **more: Any) -> Message:
    answer = await claude.messages.create(**request_of(text, more))
    assert isinstance(answer, Message)
    return answer


async def stream(claude: AsyncAnthropic, text: str = "Say hello.", **more: Any) -> AsyncStream[RawMessageStreamEvent]:
    answer = await claude.messages.create(**request_of(text, more), stream=True)
    assert isinstance(answer, AsyncStream)
    return answer


def tokens_read(usage: Usage) -> int:
    """Those of the prompt, wherever they came from."""
    return usage.input_tokens + (usage.cache_read_input_tokens or 0)


async def tokens_asked(claude: AsyncAnthropic, text: str = "Say hello.", **more: Any) -> int:
    """How many tokens the engine read for a request."""
    return tokens_read((await ask(claude, text, max_tokens=1, **more)).usage)


def text_of(answer: Message) -> str:
    block = answer.content[0]
    assert isinstance(block, TextBlock)
    return block.text


def call_of(answer: Message) -> ToolUseBlock:
    [call] = answer.content
    assert isinstance(call, ToolUseBlock)
    return call


async def test_a_message_whole_and_streamed_is_the_same(claude: AsyncAnthropic) -> None:
    whole = await ask(claude)
    async with claude.messages.stream(
        model=STARTER, messages=said(), max_tokens=12, extra_body={"temperature": 0.0}
    ) as events:
        text = "".join([piece async for piece in events.text_stream])
        final = await events.get_final_message()
    assert (whole.type, whole.role, whole.model) == ("message", "assistant", STARTER)
    assert text_of(whole) == text == text_of(final)
    assert whole.stop_reason == final.stop_reason == "max_tokens"
    assert whole.usage.output_tokens == final.usage.output_tokens == 12
    assert tokens_read(whole.usage) == tokens_read(final.usage)
    assert whole.id.startswith("msg_")


async def test_the_system_prompt_is_read_as_text_and_as_blocks(claude: AsyncAnthropic) -> None:
    plain = await tokens_asked(claude)
    text = await tokens_asked(claude, system="Answer with Arr.")
    blocks = await tokens_asked(claude, system=[{"type": "text", "text": "Answer with Arr."}])
    assert plain != text == blocks


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "get_weather"}])
async def test_a_call_that_is_required_is_made(claude: AsyncAnthropic, choice: dict[str, str]) -> None:
    tools: dict[str, Any] = {"tools": [WEATHER], "tool_choice": choice, "max_tokens": 80}
    answer = await ask(claude, "The weather in Paris?", **tools)
    call = call_of(answer)
    assert (answer.stop_reason, call.type, call.name) == ("tool_use", "tool_use", "get_weather")
    assert isinstance(call.input["place"], str)
    async with claude.messages.stream(model=STARTER, messages=said("The weather in Paris?"), **tools) as events:
        streamed = call_of(await events.get_final_message())
    assert streamed.name == "get_weather"
    assert isinstance(streamed.input["place"], str)


async def test_results_of_calls_are_read(claude: AsyncAnthropic, caller: str) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"place": "Paris"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "Sunny, 21"}]}
    messages: list[Any] = [
        *said("What is the weather in Paris?"),
        {"role": "assistant", "content": [{"type": "text", "text": "Let me see."}, call]},
        {"role": "user", "content": [result, {"type": "text", "text": "And now?"}]},
    ]
    tools: list[Any] = [WEATHER]
    counted = await claude.messages.count_tokens(model=caller, messages=messages, tools=tools)
    used = await tokens_asked(claude, model=caller, messages=messages, tools=tools)
    alone = await claude.messages.count_tokens(model=caller, messages=messages[:1], tools=tools)
    assert counted.input_tokens > alone.input_tokens + 20
    assert abs(counted.input_tokens - used) < 12


async def test_tokens_are_counted_as_they_are_used(claude: AsyncAnthropic) -> None:
    counted = await claude.messages.count_tokens(model=STARTER, messages=said())
    assert counted.input_tokens == await tokens_asked(claude)


async def test_thinking_comes_when_it_is_asked_for(claude: AsyncAnthropic, thinker: str) -> None:
    plain = await ask(claude, model=thinker)
    assert [block.type for block in plain.content] == ["text"]
    thinking = {"type": "enabled", "budget_tokens": 8}
    thought = await ask(claude, model=thinker, max_tokens=30, thinking=thinking)
    assert [block.type for block in thought.content] == ["thinking", "text"]
    assert thought.usage.output_tokens_details
    assert 0 < thought.usage.output_tokens_details.thinking_tokens < 14, "the budget is kept"
    again = [*said(), {"role": "assistant", "content": [block.model_dump() for block in thought.content]}, *said("So?")]
    assert (await ask(claude, model=thinker, messages=again)).content


async def test_a_schema_is_kept_to(claude: AsyncAnthropic) -> None:
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}, "required": ["colour"]}
    wanted = {"output_config": {"format": {"type": "json_schema", "schema": schema}}, "max_tokens": 40}
    answer = await ask(claude, "Name a colour.", **wanted)
    assert json.loads(text_of(answer))["colour"] in ("red", "blue")


async def test_images_are_read_and_refused(claude: AsyncAnthropic, seer: str) -> None:
    source = {"type": "base64", "media_type": "image/webp", "data": image_data("WEBP")}
    content = [{"type": "text", "text": "What is this?"}, {"type": "image", "source": source}]
    seen = await ask(claude, model=seer, messages=[{"role": "user", "content": content}])
    blind = await ask(claude, "What is this?", model=seer)
    assert seen.usage.input_tokens > blind.usage.input_tokens
    with pytest.raises(anthropic.BadRequestError, match="does not read images"):
        await ask(claude, messages=[{"role": "user", "content": content}])
    far = [{"type": "image", "source": {"type": "url", "url": "http://127.0.0.1:9/x.png"}}]
    with pytest.raises(anthropic.BadRequestError, match="base64"):
        await ask(claude, model=seer, messages=[{"role": "user", "content": far}])


async def test_models_are_listed(claude: AsyncAnthropic, own_server: RunningServer) -> None:
    page = await claude.models.list()
    assert [model.id for model in page.data] == [STARTER]
    assert page.data[0].created_at.year > 2000


def body_of(error: anthropic.APIStatusError) -> dict[str, Any]:
    assert isinstance(error.body, dict)
    return error.body


async def test_errors_have_anthropic_s_shape(
    claude: AsyncAnthropic,
    client: Client,
    http: httpx.AsyncClient,
    own_server: RunningServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    monkeypatch.setattr(sse, "HEAD_SECONDS", 60.0)
    with pytest.raises(anthropic.NotFoundError) as missing:
        await ask(claude, model="no/body")
    assert body_of(missing.value)["error"]["type"] == "not_found_error"
    await ModelsApi(client).load(
        LoadRequest(model=STARTER)
    )  # Else a slow machine sends the stream's status before its error.
    with pytest.raises(anthropic.BadRequestError) as long:
        await stream(claude, "word " * 6000)
    assert body_of(long.value)["type"] == "error"
    assert "4096" in str(long.value)
    with pytest.raises(anthropic.BadRequestError, match="web_search"):
        await ask(claude, tools=[{"type": "web_search_20250305", "name": "web_search"}])
    answer = await http.post("/v1/messages", json={"model": STARTER, "messages": said()})
    assert answer.json()["error"] == {"type": "invalid_request_error", "message": '"max_tokens" is required'}
    await http.patch("/api/v1/server/settings", json={"require_authentication": True})
    with pytest.raises(anthropic.AuthenticationError) as refused:
        await ask(claude)
    assert body_of(refused.value)["error"]["type"] == "authentication_error"


async def test_leaving_a_stream_frees_the_slot(claude: AsyncAnthropic, server: RunningServer) -> None:
    events = await stream(claude, **LONG_STORY)
    async for event in events:
        if event.type == "content_block_delta":
            break
    await events.close()
    assert await cut_off(server) < AT_ONCE
    whole = asyncio.create_task(ask(claude, **LONG_STORY))
    await until(lambda: busy(server))
    whole.cancel()
    await asyncio.wait([whole])
    assert await cut_off(server) < AT_ONCE
