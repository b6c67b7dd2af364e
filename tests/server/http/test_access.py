"""Who may ask: tokens, permissions, names, origins."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Protocol

import httpx
import pytest
import pytest_asyncio

from studiolo.api.server import Permission, TokenRequest
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.errors import AccessError
from studiolo.paths import app_paths
from studiolo.server.app import build_app
from studiolo.server.http import access
from studiolo.server.settings import ServerSettingsStore
from studiolo.server.tokens import TokenStore
from tests.stands.plain_http import http_client
from tests.stands.serving import LOCAL_KEY, RunningServer, serving
from tests.stands.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN = {
    ("GET", "/"),
    ("GET", "/lmstudio-greeting"),
    ("GET", "/openapi.json"),
    ("GET", "/api/v1/server"),
    ("GET", "/api/v0/models"),
    ("GET", "/api/v1/models"),
    ("GET", "/v1/models"),
}
"""What every token opens, whatever it permits."""


WRONG = "sk-lm-abcdefgh:12345678901234567890"
"""Has the shape of a token, and is none."""


class Make(Protocol):
    """Makes a token that permits some things, and gives its text."""

    async def __call__(self, *permissions: Permission) -> str: ...


@pytest_asyncio.fixture(loop_scope="module")
async def guarded() -> AsyncIterator[RunningServer]:
    """A server of the test's own that asks for a token."""
    async with serving(require_authentication=True) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def admin(guarded: RunningServer) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {LOCAL_KEY}"}
    async with http_client(guarded.address, headers=headers) as http:
        yield http


@pytest.fixture
def make(admin: httpx.AsyncClient) -> Make:
    async def make(*permissions: Permission) -> str:
        body = {"name": "test", "permissions": list(permissions)}
        token: str = (await admin.post("/api/v1/server/tokens", json=body)).json()["token"]
        return token

    return make


