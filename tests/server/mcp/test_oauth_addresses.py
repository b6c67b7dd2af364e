"""Where a sign-in may lead: a server that has to be on the public internet sends nobody to this machine."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from studiolo.errors import McpServerError
from studiolo.server.mcp.contract import ServerName, ServerSpec
from studiolo.server.mcp.failures import SignInNeededError
from tests.server.mcp.test_oauth import client
from tests.stands.mcp_servers.oauth import vault
from tests.stands.ring import Ring, ring_in_use

pytestmark = pytest.mark.skipif("sys.platform != 'linux'", reason="127.0.0.2 is an address of Linux alone")

_RESOURCE = "/.well-known/oauth-protected-resource/mcp"
_SERVER = "/.well-known/oauth-authorization-server"


@pytest.fixture
def ring() -> Iterator[Ring]:
    with ring_in_use() as ring:
        yield ring


@pytest.fixture(autouse=True)
def one_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """No machine of a test has a public address: 127.0.0.1 is taken for one, and 127.0.0.2 for what it is."""
    monkeypatch.setattr("studiolo.server.mcp.addresses.is_private", lambda address: str(address) != "127.0.0.1")
    monkeypatch.setattr("studiolo.server.mcp.addresses.own_addresses", set)


@asynccontextmanager
async def private_place(host: str = "127.0.0.2") -> AsyncIterator[tuple[str, list[str]]]:
    """An address at which somebody listens, a private one unless it is named, and who came."""
    met: list[str] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append((await reader.readline()).decode())
        writer.close()

    listener = await asyncio.start_server(meet, host, 0)
    try:
        yield f"http://{host}:{listener.sockets[0].getsockname()[1]}", met
    finally:
        listener.close()
        await listener.wait_closed()


async def test_a_server_of_a_request_is_never_signed_in_to(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own, private_place() as (private, met):
        stand.authority.change = lambda path, published: published.update(authorization_servers=[private])
        spec = ServerSpec(ServerName("vault", ephemeral=True), url=stand.url, private=False)
        with pytest.raises(SignInNeededError) as caught:
            await own.call(spec)
        assert caught.value.ephemeral
        assert "headers" in caught.value.hint
        with pytest.raises(McpServerError, match="no page"):
            await own.sign_ins.begin_sign_in(spec)
        assert (stand.authority.asked, met) == ([], []), "nobody is asked where to sign in"


async def _fails(own: Any, spec: ServerSpec) -> McpServerError:
    with pytest.raises(McpServerError) as caught:
        await own.sign_in(spec)
    assert await own.sign_ins.signed_in(spec.name.label) is None
    return caught.value


@pytest.mark.parametrize(
    ("path", "name", "place"),
    [
        (_RESOURCE, "authorization_servers", "/"),
        (_SERVER, "registration_endpoint", "/register"),
        (_SERVER, "token_endpoint", "/token"),
    ],
)
async def test_an_endpoint_at_a_private_address_is_not_connected_to(
    ring: Ring, tmp_path: Path, path: str, name: str, place: str
) -> None:
    async with vault() as stand, client(tmp_path) as own, private_place() as (private, met):

        def change(published_at: str, published: dict[str, Any]) -> None:
            if published_at == path:
                published[name] = [private + place] if isinstance(published[name], list) else private + place

        spec = ServerSpec(ServerName("vault"), url=stand.url, private=False)
        stand.authority.change = change
        error = await _fails(own, spec)
        assert "sends its sign-in to an address of this computer" in error.message
        assert met == []
        stand.authority.change = lambda _path, _published: None
        await own.sign_in(spec)
        assert "gold" in await own.call(spec), "it was the address"


@pytest.mark.parametrize(
    ("path", "host"),
    [
        (_RESOURCE, "127.0.0.1"),
        (_SERVER, "127.0.0.1"),
        ("/register", "127.0.0.1"),
        ("/token", "127.0.0.1"),
        ("/token", "127.0.0.2"),
    ],
)
async def test_a_redirect_of_an_endpoint_is_not_followed(ring: Ring, tmp_path: Path, path: str, host: str) -> None:
    """Not even to another public address: a code or a secret would go along."""
    async with vault() as stand, client(tmp_path) as own, private_place(host) as (other, met):
        stand.authority.sends_on[path] = f"{other}/elsewhere"
        await _fails(own, ServerSpec(ServerName("vault"), url=stand.url, private=False))
        assert path in stand.authority.asked
        assert met == []


async def test_a_token_is_not_revoked_at_a_private_address(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own, private_place() as (private, met):

        def change(_path: str, published: dict[str, Any]) -> None:
            if "revocation_endpoint" in published:
                published["revocation_endpoint"] = f"{private}/revoke"

        stand.authority.change = change
        spec = ServerSpec(ServerName("vault"), url=stand.url, private=False)
        await own.sign_in(spec)
        await own.sign_ins.sign_out(spec)
        assert await own.sign_ins.signed_in("vault") is None
        assert met == []
