"""OpenAI's Responses API, spoken by OpenAI's own package, over the store that `/api/v1/chat` uses."""

import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, AsyncStream
from openai.types.responses import (
    Response,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseReasoningItem,
    ResponseStreamEvent,
    ResponseUsage,
)

from studiolo.api.chat import ChatRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from tests.server.http.images import image_url
from tests.stands.serving import RunningServer
from tests.stands.slots import cut_off
from tests.stands.starter import STARTER

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
}
LONG_STORY: dict[str, Any] = {"question": "Tell a very long story.", "max_output_tokens": 3000}


def request_of(question: str | list[Any], more: dict[str, Any]) -> dict[str, Any]:
    return {"model": STARTER, "input": question, "max_output_tokens": 12, "temperature": 0.0, **more}


async def ask(gpt: AsyncOpenAI, question: str | list[Any] = "Say hello.", **more: Any) -> Response:
    answer = await gpt.responses.create(**request_of(question, more))
    assert isinstance(answer, Response)
    return answer


async def stream(
    gpt: AsyncOpenAI, question: str | list[Any] = "Say hello.", **more: Any
) -> AsyncStream[ResponseStreamEvent]:
    answer = await gpt.responses.create(**request_of(question, more), stream=True)
    assert isinstance(answer, AsyncStream)
    return answer


def usage_of(answer: Response) -> ResponseUsage:
    assert answer.usage
    return answer.usage


async def tokens_asked(gpt: AsyncOpenAI, question: str | list[Any], **more: Any) -> int:
    """How many tokens the engine read for a request."""
    return usage_of(await ask(gpt, question, max_output_tokens=1, **more)).input_tokens


async def test_a_response_whole_and_streamed_is_the_same(gpt: AsyncOpenAI) -> None:
    whole = await ask(gpt)
    events = [event async for event in await stream(gpt)]
    kinds = [event.type for event in events]
    assert kinds[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert kinds[-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.incomplete",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    last = events[-1]
    assert last.type == "response.incomplete"
    assert whole.output_text == text == last.response.output_text
    assert whole.status == "incomplete"
    assert whole.incomplete_details
    assert whole.incomplete_details.reason == "max_output_tokens"
    assert usage_of(whole).output_tokens == 12
    assert usage_of(whole).total_tokens == usage_of(whole).input_tokens + 12
    for made in (whole, last.response):
        kept = await gpt.responses.retrieve(made.id)
        assert kept.incomplete_details
        assert (kept.status, kept.incomplete_details.reason) == ("incomplete", "max_output_tokens")
        assert [item.status for item in kept.output if item.type == "message"] == ["incomplete"]


async def test_an_id_of_one_api_is_accepted_by_the_other(gpt: AsyncOpenAI, client: Client) -> None:
    native = await ChatApi(client).complete(
        ChatRequest(model=STARTER, input="My name is Ada.", max_output_tokens=8, temperature=0.0)
    )
    second = await ask(gpt, "What is my name?", previous_response_id=native.response_id)
    assert usage_of(second).input_tokens > native.stats.input_tokens + 15
    assert native.response_id
    assert (await gpt.responses.retrieve(native.response_id)).status == "incomplete"
    third = await ChatApi(client).complete(
        ChatRequest(model=STARTER, input="And yours?", previous_response_id=second.id, max_output_tokens=4)
    )
    assert third.stats.input_tokens > usage_of(second).input_tokens + 15
    branch = await tokens_asked(gpt, "Another question.", previous_response_id=native.response_id)
    assert branch < third.stats.input_tokens


async def test_instructions_are_those_of_the_request(gpt: AsyncOpenAI) -> None:
    first = await ask(gpt, instructions="You are a pirate who says Arr at every occasion that there is.")
    plain = await tokens_asked(gpt, "Go on.", previous_response_id=first.id)
    told = await tokens_asked(
        gpt, "Go on.", previous_response_id=first.id, instructions="You are a pirate who says Arr."
    )
    assert first.instructions
    assert plain < told + 20


async def test_what_is_not_to_be_kept_is_not(gpt: AsyncOpenAI) -> None:
    answer = await ask(gpt, store=False)
    with pytest.raises(openai.BadRequestError, match="is kept here"):
        await ask(gpt, previous_response_id=answer.id)
    with pytest.raises(openai.NotFoundError):
        await gpt.responses.retrieve(answer.id)


async def test_a_kept_response_is_read_and_deleted(gpt: AsyncOpenAI) -> None:
    answer = await ask(gpt)
    again = await gpt.responses.retrieve(answer.id)
    assert (again.id, again.output_text, again.model) == (answer.id, answer.output_text, STARTER)
    await gpt.responses.delete(answer.id)
    with pytest.raises(openai.NotFoundError):
        await gpt.responses.retrieve(answer.id)
    with pytest.raises(openai.NotFoundError):
        await gpt.responses.delete(answer.id)


@pytest.mark.parametrize("choice", ["required", {"type": "function", "name": "get_weather"}])
async def test_functions_are_called_and_their_results_read(gpt: AsyncOpenAI, choice: str | dict[str, str]) -> None:
    tools: dict[str, Any] = {"tools": [WEATHER], "tool_choice": choice, "max_output_tokens": 80}
    answer = await ask(gpt, "The weather in Paris?", **tools)
    [call] = answer.output
    assert isinstance(call, ResponseFunctionToolCall)
    assert (call.type, call.name) == ("function_call", "get_weather")
    assert isinstance(json.loads(call.arguments)["place"], str)
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "Sunny, 21 degrees"}
    after = await ask(gpt, [output], previous_response_id=answer.id)
    assert after.output_text
    kinds = [event.type async for event in await stream(gpt, "The weather in Paris?", **tools)]
    assert "response.function_call_arguments.delta" in kinds
    assert kinds[-1] == "response.completed"


async def test_items_of_every_kind_are_read(gpt: AsyncOpenAI) -> None:
    items = [
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "A greeting."}]},
        {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": [{"type": "input_text", "text": "Sunny"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It is sunny."}]},
        {"role": "user", "content": "Thank you."},
    ]
    assert await tokens_asked(gpt, items) > await tokens_asked(gpt, items[-1:]) + 15