async def status(
    server: RunningServer, token: str | None, method: str = "GET", path: str = "/api/v1/models", **options: Any
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with http_client(server.address) as http:
        return await http.request(method, path, headers=headers, **options)


async def test_no_token_is_refused_and_told_how(guarded: RunningServer) -> None:
    answer = await status(guarded, None)
    error = answer.json()["error"]
    assert answer.status_code == 401
    assert (error["type"], error["code"]) == ("invalid_request", "invalid_api_key")
    assert "Authorization: Bearer" in error["message"]


@pytest.mark.parametrize("token", ["short", WRONG, "sk-lm-abcdefgh:short", "ü" * 30])
async def test_a_wrong_token_is_refused_and_shown_in_part(guarded: RunningServer, token: str) -> None:
    async with http_client(guarded.address) as http:
        answer = await http.get("/api/v1/models", headers=[(b"Authorization", f"Bearer {token}".encode())])
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert token not in answer.text or len(token) <= 10


async def test_the_greeting_never_needs_one(guarded: RunningServer) -> None:
    assert (await status(guarded, None, path="/lmstudio-greeting")).json() == {"lmstudio": True}


async def test_a_token_opens_what_it_permits(guarded: RunningServer, make: Make, tiny: str) -> None:
    chat, models = await make("chat"), await make("models")
    body = {"model": tiny, "input": "Hi", "max_output_tokens": 2}
    assert (await status(guarded, chat, "POST", "/api/v1/chat", json=body)).status_code == 200
    refused = await status(guarded, models, "POST", "/api/v1/chat", json=body)
    assert refused.status_code == 403
    assert "'chat'" in refused.json()["error"]["message"]
    unload = {"instance_id": tiny}
    assert (await status(guarded, chat, "POST", "/api/v1/models/unload", json=unload)).status_code == 403
    assert (await status(guarded, models, "POST", "/api/v1/models/unload", json=unload)).status_code == 200
    for token in (chat, models):
        assert (await status(guarded, token)).status_code == 200
        assert (await status(guarded, token, path="/api/v1/server/settings")).status_code == 403
    assert (await status(guarded, await make("admin"), path="/api/v1/server/settings")).status_code == 200


def every_route() -> set[tuple[str, str]]:
    app = build_app(app_paths(), ServerSettingsStore(app_paths().config / "server.json"), local_key=LOCAL_KEY)
    return {(method, path) for path, methods in walked(app.api.routes) for method in methods}


def walked(routes: Iterable[Any]) -> Iterator[tuple[str, set[str]]]:
    for route in routes:
        if included := getattr(route, "original_router", None):
            yield from walked(included.routes)
        else:
            # What has no methods, such as a WebSocket, would have to be thought of in AccessControl, too.
            yield route.path, route.methods


async def test_every_route_needs_a_permission_unless_it_is_known_to_be_open() -> None:
    nothing = TokenRequest.model_construct(name="nothing", permissions=[], expires_at=None)
    _, token = TokenStore(app_paths().data / "tokens.json").create(nothing)
    routes = every_route()
    assert len(routes) > 40
    assert routes >= OPEN
    async with serving(require_authentication=True) as server:
        for method, path in sorted(routes):
            answer = await status(server, token, method, path)
            is_open = ("GET" if method == "HEAD" else method, path) in OPEN
            assert answer.status_code == (200 if is_open else 403), (method, path)


async def test_what_is_done_with_models_takes_the_permission_for_them(guarded: RunningServer, make: Make) -> None:
    chat, models = await make("chat", "downloads"), await make("models")
    body = {"model": "no/such", "folder": "/nowhere"}
    for method, path in (
        ("POST", "/api/v1/models/move"),
        ("POST", "/api/v1/models/verify"),
        ("POST", "/api/v1/models/estimate"),
        ("GET", "/api/v1/models/inventory"),
        ("GET", "/api/v1/models/details/no/such"),
        ("DELETE", "/api/v1/models/no/such"),
    ):
        options: dict[str, Any] = {"json": body} if method == "POST" else {}
        refused = await status(guarded, chat, method, path, **options)
        assert refused.status_code == 403
        assert "'models'" in refused.json()["error"]["message"]
        assert (await status(guarded, models, method, path, **options)).status_code in (200, 400, 404)


async def test_the_client_says_what_is_wrong(guarded: RunningServer, make: Make) -> None:
    async with Client(guarded.address) as client:
        with pytest.raises(AccessError) as caught:
            await ModelsApi(client).list_models()
        assert caught.value.status == 401
    async with Client(guarded.address, await make("chat")) as client:
        assert await ModelsApi(client).list_models()
        with pytest.raises(AccessError) as caught:
            await ModelsApi(client).unload("x")
        assert caught.value.status == 403


async def test_a_revoked_token_is_worthless_at_once(
    guarded: RunningServer, make: Make, admin: httpx.AsyncClient
) -> None:
    token = await make("chat")
    assert (await status(guarded, token)).status_code == 200
    [listed] = (await admin.get("/api/v1/server/tokens")).json()["tokens"]
    assert "token" not in listed
    assert (await admin.delete(f"/api/v1/server/tokens/{listed['id']}")).status_code == 204
    assert (await status(guarded, token)).status_code == 401


async def test_the_token_may_come_as_an_api_key(guarded: RunningServer, make: Make) -> None:
    token = await make("chat")
    async with http_client(guarded.address, headers={"x-api-key": token}) as http:
        assert (await http.get("/api/v1/models")).status_code == 200


async def test_guessing_is_slowed_down(guarded: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "FIRST_WAIT_SECONDS", 0.1)

    async def attempt() -> float:
        began = time.monotonic()
        await status(guarded, WRONG)
        return time.monotonic() - began

    for _ in range(5):
        await attempt()
    assert await attempt() >= 0.1
    assert await attempt() >= 0.2
    assert await attempt() >= 0.4


async def test_authentication_can_be_switched_on_live(own_server: RunningServer) -> None:
    server = own_server
    assert (await status(server, None)).status_code == 200
    answer = await status(server, None, "PATCH", "/api/v1/server/settings", json={"require_authentication": True})
    assert answer.json()["require_authentication"] is True
    assert (await status(server, None)).status_code == 401
    assert (await status(server, LOCAL_KEY)).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:1234", "localhost.evil.example", "", "[abc"])
async def test_a_foreign_name_is_not_answered(http: httpx.AsyncClient, host: str) -> None:
    answer = await http.get("/api/v1/models", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "host_not_allowed"


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1234", "127.0.0.1:5", "[::1]:9", "192.168.1.5:1234", "x.localhost"]
)
async def test_own_names_and_addresses_are_answered(http: httpx.AsyncClient, host: str) -> None:
    assert (await http.get("/api/v1/models", headers={"Host": host})).status_code == 200


async def test_a_name_can_be_allowed() -> None:
    async with serving(allowed_hosts=["models.example"]) as server, http_client(server.address) as http:
        assert (await http.get("/api/v1/models", headers={"Host": "models.example:1234"})).status_code == 200


async def test_web_pages_are_refused_unless_cors_is_on(http: httpx.AsyncClient, own_server: RunningServer) -> None:
    origin = {"Origin": "https://evil.example"}
    for page in ("https://evil.example", "null", "http://localhost:3000", "http://[abc"):
        answer = await http.post("/api/v1/models/unload", json={"instance_id": "x"}, headers={"Origin": page})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    own = await http.get("/api/v1/models", headers={"Origin": own_server.address})
    assert own.status_code == 200
    await http.patch("/api/v1/server/settings", json={"cors": True})
    answer = await http.get("/api/v1/models", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "https://evil.example"
    for of_this_disk in ("inventory", "details/acme/tiny", "download", "download/events"):
        answer = await http.get(f"/api/v1/models/{of_this_disk}", headers=origin)
        assert answer.status_code == 401, of_this_disk
    for of_this_disk in ("import", "move", "verify"):
        answer = await http.post(f"/api/v1/models/{of_this_disk}", json={}, headers=origin)
        assert answer.status_code == 401, of_this_disk
    assert (await http.get("/api/v1/models/inventory")).status_code == 200
    preflight = await http.options("/api/v1/chat", headers=origin | {"Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]


async def test_anthropics_routes_refuse_in_anthropics_shape(guarded: RunningServer) -> None:
    answer = await status(guarded, None, "POST", "/v1/messages", json={})
    assert answer.status_code == 401
    assert answer.json()["type"] == "error"
    assert answer.json()["error"]["type"] == "authentication_error"


async def test_many_refusals_at_once_do_not_hold_up_the_others(guarded: RunningServer, make: Make) -> None:
    token = await make("chat")
    wrong = [asyncio.create_task(status(guarded, WRONG)) for _ in range(7)]
    await until(lambda: sum(task.done() for task in wrong) == 5, "the refusals that are free")
    assert (await status(guarded, token)).status_code == 200
    assert not all(task.done() for task in wrong), "the last two are still waiting"
    await asyncio.gather(*wrong)
