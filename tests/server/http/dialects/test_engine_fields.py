"""Fields that are the engine's own pass; what it can't use is refused by name, and a stream never just breaks off."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from studiolo.server.chat import inference
from tests.server.http.dialects.conftest import TALKER
from tests.server.http.dialects.requests import (
    CHAT,
    COMPLETIONS,
    MESSAGES,
    RESPONSES,
    answer_to,
    body_for,
    frames_in,
    frames_of,
    refusal_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

NATIVE = "/api/v1/chat"
OLDER_TEXT = "/api/v0/completions"
ODD_VALUES = ["x", {"a": 1}, [[["a", {"b": [1]}]]], 1e308, -1e308, 2**70, -(2**31), "x" * 20_000, ["\0"]]
FIELDS = re.findall(
    r"\S+",
    """
    verbose timings_per_token cache_prompt return_tokens n_predict n_indent n_keep n_discard n_cache_reuse
    t_max_predict_ms top_k min_p top_n_sigma xtc_probability xtc_threshold typical_p dynatemp_range dynatemp_exponent
    repeat_last_n repeat_penalty dry_multiplier dry_base dry_allowed_length dry_penalty_last_n dry_sequence_breakers
    mirostat mirostat_tau mirostat_eta adaptive_target adaptive_decay n_probs min_keep post_sampling_probs
    backend_sampling lora grammar_lazy grammar_triggers preserved_tokens chat_format reasoning_format
    generation_prompt parse_tool_calls chat_parser ignore_eos samplers reasoning_budget_tokens
    reasoning_budget_start_tag reasoning_budget_end_tag continue_final_message sse_ping_interval
    """,
)
"""Of llama-server's requests (server-task.cpp), those that no dialect names itself."""


@pytest.mark.parametrize("route", [CHAT, COMPLETIONS])
async def test_no_value_of_an_engine_s_field_is_more_than_refused(http: httpx.AsyncClient, route: str) -> None:
    for name in FIELDS:
        for value in ODD_VALUES:
            answer = await http.post(route, json=body_for(route) | {name: value})
            assert answer.status_code in (200, 400), f"{name}: {str(value)[:40]}: {answer.text[:300]}"
            assert len(answer.content) < 50_000, name
            assert "json.exception" not in answer.text, name


@pytest.mark.parametrize("route", [CHAT, COMPLETIONS])
async def test_a_field_of_the_engine_is_refused_by_its_name(http: httpx.AsyncClient, route: str) -> None:
    error = await refusal_of(http, route, repeat_last_n="many")
    assert (error["param"], error["code"]) == ("repeat_last_n", "invalid_value")
    assert error["message"] == "Invalid value for 'repeat_last_n': type must be number, but is string."


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e999", "1" * 400])
@pytest.mark.parametrize("place", ['"min_p": %s', '"chat_template_kwargs": {"a": [%s]}', '"logit_bias": {"70": %s}'])
async def test_a_number_that_json_has_not_is_told_as_that(http: httpx.AsyncClient, number: str, place: str) -> None:
    body = json.dumps(body_for(CHAT))[:-1] + f", {place % number}}}"
    answer = await http.post(CHAT, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    told = answer.json()["error"]["message"]
    assert "number" in told
    assert len(told) < 200


@pytest.mark.parametrize("route", [COMPLETIONS, OLDER_TEXT])
async def test_probabilities_after_sampling_are_told_as_logarithms(http: httpx.AsyncClient, route: str) -> None:
    body = body_for(COMPLETIONS) | {"n_probs": 3, "post_sampling_probs": True, "logit_bias": {"70": 1000.0}}
    answer = await http.post(route, json=body)
    assert answer.status_code == 200
    logprobs = answer.json()["choices"][0]["logprobs"]
    assert len(logprobs["token_logprobs"]) == len(logprobs["top_logprobs"]) == 3
    assert logprobs["token_logprobs"] == [0.0] * 3
    streamed = frames_in((await http.post(route, json=body | {"stream": True})).text)
    told = [choice["logprobs"] for frame in streamed for choice in frame.get("choices", ()) if choice.get("logprobs")]
    assert [one["token_logprobs"] for one in told] == [[0.0]] * 3


@pytest.mark.parametrize("route", [CHAT, COMPLETIONS])
async def test_a_vocabulary_with_every_token_is_refused(http: httpx.AsyncClient, route: str) -> None:
    for count in (2**31 - 1, 101, 100.5):
        error = await refusal_of(http, route, n_probs=count)
        assert error["param"] == "n_probs"
        assert error["message"].startswith("'n_probs' is 100 at most.")
    (choice,) = (await answer_to(http, route, n_probs=100, logit_bias={"70": 1000.0}))["choices"]
    told = choice["logprobs"]["top_logprobs"] if route == COMPLETIONS else choice["logprobs"]["content"]
    # Bytes that are no letter are told under one name in the older form.
    assert len(told[0] if route == COMPLETIONS else told[0]["top_logprobs"]) > 20


@pytest.mark.parametrize("byte", [0x00, 0x80, 0xC3, 0xE2, 0xED, 0xF0, 0xFF])
@pytest.mark.parametrize("route", [CHAT, COMPLETIONS])
async def test_bytes_that_are_no_text_are_shown_as_such_in_streams(
    http: httpx.AsyncClient, route: str, byte: int
) -> None:
    frames = await frames_of(http, route, logit_bias={str(5 + byte): 1000.0}, n_probs=3)
    assert not any("error" in frame for frame in frames)
    assert [frame["choices"][0]["finish_reason"] for frame in frames if frame.get("choices")][-1] == "length"


@pytest.mark.parametrize(
    ("route", "ends"),
    [
        (CHAT, ["data: [DONE]"]),
        (COMPLETIONS, ["data: [DONE]"]),
        (RESPONSES, ["response.failed", "data: [DONE]"]),
        (MESSAGES, ["event: error"]),
        (NATIVE, ["event: error", "event: chat.end"]),
    ],
)
async def test_a_mistake_of_ours_in_the_middle_of_a_stream_is_told_in_it(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, route: str, ends: list[str]
) -> None:
    monkeypatch.setattr(inference, "note_chunk", failing_after(4, inference.note_chunk))
    body: dict[str, Any] = {"model": TALKER, "input": "Hi", "max_output_tokens": 60, "stream": True}
    answer = await http.post(route, json=body if route == NATIVE else body_for(route, limit=60, stream=True))
    assert answer.status_code == 200
    assert "Something unexpected went wrong" in answer.text
    places = [answer.text.rfind(end) for end in ends]
    assert -1 not in places
    assert places == sorted(places)
    assert "KeyError" not in answer.text


def failing_after(times: int, function: Callable[[Any], None]) -> Callable[[Any], None]:
    """Let something that no request should do happen all the same, so that what follows it can be seen."""
    calls = 0

    def fail(chunk: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > times:
            raise KeyError("never")
        function(chunk)

    return fail
