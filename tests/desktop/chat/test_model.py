import time

import pytest

from studiolo.api.chat import ChatResponse, ChatStats, MessageItem, ReasoningItem
from studiolo.api.events import (
    ChatEnd,
    ChatStart,
    MessageDelta,
    ModelLoadEnd,
    ModelLoadProgress,
    ModelLoadStart,
    PromptProcessingEnd,
    PromptProcessingProgress,
    PromptProcessingStart,
    ReasoningDelta,
    ReasoningStart,
    UnknownEvent,
)
from studiolo.api.models import EmbeddingEntry, LlmEntry, LlmInstance, Quantization
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Phase, Reply
from studiolo.desktop.history.parts import Part, ReasoningPart, TextPart
from studiolo.desktop.loading.choices import choices_from, preferred
from studiolo.desktop.widgets.formatting import size_text
from studiolo.errors import UnreachableError


def phase_of(reply: Reply) -> tuple[Phase, float | None] | None:
    return (reply.activity.phase, reply.activity.progress) if reply.activity else None


def test_reply_goes_through_the_phases_of_the_stream() -> None:
    reply = Reply()
    reply.begin()
    seen: list[tuple[Phase, float | None] | None] = []
    for event in (
        ChatStart(),
        ModelLoadStart(),
        ModelLoadProgress(progress=0.5),
        ModelLoadEnd(),
        PromptProcessingStart(),
        PromptProcessingProgress(progress=0.25),
        PromptProcessingEnd(),
        ReasoningStart(),
        ReasoningDelta(content="hm"),
        MessageDelta(content="Yes"),
        UnknownEvent(type="chat.later"),
        MessageDelta(content="."),
        ChatEnd(result=ChatResponse(stats=ChatStats(total_output_tokens=2))),
    ):
        reply.apply(event)
        if not seen or seen[-1] != phase_of(reply):
            seen.append(phase_of(reply))
    assert seen == [
        (Phase.QUEUED, None),
        (Phase.LOADING, 0.0),
        (Phase.LOADING, 0.5),
        (Phase.SENDING, None),
        (Phase.READING, 0.0),
        (Phase.READING, 0.25),
        (Phase.SENDING, None),
        (Phase.THINKING, None),
        (Phase.ANSWERING, None),
        None,
    ]
    thought, said = reply.parts
    assert isinstance(thought, ReasoningPart)
    assert thought.text == "hm"
    assert thought.seconds is not None
    assert said == TextPart("Yes.")
    assert reply.text == "Yes."
    assert reply.stats is not None
    assert reply.stats.total_output_tokens == 2


def test_time_runs_from_the_beginning_of_a_phase_not_from_its_last_event(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr("studiolo.desktop.chat.messages.time.monotonic", lambda: next(clock))
    reply = Reply()
    reply.apply(ModelLoadStart())
    assert reply.activity is not None
    began = reply.activity.since
    reply.apply(ModelLoadProgress(progress=0.9))
    assert reply.activity.since == began
    reply.apply(PromptProcessingStart())
    assert reply.activity.since > began


def test_an_answer_that_was_not_streamed_is_shown_too() -> None:
    reply = Reply()
    output = [ReasoningItem(content="hm"), MessageItem(content="Yes.")]
    reply.apply(ChatEnd(result=ChatResponse(output=output)))
    assert reply.parts == [ReasoningPart("hm"), TextPart("Yes.")]


def test_failure_keeps_what_came_before_and_a_new_attempt_forgets_it() -> None:
    conversation = Conversation()
    reply = conversation.ask("Why?").reply
    reply.apply(MessageDelta(content="Because"))
    reply.fail(UnreachableError("gone"))
    assert (reply.text, reply.activity) == ("Because", None)
    reply.begin()
    assert (reply.text, reply.failure, phase_of(reply)) == ("", None, (Phase.QUEUED, None))


def entry(key: str, *, loaded: bool = False, error: str | None = None, kind: str = "llm") -> LlmEntry:
    return LlmEntry(
        type=kind,
        key=key,
        error=error,
        size_bytes=98_123_456,
        params_string="135M",
        quantization=Quantization(name="Q4_1"),
        loaded_instances=[LlmInstance(id=key)] if loaded else [],
    )


def test_choices_begin_with_loaded_and_end_with_broken_ones() -> None:
    entries: list[LlmEntry | EmbeddingEntry] = [
        entry("c", error="cut short"),
        entry("b"),
        EmbeddingEntry(key="e"),
        entry("z", loaded=True),
        entry("a"),
        entry("v", kind="voice"),
    ]
    choices = choices_from(entries)
    assert [choice.key for choice in choices] == ["z", "a", "b", "c"]
    assert choices[0].detail == "Q4_1 · 135M · 98 MB"
    assert preferred(choices, None) == choices[0]
    assert preferred(choices, "b") == choices[2]
    assert preferred(choices, "c") == choices[0]
    assert preferred(choices[3:], None) is None
    assert choices[1].matches("q4 A")
    assert not choices[1].matches("q8")


def test_sizes_read_as_disks_are_sold() -> None:
    assert [size_text(n) for n in (1, 98_000_000, 4_920_000_000)] == ["1 kB", "98 MB", "4.9 GB"]


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hm\n</think>\n\nYes", [ReasoningPart("hm\n"), TextPart("\n\nYes")]),
        ("hm</think>Yes", [ReasoningPart("hm"), TextPart("Yes")]),
        ("hm\n</think>", [ReasoningPart("hm\n")]),
        ("hm</think>\n\nYes", [ReasoningPart("hm"), TextPart("\n\nYes")]),
        ("The tag is </think>", [TextPart("The tag is </think>")]),
        ("The tag is </think>\n", [TextPart("The tag is </think>\n")]),
        ("</think>\nYes", [TextPart("\nYes")]),
        ("It ends with </think>, mostly.", [TextPart("It ends with </think>, mostly.")]),
    ],
)
def test_what_turns_out_to_be_a_thought_is_one(size: int, text: str, parts: list[Part]) -> None:
    reply = Reply()
    reply.begin()
    for at in range(0, len(text), size):
        reply.apply(MessageDelta(content=text[at : at + size]))
    if not text.endswith(">"):
        assert reply.parts == parts
    reply.apply(ChatEnd(result=ChatResponse()))
    assert reply.parts == parts


def test_what_follows_a_thought_that_the_server_told_is_no_thought() -> None:
    reply = Reply()
    reply.begin()
    for event in (ReasoningDelta(content="hm"), MessageDelta(content="a\n</think>\nb"), ChatEnd(result=ChatResponse())):
        reply.apply(event)
    assert [part.text for part in reply.parts] == ["hm", "a\n</think>\nb"]


def test_a_long_answer_is_not_looked_through_with_every_word() -> None:
    reply = Reply()
    reply.begin()
    reply.apply(MessageDelta(content="</thinker> " + "x" * 2_000_000))
    began = time.process_time()
    for _ in range(2_000):
        reply.apply(MessageDelta(content="y"))
    assert time.process_time() - began < 2


@pytest.mark.parametrize("text", ["lörem ip漢um ", "a </think> b ", "```</think>\n"])
def test_a_long_reply_in_single_characters_takes_time_with_its_length(text: str) -> None:
    reply = Reply()
    began = time.process_time()
    for character in text * (100_000 // len(text)):
        reply.apply(MessageDelta(content=character))
    assert time.process_time() - began < 2
    assert reply.parts == [TextPart(text * (100_000 // len(text)))]
