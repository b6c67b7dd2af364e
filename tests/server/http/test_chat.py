"""`POST /api/v1/chat` over a real engine with a real model."""

import asyncio
import json
import os
import re
import signal
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from studiolo.api import events
from studiolo.api.chat import ChatRequest, ChatResponse
from studiolo.api.models import LlmEntry, ModelEntry
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.errors import AccessError, ContextOverflowError, EngineError, NotFoundError, RequestError
from studiolo.paths import app_paths
from studiolo.server.engine.worker import CPU_BATCH
from tests.server.http.images import image_url
from tests.stands.serving import RunningServer
from tests.stands.slots import busy, cut_off
from tests.stands.starter import STARTER
from tests.stands.template_model import EFFORT
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_ONCE = 300
"""Tokens, the question's among them, within which an answer of thousands ends when nobody wants it any more."""


def ask(text: str = "Say hello.", **more: Any) -> ChatRequest:
    return ChatRequest(**{"model": STARTER, "input": text, "max_output_tokens": 6, "temperature": 0.0, **more})


def a_long_story() -> ChatRequest:
    return ask("Tell a very long story.", max_output_tokens=3000)


async def all_events(client: Client, request: ChatRequest) -> list[events.Event]:
    return [event async for event in ChatApi(client).stream(request)]


def result_of(stream: Sequence[events.Event]) -> ChatResponse:
    end = stream[-1]
    assert isinstance(end, events.ChatEnd)
    return end.result


def text_of(stream: Sequence[events.Event]) -> str:
    return "".join(event.content for event in stream if isinstance(event, events.MessageDelta))


def entry_of(entries: Sequence[ModelEntry], key: str) -> LlmEntry:
    [entry] = [entry for entry in entries if entry.key == key]
    assert isinstance(entry, LlmEntry)
    return entry


async def test_a_stream_loads_reads_and_answers_in_the_documented_order(
    client: Client, own_server: RunningServer
) -> None:
    stream = await all_events(client, ask())
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
    result = result_of(stream)
    assert result.text == text_of(stream)
    assert result.text
    assert result.model_instance_id == STARTER
    assert 0 < result.stats.total_output_tokens <= 6
    assert result.stats.input_tokens > 10
    assert result.stats.tokens_per_second > 0
    assert result.stats.time_to_first_token_seconds > 0
    assert result.stats.model_load_time_seconds
    again = await all_events(client, ask())
    assert not [event for event in again if event.type.startswith("model_load")], "it is loaded now"
    assert result_of(again).text == result.text
    assert result_of(again).stats.model_load_time_seconds is None


async def test_without_a_stream_the_same_answer_comes_whole(client: Client) -> None:
    whole = await ChatApi(client).complete(ask())
    streamed = result_of(await all_events(client, ask()))
    assert whole.text == streamed.text
    assert whole.response_id
    assert re.fullmatch(r"resp_[0-9a-f]{48}", whole.response_id)
    assert whole.response_id != streamed.response_id


