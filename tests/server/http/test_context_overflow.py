"""Chats that the context has no room for: refused, or with messages left out, as is chosen."""

import json
import logging
from typing import Any

import httpx
import pytest

from studiolo.paths import app_paths
from studiolo.server.chat.overflow import order_of_leaving
from tests.stands.plain_http import http_client
from tests.stands.serving import RunningServer, serving
from tests.stands.tiny_model import write_tiny_llama

pytestmark = pytest.mark.asyncio(loop_scope="module")

MODEL, CONTEXT = "acme/narrow", 512
"""A token is a byte."""
FILLER = "x" * 60


@pytest.fixture(scope="module")
def starter(babbler: str) -> str:
    """What is said does not matter here."""
    return babbler


async def chat(http: httpx.AsyncClient, text: str, **more: Any) -> httpx.Response:
    body = {"model": MODEL, "input": text, "max_output_tokens": 8, "system_prompt": "Be brief.", **more}
    return await http.post("/api/v1/chat", json=body)


async def conversation(http: httpx.AsyncClient, turns: int, **more: Any) -> tuple[list[httpx.Response], str]:
    """Answers of a chat that goes on, turn by turn, and the id of the last."""
    answers: list[httpx.Response] = []
    before: dict[str, Any] = {}
    for number in range(turns):
        answer = await chat(http, f"turn {number} {FILLER}", **before, **more)
        answers.append(answer)
        if answer.status_code != 200:
            break
        before = {"previous_response_id": answer.json()["response_id"]}
    return answers, before.get("previous_response_id", "")


async def load(http: httpx.AsyncClient, context: int = CONTEXT) -> None:
    write_tiny_llama(app_paths().models / MODEL / "narrow-F32.gguf", context_length=4096)
    loaded = await http.post("/api/v1/models/load", json={"model": MODEL, "context_length": context})
    assert loaded.status_code == 200, loaded.text


class Seen:
    """The prompts that the engine was given, as text."""

    def __init__(self, server: RunningServer, patch: pytest.MonkeyPatch) -> None:
        self.prompts: list[str] = []
        (instance,) = server.pool.instances
        engine = instance.engine
        stream = engine.stream

        def seen(route: str, body: dict[str, Any]) -> Any:
            self.prompts.append(json.dumps(body["messages"]))
            return stream(route, body)

        patch.setattr(engine, "stream", seen)


@pytest.mark.parametrize("policy", ["truncate_middle", "rolling_window"])
async def test_messages_are_left_out_and_the_chat_stays_whole(
    http: httpx.AsyncClient,
    own_server: RunningServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    policy: str,
) -> None:
    caplog.set_level(logging.INFO, logger="studiolo")
    await load(http)
    seen = Seen(own_server, monkeypatch)
    answers, last = await conversation(http, 9, context_overflow=policy)
    assert [answer.status_code for answer in answers] == [200] * 9
    left_out = [answer.json()["stats"].get("left_out_messages", 0) for answer in answers]
    assert left_out[0] == 0
    assert left_out[-1] >= left_out[-2] > 0
    assert left_out[-1] % 2 == 0, "a question goes with its answer"
    final = seen.prompts[-1]
    assert "Be brief." in final
    assert "turn 8" in final
    assert "turn 7" in final
    assert ("turn 0" in final) == (policy == "truncate_middle")
    assert "turn 3" not in final
    assert policy in caplog.text
    assert f"{left_out[-1]} messages are left out" in caplog.text
    await http.post("/api/v1/models/unload", json={"instance_id": MODEL})
    await load(http, 4096)
    after = Seen(own_server, monkeypatch)
    whole = await chat(http, "and now?", previous_response_id=last)
    assert whole.status_code == 200
    assert all(f"turn {number}" in after.prompts[-1] for number in range(9)), "nothing is lost of what is kept"


