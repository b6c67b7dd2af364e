"""10,000 requests of every kind: nothing grows, nothing stays behind."""

import asyncio
import itertools
import os
import random
from collections.abc import Awaitable, Callable

import httpx
import psutil
import pytest

from studiolo.paths import app_paths
from tests.stands.plain_http import http_client
from tests.stands.server_process import engines_of, server_process
from tests.stands.tiny_model import write_tiny_llama

COUNT = 10_000 if os.environ.get("STUDIOLO_PROVE") else 500
WARM_UP = 400
AT_ONCE = 8
GROWTH_LIMIT = 30 * 2**20
MODEL = "tiny/tiny"
JSON = {"Content-Type": "application/json"}


async def chat(http: httpx.AsyncClient, number: int) -> None:
    answer = await http.post("/api/v1/chat", json={"model": MODEL, "input": f"Hi {number}", "max_output_tokens": 3})
    assert answer.status_code == 200, answer.text


async def completion(http: httpx.AsyncClient, number: int) -> None:
    messages = [{"role": "user", "content": f"Hi {number}"}]
    body = {"model": MODEL, "messages": messages, "max_tokens": 3, "stream": True}
    text = (await http.post("/v1/chat/completions", json=body)).text
    assert text.endswith("data: [DONE]\n\n"), text


async def response(http: httpx.AsyncClient, number: int) -> None:
    answer = await http.post("/v1/responses", json={"model": MODEL, "input": f"Hi {number}", "max_output_tokens": 3})
    assert answer.status_code == 200, answer.text


async def refused(http: httpx.AsyncClient, number: int) -> None:
    body = {"model": "no/body" if number % 2 else MODEL, "input": "x", "temperature": 9}
    assert (await http.post("/api/v1/chat", json=body)).status_code in (400, 404)


async def malformed(http: httpx.AsyncClient, number: int) -> None:
    content = (b"{nope", b"", b"\xff\xfe", b"[]", b'{"model": 1}')[number % 5]
    route = ("/api/v1/chat", "/v1/chat/completions", "/v1/messages", "/v1/responses")[number % 4]
    assert (await http.post(route, content=content, headers=JSON)).status_code == 400


async def cancelled(http: httpx.AsyncClient, number: int) -> None:
    body = {"model": MODEL, "input": "Go on and on.", "max_output_tokens": 1500, "stream": True}
    async with http.stream("POST", "/api/v1/chat", json=body) as answer:
        async for line in answer.aiter_lines():
            if line == "event: message.delta":
                break


KINDS: tuple[Callable[[httpx.AsyncClient, int], Awaitable[None]], ...] = (
    chat,
    completion,
    response,
    refused,
    malformed,
    cancelled,
)


@pytest.mark.proof
@pytest.mark.timeout(3000)
async def test_nothing_grows_and_nothing_stays_behind() -> None:
    write_tiny_llama(app_paths().models / "tiny" / "tiny" / "tiny.gguf")
    with server_process() as (process, state):
        server = psutil.Process(process.pid)
        async with http_client(state.address, timeout=120) as http:
            await storm(http, WARM_UP)
            before = server.memory_info().rss, await settled_descriptors(server)
            await storm(http, COUNT)
            assert len(engines_of(process)) == 1
            after = server.memory_info().rss, await settled_descriptors(server)
            growth, more = after[0] - before[0], after[1] - before[1]
            print(f"{COUNT} requests: memory {growth / 2**20:+.1f} MiB, descriptors {more:+d}")
            assert growth < GROWTH_LIMIT
            assert more <= 2
            log = (await http.get("/api/v1/server/log")).json()["entries"]
            assert all(entry["status"] for entry in log if entry["route"] != "/api/v1/server/log")
        [engine] = engines_of(process)
        busy = sum(engine.cpu_times()[:2])
        # Half a second of a clock is what its processor time is measured by.
        await asyncio.sleep(0.5)
        assert sum(engine.cpu_times()[:2]) - busy < 0.1, "no slot is at work"


async def storm(http: httpx.AsyncClient, count: int) -> None:
    numbers = itertools.count()
    dice = random.Random(count)

    async def worker() -> None:
        while (number := next(numbers)) < count:
            await dice.choice(KINDS)(http, number)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


async def settled_descriptors(server: psutil.Process) -> int:
    """Open files and sockets, once those of ended connections are gone."""
    least = server.num_fds()
    for _ in range(20):
        await asyncio.sleep(0.1)
        least = min(least, server.num_fds())
    return least
