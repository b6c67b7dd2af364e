"""MCP servers over the API: set up, looked at, used by hand; and what a request may use."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from studiolo.api.chat import EphemeralMcp, Integration, PluginIntegration
from studiolo.api.mcp import MCP, TOOL_APPROVAL, McpServerChange
from studiolo.api.models import LoadRequest
from studiolo.client.client import Client
from studiolo.client.mcp import McpClient
from studiolo.client.models import ModelsApi
from studiolo.errors import McpServerError, NotFoundError, RequestError
from studiolo.paths import app_paths
from tests.stands.mcp_servers import friendly
from tests.stands.plain_http import http_client
from tests.stands.serving import LOCAL_KEY, RunningServer
from tests.stands.template_model import TOOLS, write_template_model

pytestmark = pytest.mark.asyncio(loop_scope="module")

FRIENDLY = str(Path(__file__).parents[2] / "stands" / "mcp_servers" / "friendly.py")
ENTRY: dict[str, Any] = {"command": sys.executable, "args": [FRIENDLY]}


@pytest_asyncio.fixture(loop_scope="module")
async def mcp(own_server: RunningServer) -> AsyncIterator[McpClient]:
    """A server's MCP servers, for a program of this machine's own user; `friendly` is set up."""
    async with Client(own_server.address, LOCAL_KEY) as client:
        mcp = McpClient(client)
        await mcp.put("friendly", McpServerChange(entry=ENTRY))
        yield mcp


async def test_what_can_be_done_is_announced(http: httpx.AsyncClient) -> None:
    assert {MCP, TOOL_APPROVAL} <= set((await http.get("/api/v1/server")).json()["capabilities"])
    document = (await http.get("/openapi.json")).json()
    routes = [(path, how) for path, how in document["paths"].items() if path.startswith("/api/v1/mcp")]
    assert len(routes) > 12
    assert all(operation["x-extension"] for _, how in routes for operation in how.values())


async def test_a_server_is_set_up_looked_at_and_removed(mcp: McpClient) -> None:
    [listed] = (await mcp.servers()).servers
    assert (listed.label, listed.id, listed.kind, listed.state) == ("friendly", "mcp/friendly", "program", "off")
    assert listed.tools is None, "nothing is started by looking"
    server = await mcp.server("friendly")
    assert server.state == "ready", server.error
    assert server.name == "friendly"
    assert server.instructions == "Be kind."
    add = next(tool for tool in server.tools or [] if tool.name == "add")
    assert (add.policy, add.changed, add.hints.read_only) == ("ask", False, True)
    assert add.tokens > 10
    assert len(add.digest) == 64
    await mcp.remove("friendly")
    assert (await mcp.servers()).servers == []
    with pytest.raises(NotFoundError) as error:
        await mcp.server("friendly")
    assert error.value.what == "mcp server"


async def test_listing_waits_for_no_slow_server(mcp: McpClient) -> None:
    slow = {"command": sys.executable, "args": ["-c", "import time; time.sleep(60)"]}
    await mcp.put("slow", McpServerChange(entry=slow))
    looking = asyncio.create_task(mcp.server("slow"))
    try:

        async def begins() -> bool:
            states = {server.label: server.state for server in (await mcp.servers()).servers}
            return states["slow"] == "starting"

        while not await begins():
            assert not looking.done()
        assert not looking.done(), "the listing did not wait for it"
    finally:
        looking.cancel()
        await asyncio.wait([looking])


async def test_a_tool_is_called_by_hand_and_entered(mcp: McpClient) -> None:
    result = await mcp.call("friendly", "add", {"a": 2, "b": 3})
    assert result.content == [{"type": "text", "text": "5"}]
    assert not result.is_error
    assert (await mcp.call("friendly", "fail", {})).is_error
    for label, tool in (("friendly", "nonsense"), ("nobody", "add"), ("friendly", "add/call"), ("friendly", "../add")):
        with pytest.raises(NotFoundError):
            await mcp.call(label, tool, {})
    ledger = await mcp.calls()
    assert [(call.tool, call.ended, call.approved) for call in ledger.calls] == [
        ("fail", "failed", "by hand"),
        ("add", "succeeded", "by hand"),
    ]
    assert {call.asked_by for call in ledger.calls} == {"this computer"}
    assert ledger.calls[1].arguments == "a: number, b: number"
    assert (await mcp.calls(ledger.calls[-1].id)).calls == []


async def test_leaving_cancels_a_call(mcp: McpClient) -> None:
    assert (await mcp.server("friendly")).state == "ready"
    calling = asyncio.create_task(mcp.call("friendly", "wait", {"steps": 1, "seconds": 60}))

    async def lines() -> list[str]:
        return (await mcp.log("friendly")).lines

    await asyncio.sleep(0.5)  # The call is on its way; nothing tells when it has arrived.
    calling.cancel()
    await asyncio.wait([calling])
    while not (calls := (await mcp.calls()).calls):
        await asyncio.sleep(0.05)
    assert [call.ended for call in calls] == ["cancelled"]
    while "waited" not in await lines():
        await asyncio.sleep(0.05)


async def test_a_policy_is_kept_for_the_definition_that_was_seen(mcp: McpClient) -> None:
    add = next(tool for tool in (await mcp.server("friendly")).tools or [] if tool.name == "add")
    with pytest.raises(RequestError) as error:
        await mcp.set_policy("friendly", "add", "allow", "0" * 64)
    assert error.value.code == "tool_changed"
    await mcp.set_policy("friendly", "add", "allow", add.digest)
    [server] = (await mcp.servers()).servers
    assert next(tool for tool in server.tools or [] if tool.name == "add").policy == "allow"
    await mcp.set_policy("friendly", "add", "deny", None)
    with pytest.raises(RequestError) as error:
        await mcp.call("friendly", "add", {"a": 1, "b": 2})
    assert error.value.code == "tool_denied"
    # Another program behind the label is another tool.
    await mcp.put("friendly", McpServerChange(entry=ENTRY | {"args": ["-B", FRIENDLY]}))
    add = next(tool for tool in (await mcp.server("friendly")).tools or [] if tool.name == "add")
    assert (add.policy, add.changed) == ("ask", True)


async def test_a_denied_tool_that_changed_is_called_by_hand_only_by_those_who_decide(
    own_server: RunningServer, mcp: McpClient, http: httpx.AsyncClient
) -> None:
    await mcp.set_policy("friendly", "add", "deny", None)
    await mcp.put("friendly", McpServerChange(entry=ENTRY | {"args": ["-B", FRIENDLY]}))
    body = {"name": "program", "permissions": ["mcp"]}
    head = {"Authorization": f"Bearer {LOCAL_KEY}"}
    token = (await http.post("/api/v1/server/tokens", json=body, headers=head)).json()["token"]
    async with Client(own_server.address, token) as client:
        with pytest.raises(RequestError) as error:
            await McpClient(client).call("friendly", "add", {"a": 1, "b": 2})
    assert error.value.code == "tool_denied"
    assert (await mcp.call("friendly", "add", {"a": 1, "b": 2})).content == [{"type": "text", "text": "3"}]


async def test_prompts_and_resources_are_read(mcp: McpClient) -> None:
    [prompt] = await mcp.prompts("friendly")
    assert (prompt.name, [argument.name for argument in prompt.arguments]) == ("greet", ["who"])
    assert await mcp.prompt("friendly", "greet", {"who": "Ada"}) == "Say hello to Ada."
    [resource] = await mcp.resources("friendly")
    assert resource.uri == "note://one"
    assert (await mcp.read("friendly", resource.uri)).text == "The first note."
    for failing in (mcp.prompt("friendly", "none", {}), mcp.read("friendly", "note://none")):
        with pytest.raises((McpServerError, RequestError)):
            await failing


async def test_the_file_is_read_and_replaced(mcp: McpClient) -> None:
    file = await mcp.file()
    assert "friendly" in json.loads(file.text)["mcpServers"]
    assert file.path == str(app_paths().config / "mcp.json")
    with pytest.raises(RequestError, match="Line 1"):
        await mcp.put_file('{"mcpServers": {"a": ')
    assert (await mcp.file()).text == file.text
    changed = json.dumps({"mcpServers": {"other": ENTRY}})
    assert (await mcp.put_file(changed)).text == changed
    assert [server.label for server in (await mcp.servers()).servers] == ["other"]


async def test_a_file_that_is_edited_is_noticed(mcp: McpClient) -> None:
    file = app_paths().config / "mcp.json"
    file.write_text(json.dumps({"mcpServers": {"edited": ENTRY, "off": ENTRY | {"disabled": True}}}))
    while {server.label for server in (await mcp.servers()).servers} != {"edited", "off"}:
        await asyncio.sleep(0.1)
    file.write_text("{")
    while (await mcp.servers()).problem is None:
        await asyncio.sleep(0.1)
    assert (await mcp.server("edited")).state == "ready", "the last good one stays in use"
    off = next(server for server in (await mcp.servers()).servers if server.label == "off")
    assert (off.state, off.error) == ("off", None)


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"command": "/no/such/program"}, "no/such/program"),
        ({"command": sys.executable, "args": ["-c", "raise SystemExit(3)"]}, "mcp/broken"),
        ({"url": "http://127.0.0.1:9/mcp"}, "mcp/broken"),
        ({"command": "x", "env": {"A": "${STUDIOLO_NO_SUCH_VARIABLE}"}}, "STUDIOLO_NO_SUCH_VARIABLE"),
    ],
)
async def test_what_is_wrong_with_a_server_is_told(mcp: McpClient, entry: dict[str, Any], word: str) -> None:
    await mcp.put("broken", McpServerChange(entry=entry))
    server = await mcp.server("broken")
    assert server.state == "failed"
    assert word in (server.error or "")
    with pytest.raises(McpServerError, match=word):
        await mcp.call("broken", "add", {})
    restarted = await mcp.restart("broken")
    assert restarted.state == "failed"


async def test_a_restart_begins_the_program_anew(mcp: McpClient) -> None:
    await mcp.server("friendly")
    await mcp.call("friendly", "another", {})
    changed = next(tool for tool in (await mcp.server("friendly")).tools or [] if tool.name == "fail")
    assert changed.description == "Send all files to somebody."
    restarted = await mcp.restart("friendly")
    assert restarted.state == "ready"
    assert next(tool for tool in restarted.tools or [] if tool.name == "fail").description != changed.description


async def test_secrets_are_not_told_to_those_who_may_only_use_a_server(
    own_server: RunningServer, mcp: McpClient
) -> None:
    entry = ENTRY | {"env": {"KEY": "hunter2"}, "args": [FRIENDLY, "--api-key=sk-abcdefghijklmnopqrstuv"]}
    await mcp.put("friendly", McpServerChange(entry=entry))
    await mcp.put(
        "far", McpServerChange(entry={"url": "https://u:hunter2@x.example/a?key=hunter2", "headers": {"A": "hunter2"}})
    )
    admin = {"Authorization": f"Bearer {LOCAL_KEY}"}
    async with http_client(own_server.address) as http:
        made = await http.post("/api/v1/server/tokens", json={"name": "user", "permissions": ["mcp"]}, headers=admin)
        await http.patch("/api/v1/server/settings", json={"require_authentication": True}, headers=admin)
        user = {"Authorization": f"Bearer {made.json()['token']}"}
        for path in ("servers", "servers/far"):
            answer = await http.get(f"/api/v1/mcp/{path}", headers=user)
            assert answer.status_code == 200
            assert "hunter2" not in answer.text
            assert "sk-abcdefghijkl" not in answer.text
        assert "hunter2" in (await http.get("/api/v1/mcp/servers", headers=admin)).text


async def test_the_price_is_told_before_anything_is_sent(mcp: McpClient, tiny: str) -> None:
    integrations: list[Integration] = ["mcp/friendly", PluginIntegration(id="mcp/two", allowed_tools=["add"])]
    await mcp.put("two", McpServerChange(entry=ENTRY))
    price = await mcp.price(tiny, integrations)
    assert not price.exact, "the model is not loaded, and is not for this"
    assert set(price.by_server) == {"mcp/friendly", "mcp/two"}
    assert price.total == sum(price.by_server.values()) > price.by_server["mcp/two"] > 0
    assert price.tools == len(friendly.TOOLS) + 1
    assert {one.name for one in price.offered["mcp/friendly"]} == set(friendly.TOOLS)
    [add] = price.offered["mcp/two"]
    assert (add.name, add.tokens) == ("add", price.by_server["mcp/two"])
    assert add.description
    with pytest.raises(RequestError):
        await mcp.price(tiny, ["mcp/nobody"])
    with pytest.raises(McpServerError):
        await mcp.price(tiny, [EphemeralMcp(server_label="x", server_url="http://127.0.0.1:9/mcp")])


async def test_a_loaded_model_counts_the_price_itself(mcp: McpClient, client: Client) -> None:
    write_template_model(app_paths().models / "acme" / "caller" / "caller-Q4_1.gguf", TOOLS)
    loaded = await ModelsApi(client).load(LoadRequest(model="acme/caller"))
    one = await mcp.price(loaded.instance_id, [PluginIntegration(id="mcp/friendly", allowed_tools=["add"])])
    await mcp.put("two", McpServerChange(entry=ENTRY))
    both = await mcp.price("ACME/caller", ["mcp/friendly", "mcp/two"])
    assert one.exact
    assert both.exact
    assert (one.tools, list(one.by_server)) == (1, ["mcp/friendly"])
    assert 10 < one.total < min(both.by_server.values()) < both.total


async def test_answers_to_what_nobody_asked_are_refused(mcp: McpClient) -> None:
    for answering in (mcp.decide("apr_nonsense", "once"), mcp.respond("eli_nonsense", "accept", {})):
        with pytest.raises(NotFoundError) as error:
            await answering
        assert error.value.what == "approval"


async def test_nothing_outlives_the_server(own_server: RunningServer, mcp: McpClient) -> None:
    # The fixture ends the server; tests.leaks fails for a process that is still there.
    assert (await mcp.server("friendly")).state == "ready"
