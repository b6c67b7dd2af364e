from collections.abc import Iterable
from typing import Any

from studiolo.api.chat import MessageItem, ReasoningItem
from studiolo.api.events import Event
from studiolo.server.chat.assembler import TurnAssembler
from studiolo.server.engine.chunk import Chunk


def delta(**content: Any) -> Chunk:
    return Chunk.of({"choices": [{"delta": content}]})


def progress(processed: int, total: int) -> Chunk:
    opening = {"choices": [{"delta": {"role": "assistant", "content": None}}]}
    return Chunk.of({**opening, "prompt_progress": {"total": total, "processed": processed}})


def kinds(events: Iterable[Event]) -> list[str]:
    return [event.type for event in events]


def test_events_come_in_the_documented_order() -> None:
    turn = TurnAssembler("key", None)
    events = turn.start()
    events += turn.feed(progress(4, 10))
    events += turn.feed(progress(10, 10))
    for chunk in (
        delta(reasoning_content="Hm"),
        delta(reasoning_content="m."),
        delta(content="Yes"),
        delta(content="."),
    ):
        events += turn.feed(chunk)
    events += turn.finish()
    assert kinds(events) == [
        "prompt_processing.start",
        "prompt_processing.progress",
        "prompt_processing.progress",
        "prompt_processing.end",
        "reasoning.start",
        "reasoning.delta",
        "reasoning.delta",
        "reasoning.end",
        "message.start",
        "message.delta",
        "message.delta",
        "message.end",
    ]
    assert [item.model_dump() for item in turn.result().output] == [
        {"type": "reasoning", "content": "Hmm."},
        {"type": "message", "content": "Yes."},
    ]
    assert turn.result().stats.reasoning_output_tokens == 2


def test_a_message_after_reasoning_after_a_message_is_a_new_item() -> None:
    turn = TurnAssembler("key", None)
    for chunk in (delta(content="a"), delta(reasoning_content="b"), delta(content="c")):
        turn.feed(chunk)
    turn.finish()
    said = [item for item in turn.result().output if isinstance(item, MessageItem | ReasoningItem)]
    assert [item.content for item in said] == ["a", "b", "c"]


def test_stats_are_the_engines_own() -> None:
    turn = TurnAssembler("key", 1.5)
    turn.feed(
        Chunk.of(
            {
                "choices": [],
                "usage": {"prompt_tokens": 7, "completion_tokens": 3},
                "timings": {"predicted_per_second": 42.5, "prompt_ms": 250.0},
            }
        )
    )
    stats = turn.result().stats
    assert (stats.input_tokens, stats.total_output_tokens) == (7, 3)
    assert (stats.tokens_per_second, stats.time_to_first_token_seconds) == (42.5, 0.25)
    assert stats.model_load_time_seconds == 1.5


def test_an_empty_reply_still_ends_the_prompt() -> None:
    turn = TurnAssembler("key", None)
    assert kinds(turn.start() + turn.finish()) == ["prompt_processing.start", "prompt_processing.end"]
    assert turn.result().output == []
