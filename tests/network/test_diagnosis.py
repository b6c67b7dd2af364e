"""The test of the way to the hub names the hop that fails."""

import asyncio
import socket
from typing import Any

import pytest

from studiolo.api.network import NetworkHop
from studiolo.network.choice import NetworkChoice
from studiolo.network.diagnosis import diagnose
from studiolo.network.network import Network
from tests.network.conftest import FILE, HUB, REPO
from tests.network.test_network import tls_server
from tests.stands.authority import NAME, Authority
from tests.stands.hub import StandHub
from tests.stands.proxy import StandProxy


async def hops(endpoint: str, *, token: str | None = None, **choice: Any) -> list[NetworkHop]:
    """What the hops ended as."""
    chosen = NetworkChoice(**choice)
    return [hop async for hop in diagnose(Network(lambda: chosen), endpoint, token) if hop.state != "running"]


def kinds(found: list[NetworkHop]) -> list[str]:
    return [hop.kind if hop.state == "passed" else f"{hop.kind}!" for hop in found]


async def test_all_is_well_down_to_where_files_are_kept(stand: StandHub) -> None:
    stand.add(REPO, {FILE: b"gguf"})
    found = await hops(stand.endpoint)
    assert kinds(found) == ["dns", "tcp", "http", "redirect", "dns", "tcp", "http"]
    assert all(hop.seconds is not None and hop.seconds >= 0 for hop in found)
    assert stand.downloads()[-1].headers["Range"] == "bytes=0-0"


async def test_through_a_proxy(stand: StandHub, proxy: StandProxy) -> None:
    found = await hops(HUB, proxy_mode="manual", proxy_address=proxy.address)
    assert kinds(found) == ["proxy", "dns", "tcp", "http"]
    assert found[0].target == proxy.address[7:]


async def test_a_name_that_nobody_knows() -> None:
    found = await hops("https://models.invalid", proxy_mode="none")
    assert kinds(found) == ["dns!"]
    assert "name" in found[-1].detail
    assert found[-1].hint


async def test_nobody_listens() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        found = await hops(f"http://127.0.0.1:{nobody.getsockname()[1]}")
    assert kinds(found) == ["dns", "tcp!"]
    assert "refuses" in found[-1].detail


async def test_a_proxy_that_nobody_runs(proxy: StandProxy) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        found = await hops("https://hub.example", proxy_mode="manual", proxy_address=address)
    assert kinds(found) == ["proxy", "dns", "tcp!"]
    assert "The proxy" in found[-1].detail


@pytest.mark.parametrize(
    ("prepare", "words"),
    [({"user": "ada", "password": "x"}, "password"), ({"refused": 403}, "refuses"), ({"refused": 502}, "502")],
)
async def test_a_proxy_that_refuses(proxy: StandProxy, prepare: dict[str, Any], words: str) -> None:
    for name, value in prepare.items():
        setattr(proxy, name, value)
    found = await hops("https://hub.example", proxy_mode="manual", proxy_address=proxy.address)
    assert kinds(found) == ["proxy", "dns", "tcp", "proxy_tunnel!"]
    assert words in found[-1].detail


async def test_a_proxy_that_wants_a_password_for_plain_http(proxy: StandProxy) -> None:
    proxy.user, proxy.password = "ada", "x"
    found = await hops(HUB, proxy_mode="manual", proxy_address=proxy.address)
    assert kinds(found) == ["proxy", "dns", "tcp", "http!"]
    assert "password" in found[-1].detail
    passed = await hops(HUB, proxy_mode="manual", proxy_address=proxy.address, proxy_user="ada", proxy_password="x")
    assert kinds(passed)[:4] == ["proxy", "dns", "tcp", "http"]


@pytest.mark.parametrize("proxied", [True, False])
async def test_a_certificate_that_is_not_trusted_is_told_by_its_issuer(
    authority: Authority, proxy: StandProxy, monkeypatch: pytest.MonkeyPatch, proxied: bool
) -> None:
    host = "hub.example" if proxied else "localhost"
    async with tls_server(authority, host) as port:
        proxy.names[host] = ("127.0.0.1", port)
        choice: dict[str, Any] = {"proxy_mode": "manual", "proxy_address": proxy.address} if proxied else {}
        endpoint = f"https://{host}" if proxied else f"https://{host}:{port}"
        found = await hops(endpoint, **choice)
        trusted = await hops(endpoint, extra_certificates=str(authority.certificate), **choice)
    assert kinds(found)[-1] == "tls!"
    assert NAME in found[-1].detail
    assert "Extra certificates" in found[-1].hint
    assert kinds(trusted)[-2:] == ["tls", "http"]


async def test_no_tls_at_all(stand: StandHub) -> None:
    found = await hops(stand.endpoint.replace("http:", "https:"))
    assert kinds(found) == ["dns", "tcp", "tls!"]


async def test_somebody_else_answers_in_the_hubs_place(stand: StandHub) -> None:
    stand.pages["/api/models"] = b"<html>Welcome to the hotel. Please sign in.</html>"
    found = await hops(stand.endpoint)
    assert kinds(found) == ["dns", "tcp", "http!"]
    assert "sign-in" in found[-1].hint


async def test_a_token_that_is_not_accepted(stand: StandHub) -> None:
    stand.hub_statuses = [401]
    found = await hops(stand.endpoint, token="hf_wrong")
    assert kinds(found)[-1] == "http!"
    assert "token" in found[-1].detail
    assert "hf_wrong" not in "".join(hop.model_dump_json() for hop in found)


async def test_offline_by_choice() -> None:
    found = await hops("https://hub.example", offline=True)
    assert kinds(found) == ["offline!"]
    assert "Work offline" in found[0].hint


async def test_the_place_of_the_files_is_not_permitted(stand: StandHub, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.add(REPO, {FILE: b"gguf"})
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        stand.cdn = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        found = await hops(stand.endpoint)
    assert kinds(found) == ["dns", "tcp", "http", "redirect", "dns", "tcp!"]


async def test_it_can_be_given_up(stand: StandHub) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with server:
        walk = diagnose(Network(), f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", None)
        async for hop in walk:
            if hop.kind == "http":
                break
        await walk.aclose()


async def test_offline_in_the_middle_of_it_is_told_of() -> None:
    found: list[NetworkHop] = []
    # Offline from the first hop on: that is when the name is about to be looked up.
    network = Network(lambda: NetworkChoice(proxy_mode="none", offline=bool(found)))
    async for hop in diagnose(network, HUB, None):
        found.append(hop)
    assert [(hop.kind, hop.state) for hop in found] == [("dns", "running"), ("dns", "failed")]
    assert "offline by choice" in found[-1].detail
