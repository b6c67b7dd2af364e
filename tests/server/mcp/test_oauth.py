"""Sign-in to MCP servers, exercised against a real authorization server: what goes right, and each way to go wrong."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

from studiolo.errors import McpServerError
from studiolo.network.network import Network
from studiolo.server.mcp.contract import ServerName, ServerSpec
from studiolo.server.mcp.failures import SignInNeededError
from studiolo.server.mcp.oauth import SignIns
from studiolo.server.mcp.sessions import McpSessions
from studiolo.server.mcp.web import Refusal, make_client
from studiolo.server.notices import Notices
from studiolo.server.secrets import Secrets
from tests.stands.mcp_servers.oauth import OWN_CLIENT, OWN_SECRET, TOOL, Vault, own_client, vault
from tests.stands.ring import Ring, ring_in_use
from tests.stands.waiting import LIMIT_SECONDS


@pytest.fixture
def ring() -> Iterator[Ring]:
    with ring_in_use() as ring:
        yield ring


class Client:
    """What a server of ours has of MCP. `changed`: the labels that were signed in to or out of."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.changed: list[str] = []
        secrets = Secrets(folder / "secrets.json", Notices())
        self.sign_ins = SignIns(secrets, _client, self.changed.append, **options)
        self.sessions = McpSessions(folder / "run", auth=self.sign_ins.auth)

    async def call(self, spec: ServerSpec) -> str:
        """Use the server's tool over a new connection."""
        await self.sessions.drop(spec.name)
        async with self.sessions.session(spec) as session:
            return (await session.call(TOOL, {}, None)).output

    async def sign_in(self, spec: ServerSpec) -> httpx.Response:
        """As a person does; the page that is seen last."""
        page = await browse(await self.sign_ins.begin_sign_in(spec))
        await self.sign_ins.wait(spec.name.label)
        return page


def _client(spec: ServerSpec) -> httpx2.AsyncClient:
    return make_client(spec, Refusal(), network=Network())


@asynccontextmanager
async def client(folder: Path, **options: Any) -> AsyncIterator[Client]:
    made = Client(folder, **options)
    try:
        yield made
    finally:
        await made.sign_ins.aclose()
        await made.sessions.close()


async def browse(url: str) -> httpx.Response:
    """What a browser does with an address."""
    async with httpx.AsyncClient(follow_redirects=True, trust_env=False, verify=False, timeout=LIMIT_SECONDS) as http:
        return await http.get(url)


def spec_of(stand: Vault, **auth: Any) -> ServerSpec:
    return ServerSpec(ServerName("vault"), url=stand.url, auth=auth or None)


