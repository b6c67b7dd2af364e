"""Answers with log probabilities for every token: the same JSON as ever, and nobody waits for it."""

import asyncio
import functools
import json
import time
from typing import Any

import pytest

from studiolo.api.openai import ResponsesRequest
from studiolo.errors import RequestError
from studiolo.server.chat.openai import TextChunks, WholeCompletion
from studiolo.server.chat.probabilities import MOST_BESIDE
from studiolo.server.chat.response_events import ResponseEvents
from studiolo.server.chat.tools import Offer
from studiolo.server.engine.chunk import Chunk
from studiolo.server.http.stepwise import encoded, whole_answer

Body = dict[str, Any]
MOST_SECONDS = 0.25
"""Of the processor, in which nothing else goes on: for what took one and a half before."""


@functools.cache
def probabilities(beside: int) -> list[Body]:
    """The same for each token: made once, as to make them takes longer than what is tested."""
    return [
        {"id": one, "token": f'{one}"è', "bytes": [34, 195, 168], "logprob": -1.25 - one / 7} for one in range(beside)
    ]


def chunk(number: int, beside: int, *, text: bool = False) -> Body:
    """As the engine sends it for one token."""
    top = probabilities(beside)
    entry = {"id": number, "token": "a", "bytes": [97], "logprob": -0.5, "top_logprobs": top}
    said: Body = {"text": "a"} if text else {"delta": {"content": "a"}}
    choice = {"index": 0, "finish_reason": None, "logprobs": {"content": [entry]}, **said}
    kind = "text_completion" if text else "chat.completion.chunk"
    return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": "m", "choices": [choice]}


def completion(count: int, beside: int) -> Body:
    whole = WholeCompletion()
    for number in range(count):
        whole.feed(chunk(number, beside))
    return whole.result()


def text_completion(count: int, beside: int) -> Body:
    whole, chunks = WholeCompletion(), TextChunks()
    for number in range(count):
        whole.feed(chunks.feed(chunk(number, beside, text=True)))
    return whole.result()


def response(count: int, beside: int) -> Body:
    events = ResponseEvents(ResponsesRequest(model="m", input="x"), "m", "resp_" + "0" * 48, Offer())
    for number in range(count):
        events.feed(Chunk.of(chunk(number, beside)))
    return events.finish()[-1]


@pytest.mark.parametrize("made", [completion, text_completion, response])
@pytest.mark.parametrize(("count", "beside"), [(0, 0), (1, 0), (3, 2)])
async def test_an_answer_in_steps_is_the_answer(made: Any, count: int, beside: int) -> None:
    answer = made(count, beside)
    assert json.loads(await encoded(answer)) == answer
    told = await whole_answer(answer)
    assert (json.loads(bytes(told.body)), told.headers["content-type"]) == (answer, "application/json")


@pytest.mark.parametrize("made", [completion, text_completion, response])
async def test_others_go_on_while_a_large_answer_is_made(made: Any) -> None:
    answer = made(16_000, 20)
    longest, last, done = 0.0, time.process_time(), False

    async def others() -> None:
        nonlocal longest, last
        while not done:
            now = time.process_time()
            longest, last = max(longest, now - last), now
            await asyncio.sleep(0)

    going = asyncio.create_task(others())
    await asyncio.sleep(0)
    made_json = await encoded(answer)
    done = True
    await going
    assert len(made_json) > 8_000_000
    assert longest < MOST_SECONDS


@pytest.mark.parametrize("made", [completion, text_completion, response])
def test_more_than_the_memory_is_worth_is_refused(made: Any) -> None:
    made(3_900, MOST_BESIDE)
    with pytest.raises(RequestError, match="400,000 log probabilities"):
        made(4_100, MOST_BESIDE)


def test_a_chunk_with_all_that_may_be_asked_for_takes_its_time_and_no_more() -> None:
    sent = json.dumps(chunk(0, MOST_BESIDE, text=True))
    began = time.process_time()
    chunks = TextChunks()
    for _ in range(500):
        json.dumps(chunks.feed(json.loads(sent)))
    assert (time.process_time() - began) / 500 < 0.003
