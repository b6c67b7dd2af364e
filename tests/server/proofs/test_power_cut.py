"""SIGKILL in the middle of a storm of chats: the store opens, and every id that was given out continues."""

import asyncio
import os
import random
from collections.abc import Sequence
from functools import partial

import httpx
import pytest

from studiolo.paths import app_paths
from tests.stands.plain_http import http_client
from tests.stands.server_process import server_process
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

KILLS = 50 if os.environ.get("STUDIOLO_PROVE") else 3
CHATS = 6
MODEL = "tiny/tiny"


@pytest.mark.proof
@pytest.mark.timeout(3000)
async def test_every_answered_id_continues() -> None:
    write_tiny_llama(app_paths().models / "tiny" / "tiny" / "tiny.gguf")
    dice = random.Random(5)
    checked = 0
    answered: list[str] = []
    for _ in range(KILLS):
        with server_process() as (process, state):
            async with http_client(state.address, timeout=60) as http:
                checked += await check(http, answered)
                answered = []
                chats = [asyncio.create_task(chat(http, number, answered)) for number in range(CHATS)]
                # So many answers more, and the kill comes in the middle of whatever is going on then.
                wanted = dice.randint(2 * CHATS, 10 * CHATS)
                await until(partial(has, answered, wanted))
                process.kill()
                await asyncio.gather(*chats)
    with server_process() as (_, state):
        async with http_client(state.address, timeout=60) as http:
            checked += await check(http, answered)
    print(f"{KILLS} kills: all of {checked} answered ids continue")
    assert checked > KILLS * CHATS


def has(answered: Sequence[str], wanted: int) -> bool:
    return len(answered) >= wanted


async def chat(http: httpx.AsyncClient, number: int, answered: list[str]) -> None:
    """Turn upon turn, by both APIs, streamed and whole, until the server is gone."""
    last: str | None = None
    try:
        for turn in range(10_000):
            before: dict[str, str] = {"previous_response_id": last} if last and turn % 20 else {}
            body = {"model": MODEL, "input": f"{number} {turn}", "max_output_tokens": 2, **before}
            path, key = ("/api/v1/chat", "response_id") if (number + turn) % 2 else ("/v1/responses", "id")
            answer = await http.post(path, json=body)
            assert answer.status_code == 200, answer.text
            answered.append(last := answer.json()[key])
    except (httpx.TransportError, ValueError):
        return


async def check(http: httpx.AsyncClient, ids: Sequence[str]) -> int:
    """Continue each of the chats, and return how many there were."""
    for start in range(0, len(ids), 16):
        some = ids[start : start + 16]
        bodies = [
            {"model": MODEL, "input": "?", "max_output_tokens": 1, "previous_response_id": one, "store": False}
            for one in some
        ]
        answers = await asyncio.gather(*(http.post("/api/v1/chat", json=body) for body in bodies))
        assert not [answer.text for answer in answers if answer.status_code != 200]
    return len(ids)
