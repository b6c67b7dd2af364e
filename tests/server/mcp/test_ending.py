"""A server process that ends takes its MCP programs with it, and whoever waits hears of it."""

import asyncio
import sys
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from studiolo.server.mcp.contract import ServerName, ServerSpec
from studiolo.server.mcp.sessions import McpSessions
from tests.stands.plain_http import plain_get
from tests.stands.server_process import server_process
from tests.stands.waiting import until, wait_until

STANDS = Path(__file__).parents[2] / "stands" / "mcp_servers"


@pytest.mark.e2e
def test_programs_end_with_the_server_and_calls_with_them() -> None:
    answers: list[int] = []
    with server_process() as (process, state):
        headers = {"Authorization": f"Bearer {state.key}"}
        servers = f"{state.address}/api/v1/mcp/servers"
        entry = {"command": sys.executable, "args": [str(STANDS / "friendly.py")]}
        assert httpx.put(f"{servers}/friendly", json={"entry": entry}, headers=headers).status_code == 200
        ready = httpx.get(f"{servers}/friendly", headers=headers, timeout=60)
        assert ready.json()["state"] == "ready", ready.text
        children = psutil.Process(process.pid).children(recursive=True)
        [program] = [child for child in children if "friendly.py" in " ".join(child.cmdline())]

        def call() -> None:
            body = {"arguments": {"steps": 3, "seconds": 60}}
            answers.append(
                httpx.post(f"{servers}/friendly/tools/wait/call", json=body, headers=headers, timeout=60).status_code
            )

        calling = threading.Thread(target=call)
        calling.start()
        log = f"{state.address}/api/v1/server/log"
        wait_until(lambda: "/call" in plain_get(log, headers=headers).text, "the call")
        process.terminate()
        assert process.wait(10) == 0, "it is not ended by force"
        calling.join(10)
    assert answers == [502]
    assert not program.is_running()


def _programs() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "time.sleep(60)" in " ".join(child.cmdline())]


async def test_a_close_waits_for_a_program_whose_start_was_given_up(tmp_path: Path) -> None:
    sessions = McpSessions(tmp_path / "mcp")
    sessions.start()
    command = (sys.executable, ("-c", "import time; time.sleep(60)"))
    spec = ServerSpec(ServerName("slow"), command=command[0], args=command[1])

    async def use() -> None:
        async with sessions.session(spec):
            pass

    using = asyncio.create_task(use())
    await until(lambda: bool(_programs()), "the program")
    using.cancel()
    await asyncio.wait([using])
    await sessions.close()
    assert not _programs()