async def test_reasoning_is_an_item_of_its_own(gpt: AsyncOpenAI, thinker: str) -> None:
    answer = await ask(gpt, model=thinker)
    [item] = answer.output
    assert isinstance(item, ResponseReasoningItem)
    assert item.content
    assert item.content[0].text
    assert usage_of(answer).output_tokens_details.reasoning_tokens > 0
    plain = await ask(gpt, model=thinker, reasoning={"effort": "none"})
    assert [item.type for item in plain.output] == ["message"]
    kinds = [event.type async for event in await stream(gpt, model=thinker)]
    assert "response.reasoning_text.delta" in kinds


async def test_a_schema_is_kept_to(gpt: AsyncOpenAI) -> None:
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}, "required": ["colour"]}
    text = {"format": {"type": "json_schema", "name": "colour", "schema": schema}}
    answer = await ask(gpt, "Name a colour.", text=text, max_output_tokens=40)
    assert json.loads(answer.output_text)["colour"] in ("red", "blue")


async def test_logprobs(gpt: AsyncOpenAI) -> None:
    message = (await ask(gpt, top_logprobs=2)).output[0]
    assert isinstance(message, ResponseOutputMessage)
    text = message.content[0]
    assert isinstance(text, ResponseOutputText)
    assert text.logprobs
    assert len(text.logprobs) >= 11
    assert len(text.logprobs[0].top_logprobs) == 2


async def test_images_are_remembered_and_skipped_by_who_does_not_see(gpt: AsyncOpenAI, seer: str) -> None:
    parts = [{"type": "input_text", "text": "What is this?"}, {"type": "input_image", "image_url": image_url("WEBP")}]
    seen = await ask(gpt, [{"role": "user", "content": parts}], model=seer)
    assert usage_of(seen).input_tokens > await tokens_asked(gpt, "What is this?", model=seer)
    later = await tokens_asked(gpt, "And now?", model=seer, previous_response_id=seen.id)
    assert later > usage_of(seen).input_tokens
    assert (await ask(gpt, "And now?", previous_response_id=seen.id)).output_text
    with pytest.raises(openai.BadRequestError, match="does not read images"):
        await ask(gpt, [{"role": "user", "content": parts}])


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"background": True}, "background"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"previous_response_id": "resp_unknown"}, "previous_response_id"),
        ({"input": []}, "input"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input"),
        ({"input": [{"role": "user"}]}, "input.0.content"),
        ({"input": [{"role": "elephant", "content": "x"}]}, "input.0.role"),
        ({"tools": [{"type": "web_search"}]}, "tools.0"),
        ({"text": {"format": {"type": "poem"}}}, "text.format"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
    ],
)
async def test_a_body_that_is_not_right_is_refused_by_name(gpt: AsyncOpenAI, more: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await ask(gpt, extra_body=more)
    assert caught.value.param == param


async def test_a_killed_engine_fails_the_response(gpt: AsyncOpenAI, own_server: RunningServer) -> None:
    events: list[ResponseStreamEvent] = []
    async for event in await stream(gpt, **LONG_STORY):
        events.append(event)
        if len(events) == 20:
            await own_server.pool.unload(STARTER)
    last = events[-1]
    assert last.type == "response.failed"
    assert last.response.error
    assert "unloaded" in last.response.error.message


async def test_leaving_a_stream_frees_the_slot(gpt: AsyncOpenAI, server: RunningServer) -> None:
    events = await stream(gpt, **LONG_STORY)
    async for event in events:
        if event.type == "response.output_text.delta":
            break
    await events.close()
    assert await cut_off(server) < 300, "tokens of thousands"
