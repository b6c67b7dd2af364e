"""Conversations are made to take turns, and nothing that was said is lost."""

from typing import Any

import pytest

from studiolo.errors import RequestError
from studiolo.server.engine.conversation import Demands, Message, takes_turns


def user(text: Any = "u") -> Message:
    return {"role": "user", "content": text}


def assistant(text: str = "a", **more: Any) -> Message:
    return {"role": "assistant", "content": text, **more}


CALLS = [{"id": "c", "type": "function", "function": {"name": "look", "arguments": '{"at": 1}'}}]
CALLED = assistant("", tool_calls=CALLS)
TOLD: Message = {"role": "tool", "tool_call_id": "c", "content": "green"}
SYSTEM: Message = {"role": "system", "content": "s"}
TURNS = Demands(turns=True, tools=True)


@pytest.mark.parametrize(
    ("messages", "roles"),
    [
        ([user(), user(), assistant()], ["user", "assistant"]),
        ([SYSTEM, assistant(), user()], ["system", "user", "assistant", "user"]),
        ([user(), CALLED, TOLD, user()], ["user", "assistant", "tool", "assistant", "user"]),
        ([user(), CALLED, TOLD, TOLD, assistant()], ["user", "assistant", "tool", "tool", "assistant"]),
        ([user(), assistant("hm"), CALLED, TOLD, assistant()], ["user", "assistant", "tool", "assistant"]),
        ([CALLED, TOLD, user()], ["user", "assistant", "tool", "assistant", "user"]),
    ],
)
def test_turns_are_joined_or_filled_in(messages: list[Message], roles: list[str]) -> None:
    assert [message["role"] for message in TURNS.fit(messages)] == roles


def test_what_is_joined_is_all_there() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:"}}
    text = {"type": "text", "text": "one"}
    assert TURNS.fit([user("one"), user("two")]) == [user("one\n\ntwo")]
    assert TURNS.fit([user("one"), user([image])]) == [user([text, image])]
    [_, whole] = TURNS.fit([user(), assistant("a", reasoning_content="hm"), CALLED])
    assert whole == assistant("a", reasoning_content="hm", tool_calls=CALLS)


def test_without_messages_of_tools_their_calls_and_results_are_told() -> None:
    told = Demands(turns=True, tools=False).fit([user(), CALLED, TOLD, assistant()])
    assert [message["role"] for message in told] == ["user", "assistant", "user", "assistant"]
    assert told[1]["content"] == '[Called look with {"at": 1}]'
    assert told[2]["content"] == "[The result of the call]\n\ngreen"
    assert not any("tool_calls" in message for message in told)


def test_who_takes_turns_is_left_alone() -> None:
    assert takes_turns([SYSTEM, user(), assistant(), user()])
    assert not takes_turns([assistant(), user()])
    assert not takes_turns([user(), CALLED, TOLD])


async def test_a_template_that_takes_everything_demands_nothing() -> None:
    async def render(messages: list[Message]) -> None: ...

    messages = [user(), user(), CALLED, TOLD]
    assert (await Demands.of(render)).fit(messages) == messages


async def test_a_template_that_renders_nothing_speaks_for_itself() -> None:
    async def render(messages: list[Message]) -> None:
        raise RequestError("no")

    messages = [user(), user(), CALLED, TOLD]
    assert (await Demands.of(render)).fit(messages) == messages
