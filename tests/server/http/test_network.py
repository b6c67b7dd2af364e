"""The ledger and the test of the way to the hub, over the wire."""

from typing import Any

import httpx
import pytest

from studiolo.api.network import NETWORK
from studiolo.api.server import TokenRequest
from studiolo.client.client import Client
from studiolo.client.hub import HubApi
from studiolo.client.network import NetworkApi
from studiolo.client.server import ServerApi
from studiolo.errors import AccessError, AppError
from tests.stands.hub import StandHub
from tests.stands.proxy import stand_proxy
from tests.stands.serving import LOCAL_KEY, RunningServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_connections_are_listed_and_forgotten(stand: StandHub) -> None:
    port = int(stand.endpoint.rpartition(":")[2])
    with stand_proxy(names={"hub.example": ("127.0.0.1", port)}) as proxy:
        settings: dict[str, Any] = {
            "proxy_mode": "manual",
            "proxy_address": proxy.address,
            "hub_endpoint": "http://hub.example",
        }
        async with serving(**settings) as server, Client(server.address) as client:
            network = NetworkApi(client)
            info = await ServerApi(client).info()
            assert info
            assert NETWORK in info.capabilities
            assert await network.connections() == []
            await HubApi(client).search("words that the catalog lacks")
            (entry,) = await network.connections()
            assert (entry.host, entry.port, entry.purpose, entry.via) == ("hub.example", 80, "hub", proxy.address[7:])
            assert "words" not in entry.model_dump_json()
            await network.clear_connections()
            assert await network.connections() == []
            hops = [hop async for hop in network.test() if hop.state != "running"]
            assert [hop.kind for hop in hops] == ["proxy", "dns", "tcp", "http"]
            assert [entry.purpose for entry in await network.connections()] == ["test"]


async def test_it_takes_an_administrator(own_server: RunningServer) -> None:
    async with Client(own_server.address, LOCAL_KEY) as client:
        server = ServerApi(client)
        token = (await server.create_token(TokenRequest(name="chats", permissions=["chat"]))).token
        await server.change_settings({"require_authentication": True})
    async with Client(own_server.address, token) as client:
        for ask in (NetworkApi(client).connections, NetworkApi(client).clear_connections):
            with pytest.raises(AccessError):
                await ask()
        with pytest.raises(AccessError):
            async for _hop in NetworkApi(client).test():
                pass


async def test_what_can_not_be_is_refused_by_its_name(http: httpx.AsyncClient, own_server: RunningServer) -> None:
    for change, param in (
        ({"proxy_mode": "manual"}, "proxy_mode"),
        ({"proxy_mode": "script"}, "proxy_mode"),
        ({"proxy_mode": "socks"}, "proxy_mode"),
        ({"proxy_address": "socks5://x:1"}, "proxy_address"),
        ({"proxy_address": "http://u:secret@x:1"}, "proxy_address"),
        ({"proxy_exceptions": ["a b"]}, "proxy_exceptions"),
        ({"extra_certificates": "/no/such/file.pem"}, "extra_certificates"),
        ({"offline": "yes"}, "offline"),
    ):
        answer = await http.patch("/api/v1/server/settings", json=change)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
        assert "secret" not in answer.text


async def test_an_old_server_has_none_of_it(stand: StandHub) -> None:
    from tests.stands.raw_http import raw_server, response

    unknown = response(b'{"error": "Unexpected endpoint or method. (GET /x)"}', status=404)
    async with raw_server(unknown, unknown) as server, Client(server.address) as client:
        with pytest.raises(AppError):
            await NetworkApi(client).connections()
