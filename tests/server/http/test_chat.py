"""`POST /api/v1/chat` over a real engine with a real model."""

import asyncio
import json
import os
import re
import signal

import httpx
import pytest

from studiolo.api import events
from studiolo.api.chat import ChatRequest
from studiolo.errors import ContextOverflowError, EngineError, NotFoundError, RequestError, UnsupportedError
from studiolo.paths import app_paths
from tests.server.http.images import image_url
from tests.stands.serving import STARTER
from tests.stands.slots import busy, idle_within
from tests.stands.template_model import EFFORT, write_template_model


def ask(text="Say hello.", **more):
    return ChatRequest(**{"model": STARTER, "input": text, "max_output_tokens": 12, "temperature": 0.0, **more})


async def kinds_of(client, request):
    return [event async for event in client.chat(request)]


async def test_a_stream_loads_reads_and_answers_in_the_documented_order(client):
    stream = await kinds_of(client, ask())
    kinds = [event.type for event in stream]
    squeezed = [kind for before, kind in zip([None, *kinds], kinds, strict=False) if kind != before]
    assert squeezed == [
        "chat.start",
        "model_load.start",
        "model_load.progress",
        "model_load.end",
        "prompt_processing.start",
        "prompt_processing.progress",
        "prompt_processing.end",
        "message.start",
        "message.delta",
        "message.end",
        "chat.end",
    ]
    fractions = [event.progress for event in stream if isinstance(event, events.ModelLoadProgress)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any(0 < fraction < 1 for fraction in fractions), "the load's progress is real"
    result = stream[-1].result
    assert result.text == "".join(event.content for event in stream if isinstance(event, events.MessageDelta))
    assert result.text
    assert result.model_instance_id == STARTER
    assert 0 < result.stats.total_output_tokens <= 12
    assert result.stats.input_tokens > 10
    assert result.stats.tokens_per_second > 0
    assert result.stats.time_to_first_token_seconds > 0
    assert result.stats.model_load_time_seconds > 0
    again = await kinds_of(client, ask())
    assert not [event for event in again if event.type.startswith("model_load")], "it is loaded now"
    assert again[-1].result.text == result.text
    assert again[-1].result.stats.model_load_time_seconds is None


async def test_without_a_stream_the_same_answer_comes_whole(client):
    whole = await client.chat_once(ask())
    streamed = (await kinds_of(client, ask()))[-1].result
    assert whole.text == streamed.text
    assert re.fullmatch(r"resp_[0-9a-f]{48}", whole.response_id)
    assert whole.response_id != streamed.response_id


async def test_the_wire_is_an_event_stream_with_names(server):
    async with httpx.AsyncClient() as http:
        answer = await http.post(
            f"{server.address}/api/v1/chat", json={**ask().model_dump(exclude_none=True), "stream": True}
        )
    assert answer.headers["content-type"].startswith("text/event-stream")
    for block in answer.text.strip().split("\n\n"):
        name, data = block.split("\n")
        assert json.loads(data.removeprefix("data: "))["type"] == name.removeprefix("event: ")
    assert "[DONE]" not in answer.text


async def test_text_items_are_read_in_both_spellings(client):
    items = [{"type": "text", "content": "Say"}, {"type": "message", "content": "hello."}]
    assert (
        await client.chat_once(ChatRequest.model_validate({"model": STARTER, "input": items, "max_output_tokens": 4}))
    ).text


async def test_the_system_prompt_reaches_the_model(client):
    plain = await client.chat_once(ask())
    steered = await client.chat_once(ask(system_prompt="You are a pirate. Answer with Arr."))
    assert steered.stats.input_tokens != plain.stats.input_tokens


async def test_a_closed_connection_cancels_the_generation_at_once(client, server):
    await client.chat_once(ask())
    stream = client.chat(ask("Tell a very long story.", max_output_tokens=3000))
    async for event in stream:
        if isinstance(event, events.MessageDelta):
            break
    await stream.aclose()
    assert await idle_within(server, 1.0), "the engine's slot is free again"


async def test_closing_while_the_prompt_is_read_cancels_too(client, server):
    await client.chat_once(ask())
    stream = client.chat(ask("word " * 3000))
    async for event in stream:
        if isinstance(event, events.PromptProcessingProgress):
            break
    await stream.aclose()
    assert await idle_within(server, 2.0)


async def test_closing_a_request_without_a_stream_cancels_too(client, server):
    await client.chat_once(ask())
    request = asyncio.create_task(client.chat_once(ask("Tell a very long story.", max_output_tokens=3000)))
    while not await busy(server):
        await asyncio.sleep(0.01)
    request.cancel()
    await asyncio.wait([request])
    assert await idle_within(server, 1.0)


async def test_closing_while_the_model_loads_gives_the_load_up(client, server):
    stream = client.chat(ask())
    async for event in stream:
        if isinstance(event, events.ModelLoadStart):
            break
    await stream.aclose()
    async with asyncio.timeout(5):
        while server.pool._loadings:
            await asyncio.sleep(0.01)
    assert not server.pool.instances


async def test_two_requests_share_one_load(client, server):
    answers = await asyncio.gather(client.chat_once(ask()), client.chat_once(ask()))
    assert len(server.pool.instances) == 1
    assert answers[0].text == answers[1].text


async def test_a_killed_engine_ends_the_stream_and_the_next_request_loads_again(client, server):
    stream = client.chat(ask("Tell a very long story.", max_output_tokens=3000))
    seen = []
    async for event in stream:
        seen.append(event)
        if isinstance(event, events.MessageDelta) and server.pool.instances and len(seen) > 20:
            os.kill(server.pool.instances[0].engine.pid, signal.SIGKILL)
    error, end = seen[-2:]
    assert isinstance(error, events.ErrorEvent)
    assert error.error.type == "internal_error"
    assert isinstance(end, events.ChatEnd)
    assert end.result.text == "".join(event.content for event in seen if isinstance(event, events.MessageDelta))
    again = await client.chat_once(ask())
    assert again.text
    assert again.stats.model_load_time_seconds


async def test_an_engine_killed_without_a_stream_is_an_error_500(client, server):
    await client.chat_once(ask())
    request = asyncio.create_task(client.chat_once(ask("Tell a very long story.", max_output_tokens=3000)))
    while not await busy(server):
        await asyncio.sleep(0.01)
    os.kill(server.pool.instances[0].engine.pid, signal.SIGKILL)
    with pytest.raises(EngineError) as caught:
        await request
    assert caught.value.retryable


async def test_an_idle_engine_that_dies_is_noticed(client, server):
    await client.chat_once(ask())
    os.kill(server.pool.instances[0].engine.pid, signal.SIGKILL)
    async with asyncio.timeout(5):
        while server.pool.instances:
            await asyncio.sleep(0.01)
    assert (await client.chat_once(ask())).text


async def test_a_prompt_that_does_not_fit_names_both_numbers(client):
    with pytest.raises(ContextOverflowError) as caught:
        await client.chat_once(ask("word " * 6000))
    assert caught.value.context_length == 4096
    assert caught.value.prompt_tokens > 6000
    seen = await kinds_of(client, ask("word " * 6000))
    assert seen[-2].error.n_ctx == 4096
    assert seen[-1].type == "chat.end"


async def test_what_this_version_does_not_do_is_refused_by_name(client):
    with pytest.raises(UnsupportedError) as caught:
        await client.chat_once(ask(integrations=["mcp/playwright"]))
    assert caught.value.param == "integrations"


async def test_an_unknown_model_is_not_found_and_named(client):
    with pytest.raises(NotFoundError, match="nobody/nothing") as caught:
        await client.chat_once(ChatRequest(model="nobody/nothing", input="x"))
    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"


async def test_images_are_refused_by_a_model_that_does_not_see(client):
    items = [{"type": "image", "data_url": "data:image/png;base64,AAAA"}]
    with pytest.raises(RequestError, match="images"):
        await client.chat_once(ChatRequest.model_validate({"model": STARTER, "input": items}))


async def test_an_unsupported_reasoning_setting_names_the_supported(client):
    with pytest.raises(RequestError, match="Supported settings: 'off'") as caught:
        await client.chat_once(ask(reasoning="high"))
    assert caught.value.param == "reasoning"


async def test_reasoning_comes_apart_from_the_message_and_obeys_the_setting(client, thinker):
    entry = next(entry for entry in await client.models() if entry.key == thinker)
    assert (entry.capabilities.reasoning.allowed_options, entry.capabilities.reasoning.default) == (["off", "on"], "on")
    stream = await kinds_of(client, ask(model=thinker, reasoning="on"))
    kinds = {event.type for event in stream}
    assert {"reasoning.start", "reasoning.delta", "reasoning.end"} <= kinds
    result = stream[-1].result
    assert result.output[0].type == "reasoning"
    assert 0 < result.stats.reasoning_output_tokens <= 12
    plain = await client.chat_once(ask(model=thinker, reasoning="off"))
    assert [item.type for item in plain.output] == ["message"]
    with pytest.raises(RequestError, match="Supported settings: 'off', 'on'") as caught:
        await client.chat_once(ask(model=thinker, reasoning="high"))
    assert caught.value.code == "invalid_value"


async def test_the_effort_reaches_the_template(client):
    write_template_model(app_paths().models / "acme" / "effort" / "effort-Q4_1.gguf", EFFORT)
    [entry] = [entry for entry in await client.models() if entry.key == "acme/effort"]
    assert entry.capabilities.reasoning.allowed_options == ["low", "medium", "high"]
    tokens = {}
    for effort in ("low", "medium", "high", None):
        answer = await client.chat_once(ask(model=entry.key, reasoning=effort))
        tokens[effort] = answer.stats.input_tokens
    assert tokens["low"] + 10 == tokens["medium"] == tokens["high"] - 20
    assert tokens[None] == tokens["medium"]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_images_are_read_and_remembered(client, seer, kind):
    items = [{"type": "text", "content": "What is this?"}, {"type": "image", "data_url": image_url(kind)}]
    seen = await client.chat_once(ChatRequest.model_validate({**ask().model_dump(), "model": seer, "input": items}))
    blind = await client.chat_once(ask("What is this?", model=seer))
    assert seen.stats.input_tokens > blind.stats.input_tokens
    again = await client.chat_once(ask("And now?", model=seer, previous_response_id=seen.response_id))
    assert again.stats.input_tokens > seen.stats.input_tokens
    other = await client.chat_once(ask("And now?", previous_response_id=seen.response_id))
    assert other.text, "one that does not see goes on without it"


async def test_a_bad_image_is_refused_by_its_place(client, seer):
    items = [{"type": "image", "data_url": "data:image/png;base64,AAAA"}]
    with pytest.raises(RequestError) as caught:
        await client.chat_once(ChatRequest.model_validate({"model": seer, "input": items}))
    assert caught.value.param == "input.0.data_url"
