"""Who may ask: tokens, permissions, names, origins."""

import asyncio
import time

import httpx
import pytest
from fastapi import FastAPI

from studiolo.api.tokens import TokenRequest
from studiolo.client.native import Client
from studiolo.errors import AccessError
from studiolo.paths import app_paths
from studiolo.server.app import build_app
from studiolo.server.settings import SettingsStore
from studiolo.server.tokens import TokenStore
from tests.stands.serving import LOCAL_KEY, STARTER, serving

OPEN = {
    ("GET", "/lmstudio-greeting"),
    ("GET", "/openapi.json"),
    ("GET", "/api/v1/server"),
    ("GET", "/api/v1/models"),
    ("GET", "/v1/models"),
}
"""What every token opens, whatever it permits."""


@pytest.fixture
async def guarded():
    async with serving(require_authentication=True) as server:
        yield server


@pytest.fixture
async def admin(guarded):
    headers = {"Authorization": f"Bearer {LOCAL_KEY}"}
    async with httpx.AsyncClient(base_url=guarded.address, headers=headers) as http:
        yield http


@pytest.fixture
async def make(admin):
    async def make(*permissions, **more):
        body = {"name": "test", "permissions": list(permissions), **more}
        return (await admin.post("/api/v1/server/tokens", json=body)).json()["token"]

    return make


async def status(server, token, method="GET", path="/api/v1/models", **options):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(base_url=server.address) as http:
        return await http.request(method, path, headers=headers, **options)


async def test_no_token_is_refused_and_told_how(guarded):
    answer = await status(guarded, None)
    error = answer.json()["error"]
    assert answer.status_code == 401
    assert (error["type"], error["code"]) == ("invalid_request", "invalid_api_key")
    assert "Authorization: Bearer" in error["message"]


@pytest.mark.parametrize("token", ["short", "sk-lm-abcdefgh:12345678901234567890", "sk-lm-abcdefgh:short", "ü" * 30])
async def test_a_wrong_token_is_refused_and_shown_in_part(guarded, token):
    async with httpx.AsyncClient(base_url=guarded.address) as http:
        answer = await http.get("/api/v1/models", headers={"Authorization": f"Bearer {token}".encode()})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert token not in answer.text or len(token) <= 10


async def test_the_greeting_never_needs_one(guarded):
    assert (await status(guarded, None, path="/lmstudio-greeting")).json() == {"lmstudio": True}


async def test_a_token_opens_what_it_permits(guarded, make):
    chat, models = await make("chat"), await make("models")
    body = {"model": STARTER, "input": "Hi", "max_output_tokens": 2}
    assert (await status(guarded, chat, "POST", "/api/v1/chat", json=body)).status_code == 200
    refused = await status(guarded, models, "POST", "/api/v1/chat", json=body)
    assert refused.status_code == 403
    assert "'chat'" in refused.json()["error"]["message"]
    unload = {"instance_id": STARTER}
    assert (await status(guarded, chat, "POST", "/api/v1/models/unload", json=unload)).status_code == 403
    assert (await status(guarded, models, "POST", "/api/v1/models/unload", json=unload)).status_code == 200
    for token in (chat, models):
        assert (await status(guarded, token)).status_code == 200
        assert (await status(guarded, token, path="/api/v1/server/settings")).status_code == 403
    assert (await status(guarded, await make("admin"), path="/api/v1/server/settings")).status_code == 200


def every_route():
    app = build_app(app_paths(), SettingsStore(app_paths().config / "server.json"), local_key=LOCAL_KEY).asgi
    while not isinstance(app, FastAPI):
        app = app._app
    return {(method, path) for path, methods in walked(app.routes) for method in methods}


def walked(routes):
    for route in routes:
        if included := getattr(route, "original_router", None):
            yield from walked(included.routes)
        else:
            # What has no methods, such as a WebSocket, would have to be thought of in AccessControl, too.
            yield route.path, route.methods


async def test_every_route_needs_a_permission_unless_it_is_known_to_be_open():
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


async def test_what_is_done_with_models_takes_the_permission_for_them(guarded, make):
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
        options = {"json": body} if method == "POST" else {}
        refused = await status(guarded, chat, method, path, **options)
        assert refused.status_code == 403
        assert "'models'" in refused.json()["error"]["message"]
        assert (await status(guarded, models, method, path, **options)).status_code in (200, 400, 404)


