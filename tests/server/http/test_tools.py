"""Turns in which a model calls tools of MCP servers: what goes over the wire, what is kept, who is asked."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from studiolo.paths import app_paths
from tests.stands.homes import use_home
from tests.stands.mcp_servers.friendly import LETTER
from tests.stands.plain_http import http_client
from tests.stands.scripted_model import REPLY, write_scripted_llama
from tests.stands.serving import LOCAL_KEY, RunningServer, serving
from tests.stands.tiny_model import write_tiny_llama

pytestmark = pytest.mark.asyncio(loop_scope="module")

_STANDS = Path(__file__).parents[2] / "stands" / "mcp_servers"
_CALLS: dict[str, dict[str, Any]] = {
    "caller": {
        "add": {"a": 3, "b": 4},
        "fail": {},
        "wait": {"steps": 3, "seconds": 0.2},
        "paint": {},
        "picture": {},
    },
    "lost": {"friendly_add": {"a": 3, "b": 4}, "letter": {}, "tool_7": {}},
    "clumsy": {"halve": {"number": 3}, "wait": {"steps": 1, "seconds": 60}},
    "passing": {"wait": {"steps": 3, "seconds": 0.2}},
}
"""By model: the first of these tools that it is offered is called with these arguments."""
OWN = {"Authorization": f"Bearer {LOCAL_KEY}"}
CALL = {"arguments": {"a": 1, "b": 1}}
PROVIDER = {"type": "plugin", "plugin_id": "mcp/friendly"}


def entry(*arguments: str, script: str = "friendly.py") -> dict[str, Any]:
    return {"command": sys.executable, "args": [str(_STANDS / script), *arguments]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    """A server with models that call a tool each, and an MCP server of both eras."""
    with pytest.MonkeyPatch.context() as patch:
        use_home(tmp_path_factory.mktemp("home"), patch)
        for name, calls in _CALLS.items():
            write_scripted_llama(app_paths().models / "acme" / name / f"{name}-F32.gguf", calls=calls)
        write_tiny_llama(app_paths().models / "acme" / "plain" / "plain-F32.gguf")
        app_paths().config.mkdir(parents=True, exist_ok=True)
        servers: dict[str, Any] = {
            "friendly": entry(),
            "old": entry("--old"),
            "nobody": {"url": "http://127.0.0.1:9/mcp"},
            "many": entry("--many", script="hostile.py"),
        }
        (app_paths().config / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
        async with serving() as running, http_client(running.address, headers=OWN, timeout=60) as http:
            for model in _CALLS:
                order = {"model": f"acme/{model}", "context_length": 32768}
                (await http.post("/api/v1/models/load", json=order)).raise_for_status()
            for label, tool in (("friendly", "add"), ("old", "add"), ("many", "tool_7")):
                (await http.post(f"/api/v1/mcp/servers/{label}/tools/{tool}/call", json=CALL)).raise_for_status()
            yield running


@pytest_asyncio.fixture(loop_scope="module")
async def http(server: RunningServer) -> AsyncIterator[httpx.AsyncClient]:
    """This machine's own user."""
    async with http_client(server.address, headers=OWN, timeout=60) as client:
        yield client


def body(*tools: str, label: str = "friendly", model: str = "caller", **more: Any) -> dict[str, Any]:
    """A request with tools of a server."""
    plugin = {"type": "plugin", "id": f"mcp/{label}", "allowed_tools": list(tools)}
    return {"model": f"acme/{model}", "input": "Please do.", "integrations": [plugin], **more}


async def answer(http: httpx.AsyncClient, *args: Any, **more: Any) -> dict[str, Any]:
    response = await http.post("/api/v1/chat", json=body(*args, **more))
    assert response.status_code == 200, response.text
    result: dict[str, Any] = response.json()
    return result


async def stream(http: httpx.AsyncClient, *args: Any, **more: Any) -> AsyncIterator[dict[str, Any]]:
    async with http.stream("POST", "/api/v1/chat", json=body(*args, stream=True, **more)) as response:
        assert response.status_code == 200, await response.aread()
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                yield json.loads(line[6:])


