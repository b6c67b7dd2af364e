"""What is read of an engine's chunks."""

from typing import Any

import pytest

from studiolo.server.engine.chunk import CallDelta, ChoiceDelta, Chunk, PromptProgress, Timings, TokenCounts


def delta(finish: str | None = None, **content: Any) -> Chunk:
    return Chunk.of({"id": "x", "choices": [{"index": 1, "delta": content, "finish_reason": finish}]})


def test_a_chunk_says_what_its_json_says() -> None:
    call = {"index": 2, "id": "call_1", "function": {"name": "f", "arguments": "{"}}
    logprobs: dict[str, Any] = {"content": []}
    raw = {
        "model": "m",
        "choices": [
            {"index": 1, "delta": {"content": "a", "reasoning_content": "b", "tool_calls": [call]}},
            {"index": 3, "delta": {}, "finish_reason": "stop", "logprobs": logprobs},
        ],
        "prompt_progress": {"total": 8, "processed": 4, "cache": 0},
        "usage": {
            "prompt_tokens": 7,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 6},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
        "timings": {"prompt_ms": 1.5, "predicted_ms": 2.5, "predicted_per_second": 3.5},
    }
    chunk = Chunk.of(raw)
    assert chunk.choices == (
        ChoiceDelta(1, None, "a", "b", (CallDelta(2, "call_1", "f", "{"),)),
        ChoiceDelta(3, finish_reason="stop", logprobs=logprobs),
    )
    assert chunk.progress == PromptProgress(8, 4)
    assert chunk.usage == TokenCounts(7, 5, 6, 2)
    assert chunk.timings == Timings(1.5, 2.5, 3.5)
    assert (chunk.raw, chunk.model, chunk.opens) == (raw, "m", False)


def test_a_completion_of_text_has_its_text_too() -> None:
    chunk = Chunk.of({"choices": [{"index": 0, "text": "a", "finish_reason": "length"}]})
    assert chunk.choices == (ChoiceDelta(0, text="a", finish_reason="length"),)
    assert chunk.ended_by("length")
    assert not chunk.ended_by("stop")


def test_what_is_null_or_left_out_is_nothing() -> None:
    assert Chunk.of({}) == Chunk({})
    nulls = {"prompt_progress": None, "usage": None, "timings": None}
    chunk = Chunk.of({**nulls, "choices": [{"delta": {"tool_calls": None}, "logprobs": None}]})
    assert chunk == Chunk(chunk.raw, (ChoiceDelta(),))
    [call] = delta(tool_calls=[{"function": None}]).choices[0].calls
    assert call == CallDelta()


@pytest.mark.parametrize(
    ("content", "opens"),
    [
        ({"role": "assistant", "content": None}, True),
        ({"role": "assistant", "content": ""}, False),
        ({"role": "assistant", "content": "a"}, False),
        ({"role": "assistant", "content": None, "reasoning_content": "a"}, False),
        ({"content": None}, False),
        ({}, False),
    ],
)
def test_only_a_chunk_that_says_nothing_but_whose_turn_it_is_opens_a_reply(
    content: dict[str, Any], opens: bool
) -> None:
    assert delta(**content).opens is opens
    assert not Chunk.of({"choices": []}).opens


@pytest.mark.parametrize(
    ("chunk", "says"),
    [
        (delta(), False),
        (delta(content=""), False),
        (delta(content="a"), True),
        (delta(reasoning_content="a"), True),
        (delta(role="assistant"), True),
        (delta("stop"), True),
        (delta(tool_calls=[{"index": 0}]), True),
    ],
)
def test_what_says_something(chunk: Chunk, says: bool) -> None:
    assert chunk.choices[0].says_something is says


def test_other_words_make_another_chunk() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    chunk = Chunk.of({"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}, {"index": 1}], "usage": usage})
    before = Chunk.of(chunk.raw)
    named = chunk.with_raw(model="m")
    assert (named.model, named[1:]) == ("m", chunk[1:])
    ended = chunk.with_finish_reason("length", "full")
    assert [choice.finish_reason for choice in ended.choices] == ["full", None]
    assert [choice.get("finish_reason") for choice in ended.raw["choices"]] == ["full", None]
    counted = chunk.with_reasoning_tokens(1)
    assert counted.usage == TokenCounts(1, 2, 0, 1)
    assert counted.raw["usage"]["completion_tokens_details"] == {"reasoning_tokens": 1}
    assert chunk == before
    with pytest.raises(AttributeError):
        chunk.choices = ()  # type: ignore[misc]


def test_counts_of_several_completions_are_added_up() -> None:
    assert TokenCounts(1, 2, 3, 4).plus(TokenCounts(10, 20, 30, 40)) == TokenCounts(11, 22, 33, 44)
