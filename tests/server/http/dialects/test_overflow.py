"""A prompt that does not fit is told in the words that each dialect's programs know."""

import asyncio
from typing import Any

import httpx
import pytest

from studiolo.server.http import sse
from tests.server.http.dialects.conftest import TALKER
from tests.server.http.dialects.requests import (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    MESSAGES,
    RESPONSES,
    body_for,
    frames_in,
    refusal_of,
)
from tests.stands.serving import RunningServer
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOO_LONG = "word " * 2000


@pytest.mark.parametrize(("route", "param"), [(CHAT, "messages"), (COMPLETIONS, "prompt"), (RESPONSES, "input")])
async def test_an_overflow_has_openai_s_code_and_the_engine_s_words(
    http: httpx.AsyncClient, route: str, param: str
) -> None:
    error = await refusal_of(http, route, says=TOO_LONG)
    assert (error["code"], error["param"], error["type"]) == (
        "context_length_exceeded",
        param,
        "invalid_request_error",
    )
    assert "exceeds the available context size (8192 tokens)" in error["message"]


async def test_an_input_to_embed_that_is_too_long_is_told_alike(http: httpx.AsyncClient, embedder: str) -> None:
    answer = await http.post(EMBEDDINGS, json={"model": embedder, "input": TOO_LONG})
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("context_length_exceeded", "input")
    assert "exceeds the available context size (512 tokens)" in error["message"]


@pytest.mark.parametrize("stream", [False, True])
async def test_an_overflow_on_messages_begins_with_anthropic_s_words(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    # Else a slow machine sends the stream's status before its error.
    monkeypatch.setattr(sse, "HEAD_SECONDS", 60.0)
    error = await refusal_of(http, MESSAGES, says=TOO_LONG, stream=stream)
    assert error["type"] == "invalid_request_error"
    tokens = int(error["message"].removeprefix("prompt is too long: ").partition(" ")[0])
    assert tokens > 10_000
    assert error["message"].startswith(f"prompt is too long: {tokens} tokens > 8192 maximum")


async def told_in_the_stream(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, route: str) -> dict[str, Any]:
    """The last frame of a stream whose status was sent before the overflow was known."""
    monkeypatch.setattr(sse, "HEAD_SECONDS", 0.0)
    answer = await http.post(route, json=body_for(route, says=TOO_LONG, stream=True))
    assert answer.status_code == 200
    return frames_in(answer.text)[-1]


async def test_an_overflow_within_a_stream_of_responses_is_a_response_that_failed(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = await told_in_the_stream(http, monkeypatch, RESPONSES)
    assert last["type"] == "response.failed"
    assert last["response"]["status"] == "failed"
    assert last["response"]["error"]["code"] == "context_length_exceeded"


async def test_an_overflow_within_a_stream_has_the_same_words(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = await told_in_the_stream(http, monkeypatch, CHAT)
    assert last["error"]["code"] == "context_length_exceeded"
    last = await told_in_the_stream(http, monkeypatch, MESSAGES)
    assert last["error"]["message"].startswith("prompt is too long: ")


@pytest.mark.parametrize("prompt", [TOO_LONG, ["short", TOO_LONG]])
async def test_a_prompt_that_is_too_long_is_refused_while_others_are_answered(
    http: httpx.AsyncClient, server: RunningServer, prompt: str | list[str]
) -> None:
    long_reply = asyncio.create_task(http.post(CHAT, json=body_for(CHAT, limit=8000, stream=True, ignore_eos=True)))
    try:
        await until(lambda: any(item.busy for item in server.pool.instances if item.id == TALKER))
        error = await refusal_of(http, COMPLETIONS, says="", prompt=prompt)
        assert error["code"] == "context_length_exceeded"
        assert not long_reply.done()
    finally:
        long_reply.cancel()
        await asyncio.wait([long_reply])
    await until(lambda: not any(item.busy for item in server.pool.instances))
