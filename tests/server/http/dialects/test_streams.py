"""What programs that follow a stream rely on: who speaks, what is called, that it ends."""

import json
from typing import Any

import httpx
import openai
import pytest

from studiolo.api.events import ChatEnd, ErrorEvent
from studiolo.api.openai import PromptMessage, StreamedCompletionRequest
from studiolo.client.client import Client
from studiolo.client.openai import OpenAiApi
from studiolo.server.http import sse
from tests.server.http.dialects.conftest import TALKER
from tests.server.http.dialects.requests import (
    CHAT,
    MESSAGES,
    RESPONSES,
    answer_to,
    body_for,
    frames_of,
    function,
)
from tests.stands.raw_http import raw_server, response
from tests.stands.serving import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

PICK = function("pick", colour={"enum": ["red"]}, words={"type": "array", "items": {"enum": ["a"]}, "minItems": 50})


@pytest.mark.parametrize("more", [{}, {"tools": [PICK], "tool_choice": "required"}])
async def test_the_first_delta_says_who_speaks_and_no_other_does(
    http: httpx.AsyncClient, caller: str, more: dict[str, Any]
) -> None:
    frames = await frames_of(http, CHAT, model=caller, stream_options={"include_usage": True}, **more)
    deltas = [frame["choices"][0]["delta"] for frame in frames if frame["choices"]]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert not any("role" in delta for delta in deltas[1:])
    assert all(deltas[:-1]), "no delta but the last is empty"
    assert frames[-1]["usage"]["completion_tokens"] == 3


async def test_openai_s_package_puts_a_stream_together(server: RunningServer) -> None:
    async with openai.AsyncOpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0) as gpt:
        messages: Any = [{"role": "user", "content": "Hi"}]
        async with gpt.chat.completions.stream(model=TALKER, messages=messages, max_tokens=3) as stream:
            events = [event async for event in stream]
            assert stream.current_completion_snapshot.choices[0].message.role == "assistant"
    assert events


async def test_a_forced_call_that_is_cut_off_is_a_call_with_its_arguments_so_far(
    http: httpx.AsyncClient, caller: str
) -> None:
    forced = {"model": caller, "tools": [PICK], "tool_choice": "required", "limit": 40, "temperature": 0.0}
    whole = (await answer_to(http, CHAT, **forced))["choices"][0]
    assert whole["finish_reason"] == "length"
    assert not whole["message"]["content"]
    (call,) = whole["message"]["tool_calls"]
    assert call["function"]["name"] == "pick"
    assert '"colour": "red"' in call["function"]["arguments"]
    frames = await frames_of(http, CHAT, **forced)
    pieces = [one for frame in frames for one in frame["choices"][0]["delta"].get("tool_calls", ())]
    assert len(pieces) > 5, "they come as they are made"
    assert "".join(piece["function"]["arguments"] for piece in pieces) == call["function"]["arguments"]


async def test_a_forced_call_that_is_cut_off_is_told_in_the_other_dialects(
    http: httpx.AsyncClient, caller: str
) -> None:
    flat, forced = PICK["function"], {"model": caller, "limit": 30, "temperature": 0.0}
    answer = await answer_to(http, RESPONSES, tools=[{"type": "function", **flat}], tool_choice="required", **forced)
    assert (answer["status"], answer["output"][0]["type"], answer["output"][0]["status"]) == (
        "incomplete",
        "function_call",
        "incomplete",
    )
    tool = {"name": "pick", "input_schema": flat["parameters"]}
    message = await answer_to(http, MESSAGES, tools=[tool], tool_choice={"type": "any"}, **forced)
    assert (message["stop_reason"], message["content"][0]["type"]) == ("max_tokens", "tool_use")


async def test_a_forced_call_that_is_whole_has_the_arguments_that_the_schema_asks_for(
    http: httpx.AsyncClient, caller: str
) -> None:
    pick = function("pick", colour={"enum": ["red"]})
    choice = (
        await answer_to(http, CHAT, model=caller, tools=[pick], tool_choice="required", limit=99, temperature=0.0)
    )["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == {"colour": "red"}


@pytest.mark.parametrize("route", [CHAT, RESPONSES])
async def test_a_stream_that_fails_after_its_head_ends_as_any_other(
    http: httpx.AsyncClient, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEAD_SECONDS", 0.0)
    answer = await http.post(route, json=body_for(route, "x" * 9000, stream=True))
    assert answer.status_code == 200
    assert "8192" in answer.text
    assert answer.text.endswith("data: [DONE]\n\n")


async def test_our_client_tells_the_error_of_a_stream_that_fails(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEAD_SECONDS", 0.0)
    assert "8192" in await told_by(server.address, "x" * 9000)


async def test_our_client_tells_the_error_of_a_server_that_then_hangs_up() -> None:
    frame = b'data: {"error": {"message": "The graphics card is gone.", "type": "server_error"}}\n\n'
    async with raw_server(response(frame, kind="text/event-stream")) as other:
        assert await told_by(other.address, "Hi") == "The graphics card is gone."


async def told_by(address: str, text: str) -> str:
    """The one error of a conversation with a server."""
    async with Client(address) as client:
        request = StreamedCompletionRequest(model=TALKER, messages=[PromptMessage(role="user", content=text)])
        events = [event async for event in OpenAiApi(client).stream_chat(request)]
    assert isinstance(events[-1], ChatEnd)
    (error,) = [event.error for event in events if isinstance(event, ErrorEvent)]
    return error.message
