"""A reply beside another program: the same engine at rest and with every core kept busy, in turn."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx
import psutil

from benchmarks.rows import Row
from benchmarks.servers import both_doors

RUNS = 5
PROMPT = "The keeper climbs the stairs and lights the lamp. " * 40
TOKENS = 48


async def measure_beside(home: Path) -> list[Row]:
    """Both speeds are the engine's own figures: tokens per second while it reads, and while it writes."""
    async with both_doors(home) as (_, engine):
        await _speeds(engine, "warm")
        pairs = []
        for run in range(RUNS):
            alone = await _speeds(engine, f"{run} alone")
            with _busy_cores():
                pairs.append((await _speeds(engine, f"{run} beside"), alone))
    rows = []
    for side, words in enumerate(("reading a prompt", "writing a reply")):
        ratio = median(beside[side] / alone[side] for beside, alone in pairs)
        speeds = [median(pair[which][side] for pair in pairs) for which in (0, 1)]
        rows.append(
            Row(
                f"{words} beside a program that keeps every core busy, against one that runs alone",
                f"{ratio:.2f} ({speeds[0]:.0f} against {speeds[1]:.0f} tokens per second)",
                "at least 0.4",
                ratio >= 0.4,
            )
        )
    return rows


async def _speeds(engine: httpx.AsyncClient, head: str) -> tuple[float, float]:
    body = {"prompt": f"{head}. {PROMPT}", "n_predict": TOKENS, "ignore_eos": True, "cache_prompt": False}
    figures = (await engine.post("/completion", json=body)).json()["timings"]
    return figures["prompt_per_second"], figures["predicted_per_second"]


@contextmanager
def _busy_cores() -> Iterator[None]:
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(psutil.cpu_count() or 1)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()