@pytest.mark.parametrize("label", ["friendly", "old"])
async def test_a_tool_is_called_and_its_result_is_answered(http: httpx.AsyncClient, label: str) -> None:
    result = await answer(http, "add", label=label)
    call, message = result["output"]
    assert call == {
        "type": "tool_call",
        "tool": "add",
        "arguments": {"a": 3, "b": 4},
        "output": '[{"type":"text","text":"7"}]',
        "provider_info": {"type": "plugin", "plugin_id": f"mcp/{label}"},
    }
    assert message == {"type": "message", "content": REPLY}
    without = await answer(http, "another", label=label)
    assert result["stats"]["total_output_tokens"] > without["stats"]["total_output_tokens"], "those of the call, too"
    assert result["stats"]["stop_reason"] == "eosFound"


async def test_the_events_come_in_the_documented_order(http: httpx.AsyncClient) -> None:
    seen = [event async for event in stream(http, "add")]
    names = [event["type"] for event in seen if not event["type"].startswith(("model_load", "prompt_processing"))]
    deltas = [name for name in names if name == "message.delta"]
    calling = ["tool_call.start", "tool_call.name", "tool_call.arguments", "tool_call.success"]
    assert names[:6] == ["chat.start", *calling, "message.start"]
    assert names[6:] == [*deltas, "message.end", "chat.end"]
    start, name, arguments, success = [event for event in seen if event["type"].startswith("tool_call")]
    assert start == {"type": "tool_call.start", "tool": "add", "provider_info": PROVIDER}
    assert name == {"type": "tool_call.name", "tool_name": "add"}
    told = {"tool": "add", "arguments": {"a": 3, "b": 4}, "provider_info": PROVIDER}
    assert arguments == {"type": "tool_call.arguments", **told}
    assert success == {"type": "tool_call.success", **told, "output": '[{"type":"text","text":"7"}]'}
    assert [event["type"] for event in seen].count("prompt_processing.start") == 2, "a prompt for each round"


async def test_a_continuation_remembers_calls_and_results(http: httpx.AsyncClient) -> None:
    first = await answer(http, "add")
    again = body("add", previous_response_id=first["response_id"])
    del again["integrations"]
    second = (await http.post("/api/v1/chat", json=again)).json()
    assert [item["type"] for item in second["output"]] == ["message"]
    alone = (await http.post("/api/v1/chat", json={"model": again["model"], "input": again["input"]})).json()
    assert second["stats"]["input_tokens"] > alone["stats"]["input_tokens"] + first["stats"]["total_output_tokens"]
    kept = (await http.get(f"/v1/responses/{first['response_id']}")).json()
    assert "7" in json.dumps(kept)


async def test_a_branch_remembers_its_own_calls_and_those_of_no_other(http: httpx.AsyncClient) -> None:
    root = await answer(http)
    plain = {"previous_response_id": root["response_id"]}
    called = await answer(http, "add", **plain)
    other = await answer(http, **plain)
    assert [item["type"] for item in called["output"]] == ["tool_call", "message"]
    after = [await answer(http, previous_response_id=one["response_id"]) for one in (called, other)]
    with_call, without = (one["stats"]["input_tokens"] for one in after)
    assert with_call > without, "the call and its result"
    again = await answer(http, **plain)
    assert again["stats"]["input_tokens"] == other["stats"]["input_tokens"], "nothing of the branch beside it"


async def test_wrong_arguments_are_told_to_the_model_and_to_the_program(http: httpx.AsyncClient) -> None:
    seen = [event async for event in stream(http, "halve", model="clumsy")]
    (failure,) = [event for event in seen if event["type"] == "tool_call.failure"]
    assert failure["metadata"]["type"] == "invalid_arguments"
    assert failure["metadata"]["tool_name"] == "halve"
    assert failure["metadata"]["provider_info"] == PROVIDER
    assert "schema" in failure["reason"]
    output = seen[-1]["result"]["output"]
    assert [item["type"] for item in output] == ["invalid_tool_call", "message"]
    assert output[0]["reason"] == failure["reason"]


async def test_a_tool_that_fails_is_a_result(http: httpx.AsyncClient) -> None:
    call, message = (await answer(http, "fail"))["output"]
    assert "Error executing" in call["output"]
    assert call["is_error"] is True
    assert message["content"] == REPLY


async def test_a_tool_that_is_not_offered_is_not_called(http: httpx.AsyncClient) -> None:
    result = await answer(http, "another")
    assert [item["type"] for item in result["output"]] == ["message"]


