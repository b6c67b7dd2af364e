"""Thoughts in the text of a reply, however the text comes in pieces, from a server of either kind."""

import json
import time
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from studiolo.api.chat import ChatRequest
from studiolo.api.events import ChatEnd, Event, MessageDelta, MessageEnd, ReasoningDelta, ReasoningEnd, ReasoningStart
from studiolo.api.openai import PromptMessage, StreamedCompletionRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.openai import OpenAiApi
from studiolo.client.thoughts import with_thoughts_apart
from studiolo.errors import UnreachableError
from studiolo.thought_tags import parted
from tests.stands.raw_http import raw_server, response

Json = Any


def as_completion(pieces: list[str]) -> bytes:
    frames = [f"data: {json.dumps({'choices': [{'delta': {'content': piece}}]})}\n\n" for piece in pieces]
    return response("".join([*frames, "data: [DONE]\n\n"]).encode(), kind="text/event-stream")


def as_native(pieces: list[str], *, whole: bool = True) -> bytes:
    events: list[Json] = [
        {"type": "message.start"},
        *({"type": "message.delta", "content": piece} for piece in pieces),
    ]
    events += [{"type": "message.end"}, {"type": "chat.end", "result": {}}] if whole else []
    frames = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]
    return response("".join(frames).encode(), kind="text/event-stream")


async def completed(pieces: list[str]) -> list[Event]:
    async with raw_server(as_completion(pieces)) as server, Client(server.address) as client:
        request = StreamedCompletionRequest(model="m", messages=[PromptMessage(role="user", content="x")])
        return [event async for event in OpenAiApi(client).stream_chat(request)]


async def told(pieces: list[str]) -> list[Event]:
    async with raw_server(as_native(pieces)) as server, Client(server.address) as client:
        return [event async for event in ChatApi(client).stream(ChatRequest(model="m", input="x"))]


def texts(events: list[Event]) -> tuple[str, str]:
    """What was thought, and what was said."""
    thought = "".join(event.content for event in events if isinstance(event, ReasoningDelta))
    return thought, "".join(event.content for event in events if isinstance(event, MessageDelta))


@pytest.mark.parametrize("ask", [completed, told])
@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize(
    ("text", "thought", "said"),
    [
        ("<think>\nhm < 3 </b> so\n</think>\n\nYes </think>", "\nhm < 3 </b> so\n", "\n\nYes </think>"),
        ("\n<thinking>hm</think></thinking>Yes", "hm</think>", "Yes"),
        ("<think></think>Yes", "", "Yes"),
        ("<think>cut off </thi", "cut off </thi", ""),
        ("The tag <think>is text</think> here", "", "The tag <think>is text</think> here"),
        ("  <thin", "", "  <thin"),
        ("<think>a</think>x<think>b</think>y", "a", "x<think>b</think>y"),
        ("<think><think>a</think>y", "<think>a", "y"),
        ("<thinker>a</thinker>", "", "<thinker>a</thinker>"),
        ("", "", ""),
    ],
)
async def test_a_text_that_begins_with_a_thought_is_told_apart(
    ask: object, size: int, text: str, thought: str, said: str
) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    events = await ask(pieces)  # type: ignore[operator]
    assert texts(events) == (thought, said)
    assert isinstance(events[-1], ChatEnd)
    begun = text.lstrip().startswith(("<think>", "<thinking>"))
    kinds = [type(event) for event in events]
    assert kinds.count(ReasoningStart) == kinds.count(ReasoningEnd) == begun


def as_whole_completion(text: str) -> bytes:
    return response(json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).encode())


def as_whole_native(*output: Json) -> bytes:
    return response(json.dumps({"output": output}).encode())


async def whole_output(*output: Json) -> list[tuple[str, str]]:
    """As both ways of asking tell it."""
    request = ChatRequest(model="m", input="x")
    async with raw_server(as_whole_native(*output)) as server, Client(server.address) as client:
        once = await ChatApi(client).complete(request)
        (event,) = [event async for event in ChatApi(client).stream(request)]
    assert isinstance(event, ChatEnd)
    assert event.result == once
    return [(item.type, getattr(item, "content", "")) for item in once.output]


