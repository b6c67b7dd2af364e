"""Many at once: 64 streaming clients through the server, and at the engine's own door, in turn."""

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

from benchmarks.rows import Row
from benchmarks.servers import MODEL, both_doors

CLIENTS = 64
TOKENS = 48
RUNS = 5
PROBES = 20


@dataclass
class Crowd:
    """How a crowd fared: tokens per second of all together, and what went wrong."""

    speed: float
    failures: list[str]


async def measure_crowd(home: Path) -> list[Row]:
    async with both_doors(home) as (address, engine), httpx.AsyncClient(base_url=address, timeout=600) as server:
        for http in (engine, server):
            await _crowd(http, clients=4)
        pairs = [await _pair(server, engine, first=run % 2) for run in range(RUNS)]
        probed, slowest = await asyncio.gather(_crowd(server), _slowest_first_byte(server))
    ratio = median(ours.speed / bare.speed for ours, bare in pairs)
    speeds = [median(pair[side].speed for pair in pairs) for side in (0, 1)]
    failures = [failure for ours in (*(pair[0] for pair in pairs), probed) for failure in ours.failures]
    return [
        Row(
            f"tokens per second of {CLIENTS} streaming clients together, against the engine asked by as many",
            f"{ratio:.3f} ({speeds[0]:.0f} against {speeds[1]:.0f})",
            "at least 0.95",
            ratio >= 0.95,
        ),
        Row(
            f"of {CLIENTS * (RUNS + 1)} streams, those that failed or lost a token",
            f"{len(failures)} {failures[:2] or ''}",
            "none",
            not failures,
        ),
        Row(
            f"first byte of a small chat while {CLIENTS} stream: the slowest of {PROBES}",
            f"{slowest:.0f} ms",
            "at most 100 ms",
            slowest <= 100,
        ),
    ]


async def _pair(server: httpx.AsyncClient, engine: httpx.AsyncClient, *, first: int) -> tuple[Crowd, Crowd]:
    """A crowd at each door, by turns at the engine's first: a machine that gets warm favours nobody."""
    if first:
        bare = await _crowd(engine)
        return await _crowd(server), bare
    return await _crowd(server), await _crowd(engine)


async def _crowd(http: httpx.AsyncClient, *, clients: int = CLIENTS) -> Crowd:
    began = time.perf_counter()
    outcomes = await asyncio.gather(*(_stream(http, number) for number in range(clients)))
    seconds = time.perf_counter() - began
    failures = [failure for _, failure in outcomes if failure]
    return Crowd(sum(count for count, _ in outcomes) / seconds, failures)


async def _stream(http: httpx.AsyncClient, number: int) -> tuple[int, str]:
    """How many tokens came, and what went wrong: fewer pieces than the engine says it made are a loss."""
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": f"Tell story {number} about the sea."}],
        "max_tokens": TOKENS,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    pieces = made = 0
    async with http.stream("POST", "/v1/chat/completions", json=body) as answer:
        if answer.status_code != httpx.codes.OK:
            return 0, f"status {answer.status_code}"
        async for line in answer.aiter_lines():
            if line.startswith("data: {"):
                chunk = json.loads(line[6:])
                if "error" in chunk:
                    return pieces, str(chunk["error"])
                made = (chunk.get("usage") or {}).get("completion_tokens", made)
                pieces += sum(bool(choice["delta"].get("content")) for choice in chunk["choices"])
    # The end of a reply is a token without text, and so is the first half of a character.
    return made, "" if pieces >= made - 3 else f"{pieces} pieces of {made} tokens"


async def _slowest_first_byte(http: httpx.AsyncClient) -> float:
    """In ms. The first event of `/api/v1/chat` says that the request is under way, not that its turn has come."""
    slowest = 0.0
    await asyncio.sleep(0.5)
    for _ in range(PROBES):
        began = time.perf_counter()
        body = {"model": MODEL, "input": "Hi", "max_output_tokens": 1, "stream": True, "store": False}
        async with http.stream("POST", "/api/v1/chat", json=body) as answer:
            async for _ in answer.aiter_raw():
                slowest = max(slowest, (time.perf_counter() - began) * 1000)
                break
        await asyncio.sleep(0.1)
    return slowest