async def test_a_server_that_is_not_there_is_named_before_anything_is_answered(http: httpx.AsyncClient) -> None:
    response = await http.post("/api/v1/chat", json=body(integrations=["mcp/nobody"], stream=True))
    assert response.status_code >= 400
    error = response.json()["error"]
    assert error["type"] == "plugin_connection_error"
    assert "nobody" in error["message"]


async def test_an_ephemeral_server_on_this_machine_is_refused(server: RunningServer) -> None:
    ephemeral = {"type": "ephemeral_mcp", "server_label": "mine", "server_url": "http://127.0.0.1:9/mcp"}
    async with http_client(server.address, timeout=60) as nobody:
        response = await nobody.post("/api/v1/chat", json=body(integrations=[ephemeral]))
        assert response.status_code == 403, "the setting is off"
        error = response.json()["error"]
        assert (error["type"], error["param"], error["code"]) == ("invalid_request", "integrations", None)
        assert "mine" in error["message"]
    async with http_client(server.address, headers=OWN, timeout=60) as own:
        response = await own.post("/api/v1/chat", json=body(integrations=[ephemeral]))
        assert response.status_code == 400
        assert response.json()["error"]["type"] == "mcp_connection_error"
        assert response.json()["error"]["param"] == "integrations"


async def test_a_model_without_tools_says_so_before_it_starts(http: httpx.AsyncClient) -> None:
    response = await http.post("/api/v1/chat", json=body("add", model="plain"))
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "integrations"
    assert "tools" in response.json()["error"]["message"]


async def test_who_asks_to_be_asked_is_asked(http: httpx.AsyncClient) -> None:
    types = []
    async for event in stream(http, "add", tool_approval={"chat": "a"}):
        types.append(event["type"])
        if event["type"] == "tool_call.approval_required":
            assert event["arguments"] == {"a": 3, "b": 4}
            assert event["hints"]["read_only"] is True
            said = await http.post(f"/api/v1/mcp/approvals/{event['approval_id']}", json={"decision": "chat"})
            assert said.status_code < 300, said.text
    assert types.index("tool_call.approval_required") < types.index("tool_call.settled")
    assert types.index("tool_call.settled") < types.index("tool_call.success")
    again = [event["type"] async for event in stream(http, "add", tool_approval={"chat": "a"})]
    assert "tool_call.approval_required" not in again, "it was allowed for this chat"
    other: list[str] = []
    async for event in stream(http, "add", tool_approval={"chat": "b"}):
        other.append(event["type"])
        if event["type"] == "tool_call.approval_required":
            await http.post(f"/api/v1/mcp/approvals/{event['approval_id']}", json={"decision": "deny"})
    assert "tool_call.failure" in other
    assert "tool_call.success" not in other


async def test_who_is_not_watching_can_t_be_asked(http: httpx.AsyncClient) -> None:
    response = await http.post("/api/v1/chat", json=body("add", tool_approval={}))
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "tool_approval"


async def test_a_tool_s_question_reaches_the_person_who_watches(http: httpx.AsyncClient) -> None:
    result = ""
    async for event in stream(http, "paint", tool_approval={"chat": "p"}):
        if event["type"] == "tool_call.approval_required":
            await http.post(f"/api/v1/mcp/approvals/{event['approval_id']}", json={"decision": "once"})
        if event["type"] == "tool_call.elicitation_required":
            assert "colour" in event["requested_schema"]["properties"]
            reply = {"action": "accept", "content": {"colour": "green"}}
            said = await http.post(f"/api/v1/mcp/elicitations/{event['elicitation_id']}", json=reply)
            assert said.status_code < 300, said.text
        if event["type"] == "tool_call.success":
            result = event["output"]
    assert "painted green" in result


async def test_a_tool_s_question_is_declined_where_nobody_watches(http: httpx.AsyncClient) -> None:
    first = (await answer(http, "paint"))["output"][0]
    assert "painted" not in json.dumps(first)


