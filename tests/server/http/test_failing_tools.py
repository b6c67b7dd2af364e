"""Tools that can't be run to their end: the call fails, the model goes on, the next call is a new try."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from studiolo.paths import app_paths
from tests.stands.plain_http import http_client
from tests.stands.projector import write_projector
from tests.stands.scripted_model import REPLY, write_scripted_llama
from tests.stands.serving import LOCAL_KEY, serving

_HOSTILE = Path(__file__).parents[2] / "stands" / "mcp_servers" / "hostile.py"
_CALLS: dict[str, dict[str, Any]] = {
    tool: {} for tool in ("hang", "crash", "large", "nonsense", "notes", "picture", "bombs")
}


def write_home() -> None:
    write_scripted_llama(app_paths().models / "acme/caller/caller-F32.gguf", calls=_CALLS)
    app_paths().config.mkdir(parents=True, exist_ok=True)
    entry = {"command": sys.executable, "args": [str(_HOSTILE)], "timeout": 2}
    (app_paths().config / "mcp.json").write_text(json.dumps({"mcpServers": {"hostile": entry}}))


@pytest.mark.parametrize(
    ("tool", "reason"), [("hang", "2 s"), ("crash", "ended"), ("large", "large"), ("nonsense", "no message")]
)
async def test_the_call_fails_and_the_model_goes_on(tool: str, reason: str) -> None:
    write_home()
    plugin = {"type": "plugin", "id": "mcp/hostile", "allowed_tools": [tool]}
    body = {"model": "acme/caller", "input": "Please do.", "integrations": [plugin]}
    head = {"Authorization": f"Bearer {LOCAL_KEY}"}
    async with serving() as server, http_client(server.address, headers=head, timeout=60) as http:
        answer = await http.post("/api/v1/chat", json=body)
        assert answer.status_code == 200, answer.text
        failed, message = answer.json()["output"]
        assert (failed["type"], failed["metadata"]["type"]) == ("invalid_tool_call", "failed")
        assert failed["metadata"]["tool_name"] == tool
        assert failed["metadata"]["provider_info"] == {"type": "plugin", "plugin_id": "mcp/hostile"}
        assert reason in failed["reason"]
        assert "hunter2" not in json.dumps(failed), "a secret that it printed is its log's"
        assert message["content"] == REPLY
        plugin["allowed_tools"] = ["picture"]
        output = (await http.post("/api/v1/chat", json=body)).json()["output"]
        assert [item["type"] for item in output] == ["tool_call", "message"]


@pytest.mark.parametrize("tool", ["picture", "bombs"])
async def test_a_picture_that_is_none_or_a_bomb_is_named_to_a_model_that_sees(tool: str) -> None:
    write_home()
    write_projector(app_paths().models / "acme/caller/mmproj-caller.gguf", model_width=64)
    head = {"Authorization": f"Bearer {LOCAL_KEY}"}
    async with serving() as server, http_client(server.address, headers=head, timeout=60) as http:
        plugin = {"type": "plugin", "id": "mcp/hostile", "allowed_tools": [tool]}
        body = {"model": "acme/caller", "input": "Please do.", "integrations": [plugin]}
        answer = (await http.post("/api/v1/chat", json=body)).json()
        assert [item["type"] for item in answer["output"]] == ["tool_call", "message"], answer
        assert answer["output"][1]["content"] == REPLY
        entry = {"type": "mcp", "server_label": "hostile", "allowed_tools": [tool], "require_approval": "never"}
        made = (await http.post("/v1/responses", json={**body, "integrations": None, "tools": [entry]})).json()
        assert made["status"] == "completed", made
        assert "An image was left out." in made["output"][1]["output"]
        for earlier in (answer["response_id"], made["id"]):
            more = {"model": "acme/caller", "input": "Go on.", "previous_response_id": earlier}
            assert (await http.post("/api/v1/chat", json=more)).json()["output"][0]["content"] == REPLY


async def test_ten_thousand_notes_of_progress_hold_nothing_up() -> None:
    write_home()
    plugin = {"type": "plugin", "id": "mcp/hostile", "allowed_tools": ["notes"]}
    body = {"model": "acme/caller", "input": "Please do.", "integrations": [plugin], "stream": True}
    body["tool_approval"] = {"chat": "n"}
    head = {"Authorization": f"Bearer {LOCAL_KEY}"}
    told = 0
    async with (
        serving() as server,
        http_client(server.address, headers=head, timeout=60) as http,
        http.stream("POST", "/api/v1/chat", json=body) as answer,
    ):
        async for line in answer.aiter_lines():
            event = json.loads(line[6:]) if line.startswith("data: ") else {"type": ""}
            if event["type"] == "tool_call.approval_required":
                await http.post(f"/api/v1/mcp/approvals/{event['approval_id']}", json={"decision": "once"})
            told += event["type"] == "tool_call.progress"
            if event["type"] == "tool_call.success":
                assert "noted" in event["output"]
    assert 1 <= told < 1000
    assert event["type"] in ("", "chat.end")
