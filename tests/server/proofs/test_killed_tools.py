"""SIGKILL of a server at random moments of turns with tools: no program stays, and every kept turn continues."""

import asyncio
import contextlib
import json
import os
import random
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from studiolo.paths import app_paths
from tests.stands.plain_http import http_client
from tests.stands.scripted_model import write_scripted_llama
from tests.stands.server_process import server_process
from tests.stands.waiting import until

KILLS = 50 if os.environ.get("STUDIOLO_PROVE") else 2
CHATS = 3
MODEL = "acme/caller"
_STANDS = Path(__file__).parents[2] / "stands" / "mcp_servers"


@pytest.mark.proof
@pytest.mark.timeout(3000)
async def test_no_program_outlives_its_server_and_every_answered_id_continues() -> None:
    write_scripted_llama(app_paths().models / MODEL / "caller-F32.gguf", calls={"wait": {"steps": 3, "seconds": 0.1}})
    servers = {
        "friendly": {"command": sys.executable, "args": [str(_STANDS / "friendly.py")]},
        "old": {"command": sys.executable, "args": [str(_STANDS / "friendly.py"), "--old"]},
    }
    app_paths().config.mkdir(parents=True, exist_ok=True)
    (app_paths().config / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    dice = random.Random(7)
    answered: list[str] = []
    checked = programs = 0
    for _ in range(KILLS):
        with server_process() as (process, state):
            head = {"Authorization": f"Bearer {state.key}"}
            async with http_client(state.address, timeout=60, headers=head) as http:
                checked += await check(http, answered)
                answered = []
                chats = [asyncio.create_task(chat(http, number, answered)) for number in range(CHATS)]
                wanted = dice.randint(1, 4 * CHATS)
                await until(partial(has, answered, wanted))
                await asyncio.sleep(dice.random() * 0.3)  # The moment itself is what is tried.
                begun = psutil.Process(process.pid).children(recursive=True)
                programs += len(begun)
                process.kill()
                await asyncio.gather(*chats)
            await until(partial(all_gone, begun))
    with server_process() as (_, state):
        async with http_client(state.address, timeout=60, headers={"Authorization": f"Bearer {state.key}"}) as http:
            checked += await check(http, answered)
    print(f"{KILLS} kills: {programs} programs gone, all of {checked} answered ids continue")
    assert checked >= KILLS
    assert programs > 2 * KILLS


def has(answered: Sequence[str], wanted: int) -> bool:
    return len(answered) >= wanted


def all_gone(programs: Sequence[psutil.Process]) -> bool:
    return not any(lives(one) for one in programs)


def lives(program: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return program.is_running() and program.status() != psutil.STATUS_ZOMBIE
    return False


async def chat(http: httpx.AsyncClient, number: int, answered: list[str]) -> None:
    """Turn upon turn with a tool each, until the server is gone."""
    last: str | None = None
    server = "friendly" if number % 2 else "old"
    try:
        for turn in range(10_000):
            before: dict[str, str] = {"previous_response_id": last} if last and turn % 8 else {}
            body = {"model": MODEL, "input": f"{number} {turn}", "integrations": [f"mcp/{server}"], **before}
            answer = await http.post("/api/v1/chat", json=body)
            assert answer.status_code == 200, answer.text
            answered.append(last := answer.json()["response_id"])
    except (httpx.TransportError, ValueError):
        return


async def check(http: httpx.AsyncClient, ids: Sequence[str]) -> int:
    """Continue each of the chats, without tools, and return how many there were."""
    for one in ids:
        body = {"model": MODEL, "input": "?", "max_output_tokens": 1, "previous_response_id": one, "store": False}
        answer = await http.post("/api/v1/chat", json=body)
        assert answer.status_code == 200, answer.text
    return len(ids)