async def test_a_person_signs_in_and_the_tool_runs(
    ring: Ring, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with vault() as stand, client(tmp_path) as own:
        spec = spec_of(stand)
        with pytest.raises(SignInNeededError) as caught:
            await own.call(spec)
        assert caught.value.hint
        assert not caught.value.retryable
        assert stand.authority.asked == [], "nothing is begun that needs a person"
        assert await own.sign_ins.signed_in("vault") is None
        page = await own.sign_in(spec)
        assert page.status_code == 200
        assert "You can close this tab." in page.text
        assert own.changed == ["vault"]
        assert await own.sign_ins.signed_in("vault") is True
        assert "gold" in await own.call(spec)
        texts = stand.authority.texts
    assert len(texts) >= 3
    ours = [
        record.getMessage()
        for record in caplog.records
        if record.name.split(".")[0] not in ("uvicorn", "httpx", "httpcore")
    ]
    assert len(ours) > 10
    assert [line for line in ours if any(text in line for text in texts)] == [], "no secret is in a log of ours"
    files = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(text in content for text in texts for content in files), "nor in a file"


@pytest.mark.parametrize("unknown", [{"initialize": 400}, {"initialize": 404}, {"server/discover": 400}])
async def test_a_server_of_one_era_alone_is_signed_in_to(ring: Ring, tmp_path: Path, unknown: dict[str, int]) -> None:
    async with vault() as stand, client(tmp_path) as own:
        stand.authority.unknown = unknown
        spec = spec_of(stand)
        with pytest.raises(SignInNeededError):
            await own.call(spec)
        await own.sign_in(spec)
        assert await own.sign_ins.signed_in("vault") is True
        assert "gold" in await own.call(spec)
        # A server that takes no sign-in of its own any more asks for another one.
        stand.authority.forget_access()
        stand.authority.refresh.clear()
        with pytest.raises(SignInNeededError):
            await own.call(spec)


async def test_the_page_has_what_the_protocol_asks_for(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own:
        url = httpx.URL(await own.sign_ins.begin_sign_in(spec_of(stand)))
        assert str(url).startswith(f"{stand.issuer}/authorize")
        asked = dict(url.params)
        assert asked["code_challenge_method"] == "S256"
        assert asked["resource"] == stand.url
        assert len(asked["state"]) > 20
        assert httpx.URL(asked["redirect_uri"]).host == "127.0.0.1"


async def test_a_sign_in_outlasts_a_restart(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand:
        async with client(tmp_path) as own:
            await own.sign_in(spec_of(stand))
        async with client(tmp_path) as own:
            assert "gold" in await own.call(spec_of(stand))
            stand.authority.forget_access()
            assert "gold" in await own.call(spec_of(stand))
        assert stand.authority.asked.count("/authorize") == 1


async def test_an_expired_token_is_renewed_before_it_is_used(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand:
        stand.authority.lifetime = 0
        async with client(tmp_path) as own:
            await own.sign_in(spec_of(stand))
        stand.authority.lifetime = 3600
        asked = len(stand.authority.asked)
        async with client(tmp_path) as own:
            assert "gold" in await own.call(spec_of(stand))
        assert stand.authority.asked[asked:] == ["/token"], "where to renew it is known after a restart"


async def test_many_calls_renew_a_token_once(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own:
        spec = spec_of(stand)
        await own.sign_in(spec)
        async with own.sessions.session(spec) as session:
            await session.tools()
            stand.authority.forget_access()
            asked = len(stand.authority.asked)
            results = await asyncio.gather(*(session.call(TOOL, {}, None) for _ in range(6)))
        assert all("gold" in result.output for result in results)
        assert stand.authority.asked[asked:] == ["/token"]


async def test_what_was_revoked_asks_for_a_sign_in_and_is_forgotten(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own:
        spec = spec_of(stand)
        await own.sign_in(spec)
        stand.authority.access.clear()
        stand.authority.refresh.clear()
        asked = len(stand.authority.asked)
        for _ in range(2):
            with pytest.raises(SignInNeededError):
                await own.call(spec)
        assert stand.authority.asked[asked:] == ["/token"], "it is tried once, and nothing is registered"
        assert await own.sign_ins.signed_in("vault") is None
        await own.sign_in(spec)
        assert "gold" in await own.call(spec)


async def test_a_sign_in_server_that_is_away_costs_no_sign_in(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own:
        spec = spec_of(stand)
        await own.sign_in(spec)
        stand.authority.forget_access()
        stand.authority.unavailable = True
        with pytest.raises(McpServerError) as caught:
            await own.call(spec)
        assert not isinstance(caught.value, SignInNeededError)
        stand.authority.unavailable = False
        assert "gold" in await own.call(spec)


async def test_a_person_who_says_no_is_not_signed_in(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own:
        stand.authority.denies = True
        page = await browse(await own.sign_ins.begin_sign_in(spec_of(stand)))
        assert "not signed in" in page.text
        with pytest.raises(McpServerError, match="refused"):
            await own.sign_ins.wait("vault")
        assert own.changed == []
        assert ring.kept == {}


async def test_an_answer_with_another_state_is_not_taken(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own:
        url = httpx.URL(await own.sign_ins.begin_sign_in(spec_of(stand)))
        back = url.params["redirect_uri"]
        for query in (
            "?code=x&state=other",
            "?code=x",
            "",
            "?error=access_denied&state=ä",
            f"?state={url.params['state']}",
        ):
            assert (await browse(back + query)).status_code == 400
        assert (await browse(back.removesuffix("callback"))).status_code == 404
        await browse(str(url))
        await own.sign_ins.wait("vault")
        assert await own.sign_ins.signed_in("vault")


async def test_nonsense_at_the_page_ends_nothing(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own:
        url = httpx.URL(await own.sign_ins.begin_sign_in(spec_of(stand)))
        port = httpx.URL(url.params["redirect_uri"]).port
        for nonsense in (b"\r\n\r\n", b"\xff\xfe\r\n\r\n", b"GET [//x? HTTP/1.1\r\n\r\n", b"x" * 20_000, b""):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(nonsense)
            writer.write_eof()
            await reader.read()
            writer.close()
        await browse(str(url))
        await own.sign_ins.wait("vault")


@pytest.mark.parametrize("said", ["https://evil.test", ""])
async def test_an_answer_of_another_issuer_is_not_taken(ring: Ring, tmp_path: Path, said: str) -> None:
    async with vault() as stand, client(tmp_path) as own:
        stand.authority.says_issuer = said
        await browse(await own.sign_ins.begin_sign_in(spec_of(stand)))
        if said:
            with pytest.raises(McpServerError, match="trusted"):
                await own.sign_ins.wait("vault")
            assert "/token" not in stand.authority.asked
            assert ring.kept == {}


def _issuer(path: str, published: dict[str, Any]) -> None:
    if "authorization-server" in path:
        published["issuer"] = "https://evil.test"


def _resource(path: str, published: dict[str, Any]) -> None:
    if "protected-resource" in path:
        published["resource"] = "https://evil.test/mcp"


def _page(path: str, published: dict[str, Any]) -> None:
    if "authorization-server" in path:
        published["authorization_endpoint"] = "http://evil.test/authorize"


@pytest.mark.parametrize(
    ("change", "told"), [(_issuer, "trusted"), (_resource, "trusted"), (_page, "not safe to open")]
)
async def test_metadata_that_lies_is_not_followed(ring: Ring, tmp_path: Path, change: Any, told: str) -> None:
    async with vault() as stand, client(tmp_path) as own:
        stand.authority.change = change
        with pytest.raises(McpServerError, match=told) as caught:
            await own.sign_ins.begin_sign_in(spec_of(stand))
        assert not caught.value.retryable
        assert ring.kept == {}


async def test_a_sign_in_that_nobody_finishes_ends(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path, person_seconds=0.5) as own:
        url = httpx.URL(await own.sign_ins.begin_sign_in(spec_of(stand)))
        with pytest.raises(McpServerError, match="in time"):
            await own.sign_ins.wait("vault")
        with pytest.raises(httpx.ConnectError):
            await browse(url.params["redirect_uri"])


async def test_a_second_sign_in_takes_the_place_of_the_first(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own:
        first = httpx.URL(await own.sign_ins.begin_sign_in(spec_of(stand)))
        page = await own.sign_in(spec_of(stand))
        assert "close this tab" in page.text
        if first.params["redirect_uri"] not in str(page.url):
            with pytest.raises(httpx.ConnectError):
                await browse(first.params["redirect_uri"])
        assert own.changed == ["vault"]


async def test_signing_out_revokes_and_deletes(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own:
        spec = spec_of(stand)
        await own.sign_in(spec)
        assert "gold" in await own.call(spec)
        await own.sign_ins.sign_out(spec)
        assert stand.authority.access == {}
        assert stand.authority.refresh == {}
        assert ring.kept == {}
        assert own.changed == ["vault", "vault"]
        with pytest.raises(SignInNeededError):
            await own.call(spec)
        await own.sign_ins.sign_out(spec)


async def test_signing_out_of_a_server_that_is_gone_deletes(ring: Ring, tmp_path: Path) -> None:
    async with client(tmp_path) as own:
        async with vault() as stand:
            spec = spec_of(stand)
            await own.sign_in(spec)
        await own.sign_ins.sign_out(spec)
        assert ring.kept == {}


async def test_tokens_go_to_no_other_address(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, vault() as other, client(tmp_path) as own:
        await own.sign_in(spec_of(stand))
        with pytest.raises(SignInNeededError):
            await own.call(spec_of(other))


async def test_a_client_of_ones_own_is_used(ring: Ring, tmp_path: Path) -> None:
    async with vault(registers=False) as stand, client(tmp_path) as own:
        with pytest.raises(McpServerError, match="register") as caught:
            await own.sign_ins.begin_sign_in(spec_of(stand))
        assert "CLIENT_ID" in caught.value.hint
        port = _free_port()
        stand.authority.clients[OWN_CLIENT] = own_client(port)
        spec = spec_of(stand, CLIENT_ID=OWN_CLIENT, CLIENT_SECRET=OWN_SECRET, redirect_port=port)
        await own.sign_in(spec)
        assert "gold" in await own.call(spec)
        stand.authority.forget_access()
        assert "gold" in await own.call(spec)
        await own.sign_ins.sign_out(spec)
        assert stand.authority.refresh == {}


@pytest.mark.parametrize("port", [-1, 65536, "x", [1]])
async def test_a_port_that_is_none_is_told(ring: Ring, tmp_path: Path, port: object) -> None:
    async with vault() as stand, client(tmp_path) as own:
        with pytest.raises(McpServerError, match="redirect_port"):
            await own.sign_ins.begin_sign_in(spec_of(stand, redirect_port=port))


async def test_a_port_that_is_taken_is_told(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own:
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(McpServerError, match="in use"):
            await own.sign_ins.begin_sign_in(spec_of(stand, redirect_port=taken.getsockname()[1]))


async def test_a_client_without_a_person_signs_in_by_itself(ring: Ring, tmp_path: Path) -> None:
    async with vault(registers=False) as stand, client(tmp_path) as own:
        auth = {"CLIENT_ID": OWN_CLIENT, "CLIENT_SECRET": OWN_SECRET, "grant_type": "client_credentials"}
        spec = spec_of(stand, **auth)
        assert "gold" in await own.call(spec)
        stand.authority.forget_access()
        assert "gold" in await own.call(spec)
        asked = stand.authority.asked.count("/token")
        async with client(tmp_path) as again:
            assert "gold" in await again.call(spec)
        assert stand.authority.asked.count("/token") == asked, "it is kept as well"
        with pytest.raises(McpServerError, match="no page"):
            await own.sign_ins.begin_sign_in(spec)
        with pytest.raises(McpServerError) as caught:
            await own.call(spec_of(stand, **(auth | {"CLIENT_SECRET": "another-secret-text"})))
        assert "another-secret-text" not in f"{caught.value} {caught.value.details}"
        elsewhere = spec_of(stand, **auth, issuer="https://auth.acme.test")
        with pytest.raises(McpServerError):
            await own.call(elsewhere)


async def test_a_locked_keyring_is_named(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand:
        async with client(tmp_path) as own:
            await own.sign_in(spec_of(stand))
        ring.locked = True
        async with client(tmp_path) as own:
            with pytest.raises(McpServerError) as caught:
                await own.call(spec_of(stand))
            assert not isinstance(caught.value, SignInNeededError)
            url = await own.sign_ins.begin_sign_in(spec_of(stand))
            await browse(url)
            with pytest.raises(McpServerError):
                await own.sign_ins.wait("vault")
        ring.locked = False
        async with client(tmp_path) as own:
            assert "gold" in await own.call(spec_of(stand))


async def test_what_was_kept_and_is_damaged_asks_for_a_sign_in(ring: Ring, tmp_path: Path) -> None:
    async with vault() as stand, client(tmp_path) as own:
        await own.sign_in(spec_of(stand))
        [name] = ring.kept
        for text in ("{", "[]", json.dumps({"url": stand.url, "tokens": 5}), ""):
            ring.kept[name] = text
            async with client(tmp_path) as again:
                with pytest.raises(SignInNeededError):
                    await again.call(spec_of(stand))


async def test_what_has_no_page_says_so(ring: Ring, tmp_path: Path) -> None:
    async with client(tmp_path) as own:
        program = ServerSpec(ServerName("p"), command="x")
        assert own.sign_ins.auth(program) is None
        assert own.sign_ins.auth(ServerSpec(ServerName("a", ephemeral=True), url="https://a.test")) is None
        assert (
            own.sign_ins.auth(ServerSpec(ServerName("a"), url="https://a.test", headers={"authorization": "x"})) is None
        )
        for spec in (program, ServerSpec(ServerName("a", ephemeral=True), url="https://a.test")):
            with pytest.raises(McpServerError, match="no page"):
                await own.sign_ins.begin_sign_in(spec)
        gone = ServerSpec(ServerName("gone"), url=f"http://127.0.0.1:{_free_port()}/mcp")
        with pytest.raises(McpServerError, match="reached"):
            await own.sign_ins.begin_sign_in(gone)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
