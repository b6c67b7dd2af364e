"""The price of tools: the time between a tool's result and the model's next word, and what warm servers take."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from benchmarks.rows import Row
from benchmarks.servers import both_doors
from studiolo.api import events
from studiolo.api.chat import ChatRequest
from studiolo.api.mcp import provider_name
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.local_server import running_server
from studiolo.paths import app_paths
from studiolo.server.chat.tools import offered
from studiolo.server.mcp.contract import ServerName, ServerSpec, Wanted
from studiolo.server.mcp.listing import offer
from studiolo.server.mcp.sessions import McpSessions
from studiolo.server.mcp.toolset import open_toolset
from tests.stands.scripted_model import write_scripted_llama

MODEL = "acme/caller"
QUESTION = "What time is it?"
RUNS = 15
SERVERS = 20
TOOLS = 200
_HERE = Path(__file__).parent
_STANDS = _HERE.parent / "tests" / "stands" / "mcp_servers"


async def measure_tools(home: Path) -> list[Row]:
    home.mkdir(parents=True)
    return [*await _between(home), *_memory(home), await _many(home)]


async def _between(home: Path) -> list[Row]:
    """A model that calls a clock: from the time that it tells to the next request, and to the model's next word."""
    file = home / "data" / "models" / "acme" / "caller" / "caller-F32.gguf"
    write_scripted_llama(file, calls={"clock": {}}, context_length=8192)
    entry = {"command": sys.executable, "args": [str(_HERE / "clock_server.py")]}
    (home / "config").mkdir()
    (home / "config" / "mcp.json").write_text(json.dumps({"mcpServers": {"clock": entry}}))
    (home / "config" / "server.json").write_text(json.dumps({"default_context_length": 4096}))
    asked: list[float] = []
    extra: list[float] = []
    async with both_doors(home, file) as (address, direct):
        state = running_server(app_paths())
        assert state, "the server runs"
        async with Client(address, state.key) as client:
            for run in range(RUNS + 1):
                to_request, to_word = await _turn(client)
                bare = await _first_word(direct)
                if run:
                    asked.append(to_request * 1000)
                    extra.append((to_word - bare) * 1000)
    middle, beyond = median(asked), median(extra)
    return [
        Row(
            "from a tool's result to the next request to the engine",
            f"{middle:.1f} ms (the slowest of {RUNS}: {max(asked):.1f})",
            "under 30 ms",
            middle < 30,
        ),
        Row(
            "from a tool's result to the model's next word, beyond the engine's own time",
            f"{beyond:.1f} ms",
            "under 30 ms",
            beyond < 30,
        ),
    ]


async def _turn(client: Client) -> tuple[float, float]:
    """Seconds from the tool's answer, by its own clock, until the next prompt is read and until text comes."""
    told = request = 0.0
    order = ChatRequest(model=MODEL, input=QUESTION, integrations=["mcp/clock"], store=False)
    async for event in ChatApi(client).stream(order):
        now = time.monotonic()
        match event:
            case events.ToolCallSuccess():
                assert provider_name(event.provider_info)
                told = float(json.loads(event.output)[0]["text"])
            case events.PromptProcessingStart() if told and not request:
                request = now
            case events.MessageDelta() if told:
                return request - told, now - told
    raise RuntimeError("the model did not call its tool")


async def _first_word(http: httpx.AsyncClient) -> float:
    """Seconds until the engine's own first word, asked what the server asks it after the call."""
    call = {"id": "call_1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
    schema = {"type": "object", "properties": {}, "title": "clockArguments"}
    body: dict[str, Any] = {
        "messages": [
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": repr(time.monotonic())},
        ],
        "tools": [
            {"type": "function", "function": {"name": "clock", "description": "Tell the time.", "parameters": schema}}
        ],
        "stream": True,
    }
    began = time.monotonic()
    async for line in _lines(http, body):
        if line.startswith("data: {"):
            choices = json.loads(line[6:])["choices"]
            if choices and choices[0]["delta"].get("content"):
                return time.monotonic() - began
    raise RuntimeError("the engine said nothing")


async def _lines(http: httpx.AsyncClient, body: dict[str, Any]) -> AsyncIterator[str]:
    async with http.stream("POST", "/v1/chat/completions", json=body) as answer:
        async for line in answer.aiter_lines():
            yield line


def _memory(home: Path) -> list[Row]:
    """What warm servers take of our own process, the SDK included."""
    few, many = (_weighed(home / name, *options) for name, options in (("few", ()), ("many", ("--many",))))
    return [
        Row(f"{SERVERS} warm MCP servers, of our own process's memory", f"{few:.0f} MB", "under 40 MB", few < 40),
        Row(f"the same with {TOOLS} tools each", f"{many:.0f} MB", "under 60 MB", many < 60),
    ]


def _weighed(folder: Path, *options: str) -> float:
    command = [sys.executable, "-m", "tests.stands.mcp_servers.weigh", str(folder), *options]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=_HERE.parent)
    return float(ran.stdout.split()[0])


async def _many(home: Path) -> Row:
    """A request with all of them: until their tools are known, named apart and read for the model."""
    sessions = McpSessions(home / "run")
    arguments = (str(_STANDS / "hostile.py"), "--many")
    names = [ServerName(f"server{number}") for number in range(SERVERS)]
    wanted = [Wanted(ServerSpec(name, command=sys.executable, args=arguments)) for name in names]
    times = []
    try:
        async with open_toolset(sessions, wanted):
            for _run in range(RUNS):
                began = time.perf_counter()
                async with open_toolset(sessions, wanted) as toolset:
                    definitions = [offer(one.tool, one.model_name) for one in toolset.tools]
                    offers = await asyncio.to_thread(offered, definitions)
                times.append((time.perf_counter() - began) * 1000)
                assert len(offers.functions) == SERVERS * TOOLS
    finally:
        await sessions.close()
    taken = median(times)
    name = f"a request with {SERVERS} warm servers of {TOOLS} tools each, until all are offered"
    return Row(name, f"{taken:.0f} ms", "under 500 ms", taken < 500)
