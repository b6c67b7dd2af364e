"""Anthropic's dialect, spoken by Anthropic's own package."""

import asyncio
import json

import anthropic
import httpx
import pytest

from tests.server.http.images import image_data
from tests.stands.serving import STARTER
from tests.stands.slots import idle_within

WEATHER = {
    "name": "get_weather",
    "description": "The weather of a place",
    "input_schema": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
}


def said(text="Say hello."):
    return [{"role": "user", "content": text}]


async def ask(claude, text="Say hello.", **more):
    return await claude.messages.create(
        **{"model": STARTER, "messages": said(text), "max_tokens": 12, "extra_body": {"temperature": 0.0}, **more}
    )


async def test_a_message_whole_and_streamed_is_the_same(claude):
    whole = await ask(claude)
    async with claude.messages.stream(
        model=STARTER, messages=said(), max_tokens=12, extra_body={"temperature": 0.0}
    ) as stream:
        text = "".join([piece async for piece in stream.text_stream])
        final = await stream.get_final_message()
    assert (whole.type, whole.role, whole.model) == ("message", "assistant", STARTER)
    assert whole.content[0].text == text == final.content[0].text
    assert whole.stop_reason == final.stop_reason == "max_tokens"
    assert whole.usage.output_tokens == final.usage.output_tokens == 12
    usages = (whole.usage, final.usage)
    assert len({usage.input_tokens + usage.cache_read_input_tokens for usage in usages}) == 1
    assert whole.id.startswith("msg_")


async def test_the_system_prompt_is_read_as_text_and_as_blocks(claude):
    plain = await ask(claude)
    text = await ask(claude, system="Answer with Arr.")
    blocks = await ask(claude, system=[{"type": "text", "text": "Answer with Arr."}])
    counts = [answer.usage.input_tokens + answer.usage.cache_read_input_tokens for answer in (plain, text, blocks)]
    assert counts[0] != counts[1] == counts[2]


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "get_weather"}])
async def test_a_call_that_is_required_is_made(claude, choice):
    tools = {"tools": [WEATHER], "tool_choice": choice, "max_tokens": 80}
    answer = await ask(claude, "The weather in Paris?", **tools)
    (call,) = answer.content
    assert (answer.stop_reason, call.type, call.name) == ("tool_use", "tool_use", "get_weather")
    assert isinstance(call.input["place"], str)
    async with claude.messages.stream(model=STARTER, messages=said("The weather in Paris?"), **tools) as stream:
        streamed = await stream.get_final_message()
    assert streamed.content[0].name == "get_weather"
    assert isinstance(streamed.content[0].input["place"], str)


async def test_results_of_calls_are_read(claude, caller):
    call = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"place": "Paris"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "Sunny, 21"}]}
    messages = [
        *said("What is the weather in Paris?"),
        {"role": "assistant", "content": [{"type": "text", "text": "Let me see."}, call]},
        {"role": "user", "content": [result, {"type": "text", "text": "And now?"}]},
    ]
    counted = await claude.messages.count_tokens(model=caller, messages=messages, tools=[WEATHER])
    answer = await ask(claude, model=caller, messages=messages, tools=[WEATHER])
    alone = await claude.messages.count_tokens(model=caller, messages=messages[:1], tools=[WEATHER])
    assert counted.input_tokens > alone.input_tokens + 20
    assert abs(counted.input_tokens - answer.usage.input_tokens - answer.usage.cache_read_input_tokens) < 12


async def test_tokens_are_counted_as_they_are_used(claude):
    counted = await claude.messages.count_tokens(model=STARTER, messages=said())
    usage = (await ask(claude)).usage
    assert counted.input_tokens == usage.input_tokens + usage.cache_read_input_tokens


async def test_thinking_comes_when_it_is_asked_for(claude, thinker):
    plain = await ask(claude, model=thinker)
    assert [block.type for block in plain.content] == ["text"]
    thinking = {"type": "enabled", "budget_tokens": 8}
    thought = await ask(claude, model=thinker, max_tokens=30, thinking=thinking)
    assert [block.type for block in thought.content] == ["thinking", "text"]
    assert 0 < thought.usage.output_tokens_details.thinking_tokens < 14, "the budget is kept"
    again = [*said(), {"role": "assistant", "content": [block.model_dump() for block in thought.content]}, *said("So?")]
    assert (await ask(claude, model=thinker, messages=again)).content


async def test_a_schema_is_kept_to(claude):
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}, "required": ["colour"]}
    wanted = {"output_config": {"format": {"type": "json_schema", "schema": schema}}, "max_tokens": 40}
    answer = await ask(claude, "Name a colour.", **wanted)
    assert json.loads(answer.content[0].text)["colour"] in ("red", "blue")


async def test_images_are_read_and_refused(claude, seer):
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


async def test_models_are_listed(claude):
    page = await claude.models.list()
    assert [model.id for model in page.data] == [STARTER]
    assert page.data[0].created_at.year > 2000


async def test_errors_have_anthropic_s_shape(claude, server):
    with pytest.raises(anthropic.NotFoundError) as missing:
        await ask(claude, model="no/body")
    assert missing.value.body["error"]["type"] == "not_found_error"
    with pytest.raises(anthropic.BadRequestError) as long:
        await ask(claude, "word " * 6000, stream=True)
    assert long.value.body["type"] == "error"
    assert "4096" in str(long.value)
    with pytest.raises(anthropic.BadRequestError, match="web_search"):
        await ask(claude, tools=[{"type": "web_search_20250305", "name": "web_search"}])
    async with httpx.AsyncClient(base_url=server.address) as http:
        answer = await http.post("/v1/messages", json={"model": STARTER, "messages": said()})
        assert answer.json()["error"] == {"type": "invalid_request_error", "message": '"max_tokens" is required'}
        await http.patch("/api/v1/server/settings", json={"require_authentication": True})
    with pytest.raises(anthropic.AuthenticationError) as refused:
        await ask(claude)
    assert refused.value.body["error"]["type"] == "authentication_error"


async def test_leaving_a_stream_frees_the_slot(claude, server):
    await ask(claude)
    stream = await ask(claude, "Tell a very long story.", stream=True, max_tokens=3000)
    async for _ in stream:
        break
    await stream.close()
    assert await idle_within(server, 1.0)
    whole = asyncio.create_task(ask(claude, "Tell a very long story.", max_tokens=3000))
    await asyncio.sleep(0.5)
    whole.cancel()
    await asyncio.wait([whole])
    assert await idle_within(server, 1.0)
