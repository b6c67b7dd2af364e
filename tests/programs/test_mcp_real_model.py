"""A trained model calls a tool of an MCP server that somebody else wrote: the included one, shown its tools."""

import json

import pytest

from studiolo.paths import app_paths
from tests.stands.plain_http import http_client
from tests.stands.programs import Programs
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.template_model import TOOLS, write_template_model

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

_MODEL = "acme/caller"


async def test_the_included_model_calls_a_server_from_npm(programs: Programs) -> None:
    package = "@modelcontextprotocol/server-everything"
    command = str(programs.from_npm(package) / "node_modules" / ".bin" / "mcp-server-everything")
    write_template_model(app_paths().models / _MODEL / "caller-Q4_1.gguf", TOOLS)
    app_paths().config.mkdir(parents=True, exist_ok=True)
    entry = {"command": command, "args": ["stdio"]}
    (app_paths().config / "mcp.json").write_text(json.dumps({"mcpServers": {"everything": entry}}))
    tool = {"type": "mcp", "server_label": "everything", "allowed_tools": ["echo"], "require_approval": "never"}
    body = {"model": _MODEL, "input": "Echo the word hello.", "tools": [tool], "tool_choice": "required"}
    head = {"Authorization": f"Bearer {LOCAL_KEY}"}
    async with serving() as server, http_client(server.address, timeout=120, headers=head) as http:
        answer = await http.post("/v1/responses", json=body | {"max_output_tokens": 200, "temperature": 0})
    assert answer.status_code == 200, answer.text
    items = answer.json()["output"]
    call = next(item for item in items if item["type"] == "mcp_call")
    print(call["name"], call["arguments"], call["output"])
    assert call["error"] is None
    said = json.loads(call["arguments"])["message"]
    assert isinstance(said, str)
    assert said in call["output"]
