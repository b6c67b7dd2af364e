"""The price of the API: the same model asked through `/api/v1/chat` and asked at the engine's own door, in turn."""

import json
import os
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median

import httpx

from benchmarks.rows import Row
from studiolo.api import events
from studiolo.api.chat import ChatRequest
from studiolo.client.native import Client
from studiolo.local_server import running_server
from studiolo.paths import HOME_VARIABLE, app_paths, self_command
from studiolo.server.engine.contract import EngineSettings
from studiolo.server.engine.process import EngineProcess
from studiolo.server.library.scan import Library

MODEL = "huggingfacetb/smollm2-135m-instruct"
PROMPT = "Write a long story about a lighthouse keeper and the sea."
TOKENS = 200
RUNS = 9


async def measure_chat(home: Path) -> list[Row]:
    """Alternate the two ways RUNS times after one warm-up each."""
    os.environ[HOME_VARIABLE] = str(home)
    model = Library([]).find(MODEL)
    assert model, "the starter model is not installed"
    settings = EngineSettings(model=model.path, size_bytes=model.size_bytes, context_length=4096)
    engine = await EngineProcess.spawn(settings, home / "s")
    server = subprocess.Popen(
        self_command("server", "start", "--foreground", "--port", "0", "--with-parent"), stdin=subprocess.PIPE
    )
    try:
        ready = await engine.wait_ready(settings, lambda _: None)
        while not (state := running_server(app_paths())):
            time.sleep(0.02)
        async with Client(state.address) as client, _engine_client(ready.address, engine.key) as direct:
            ways = {"api": lambda: _through_api(client), "engine": lambda: _at_the_engine(direct)}
            times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
            for run in range(RUNS + 1):
                for name, ask in ways.items():
                    timing = await _timed(ask())
                    if run:
                        times[name].append(timing)
    finally:
        assert server.stdin
        server.stdin.close()
        server.wait(20)
        await engine.close()
    return _rows(times["api"], times["engine"])


def _rows(api: list[tuple[float, float]], engine: list[tuple[float, float]]) -> list[Row]:
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


async def _through_api(client: Client) -> AsyncIterator[None]:
    async for event in client.chat(ChatRequest(model=MODEL, input=PROMPT, temperature=0, max_output_tokens=TOKENS)):
        if isinstance(event, events.MessageDelta):
            yield


def _engine_client(address: str, key: str) -> httpx.AsyncClient:
    socket = address.removeprefix("unix://") if address.startswith("unix://") else None
    transport = httpx.AsyncHTTPTransport(uds=socket, limits=httpx.Limits(max_keepalive_connections=0))
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(
        transport=transport, base_url="http://engine" if socket else address, headers=headers, timeout=60
    )


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
