"""MCP servers over HTTP go by the network's rules: the proxy, the ledger, and the switch that lets nothing leave."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from studiolo.errors import McpServerError
from studiolo.network.choice import NetworkChoice
from studiolo.network.network import Network
from studiolo.server.mcp.contract import ServerName, ServerSpec, Wanted
from studiolo.server.mcp.sessions import McpSessions
from studiolo.server.mcp.toolset import open_toolset
from tests.server.mcp.test_web import friendly
from tests.stands.proxy import stand_proxy

FAR = "http://tools.example"


class Chosen:
    """A network whose choice a test changes."""

    def __init__(self) -> None:
        self.choice = NetworkChoice()
        self.network = Network(lambda: self.choice)


@pytest.fixture
async def chosen() -> Chosen:
    return Chosen()


@pytest.fixture
async def sessions(tmp_path: Path, chosen: Chosen) -> AsyncIterator[McpSessions]:
    warm = McpSessions(tmp_path / "mcp", network=chosen.network)
    warm.start()
    yield warm
    await warm.close()


@pytest.mark.parametrize("kind", ["modern", "sse"])
async def test_a_proxy_leads_to_it_and_the_ledger_has_it(sessions: McpSessions, chosen: Chosen, kind: str) -> None:
    async with friendly(kind) as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        with stand_proxy(names={"tools.example": ("127.0.0.1", port)}) as proxy:
            chosen.choice = NetworkChoice(proxy_mode="manual", proxy_address=proxy.address)
            # The SDK's servers answer to names of this machine alone.
            spec = ServerSpec(
                ServerName("web"),
                url=f"{FAR}/{url.split('/', 3)[3]}",
                headers={"Host": f"127.0.0.1:{port}"},
                private=True,
            )
            async with open_toolset(sessions, [Wanted(spec)]) as toolset:
                assert toolset.find("add")
            assert proxy.asked[0].startswith(FAR)
    lines = chosen.network.ledger.entries()
    assert {(line.host, line.purpose, line.subject, line.via) for line in lines} == {
        ("tools.example", "mcp", "web", proxy.address[7:])
    }


async def test_offline_it_is_not_asked_and_says_so(sessions: McpSessions, chosen: Chosen) -> None:
    with stand_proxy() as proxy:
        chosen.choice = NetworkChoice(proxy_mode="manual", proxy_address=proxy.address, offline=True)
        spec = ServerSpec(ServerName("web"), url=f"{FAR}/mcp", private=True)
        async with asyncio.timeout(20):
            with pytest.raises(McpServerError, match="offline by choice") as refused:
                async with open_toolset(sessions, [Wanted(spec)]):
                    pass
        assert proxy.connections == 0
    assert "Work offline" in refused.value.hint
    assert not refused.value.retryable


async def test_offline_one_on_this_machine_is_used(sessions: McpSessions, chosen: Chosen) -> None:
    chosen.choice = NetworkChoice(offline=True)
    async with friendly("modern") as url:
        spec = ServerSpec(ServerName("web"), url=url, private=True)
        async with open_toolset(sessions, [Wanted(spec)]) as toolset:
            assert toolset.find("add")
    assert chosen.network.ledger.entries() == []
