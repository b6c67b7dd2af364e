"""The way to other servers: by proxy and certificates, while offline by choice, and with a key that nobody sees."""

import socket
from pathlib import Path

import httpx
import pytest

from studiolo.paths import app_paths
from tests.stands.authority import make_authority
from tests.stands.proxy import stand_proxy
from tests.stands.ring import no_keyring
from tests.stands.serving import RunningServer
from tests.stands.upstream_stand import Replay, recorded, upstream_stand

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "sk-theKeyOfTheBoxThatNobodySees"
CHAT = {"model": "smol", "messages": [{"role": "user", "content": "Hello"}]}


async def test_https_through_a_proxy_by_an_authority_of_ones_own_and_offline(
    own_server: RunningServer, http: httpx.AsyncClient, tmp_path: Path, application_home: Path
) -> None:
    authority = make_authority(tmp_path)
    with stand_proxy() as proxy, no_keyring():
        async with upstream_stand(tls=authority.server_context("box.example")) as box:
            proxy.names["box.example"] = ("127.0.0.1", box.port)
            settings = {"proxy_mode": "manual", "proxy_address": proxy.address, "log_bodies": True}
            await http.patch("/api/v1/server/settings", json=settings)
            body = {"address": "https://box.example/", "name": "box", "key": KEY}
            refused = (await http.post("/api/v1/upstreams", json=body)).json()["error"]
            assert "The certificate of https://box.example is not trusted." in refused["message"]
            await http.patch("/api/v1/server/settings", json={"extra_certificates": str(authority.certificate)})
            added = await http.post("/api/v1/upstreams", json=body)
            assert added.status_code == 200, added.text
            assert not added.json()["notes"], "with https nobody listens"
            await http.patch("/api/v1/server/settings", json={"offline": True})
            answer = await http.post("/v1/chat/completions", json=CHAT)
            assert answer.json()["usage"]["completion_tokens"] == 12
            assert box.chats[-1].headers["authorization"] == f"Bearer {KEY}"
            assert set(proxy.asked) == {"box.example:443"}
            connections = (await http.get("/api/v1/server/connections")).json()["connections"]
            assert {(one["host"], one["purpose"], one["subject"]) for one in connections} == {
                ("box.example", "upstream", "box")
            }
            box.chats_with(Replay.of({"error": {"message": f"the key {KEY} is not good"}}, 401))
            told = await http.post("/v1/chat/completions", json=CHAT)
            assert "the key … is not good" in told.text
    kept = app_paths().data / "upstream_keys.json"
    assert kept.stat().st_mode & 0o077 == 0, "without a keyring"
    others = [file for file in application_home.rglob("*") if file.is_file() and file != kept]
    assert not [file for file in others if KEY.encode() in file.read_bytes()]
    assert KEY not in (await http.get("/api/v1/server/log")).text


async def test_this_machine_is_reached_without_a_proxy(own_server: RunningServer, http: httpx.AsyncClient) -> None:
    with stand_proxy() as proxy:
        await http.patch("/api/v1/server/settings", json={"proxy_mode": "manual", "proxy_address": proxy.address})
        async with upstream_stand() as stand:
            added = await http.post("/api/v1/upstreams", json={"address": f"{stand.address}/v1"})
            assert added.status_code == 200
        assert not proxy.asked


async def test_an_address_of_ipv6_with_a_path(own_server: RunningServer, http: httpx.AsyncClient) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    async with upstream_stand(host="::1") as stand:
        for name in ("models", "chat/completions"):
            method = "GET" if name == "models" else "POST"
            stand.routes[method, f"/llm/v1/{name}"] = stand.routes.pop((method, f"/v1/{name}"))
        added = await http.post("/api/v1/upstreams", json={"address": f"{stand.address}/llm/v1/"})
        assert added.json()["address"] == f"{stand.address}/llm"
        assert (await http.post("/v1/chat/completions", json=CHAT)).status_code == 200


async def test_a_server_whose_routes_stand_without_v1(own_server: RunningServer, http: httpx.AsyncClient) -> None:
    async with upstream_stand() as stand:
        stand.routes["GET", "/beta/openai/models"] = stand.routes["GET", "/v1/models"]
        stand.routes["POST", "/beta/openai/chat/completions"] = Replay(events=recorded("vllm_chat"))
        added = await http.post("/api/v1/upstreams", json={"address": f"{stand.address}/beta/openai"})
        assert added.json()["bare_routes"] is True
        assert (await http.post("/v1/chat/completions", json=CHAT)).status_code == 200
