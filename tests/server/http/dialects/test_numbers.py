"""Numbers, empty values and efforts as programs write them."""

import json
from typing import Any

import httpx
import pytest

from tests.server.http.dialects.conftest import TALKER
from tests.server.http.dialects.requests import (
    CHAT,
    COMPLETIONS,
    MESSAGES,
    RESPONSES,
    answer_to,
    body_for,
    refusal_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMITS = [
    (CHAT, "max_tokens"),
    (CHAT, "max_completion_tokens"),
    (COMPLETIONS, "max_tokens"),
    (RESPONSES, "max_output_tokens"),
    (MESSAGES, "max_tokens"),
]


@pytest.mark.parametrize(("route", "name"), LIMITS)
async def test_a_limit_of_minus_one_is_none(http: httpx.AsyncClient, route: str, name: str) -> None:
    """Without a limit this model never ends; so the stream is left as soon as it is longer than what was the limit."""
    body = body_for(route, stream=True) | {name: -1}
    if name == "max_completion_tokens":
        del body["max_tokens"]
    frames = 0
    async with http.stream("POST", route, json=body) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            frames += line.startswith("data: ")
            if frames > 20:
                return
    pytest.fail(f"it ended after {frames} frames")


@pytest.mark.parametrize(("route", "name"), LIMITS)
@pytest.mark.parametrize("value", [-2, "many", 2.5, True])
async def test_a_limit_that_is_none_is_refused_by_name(
    http: httpx.AsyncClient, route: str, name: str, value: object
) -> None:
    answer = await http.post(route, json=body_for(route) | {name: value})
    assert answer.status_code == 400
    assert name in answer.json()["error"]["message"]


@pytest.mark.parametrize(("route", "name"), LIMITS)
async def test_a_whole_number_may_be_written_with_a_point(http: httpx.AsyncClient, route: str, name: str) -> None:
    body = body_for(route) | {name: 2.0}
    usage = (await http.post(route, json=body)).json()["usage"]
    assert usage.get("completion_tokens", usage.get("output_tokens")) == 2


async def test_whole_numbers_with_a_point_are_read_by_every_field(http: httpx.AsyncClient) -> None:
    await answer_to(http, CHAT, seed=7.0, n=1.0, top_logprobs=2.0, logprobs=True)
    await answer_to(http, COMPLETIONS, seed=-1.0, logprobs=1.0)
    await answer_to(http, MESSAGES, top_k=40.0)
    native = {"model": TALKER, "input": "Hi", "max_output_tokens": 2.0, "top_k": 40.0}
    assert (await http.post("/api/v1/chat", json=native)).json()["stats"]["total_output_tokens"] == 2


async def test_a_number_beyond_the_engine_s_is_not_taken_for_another(http: httpx.AsyncClient) -> None:
    body = body_for(CHAT, stream=True) | {"max_tokens": 2**32 + 1}
    async with http.stream("POST", CHAT, json=body) as answer:
        lines = 0
        async for line in answer.aiter_lines():
            lines += line.startswith("data: ")
            if lines > 20:
                return
    pytest.fail("it was taken for 1")


@pytest.mark.parametrize("route", [CHAT, COMPLETIONS])
async def test_seeds_of_any_size_are_seeds(http: httpx.AsyncClient, route: str) -> None:
    texts = {str((await answer_to(http, route, seed=2**70 + 5, temperature=1.5))["choices"][0]) for _ in range(2)}
    assert len(texts) == 1


@pytest.mark.parametrize("effort", ["max", "default", "", "HIGH", "heroic", None])
@pytest.mark.parametrize(
    ("route", "place"),
    [
        (CHAT, lambda effort: {"reasoning_effort": effort}),
        (RESPONSES, lambda effort: {"reasoning": {"effort": effort}}),
        (MESSAGES, lambda effort: {"output_config": {"effort": effort}, "thinking": {"type": "enabled"}}),
    ],
)
async def test_an_effort_that_nobody_knows_is_no_obstacle(
    http: httpx.AsyncClient, thinker: str, route: str, place: Any, effort: str | None
) -> None:
    await answer_to(http, route, model=thinker, **place(effort))


async def test_top_k_of_minus_one_is_no_limit(http: httpx.AsyncClient) -> None:
    for route in (CHAT, COMPLETIONS, MESSAGES):
        await answer_to(http, route, top_k=-1)


@pytest.mark.parametrize(
    ("route", "names"),
    [
        (CHAT, ("stream_options", "logit_bias", "response_format", "tool_choice", "metadata", "tools")),
        (COMPLETIONS, ("stream_options", "logit_bias")),
        (RESPONSES, ("text", "reasoning", "metadata", "tool_choice", "tools")),
        (MESSAGES, ("metadata", "thinking", "output_config", "tool_choice", "tools", "system")),
    ],
)
async def test_an_empty_list_in_place_of_an_object_is_nothing(
    http: httpx.AsyncClient, route: str, names: tuple[str, ...]
) -> None:
    await answer_to(http, route, **{name: [] for name in names})
    await answer_to(http, route, **dict.fromkeys(names))


async def test_parameters_that_are_an_empty_list_are_none(http: httpx.AsyncClient, caller: str) -> None:
    tool = {"type": "function", "function": {"name": "now", "parameters": []}}
    forced = {"model": caller, "tools": [tool], "tool_choice": "required", "limit": 30, "temperature": 0.0}
    (call,) = (await answer_to(http, CHAT, **forced))["choices"][0]["message"]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {}


@pytest.mark.parametrize("stop", ["", [""], ["", "###"], [None, ""], []])
@pytest.mark.parametrize(("route", "name"), [(CHAT, "stop"), (COMPLETIONS, "stop"), (MESSAGES, "stop_sequences")])
async def test_an_empty_stop_string_ends_nothing(http: httpx.AsyncClient, route: str, name: str, stop: object) -> None:
    usage = (await answer_to(http, route, limit=6, **{name: stop}))["usage"]
    assert usage.get("completion_tokens", usage.get("output_tokens")) == 6


async def test_a_stop_string_beside_an_empty_one_still_ends_the_answer(http: httpx.AsyncClient, caller: str) -> None:
    steady = {"model": caller, "limit": 12, "temperature": 0.0}
    word = (await answer_to(http, COMPLETIONS, **steady))["choices"][0]["text"].split()[1]
    cut = (await answer_to(http, COMPLETIONS, stop=["", word], **steady))["choices"][0]
    assert cut["finish_reason"] == "stop"
    assert word not in cut["text"]


@pytest.mark.parametrize("name", ["draft_model", "preset"])
@pytest.mark.parametrize("route", [CHAT, COMPLETIONS, RESPONSES, MESSAGES])
async def test_what_can_t_be_obeyed_is_refused_by_name(http: httpx.AsyncClient, route: str, name: str) -> None:
    assert name in (await refusal_of(http, route, **{name: "acme/other"}))["message"]
    await answer_to(http, route, **{name: None})
