"""The price of the API: the same model asked through `/api/v1/chat` and asked at the engine's own door, in turn."""

import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from statistics import median

import httpx

from benchmarks.rows import Row
from benchmarks.servers import MODEL, both_doors
from studiolo.api import events
from studiolo.api.chat import ChatRequest
from studiolo.api.upstreams import UpstreamRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.upstreams import UpstreamsApi
from studiolo.server.runtimes.runtime import BUNDLED_RUNTIME, Runtime

PROMPT = "Write a long story about a lighthouse keeper and the sea."
TOKENS = 200
RUNS = 9


Timings = list[tuple[float, float]]
"""Of each run: seconds to the first piece, and pieces per second after it."""


async def measure_chat(home: Path) -> list[Row]:
    """The bundled engine."""
    return _rows(*await ask_in_turn(home, BUNDLED_RUNTIME))


async def ask_in_turn(home: Path, runtime: Runtime, *, elsewhere: bool = False) -> tuple[Timings, Timings]:
    """Alternate the two ways RUNS times after one warm-up each: through the API, and at the engine's own door.

    elsewhere: whether the server has no engine of its own to ask, but that one, as another machine's.
    """
    async with both_doors(home, runtime=runtime, at_a_port=elsewhere) as (address, direct), Client(address) as client:
        model = await _add(client, direct) if elsewhere else MODEL
        ways: dict[str, Callable[[], AsyncIterator[None]]] = {
            "api": lambda: _through_api(client, model),
            "engine": lambda: _at_the_engine(direct),
        }
        times: dict[str, Timings] = {name: [] for name in ways}
        for run in range(RUNS + 1):
            for name, ask in ways.items():
                timing = await _timed(ask())
                if run:
                    times[name].append(timing)
    return times["api"], times["engine"]


def _rows(api: Timings, engine: Timings) -> list[Row]:
    ratio = median(a[1] / e[1] for a, e in zip(api, engine, strict=True))
    extra = median(a[0] - e[0] for a, e in zip(api, engine, strict=True)) * 1000
    speed, bare = median(a[1] for a in api), median(e[1] for e in engine)
    first, bare_first = median(a[0] for a in api) * 1000, median(e[0] for e in engine) * 1000
    return [
        Row(
            "tokens per second through `/api/v1/chat`, against the engine asked directly",
            f"{ratio:.3f} ({speed:.1f} against {bare:.1f})",
            "at least 0.95",
            ratio >= 0.95,
        ),
        Row(
            "time to first token through `/api/v1/chat`, beyond that of the engine",
            f"{extra:+.1f} ms ({first:.1f} against {bare_first:.1f})",
            "at most 15 ms",
            extra <= 15,
        ),
    ]


async def _timed(pieces: AsyncIterator[None]) -> tuple[float, float]:
    """Seconds to the first piece of text, and pieces per second after it, by the asker's clock."""
    began = time.perf_counter()
    first = last = 0.0
    count = 0
    async for _ in pieces:
        last = time.perf_counter()
        first = first or last
        count += 1
    return first - began, (count - 1) / (last - first)


async def _add(client: Client, engine: httpx.AsyncClient) -> str:
    """Have the server ask an engine as another machine's; return the name of its model."""
    key = engine.headers["Authorization"].removeprefix("Bearer ")
    added = await UpstreamsApi(client).add(UpstreamRequest(address=str(engine.base_url), name="Box", key=key))
    return added.models[0].key


async def _through_api(client: Client, model: str) -> AsyncIterator[None]:
    async for event in ChatApi(client).stream(
        ChatRequest(model=model, input=PROMPT, temperature=0, max_output_tokens=TOKENS)
    ):
        if isinstance(event, events.MessageDelta):
            yield


async def _at_the_engine(http: httpx.AsyncClient) -> AsyncIterator[None]:
    body = {
        "messages": [{"role": "user", "content": PROMPT}],
        "temperature": 0,
        "max_tokens": TOKENS,
        "stream": True,
    }
    async with http.stream("POST", "/v1/chat/completions", json=body) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: {"):
                choices = json.loads(line[6:])["choices"]
                if choices and choices[0]["delta"].get("content"):
                    yield