WHOLE = [
    ("<think>hm</think>\nYes", "hm", "\nYes"),
    ("<think>cut off", "cut off", ""),
    ("hm\n</think>\n\nYes", "hm\n", "\n\nYes"),
    ("hm</think>Yes", "hm", "Yes"),
    ("hm</thinking>\nYes", "hm", "\nYes"),
    ("all of it\n</think>", "all of it\n", ""),
    ("The tag is </think>", "", "The tag is </think>"),
    ("The tag is </think>\n\n", "", "The tag is </think>\n\n"),
    ("The tag is </think>" + "\n" * 99 + "Yes", "", "The tag is </think>" + "\n" * 99 + "Yes"),
    ("</think>\n\nYes", "", "\n\nYes"),
    ("hm</think>\nthe end is </think>", "hm", "\nthe end is </think>"),
    ("It ends with `</think>`.", "", "It ends with `</think>`."),
    ("It ends with </think>, mostly.", "", "It ends with </think>, mostly."),
    ("```\n</think>\n```", "", "```\n</think>\n```"),
    ("From <think> to </think>\nit thinks.", "", "From <think> to </think>\nit thinks."),
    ("Yes", "", "Yes"),
]


@pytest.mark.parametrize(("text", "thought", "said"), WHOLE)
async def test_a_whole_answer_is_told_apart_as_well(text: str, thought: str, said: str) -> None:
    told = await whole_output({"type": "message", "content": text})
    assert told == [(kind, one) for kind, one in (("reasoning", thought), ("message", said)) if one]


async def test_a_whole_answer_whose_server_knows_thoughts_stays_as_it_is() -> None:
    output = [("reasoning", "hm"), ("message", "a\n</think>\nb"), ("tool_call", ""), ("message", "c\n</think>\nd")]
    told = await whole_output(*({"type": kind, "content": text} for kind, text in output))
    assert told == [*output[:3], ("reasoning", "c\n"), ("message", "\nd")]


async def test_a_server_of_the_other_kind_that_does_not_stream_is_understood() -> None:
    async with raw_server(as_whole_completion("<think>hm</think>Yes")) as server, Client(server.address) as client:
        request = StreamedCompletionRequest(model="m", messages=[PromptMessage(role="user", content="x")])
        events = [event async for event in OpenAiApi(client).stream_chat(request)]
    assert texts(events) == ("hm", "Yes")
    assert isinstance(events[-1], ChatEnd)
    assert events[-1].result.stats.stop_reason == "eosFound"


async def test_the_end_of_a_stream_tells_the_output_as_the_stream_did() -> None:
    text = "<think>hm</think>Yes"
    end = {"type": "chat.end", "result": {"output": [{"type": "message", "content": text}]}}
    content = f"event: chat.end\ndata: {json.dumps(end)}\n\n".encode()
    async with (
        raw_server(response(content, kind="text/event-stream")) as server,
        Client(server.address) as client,
    ):
        (event,) = [event async for event in ChatApi(client).stream(ChatRequest(model="m", input="x"))]
    assert isinstance(event, ChatEnd)
    assert [item.type for item in event.result.output] == ["reasoning", "message"]


async def test_a_stream_that_breaks_off_loses_nothing_of_a_thought() -> None:
    events: list[Event] = []

    async def follow(client: Client) -> None:
        async for event in ChatApi(client).stream(ChatRequest(model="m", input="x")):
            events.append(event)

    async with raw_server(as_native(["<think>a </th"], whole=False)) as server, Client(server.address) as client:
        with pytest.raises(UnreachableError):
            await follow(client)
    assert texts(events) == ("a </th", "")


@pytest.mark.parametrize("text", ["> </think>\nit ends.", "~~~\n</think>\n~~~"])
def test_a_tag_that_is_quoted_ends_no_thought(text: str) -> None:
    assert parted(text) is None


async def test_an_answer_of_blanks_in_single_characters_takes_time_with_its_length() -> None:
    async def blanks() -> AsyncGenerator[Event, None]:
        for _ in range(300_000):
            yield MessageDelta(content="\n")
        yield MessageEnd()

    began = time.process_time()
    told = [event async for event in with_thoughts_apart(blanks())]
    assert told == [MessageDelta(content="\n" * 300_000), MessageEnd()]
    assert time.process_time() - began < 8
