"""Who may use MCP servers, who may set them up, and who is only told that it may not."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from studiolo.api.chat import EphemeralMcp, PluginIntegration
from studiolo.api.settings import ServerSettings
from studiolo.errors import AccessError, NotFoundError, RequestError
from studiolo.server.mcp.contract import NOBODY, Caller, ServerName, ServerSpec
from studiolo.server.mcp.permits import MOST_INTEGRATIONS, wanted_servers
from tests.server.mcp.tools import holder
from tests.stands.plain_http import http_client
from tests.stands.serving import LOCAL_KEY, RunningServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENTRY = {"entry": {"command": "no-such-program"}}
USES: list[tuple[str, str, Any]] = [
    ("GET", "/api/v1/mcp/servers", None),
    ("GET", "/api/v1/mcp/servers/a", None),
    ("GET", "/api/v1/mcp/servers/a/log", None),
    ("GET", "/api/v1/mcp/servers/a/prompts", None),
    ("GET", "/api/v1/mcp/servers/a/resources", None),
    ("GET", "/api/v1/mcp/calls", None),
    ("POST", "/api/v1/mcp/servers/a/tools/t/call", {}),
    ("POST", "/api/v1/mcp/servers/a/tools/t%2Fu/call", {}),
    ("POST", "/api/v1/mcp/servers/a/prompts/p", {}),
    ("POST", "/api/v1/mcp/servers/a/resources/read", {"uri": "x"}),
    ("POST", "/api/v1/mcp/price", {"model": "m", "integrations": []}),
]
ANSWERS: list[tuple[str, str, Any]] = [
    ("POST", "/api/v1/mcp/approvals/apr_x", {"decision": "once"}),
    ("POST", "/api/v1/mcp/elicitations/eli_x", {"action": "decline"}),
]
CHANGES: list[tuple[str, str, Any]] = [
    ("PUT", "/api/v1/mcp/servers/a", ENTRY),
    ("DELETE", "/api/v1/mcp/servers/a", None),
    ("POST", "/api/v1/mcp/servers/a/restart", None),
    ("GET", "/api/v1/mcp/file", None),
    ("HEAD", "/api/v1/mcp/file", None),
    ("PUT", "/api/v1/mcp/file", {"text": "{}"}),
    ("PUT", "/api/v1/mcp/servers/a/tools/t/policy", {"policy": "allow"}),
    ("PUT", "/api/v1/mcp/servers/a/tools/t%2Fcall/policy", {"policy": "allow"}),
    ("POST", "/api/v1/mcp/servers/a/sign-in", None),
    ("DELETE", "/api/v1/mcp/servers/a/sign-in", None),
    ("POST", "/api/v1/mcp/servers/a/sign-out", None),
]
FOREIGN = [
    {"Origin": "https://page.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"X-Forwarded-For": "203.0.113.9"},
]


async def ask(server: RunningServer, request: tuple[str, str, Any], headers: dict[str, str]) -> httpx.Response:
    method, path, body = request
    async with http_client(server.address) as http:
        return await http.request(method, path, json=body, headers=headers)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def made(server: RunningServer, *permissions: str) -> dict[str, str]:
    request = ("POST", "/api/v1/server/tokens", {"name": "test", "permissions": permissions})
    return bearer((await ask(server, request, bearer(LOCAL_KEY))).json()["token"])


@pytest_asyncio.fixture(loop_scope="module")
async def guarded() -> AsyncIterator[RunningServer]:
    async with serving(require_authentication=True) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def lenient() -> AsyncIterator[RunningServer]:
    """A server that asks for no token and lets web pages in."""
    async with serving(cors=True) as server:
        yield server


async def test_using_a_server_takes_a_permission_and_setting_it_up_another(guarded: RunningServer) -> None:
    chat, mcp, admin = await made(guarded, "chat", "models", "downloads"), await made(guarded, "mcp"), bearer(LOCAL_KEY)
    for request in USES + ANSWERS:
        assert (await ask(guarded, request, chat)).status_code == 403, request
        assert (await ask(guarded, request, mcp)).status_code in (200, 404), request
    for request in CHANGES:
        for token in (chat, mcp):
            assert (await ask(guarded, request, token)).status_code == 403, request
    for request in CHANGES[3:]:
        assert (await ask(guarded, request, admin)).status_code in (200, 400, 404), request


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_web_page_and_another_machine_begin_nothing_without_a_token(
    lenient: RunningServer, headers: dict[str, str]
) -> None:
    for request in USES + CHANGES:
        assert (await ask(lenient, request, headers)).status_code == 401, request
    for request in USES:
        assert (await ask(lenient, request, headers | await made(lenient, "mcp"))).status_code in (200, 404), request


async def test_a_web_page_that_is_not_let_in_is_refused_before_anything(own_server: RunningServer) -> None:
    for request in USES + CHANGES + ANSWERS:
        assert (await ask(own_server, request, FOREIGN[0])).status_code == 403, request


async def test_a_program_of_this_machine_may_look_where_nobody_is_asked_for_a_token(lenient: RunningServer) -> None:
    for request in USES + ANSWERS + CHANGES[3:]:
        assert (await ask(lenient, request, {})).status_code in (200, 400, 404), request


async def test_those_who_may_only_use_servers_see_their_own_calls(guarded: RunningServer) -> None:
    answer = await ask(guarded, USES[5], await made(guarded, "mcp"))
    assert answer.json() == {"calls": [], "more": False}


ON = ServerSettings(require_authentication=True, allow_mcp_json=True, allow_per_request_mcp=True)
OFF = ServerSettings()
LOCAL = Caller(local=True)
FAR = EphemeralMcp(server_label="far", server_url="https://mcp.example/mcp")


def plugin(label: str) -> ServerSpec:
    if label == "gone":
        raise NotFoundError("Gone.", what="mcp server")
    return ServerSpec(ServerName(label), command="x")


def wanted(*integrations: Any, caller: Caller = LOCAL, settings: ServerSettings = ON) -> list[Any]:
    return wanted_servers(integrations, caller, settings, plugin)


async def test_both_forms_name_a_server_and_limit_its_tools() -> None:
    string, limited, none, far = wanted(
        "mcp/a",
        PluginIntegration(id="mcp/b", allowed_tools=["t", "t"]),
        PluginIntegration(id="mcp/c", allowed_tools=[]),
        FAR,
    )
    assert (string.spec.name, string.allowed) == (ServerName("a"), None)
    assert limited.allowed == {"t"}
    assert none.allowed == frozenset()
    assert (far.spec.name, far.spec.url) == (ServerName("far", ephemeral=True), "https://mcp.example/mcp")
    assert wanted() == []
    assert wanted_servers(None, NOBODY, OFF, plugin) == []


@pytest.mark.parametrize(
    ("integration", "settings", "caller", "word"),
    [
        ("mcp/a", OFF, holder("admin", "admin"), "allow_mcp_json"),
        ("mcp/a", ON, NOBODY, "API token"),
        ("mcp/a", ON, holder("chat", "chat"), "lacks the permission 'mcp'"),
        ("mcp/gone", OFF, NOBODY, "allow_mcp_json"),
        (FAR, OFF, holder("admin", "admin"), "allow_per_request_mcp"),
        (FAR, OFF, NOBODY, "allow_per_request_mcp"),
        (FAR, ON, holder("chat", "chat"), "lacks the permission 'mcp'"),
    ],
)
async def test_what_is_not_permitted_is_forbidden_by_name(
    integration: Any, settings: ServerSettings, caller: Caller, word: str
) -> None:
    with pytest.raises(AccessError) as error:
        wanted(integration, settings=settings, caller=caller)
    assert (error.value.status, error.value.param, error.value.code) == (403, "integrations", None)
    assert word in str(error.value)
    assert (integration if isinstance(integration, str) else "'far'") in error.value.message


@pytest.mark.parametrize(
    ("integration", "settings", "caller"),
    [
        ("mcp/a", ON, holder("mcp", "mcp")),
        ("mcp/a", ON, holder("admin", "admin")),
        ("mcp/a", OFF, LOCAL),
        (FAR, ON, holder("mcp", "mcp")),
        (FAR, ON, NOBODY),
        (FAR, OFF, LOCAL),
    ],
)
async def test_what_is_permitted_is_used(integration: Any, settings: ServerSettings, caller: Caller) -> None:
    [one] = wanted(integration, settings=settings, caller=caller)
    assert one.spec.private == (integration == "mcp/a" or caller.local)


async def test_private_addresses_are_a_setting() -> None:
    [one] = wanted(FAR, caller=NOBODY, settings=ON.model_copy(update={"allow_private_mcp": True}))
    assert one.spec.private


@pytest.mark.parametrize(
    "integrations",
    [
        ["mcp/gone"],
        ["a"],
        ["mcp/"[:3]],
        ["mcp/a", PluginIntegration(id="mcp/a")],
        [FAR, FAR.model_copy(update={"server_url": "https://other.example"})],
        [f"mcp/{number}" for number in range(MOST_INTEGRATIONS + 1)],
    ],
)
async def test_what_can_not_be_is_refused(integrations: list[Any]) -> None:
    with pytest.raises(RequestError) as error:
        wanted(*integrations)
    assert (error.value.param, error.value.code) == ("integrations", "invalid_value")


@pytest.mark.parametrize(
    "change",
    [
        {"server_label": ""},
        {"server_label": "a\nb"},
        {"server_label": "a" * 1000},
        {"server_label": "mcp/a"},
        {"server_url": ""},
        {"server_url": "mcp.example"},
        {"server_url": "file:///etc/passwd"},
        {"server_url": "https://"},
        {"server_url": "https://[::1"},
        {"server_url": "https://x:99999/"},
        {"server_url": "https://user:secret@mcp.example/"},
        {"server_url": "https://x/\r\nHost: y"},
        {"server_url": "https://x/" + "a" * 10_000},
        {"headers": {"A\r\nB": "x"}},
        {"headers": {"A": "x\r\nB: y"}},
        {"headers": {"": "x"}},
        {"headers": {"A": "\u4f60"}},
        {"headers": {"A": "x" * 100_000}},
        {"headers": {f"X-{number}": "x" for number in range(1000)}},
    ],
)
async def test_a_server_that_can_not_be_asked_is_refused_by_its_label(change: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as error:
        wanted(FAR.model_copy(update=change))
    assert error.value.param == "integrations"
    assert "secret" not in str(error.value)
    assert len(str(error.value)) < 300