async def test_the_stream_tells_of_it(http: httpx.AsyncClient, own_server: RunningServer) -> None:
    await load(http)
    _, last = await conversation(http, 6, context_overflow="rolling_window")
    body = {"model": MODEL, "input": f"more {FILLER}", "max_output_tokens": 8, "previous_response_id": last}
    body |= {"context_overflow": "rolling_window", "stream": True}
    async with http.stream("POST", "/api/v1/chat", json=body) as answer:
        told = [json.loads(line[6:]) async for line in answer.aiter_lines() if line.startswith("data: ")]
    [cut] = [event for event in told if event["type"] == "context.shortened"]
    assert (cut["policy"], cut["context_length"]) == ("rolling_window", CONTEXT)
    assert cut["messages"] > 0
    assert cut["prompt_tokens"] > CONTEXT // 2
    kinds = [event["type"] for event in told]
    assert kinds.index("prompt_processing.start") < kinds.index("context.shortened") < kinds.index("message.start")
    assert kinds[-1] == "chat.end"


async def test_stop_refuses_and_so_does_a_question_that_is_too_long_by_itself(
    http: httpx.AsyncClient, own_server: RunningServer
) -> None:
    await load(http)
    answers, _ = await conversation(http, 9)
    assert answers[-1].status_code == 400
    assert answers[-1].json()["error"]["type"] == "exceed_context_size_error"
    alone = await chat(http, "y" * 600, context_overflow="truncate_middle")
    assert alone.status_code == 400
    assert alone.json()["error"]["type"] == "exceed_context_size_error"


async def test_a_longer_context_goes_first() -> None:
    write_tiny_llama(app_paths().models / MODEL / "narrow-F32.gguf", context_length=4096)
    settings: dict[str, Any] = {
        "default_context_length": 0,
        "automatic_context_limit": CONTEXT,
        "context_overflow": "rolling_window",
    }
    async with serving(**settings) as server, http_client(server.address, timeout=60) as http:
        answers, _ = await conversation(http, 9)
        assert [answer.status_code for answer in answers] == [200] * 9
        assert [answer.json()["stats"].get("left_out_messages") for answer in answers] == [None] * 9
        assert server.pool.instances[0].config.context_length > CONTEXT


async def test_the_setting_is_in_force_where_a_request_says_nothing(
    http: httpx.AsyncClient, own_server: RunningServer
) -> None:
    await load(http)
    (await http.patch("/api/v1/server/settings", json={"context_overflow": "rolling_window"})).raise_for_status()
    answers, last = await conversation(http, 9)
    assert [answer.status_code for answer in answers] == [200] * 9
    refused = await chat(http, FILLER * 3, previous_response_id=last, context_overflow="stop")
    assert refused.status_code == 400
    said = [{"role": role, "content": FILLER} for _ in range(6) for role in ("user", "assistant")]
    body = {"model": MODEL, "messages": [*said, {"role": "user", "content": "Hi"}], "max_tokens": 4}
    assert (await http.post("/v1/chat/completions", json=body)).status_code == 200


async def test_a_response_may_ask_for_it_in_openai_s_words(http: httpx.AsyncClient, own_server: RunningServer) -> None:
    await load(http)
    said = [{"role": role, "content": FILLER} for _ in range(6) for role in ("user", "assistant")]
    body = {"model": MODEL, "input": [*said, {"role": "user", "content": "Hi"}], "max_output_tokens": 4}
    assert (await http.post("/v1/responses", json=body)).status_code == 400
    answer = await http.post("/v1/responses", json={**body, "truncation": "auto"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["truncation"] == "auto"
    (await http.patch("/api/v1/server/settings", json={"context_overflow": "rolling_window"})).raise_for_status()
    assert (await http.post("/v1/responses", json=body)).status_code == 200
    answer = await http.post("/v1/responses", json={**body, "truncation": "disabled"})
    assert answer.status_code == 400, "OpenAI's word for a refusal goes before the setting"


async def test_calls_go_with_their_results() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "system"},
        {"role": "user"},  # 1
        {"role": "assistant", "tool_calls": []},
        {"role": "tool"},
        {"role": "tool"},
        {"role": "assistant"},
        {"role": "user"},  # 6
        {"role": "assistant"},
        {"role": "user"},  # 8: the question
        {"role": "assistant", "tool_calls": []},
        {"role": "tool"},
        {"role": "assistant", "tool_calls": []},
        {"role": "tool"},
    ]
    first, second, called = [1, 2, 3, 4, 5], [6, 7], [9, 10]
    assert order_of_leaving(messages, "rolling_window") == [first, second, called]
    assert order_of_leaving(messages, "truncate_middle") == [second, called, first]
    assert order_of_leaving([], "rolling_window") == []
    assert order_of_leaving(messages[:2], "rolling_window") == []
