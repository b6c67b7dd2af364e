"""Large bodies: nobody else waits for them, and they take little more memory than they have bytes."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from studiolo.local_server import ServerState
from studiolo.paths import app_paths
from tests.stands.large_bodies import large_bodies, long_chats
from tests.stands.plain_http import http_client
from tests.stands.served_thread import served_in_a_thread
from tests.stands.server_process import server_process
from tests.stands.tiny_model import write_tiny_llama

SIZE = 100_000_000 if os.environ.get("STUDIOLO_PROVE") else 3_000_000
VALUES = 95_000 if os.environ.get("STUDIOLO_PROVE") else 20_000
MOST_BUSY_MS = 100
MEASURED = 3
"""Times at most, where the first time was too long."""
ALLOWANCE = 64 * 2**20
"""Bytes: what a small body may take, however it is made."""


@pytest.fixture(autouse=True)
def tiny() -> Path:
    return write_tiny_llama(app_paths().models / "tiny" / "tiny" / "tiny.gguf", brief=True)


@asynccontextmanager
async def asking(address: str) -> AsyncIterator[httpx.AsyncClient]:
    head = {"Content-Type": "application/json"}
    async with http_client(address, headers=head, timeout=300) as http:
        # The model is there and everything was used once.
        warm = {"model": "tiny/tiny", "messages": [{"role": "user", "content": "x"}], "max_tokens": 2}
        assert (await http.post("/v1/chat/completions", json=warm)).status_code == 200
        yield http


async def check(name: str, answer: httpx.Response) -> None:
    assert answer.status_code in (400, 404, 413), f"{name}: {answer.status_code} {answer.text[:300]}"
    assert "error" in answer.json(), name
    assert len(answer.content) < 20_000, f"{name}: the answer has {len(answer.content)} bytes"


@pytest.mark.proof
@pytest.mark.timeout(1800)
async def test_no_large_body_holds_up_the_loop() -> None:
    worst = {}
    with served_in_a_thread() as served:
        async with asking(served.address) as http:
            for name, path, body in (*large_bodies(SIZE), *long_chats(VALUES)):
                turns: list[float] = []
                # A machine that its host holds up for a period of 100 ms looks busy, too, but not each time.
                while not turns or (min(turns) > MOST_BUSY_MS and len(turns) < MEASURED):
                    await served.worst_turn()
                    answer = await http.post(path, content=body)
                    turns.append(await served.worst_turn())
                    await check(name, answer)
                worst[name] = min(turns)
    print("\n" + ", ".join(f"{name}: {busy:.0f} ms" for name, busy in worst.items()))
    assert {name: busy for name, busy in worst.items() if busy > MOST_BUSY_MS} == {}


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the most that a process took is Linux's to tell"
)
async def test_no_large_body_takes_more_than_three_times_its_size() -> None:
    taken = {}
    with server_process() as (process, state):
        async with asking(state.address) as http:
            for name, path, body in large_bodies(SIZE):
                before = begin_peak(state)
                await check(name, await http.post(path, content=body))
                taken[name] = (peak(state) - before) / len(body)
        process.terminate()
        process.wait()
    print("\n" + ", ".join(f"{name}: {share:.2f}" for name, share in taken.items()))
    most = max(3.0, ALLOWANCE / SIZE)
    assert {name: share for name, share in taken.items() if share > most} == {}


def begin_peak(state: ServerState) -> int:
    """Forget the most that the server's process took so far; what it has now, in bytes."""
    Path(f"/proc/{state.pid}/clear_refs").write_text("5")
    return status(state, "VmRSS")


def peak(state: ServerState) -> int:
    return status(state, "VmHWM")


def status(state: ServerState, name: str) -> int:
    lines = Path(f"/proc/{state.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))