async def test_progress_is_told_to_those_alone_who_know_of_it(http: httpx.AsyncClient) -> None:
    plain = [event["type"] async for event in stream(http, "wait")]
    assert "tool_call.progress" not in plain
    progress = []
    async for event in stream(http, "wait", tool_approval={}):
        if event["type"] == "tool_call.approval_required":
            await http.post(f"/api/v1/mcp/approvals/{event['approval_id']}", json={"decision": "once"})
        if event["type"] == "tool_call.progress":
            progress.append((event["progress"], event["total"]))
    assert progress[-1] == (3, 3)


async def test_closing_the_connection_ends_a_running_tool_at_once(http: httpx.AsyncClient) -> None:
    async for event in stream(http, "wait", model="clumsy"):
        if event["type"] == "tool_call.arguments":
            break
    for _ in range(200):
        log = (await http.get("/api/v1/mcp/servers/friendly/log")).json()["lines"]
        calls = (await http.get("/api/v1/mcp/calls")).json()["calls"]
        if any("waited" in line for line in log) and calls[0]["ended"] == "cancelled":
            break
        await asyncio.sleep(0.05)
    assert calls[0]["ended"] == "cancelled"
    assert any("waited" in line for line in log), "its server heard of it"


async def test_a_call_that_ends_while_it_is_asked_about_is_in_the_ledger(http: httpx.AsyncClient) -> None:
    async for event in stream(http, "add", tool_approval={"chat": "left alone"}):
        if event["type"] == "tool_call.approval_required":
            break

    async def entered() -> bool:
        entry = (await http.get("/api/v1/mcp/calls")).json()["calls"][0]
        return (entry["tool"], entry["ended"], entry["approved"]) == ("add", "cancelled", "")

    async with asyncio.timeout(10):
        while not await entered():
            await asyncio.sleep(0.05)


async def test_the_ledger_has_every_call_without_its_words(http: httpx.AsyncClient) -> None:
    await answer(http, "add")
    entry = (await http.get("/api/v1/mcp/calls")).json()["calls"][0]
    assert (entry["server"], entry["tool"], entry["ended"]) == ("mcp/friendly", "add", "succeeded")
    assert entry["asked_by"] == "this computer"
    assert "7" not in entry["result"]


async def test_a_picture_goes_to_the_program_and_is_named_to_a_model_that_does_not_see(http: httpx.AsyncClient) -> None:
    call, message = (await answer(http, "picture"))["output"]
    assert json.loads(call["output"])[0]["mimeType"] == "image/png"
    assert message["content"] == REPLY


async def test_tools_of_one_name_are_told_apart(http: httpx.AsyncClient) -> None:
    both = [{"type": "plugin", "id": f"mcp/{label}", "allowed_tools": ["add"]} for label in ("old", "friendly")]
    call = (await answer(http, model="lost", integrations=both))["output"][0]
    assert (call["tool"], call["provider_info"]["plugin_id"]) == ("add", "mcp/friendly"), "under its own name"
    assert json.loads(call["output"])[0]["text"] == "7"


async def test_two_hundred_tools_with_schemas_that_refer_to_themselves_are_offered(http: httpx.AsyncClient) -> None:
    result = await answer(http, model="lost", integrations=["mcp/many"])
    assert [item["type"] for item in result["output"]] == ["tool_call", "message"]
    assert result["output"][0]["tool"] == "tool_7"


async def test_what_a_stranger_wrote_stays_text(http: httpx.AsyncClient) -> None:
    call, message = (await answer(http, "letter", model="lost"))["output"]
    assert json.loads(call["output"])[0]["text"] == LETTER
    assert message["content"] == REPLY


async def test_a_model_that_is_unloaded_while_a_tool_runs_is_loaded_again(http: httpx.AsyncClient) -> None:
    instance = {"instance_id": "acme/passing"}
    events = []
    async for event in stream(http, "wait", model="passing"):
        events.append(event)
        if event["type"] == "tool_call.arguments":
            (await http.post("/api/v1/models/unload", json=instance)).raise_for_status()
    (await http.post("/api/v1/models/unload", json=instance)).raise_for_status()
    kinds = [event["type"] for event in events]
    assert "error" not in kinds
    after = kinds[kinds.index("tool_call.success") :]
    places = [after.index(kind) for kind in ("model_load.start", "model_load.end", "message.delta", "chat.end")]
    assert places == sorted(places)
    assert events[-1]["result"]["stats"]["model_load_time_seconds"] > 0