async def test_the_wire_is_an_event_stream_with_names(http: httpx.AsyncClient, starter: str) -> None:
    answer = await http.post("/api/v1/chat", json={**ask().model_dump(exclude_none=True), "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    for block in answer.text.strip().split("\n\n"):
        name, data = block.split("\n")
        assert json.loads(data.removeprefix("data: "))["type"] == name.removeprefix("event: ")
    assert "[DONE]" not in answer.text


async def test_text_items_are_read_in_both_spellings(client: Client) -> None:
    items = [{"type": "text", "content": "Say"}, {"type": "message", "content": "hello."}]
    assert (
        await ChatApi(client).complete(
            ChatRequest.model_validate({"model": STARTER, "input": items, "max_output_tokens": 4})
        )
    ).text


async def test_the_system_prompt_reaches_the_model(client: Client) -> None:
    plain = await ChatApi(client).complete(ask())
    steered = await ChatApi(client).complete(ask(system_prompt="You are a pirate. Answer with Arr."))
    assert steered.stats.input_tokens != plain.stats.input_tokens


async def test_a_closed_connection_cancels_the_generation_at_once(client: Client, server: RunningServer) -> None:
    stream = ChatApi(client).stream(a_long_story())
    async for event in stream:
        if isinstance(event, events.MessageDelta):
            break
    await stream.aclose()
    assert await cut_off(server) < AT_ONCE


async def test_closing_while_the_prompt_is_read_cancels_too(client: Client, server: RunningServer) -> None:
    """Between two batches: how long one takes is the machine's affair, and can be seconds where others work too."""
    stream = ChatApi(client).stream(ask("word " * 3000))
    async for event in stream:
        if isinstance(event, events.PromptProcessingProgress):
            break
    await stream.aclose()
    assert await cut_off(server) <= 4 * CPU_BATCH


async def test_closing_a_request_without_a_stream_cancels_too(client: Client, server: RunningServer) -> None:
    request = asyncio.create_task(ChatApi(client).complete(a_long_story()))
    await until(lambda: busy(server))
    request.cancel()
    await asyncio.wait([request])
    assert await cut_off(server) < AT_ONCE


async def test_closing_while_the_model_loads_gives_the_load_up(client: Client, own_server: RunningServer) -> None:
    stream = ChatApi(client).stream(ask())
    async for event in stream:
        if isinstance(event, events.ModelLoadStart):
            break
    await stream.aclose()
    await until(lambda: not own_server.pool.loadings)
    assert not own_server.pool.instances


async def test_two_requests_share_one_load(client: Client, own_server: RunningServer, tiny: str) -> None:
    answers = await asyncio.gather(ChatApi(client).complete(ask(model=tiny)), ChatApi(client).complete(ask(model=tiny)))
    assert len(own_server.pool.instances) == 1
    assert answers[0].text == answers[1].text


async def test_a_killed_engine_ends_the_stream_and_the_next_request_loads_again(
    client: Client, own_server: RunningServer
) -> None:
    stream = ChatApi(client).stream(a_long_story())
    seen = []
    async for event in stream:
        seen.append(event)
        if isinstance(event, events.MessageDelta) and own_server.pool.instances and len(seen) > 20:
            os.kill(own_server.pool.instances[0].engine.pid, signal.SIGKILL)
    error = seen[-2]
    assert isinstance(error, events.ErrorEvent)
    assert error.error.type == "internal_error"
    assert result_of(seen).text == text_of(seen)
    again = await ChatApi(client).complete(ask(max_output_tokens=1))
    assert again.text
    assert again.stats.model_load_time_seconds


async def test_an_engine_killed_without_a_stream_is_an_error_500(client: Client, own_server: RunningServer) -> None:
    request = asyncio.create_task(ChatApi(client).complete(a_long_story()))
    await until(lambda: own_server.pool.instances)
    await until(lambda: busy(own_server))
    os.kill(own_server.pool.instances[0].engine.pid, signal.SIGKILL)
    with pytest.raises(EngineError) as caught:
        await request
    assert caught.value.retryable


async def test_an_idle_engine_that_dies_is_noticed(client: Client, own_server: RunningServer, tiny: str) -> None:
    await ChatApi(client).complete(ask(model=tiny))
    os.kill(own_server.pool.instances[0].engine.pid, signal.SIGKILL)
    await until(lambda: not own_server.pool.instances)
    assert (await ChatApi(client).complete(ask(model=tiny))).text


async def test_a_prompt_that_does_not_fit_names_both_numbers(client: Client) -> None:
    with pytest.raises(ContextOverflowError) as caught:
        await ChatApi(client).complete(ask("word " * 6000))
    assert caught.value.context_length == 4096
    assert caught.value.prompt_tokens > 6000
    *_, error, end = await all_events(client, ask("word " * 6000))
    assert isinstance(error, events.ErrorEvent)
    assert error.error.n_ctx == 4096
    assert end.type == "chat.end"


async def test_a_plugin_that_may_not_be_used_is_refused_by_name(client: Client) -> None:
    with pytest.raises(AccessError, match="mcp/playwright") as caught:
        await ChatApi(client).complete(ask(integrations=["mcp/playwright"]))
    assert caught.value.param == "integrations"


async def test_an_unknown_model_is_not_found_and_named(client: Client) -> None:
    with pytest.raises(NotFoundError, match="nobody/nothing") as caught:
        await ChatApi(client).complete(ChatRequest(model="nobody/nothing", input="x"))
    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"


async def test_images_are_refused_by_a_model_that_does_not_see(client: Client) -> None:
    items = [{"type": "image", "data_url": "data:image/png;base64,AAAA"}]
    with pytest.raises(RequestError, match="images"):
        await ChatApi(client).complete(ChatRequest.model_validate({"model": STARTER, "input": items}))


async def test_an_unsupported_reasoning_setting_names_the_supported(client: Client) -> None:
    with pytest.raises(RequestError, match="Supported settings: 'off'") as caught:
        await ChatApi(client).complete(ask(reasoning="high"))
    assert caught.value.param == "reasoning"


async def test_reasoning_comes_apart_from_the_message_and_obeys_the_setting(client: Client, thinker: str) -> None:
    reasoning = entry_of(await ModelsApi(client).list_models(), thinker).capabilities.reasoning
    assert reasoning
    assert (reasoning.allowed_options, reasoning.default) == (["off", "on"], "on")
    stream = await all_events(client, ask(model=thinker, reasoning="on"))
    kinds = {event.type for event in stream}
    assert {"reasoning.start", "reasoning.delta", "reasoning.end"} <= kinds
    result = result_of(stream)
    assert result.output[0].type == "reasoning"
    assert 0 < result.stats.reasoning_output_tokens <= 6
    plain = await ChatApi(client).complete(ask(model=thinker, reasoning="off"))
    assert [item.type for item in plain.output] == ["message"]
    with pytest.raises(RequestError, match="Supported settings: 'off', 'on'") as caught:
        await ChatApi(client).complete(ask(model=thinker, reasoning="high"))
    assert caught.value.code == "invalid_value"


async def test_the_effort_reaches_the_template(client: Client, own_server: RunningServer) -> None:
    write_tiny_llama(app_paths().models / "acme" / "effort" / "effort.gguf", chat_template=EFFORT)
    entry = entry_of(await ModelsApi(client).list_models(), "acme/effort")
    assert entry.capabilities.reasoning
    assert entry.capabilities.reasoning.allowed_options == ["low", "medium", "high"]
    tokens = {}
    for effort in ("low", "medium", "high", None):
        answer = await ChatApi(client).complete(ask(model=entry.key, reasoning=effort, max_output_tokens=1))
        tokens[effort] = answer.stats.input_tokens
    letters = len(" think")
    assert tokens["low"] + 10 * letters == tokens["medium"] == tokens["high"] - 20 * letters
    assert tokens[None] == tokens["medium"]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_images_are_read_and_remembered(client: Client, seer: str, kind: str) -> None:
    items = [{"type": "text", "content": "What is this?"}, {"type": "image", "data_url": image_url(kind)}]
    seen = await ChatApi(client).complete(
        ChatRequest.model_validate({**ask().model_dump(), "model": seer, "input": items})
    )
    blind = await ChatApi(client).complete(ask("What is this?", model=seer))
    assert seen.stats.input_tokens > blind.stats.input_tokens
    again = await ChatApi(client).complete(ask("And now?", model=seer, previous_response_id=seen.response_id))
    assert again.stats.input_tokens > seen.stats.input_tokens
    other = await ChatApi(client).complete(ask("And now?", previous_response_id=seen.response_id))
    assert other.text, "one that does not see goes on without it"


async def test_a_bad_image_is_refused_by_its_place(client: Client, seer: str) -> None:
    items = [{"type": "image", "data_url": "data:image/png;base64,AAAA"}]
    with pytest.raises(RequestError) as caught:
        await ChatApi(client).complete(ChatRequest.model_validate({"model": seer, "input": items}))
    assert caught.value.param == "input.0.data_url"
