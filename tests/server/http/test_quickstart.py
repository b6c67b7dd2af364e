"""The commands of LM Studio's quickstart, run by curl as they stand there, but for the address and the names of models,
of the MCP server and of its plugin."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from studiolo.api.server import TokenRequest
from studiolo.paths import app_paths
from studiolo.server.tokens import TokenStore
from tests.stands.hub import StandHub
from tests.stands.scripted_model import REPLY, write_scripted_llama
from tests.stands.serving import RunningServer, serving

_FRIENDLY = Path(__file__).parents[2] / "stands" / "mcp_servers" / "friendly.py"
_MODEL = "qwen/qwen3-8b"
_CALLS: dict[str, dict[str, Any]] = {"add": {"a": 3, "b": 4}}

HAIKU = """
curl http://localhost:1234/api/v1/chat \\
  -H "Authorization: Bearer $LM_API_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "qwen/qwen3-8b",
    "input": "Write a short haiku about sunrise."
  }'
"""
EPHEMERAL = """
curl http://localhost:1234/api/v1/chat \\
  -H "Authorization: Bearer $LM_API_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "qwen/qwen3-8b",
    "input": "What is top trending model",
    "integrations": [
      {
        "type": "ephemeral_mcp",
        "server_label": "huggingface",
        "server_url": "https://huggingface.co/mcp"
      }
    ],
    "context_length": 8000
  }'
"""
PLUGIN = """
curl http://localhost:1234/api/v1/chat \\
  -H "Authorization: Bearer $LM_API_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "qwen/qwen3-8b",
    "input": "Open this link https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "integrations": [
      {
        "type": "plugin",
        "id": "mcp/playwright"
      }
    ],
    "context_length": 8000
  }'
"""
DOWNLOAD = """
curl http://localhost:1234/api/v1/models/download \\
  -H "Authorization: Bearer $LM_API_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "model": "qwen/qwen3-8b"
  }'
"""
STATUS = """
curl -H "Authorization: Bearer $LM_API_TOKEN" \\
  http://localhost:1234/api/v1/models/download/status/{job_id}
"""


async def run(command: str, server: RunningServer, token: str, **names: str) -> dict[str, Any]:
    """What a command prints, with the names of the document replaced; without a proxy, as on most machines."""
    command = command.replace("http://localhost:1234", server.address)
    for name, meant in names.items():
        command = command.replace(name, meant)
    variables = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    process = await asyncio.create_subprocess_shell(
        command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=variables | {"LM_API_TOKEN": token},
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    answer: dict[str, Any] = json.loads(said)
    return answer


@asynccontextmanager
async def a_server(**settings: Any) -> AsyncIterator[tuple[RunningServer, str]]:
    """A server that asks for tokens and has a model; one of its tokens."""
    write_scripted_llama(app_paths().models / _MODEL / "Qwen3-8B-F32.gguf", calls=_CALLS)
    app_paths().config.mkdir(parents=True, exist_ok=True)
    servers = {"playwright": {"command": sys.executable, "args": [str(_FRIENDLY)]}}
    (app_paths().config / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    order = TokenRequest(name="quickstart", permissions=["chat", "models", "downloads", "mcp"])
    _, token = TokenStore(app_paths().data / "tokens.json").create(order)
    allowed: dict[str, Any] = {"allow_mcp_json": True, "allow_per_request_mcp": True, "require_authentication": True}
    async with serving(**(allowed | settings)) as server:
        yield server, token


async def test_a_haiku_is_answered() -> None:
    async with a_server() as (server, token):
        answer = await run(HAIKU, server, token)
    assert [item["content"] for item in answer["output"]] == [REPLY]
    assert re.fullmatch(r"resp_[0-9a-f]{48}", answer["response_id"])
    assert answer["stats"]["model_load_time_seconds"] > 0


async def test_an_mcp_server_of_the_request_is_used() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(_FRIENDLY), "--http", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        url = (await process.stdout.readline()).decode().strip()
        async with a_server(allow_private_mcp=True) as (server, token):
            answer = await run(EPHEMERAL, server, token, **{"https://huggingface.co/mcp": url})
            (instance,) = server.pool.instances
    finally:
        process.kill()
        await process.wait()
    call, message = answer["output"]
    assert (call["type"], call["tool"], call["arguments"]) == ("tool_call", "add", {"a": 3, "b": 4})
    assert call["provider_info"] == {"type": "ephemeral_mcp", "server_label": "huggingface"}
    assert json.loads(call["output"])[0]["text"] == "7"
    assert message["content"] == REPLY
    assert instance.config.context_length == 8000


async def test_a_plugin_of_mcp_json_is_used() -> None:
    async with a_server() as (server, token):
        answer = await run(PLUGIN, server, token)
        (instance,) = server.pool.instances
    call, message = answer["output"]
    assert call["provider_info"] == {"type": "plugin", "plugin_id": "mcp/playwright"}
    assert message["content"] == REPLY
    assert instance.config.context_length == 8000


@pytest.mark.parametrize("command", [EPHEMERAL, PLUGIN], ids=["ephemeral", "plugin"])
async def test_without_the_settings_it_is_said_what_may_not_be_used(command: str) -> None:
    async with a_server(allow_mcp_json=False, allow_per_request_mcp=False) as (server, token):
        answer = await run(command, server, token)
    error = answer["error"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request", "integrations", None)
    assert "huggingface" in error["message"] or "mcp/playwright" in error["message"]


async def test_a_model_is_downloaded_and_watched(stand: StandHub) -> None:
    stand.add("acme/One-GGUF", {"One-Q4_K_M.gguf": os.urandom(2**20)})
    link = f"{stand.endpoint}/acme/One-GGUF"
    async with a_server(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as (server, token):
        started = await run(DOWNLOAD, server, token, **{_MODEL: link})
        assert re.fullmatch(r"job_[0-9a-f]{10}", started["job_id"])
        assert started["status"] == "downloading"
        for _ in range(600):
            status = await run(STATUS, server, token, **{"{job_id}": started["job_id"]})
            if status["status"] == "completed":
                break
            await asyncio.sleep(0.05)
    assert status["status"] == "completed"
    assert status["downloaded_bytes"] == status["total_size_bytes"] == 2**20
