"""Thoughts in the text of a reply, however the text comes in pieces, from a server of either kind."""

import json
from typing import Any

import pytest

from studiolo.api.chat import ChatRequest, ReasoningItem
from studiolo.api.events import ChatEnd, Event, MessageDelta, ReasoningDelta, ReasoningEnd, ReasoningStart
from studiolo.client.client import Client
from studiolo.client.completions import Completions, PromptMessage, StreamedCompletionRequest
from studiolo.errors import UnreachableError
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
        return [event async for event in Completions(client).chat(request)]


async def told(pieces: list[str]) -> list[Event]:
    async with raw_server(as_native(pieces)) as server, Client(server.address) as client:
        return [event async for event in client.chat(ChatRequest(model="m", input="x"))]


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


async def test_a_stream_that_breaks_off_loses_nothing_of_a_thought() -> None:
    events: list[Event] = []

    async def follow(client: Client) -> None:
        async for event in client.chat(ChatRequest(model="m", input="x")):
            events.append(event)

    async with raw_server(as_native(["<think>a </th"], whole=False)) as server, Client(server.address) as client:
        with pytest.raises(UnreachableError):
            await follow(client)
    assert texts(events) == ("a </th", "")


def answer_of(*output: Json) -> bytes:
    return response(json.dumps({"model_instance_id": "m", "output": output, "stats": {}}).encode())


def message(text: str) -> Json:
    return {"type": "message", "content": text}


@pytest.mark.parametrize(
    ("text", "thought", "said"),
    [
        ("<think>\nhm\n</think>\n\nYes", "\nhm\n", "\n\nYes"),
        ("hm, so\nit is\n</think>\n\nYes", "hm, so\nit is", "Yes"),
        ("</think>\nYes", "", "Yes"),
        ("hm\n</thinking>", "hm", ""),
        ("<think>cut off", "cut off", ""),
        ("The tag </think> ends a thought.", "", "The tag </think> ends a thought."),
        ("So:\n```\nhm\n</think>\n```\nThat is it.", "", "So:\n```\nhm\n</think>\n```\nThat is it."),
        ("Yes", "", "Yes"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_whole_answer_is_told_apart_too(text: str, thought: str, said: str, streamed: bool) -> None:
    """Also where it was streamed, and of a thought that the template began only the end came."""
    events: list[Json] = [
        {"type": "message.delta", "content": text},
        {"type": "chat.end", "result": {"output": [message(text)]}},
    ]
    frames = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    sent = response(frames.encode(), kind="text/event-stream") if streamed else answer_of(message(text))
    async with raw_server(sent) as server, Client(server.address) as client:
        request = ChatRequest(model="m", input="x")
        if streamed:
            *_, last = [event async for event in client.chat(request)]
            assert isinstance(last, ChatEnd)
            answer = last.result
        else:
            answer = await client.chat_once(request)
    assert answer.text == said
    assert "".join(item.content for item in answer.output if isinstance(item, ReasoningItem)) == thought


async def test_a_server_that_tells_thoughts_itself_is_believed() -> None:
    output = ({"type": "reasoning", "content": "hm"}, message("<think>is a tag</think>"))
    async with raw_server(answer_of(*output)) as server, Client(server.address) as client:
        answer = await client.chat_once(ChatRequest(model="m", input="x"))
    assert answer.text == "<think>is a tag</think>"
