"""Downloads on loopback: as fast as curl, in flat memory, and out of everybody's way."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import psutil

from benchmarks.rows import Row
from studiolo.local_server import running_server
from studiolo.paths import HOME_VARIABLE, app_paths, self_command

_SIZE = 2**30
_ROUNDS = 5
_NAMES = ("one", "two", "three")


async def measure_downloads(home: Path) -> list[Row]:
    home.mkdir(parents=True)
    url = "/acme/one-GGUF/resolve/main/one-Q4_K_M.gguf"
    ratios, plain, speeds, memory = [], [], [], []
    with _hub(home) as hub:
        async with _server(home / "home", hub) as (process, http):
            await _download(process, http)  # Whatever is imported and opened once is.
            for _ in range(_ROUNDS):
                # One right after the other: pages that were in use a moment ago are faster than others.
                curl, synced = _curl(hub + url, home / "curl.gguf")
                seconds, grown = await _download(process, http)
                ratios.append(synced / seconds)
                plain.append(curl / seconds)
                speeds.append(_SIZE / seconds)
                memory.append(grown)
            slowest = await _answers_meanwhile(http)
    return [
        Row(
            "speed of one download of 1 GiB, hashed and on the disk, against curl and `sync`",
            f"{statistics.median(ratios):.2f} ({statistics.median(speeds) / 1e6:.0f} MB/s; "
            f"against curl that leaves the writing to the system: {statistics.median(plain):.2f})",
            "at least 0.9",
            statistics.median(ratios) >= 0.9,
        ),
        Row(
            "memory of the server during it, beyond that before",
            f"+{max(memory) / 1e6:.0f} MB",
            "at most 30 MB",
            max(memory) <= 30e6,
        ),
        Row(
            "`GET /api/v1/server` while two downloads run at full speed, 99th percentile",
            f"{slowest * 1000:.1f} ms",
            "at most 20 ms",
            slowest <= 0.020,
        ),
    ]


@contextmanager
def _hub(home: Path) -> Iterator[str]:
    """The address of a hub with a file of each name."""
    command = [sys.executable, "-m", "benchmarks.hub_process", str(home), str(_SIZE), *_NAMES]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        yield process.stdout.readline().strip()
        process.stdin.close()


@asynccontextmanager
async def _server(home: Path, hub: str) -> AsyncIterator[tuple[psutil.Process, httpx.AsyncClient]]:
    os.environ[HOME_VARIABLE] = str(home)
    settings = app_paths().config / "server.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps({"hub_endpoint": hub, "disk_reserve_gb": 0}))
    command = self_command("server", "start", "--foreground", "--port", "0", "--with-parent")
    server = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        while not (state := running_server(app_paths())):
            time.sleep(0.02)
        async with httpx.AsyncClient(base_url=state.address, timeout=60) as http:
            yield psutil.Process(server.pid), http
    finally:
        assert server.stdin
        server.stdin.close()
        server.wait(30)


def _curl(url: str, target: Path) -> tuple[float, float]:
    """Seconds until curl ends, and until the file is on the disk."""
    began = time.perf_counter()
    subprocess.run(["curl", "--silent", "--fail", "--location", "--output", str(target), url], check=True)
    ended = time.perf_counter()
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    synced = time.perf_counter()
    target.unlink()
    return ended - began, synced - began


async def _download(process: psutil.Process, http: httpx.AsyncClient) -> tuple[float, int]:
    """Seconds of one download, and the bytes of memory that the server took beyond what it had; the file is removed."""
    before, most = process.memory_info().rss, 0
    began = time.perf_counter()
    await _start(http, "one")
    while (await _jobs(http))[0]["state"] != "completed":
        most = max(most, process.memory_info().rss)
        await asyncio.sleep(0.02)
    seconds = time.perf_counter() - began
    (app_paths().models / "acme" / "one-GGUF" / "one-Q4_K_M.gguf").unlink()
    return seconds, most - before


async def _answers_meanwhile(http: httpx.AsyncClient) -> float:
    await asyncio.gather(_start(http, "two"), _start(http, "three"))
    times = []
    while any(job["state"] in ("downloading", "queued") for job in await _jobs(http)):
        for _ in range(20):
            began = time.perf_counter()
            await http.get("/api/v1/server")
            times.append(time.perf_counter() - began)
    return statistics.quantiles(times, n=100)[98]


async def _start(http: httpx.AsyncClient, name: str) -> None:
    (await http.post("/api/v1/models/download", json={"model": f"acme/{name}-GGUF"})).raise_for_status()


async def _jobs(http: httpx.AsyncClient) -> list[dict[str, str]]:
    jobs: list[dict[str, str]] = (await http.get("/api/v1/models/download")).json()["jobs"]
    return jobs