async def test_the_client_says_what_is_wrong(guarded, make):
    async with Client(guarded.address) as client:
        with pytest.raises(AccessError) as caught:
            await client.models()
        assert caught.value.status == 401
    async with Client(guarded.address, await make("chat")) as client:
        assert await client.models()
        with pytest.raises(AccessError) as caught:
            await client.unload("x")
        assert caught.value.status == 403


async def test_a_revoked_token_is_worthless_at_once(guarded, make, admin):
    token = await make("chat")
    assert (await status(guarded, token)).status_code == 200
    [listed] = (await admin.get("/api/v1/server/tokens")).json()["tokens"]
    assert "token" not in listed
    assert (await admin.delete(f"/api/v1/server/tokens/{listed['id']}")).status_code == 204
    assert (await status(guarded, token)).status_code == 401


async def test_the_token_may_come_as_an_api_key(guarded, make):
    token = await make("chat")
    async with httpx.AsyncClient(base_url=guarded.address, headers={"x-api-key": token}) as http:
        assert (await http.get("/api/v1/models")).status_code == 200


async def test_guessing_is_slowed_down(guarded):
    async def attempt():
        began = time.monotonic()
        await status(guarded, "sk-lm-abcdefgh:12345678901234567890")
        return time.monotonic() - began

    for _ in range(5):
        await attempt()
    assert await attempt() >= 0.5
    assert await attempt() >= 1.0


async def test_authentication_can_be_switched_on_live(server):
    assert (await status(server, None)).status_code == 200
    answer = await status(server, None, "PATCH", "/api/v1/server/settings", json={"require_authentication": True})
    assert answer.json()["require_authentication"] is True
    assert (await status(server, None)).status_code == 401
    assert (await status(server, LOCAL_KEY)).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:1234", "localhost.evil.example", "", "[abc"])
async def test_a_foreign_name_is_not_answered(server, host):
    async with httpx.AsyncClient(base_url=server.address) as http:
        answer = await http.get("/api/v1/models", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "host_not_allowed"


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1234", "127.0.0.1:5", "[::1]:9", "192.168.1.5:1234", "x.localhost"]
)
async def test_own_names_and_addresses_are_answered(server, host):
    async with httpx.AsyncClient(base_url=server.address) as http:
        assert (await http.get("/api/v1/models", headers={"Host": host})).status_code == 200


async def test_a_name_can_be_allowed():
    async with serving(allowed_hosts=["models.example"]) as server, httpx.AsyncClient(base_url=server.address) as http:
        assert (await http.get("/api/v1/models", headers={"Host": "models.example:1234"})).status_code == 200


async def test_web_pages_are_refused_unless_cors_is_on(server):
    origin = {"Origin": "https://evil.example"}
    async with httpx.AsyncClient(base_url=server.address) as http:
        for page in ("https://evil.example", "null", "http://localhost:3000", "http://[abc"):
            answer = await http.post("/api/v1/models/unload", json={"instance_id": "x"}, headers={"Origin": page})
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers
        own = await http.get("/api/v1/models", headers={"Origin": server.address})
        assert own.status_code == 200
        await http.patch("/api/v1/server/settings", json={"cors": True})
        answer = await http.get("/api/v1/models", headers=origin)
        assert answer.headers["access-control-allow-origin"] == "https://evil.example"
        preflight = await http.options("/api/v1/chat", headers=origin | {"Access-Control-Request-Method": "POST"})
        assert preflight.status_code == 204
        assert "POST" in preflight.headers["access-control-allow-methods"]


async def test_anthropics_routes_refuse_in_anthropics_shape(guarded):
    answer = await status(guarded, None, "POST", "/v1/messages", json={})
    assert answer.status_code == 401
    assert answer.json()["type"] == "error"
    assert answer.json()["error"]["type"] == "authentication_error"


async def test_many_refusals_at_once_do_not_hold_up_the_others(guarded, make):
    token = await make("chat")
    wrong = [asyncio.create_task(status(guarded, "sk-lm-abcdefgh:12345678901234567890")) for _ in range(7)]
    await asyncio.sleep(0.1)
    began = time.monotonic()
    assert (await status(guarded, token)).status_code == 200
    assert time.monotonic() - began < 0.5
    await asyncio.gather(*wrong)
