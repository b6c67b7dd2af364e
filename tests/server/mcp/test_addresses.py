"""Which addresses count as private, however they are written, and that what was checked is what is connected to."""

import asyncio

import httpx2
import pytest

from studiolo.errors import McpServerError
from studiolo.network.network import Network
from studiolo.server.mcp.addresses import (
    PrivateAddressError,
    check_spelling,
    is_private,
    own_addresses,
    public_addresses,
)
from studiolo.server.mcp.contract import ServerName, ServerSpec
from studiolo.server.mcp.web import McpTransport

SERVER = ServerName("far", ephemeral=True)
FAR = ServerSpec(SERVER, url="http://far.example/mcp", private=False)
PRIVATE = """
    127.0.0.1 127.8.9.10 0.0.0.0 10.0.0.1 172.16.3.4 192.168.1.1 169.254.169.254 100.64.0.1 100.100.100.200 192.0.0.192
    198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 168.63.129.16 192.0.2.1 ::1 :: fe80::1 fe80::1%eth0 2606:4700::1%1
    fd00:ec2::254 fec0::1 ff0e::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::808:808
    2002:7f00:1:: 2001:0:1::1 2001:db8::1 nonsense
"""
SPELLINGS = """
    127.0.0.1 localhost LOCALHOST localhost. my.localhost printer.local metadata.google.internal 2130706433 0x7f000001
    0x7f.1 0177.0.0.1 127.1 127.0.0.1. [::1] [::ffff:127.0.0.1] [fe80::1%25eth0] 10.1 3232235777 user:word@127.0.0.1
"""
PUBLIC = "8.8.8.8 1.1.1.1 172.32.0.1 100.128.0.1 2606:4700:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::"


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_addresses_are_known(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_pass(address: str) -> None:
    assert not is_private(address)


@pytest.mark.parametrize("host", SPELLINGS.split())
def test_odd_spellings_of_private_addresses_are_refused_unasked(host: str) -> None:
    with pytest.raises(McpServerError) as raised:
        check_spelling(f"http://{host}/mcp", SERVER)
    assert raised.value.ephemeral
    assert '"far"' in raised.value.message


@pytest.mark.parametrize(
    "url", ["", "mcp", "ftp://example.com", "file:///etc/passwd", "http://", "http://a:b:c/", "//a"]
)
def test_what_is_no_address_of_http_is_refused(url: str) -> None:
    with pytest.raises(McpServerError, match="none of HTTP"):
        check_spelling(url, SERVER)


def resolver(*answers: list[str]) -> "Resolver":
    return Resolver(list(answers))


class Resolver:
    """Answers each time as it is told to; the last answer stays."""

    def __init__(self, answers: list[list[str]]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


async def test_a_name_is_private_when_one_of_its_addresses_is() -> None:
    assert await public_addresses("far.example", 443, resolver(["8.8.8.8"])) == ["8.8.8.8"]
    with pytest.raises(PrivateAddressError):
        await public_addresses("far.example", 443, resolver(["8.8.8.8", "10.0.0.1"]))


async def test_an_address_of_this_machine_is_private_whatever_it_is() -> None:
    for address in own_addresses():
        with pytest.raises(PrivateAddressError):
            await public_addresses("far.example", 443, resolver([address]))


async def test_a_name_without_an_address_is_unknown() -> None:
    with pytest.raises(OSError, match="no address"):
        await public_addresses("far.example", 443, resolver([]))


async def test_a_name_that_leads_here_the_second_time_is_never_connected_to() -> None:
    met: list[str] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append("somebody")
        writer.close()

    listener = await asyncio.start_server(meet, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    rebinding = resolver(["8.8.8.8"], ["127.0.0.1"])
    url = f"http://far.example:{port}/mcp"
    check_spelling(url, SERVER)
    await public_addresses("far.example", port, rebinding)
    async with httpx2.AsyncClient(transport=McpTransport(FAR, Network(), rebinding)) as client:
        with pytest.raises(PrivateAddressError):
            await client.get(url)
    assert rebinding.asked == ["far.example", "far.example"]
    assert not met
    listener.close()
    await listener.wait_closed()


async def test_each_connection_is_judged_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts: list[str] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        hosts.append(next(line for line in head.decode().splitlines() if line.lower().startswith("host:")))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    listener = await asyncio.start_server(meet, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    # No machine of a test has a public address: this one's own is taken for one.
    monkeypatch.setattr("studiolo.server.mcp.addresses.is_private", lambda address: address != "127.0.0.1")
    monkeypatch.setattr("studiolo.server.mcp.addresses.own_addresses", set)
    names = resolver(["127.0.0.1"], ["127.0.0.1"], ["10.0.0.1"])
    async with httpx2.AsyncClient(transport=McpTransport(FAR, Network(), names)) as client:
        for _time in range(2):
            await client.get(f"http://far.example:{port}/")
        with pytest.raises(PrivateAddressError):
            await client.get(f"http://far.example:{port}/")
    assert hosts == [f"Host: far.example:{port}"] * 2
    listener.close()
    await listener.wait_closed()
