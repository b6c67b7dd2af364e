"""What takes a token even where none is asked for, and whom the server believes about where a request comes from."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from studiolo.paths import HOME_VARIABLE
from tests.stands.plain_http import http_client
from tests.stands.serving import LOCAL_KEY, RunningServer, serving

PAGE = {"Origin": "https://page.example"}
ADMINISTRATION = [
    ("GET", "/api/v1/server/settings", None),
    ("PATCH", "/api/v1/server/settings", {"cors": True}),
    ("GET", "/api/v1/server/log", None),
    ("GET", "/api/v1/server/tokens", None),
    ("POST", "/api/v1/server/tokens", {"name": "mine", "permissions": ["admin"]}),
    ("POST", "/api/v1/models/import", {"path": "/no/such.gguf"}),
    ("POST", "/api/v1/models/move", {"model": "no/such", "folder": "/nowhere"}),
    ("DELETE", "/api/v1/models/no/such", None),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    """A server that asks for no token and lets web pages in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(tmp_path_factory.mktemp("home")))
        async with serving(cors=True, log_bodies=True) as server:
            yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(shared: RunningServer) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(shared.address) as http:
        yield http


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("method", "path", "body"), ADMINISTRATION)
@pytest.mark.parametrize(
    "headers", [PAGE, {"Origin": "null"}, {"Origin": "http://localhost:3000"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_a_foreign_page_is_no_administrator_without_a_token(
    http: httpx.AsyncClient, method: str, path: str, body: object, headers: dict[str, str]
) -> None:
    answer = await http.request(method, path, json=body, headers=headers)
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"]["code"] == "invalid_api_key"
    if origin := headers.get("Origin"):
        assert answer.headers["access-control-allow-origin"] == origin, "the page can read why"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_foreign_page_with_a_token_may_do_what_that_permits(http: httpx.AsyncClient) -> None:
    headers = PAGE | {"Authorization": f"Bearer {LOCAL_KEY}"}
    assert (await http.get("/api/v1/server/settings", headers=headers)).status_code == 200


@pytest.mark.asyncio(loop_scope="module")
async def test_a_foreign_page_may_chat_and_a_program_of_this_machine_may_do_all(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/v1/models", headers=PAGE)).status_code == 200
    assert (await http.post("/v1/chat/completions", json={}, headers=PAGE)).status_code == 400
    assert (await http.get("/api/v1/server/settings")).status_code == 200
    own = {"Origin": str(http.base_url), "Sec-Fetch-Site": "same-origin"}
    assert (await http.get("/api/v1/server/settings", headers=own)).status_code == 200


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
async def test_who_comes_by_a_proxy_is_no_administrator_without_a_token(http: httpx.AsyncClient, header: str) -> None:
    """A proxy on this machine stands for the whole network."""
    answer = await http.get("/api/v1/server/settings", headers={header: "203.0.113.9"})
    assert answer.status_code == 401
    assert (await http.get("/api/v1/models", headers={header: "203.0.113.9"})).status_code == 200


@pytest.mark.asyncio(loop_scope="module")
async def test_the_log_has_the_address_that_a_request_came_from(http: httpx.AsyncClient) -> None:
    await http.get("/api/v1/models", headers={"X-Forwarded-For": "203.0.113.9"})
    log = (await http.get("/api/v1/server/log")).json()["entries"]
    assert {entry["address"] for entry in log} == {"127.0.0.1"}


async def test_guessing_is_slowed_whatever_a_request_says_of_itself() -> None:
    async with serving(require_authentication=True) as server, http_client(server.address) as http:
        waits = []
        for number in range(6):
            headers = {
                "Authorization": "Bearer sk-lm-abcdefgh:12345678901234567890",
                "X-Forwarded-For": f"10.0.0.{number}",
            }
            waits.append((await http.get("/api/v1/models", headers=headers)).elapsed.total_seconds())
        assert waits[5] >= 0.5


@pytest.mark.asyncio(loop_scope="module")
async def test_no_secret_of_a_body_or_a_path_stays_in_the_log(http: httpx.AsyncClient) -> None:
    secret = "Zz98Yy76Xx54Ww32Vv10Uu"
    body = {
        "model": "no/such",
        "input": f"My key is sk-proj-{secret}, my cookie is none.",
        "integrations": [
            {
                "type": "ephemeral_mcp",
                "server_url": f"https://mcp.example/?api_key={secret}",
                "headers": {"X-A": secret},
            }
        ],
        "hub_token": secret,
        "deep": [{"password": secret}],
    }
    await http.post("/api/v1/chat", json=body)
    await http.patch("/api/v1/server/settings", json={"hub_token": secret, "nonsense": 1})
    await http.get(f"/v1/sk-lm-Ab12Cd34:{secret[:20]}/models")
    await http.get(f"/{secret}{secret}/models")
    log = await http.get("/api/v1/server/log")
    assert secret[2:] not in log.text
    assert "my cookie is none" in log.text
