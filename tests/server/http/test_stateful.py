"""Chats that remember: previous_response_id over a real engine."""

import os
import signal
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from studiolo.api import events
from studiolo.api.chat import ChatRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.errors import RequestError
from studiolo.server.engine.chunk import Chunk
from tests.stands.serving import RunningServer, serving
from tests.stands.starter import STARTER

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL = "acme/babbler"


@pytest.fixture(scope="module")
def starter(babbler: str) -> str:
    """What is said does not matter here."""
    return babbler


def ask(text: str, **more: Any) -> ChatRequest:
    return ChatRequest(**{"model": MODEL, "input": text, "max_output_tokens": 8, "temperature": 0.0, **more})


async def test_a_continuation_reads_the_whole_conversation(client: Client) -> None:
    first = await ChatApi(client).complete(ask("My name is Ada."))
    second = await ChatApi(client).complete(ask("What is my name?", previous_response_id=first.response_id))
    alone = await ChatApi(client).complete(ask("What is my name?"))
    assert second.stats.input_tokens > alone.stats.input_tokens + first.stats.total_output_tokens


async def test_two_continuations_are_branches(client: Client) -> None:
    root = await ChatApi(client).complete(ask("Count."))
    left = await ChatApi(client).complete(ask("left " * 20, previous_response_id=root.response_id))
    right = await ChatApi(client).complete(ask("right", previous_response_id=root.response_id))
    assert right.stats.input_tokens < left.stats.input_tokens, "neither branch sees the other"
    assert len({root.response_id, left.response_id, right.response_id}) == 3


async def test_the_system_prompt_stays_in_force(client: Client) -> None:
    first = await ChatApi(client).complete(ask("Hi", system_prompt="You are a pirate. " * 10))
    second = await ChatApi(client).complete(ask("Hi", previous_response_id=first.response_id))
    assert second.stats.input_tokens > first.stats.input_tokens


async def test_store_false_keeps_nothing(client: Client) -> None:
    answer = await ChatApi(client).complete(ask("Hi", store=False))
    assert answer.response_id is None
    *_, end = [event async for event in ChatApi(client).stream(ask("Hi", store=False))]
    assert isinstance(end, events.ChatEnd)
    assert end.result.response_id is None


async def test_an_unknown_response_is_refused(client: Client) -> None:
    with pytest.raises(RequestError, match="30 days") as caught:
        await ChatApi(client).complete(ask("Hi", previous_response_id="resp_" + "a" * 48))
    assert (caught.value.param, caught.value.code) == ("previous_response_id", "invalid_value")


async def test_chats_survive_a_restart_of_the_server(tiny: str) -> None:
    async with serving() as server, Client(server.address) as client:
        first = await ChatApi(client).complete(ask("My name is Ada.", model=tiny))
    async with serving() as server, Client(server.address) as client:
        second = await ChatApi(client).complete(ask("Again?", model=tiny, previous_response_id=first.response_id))
    assert second.stats.input_tokens > first.stats.input_tokens


async def test_a_turn_that_fails_is_not_kept(client: Client, own_server: RunningServer) -> None:
    seen = []
    async for event in ChatApi(client).stream(ask("Tell a long story.", model=STARTER, max_output_tokens=3000)):
        seen.append(event)
        if isinstance(event, events.MessageDelta) and own_server.pool.instances:
            os.kill(own_server.pool.instances[0].engine.pid, signal.SIGKILL)
    end = seen[-1]
    assert isinstance(end, events.ChatEnd)
    assert end.result.response_id is None


async def test_the_second_turn_of_a_long_chat_does_not_process_the_first_again(
    client: Client, own_server: RunningServer, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the engine's own count of the tokens that its cache held."""
    cached: list[int] = []
    # This model has a token for each letter.
    first = await ChatApi(client).complete(ask("x" * 1500, model=tiny, max_output_tokens=2))
    engine = own_server.pool.instances[0].engine
    real = engine.stream

    async def watched(route: str, body: dict[str, Any]) -> AsyncGenerator[Chunk, None]:
        async for chunk in real(route, body):
            if chunk.usage:
                cached.append(chunk.usage.cached_tokens)
            yield chunk

    monkeypatch.setattr(engine, "stream", watched)
    second = await ChatApi(client).complete(ask("And now?", model=tiny, previous_response_id=first.response_id))
    assert first.stats.input_tokens > 1500
    assert cached[0] >= first.stats.input_tokens - 1
    assert second.stats.input_tokens - cached[0] < 60
