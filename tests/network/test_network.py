"""The way out of a process: through proxies, past its exceptions, trusted, counted, or not at all."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from http.client import HTTPException, IncompleteRead
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest

from studiolo.api.network import OFFLINE
from studiolo.errors import OfflineError, RequestError, UnreachableError
from studiolo.hub.catalog import fetch_catalog
from studiolo.hub.huggingface import HuggingFace
from studiolo.network.choice import NetworkChoice
from studiolo.network.ledger import MOST_ENTRIES, ConnectionLedger
from studiolo.network.network import Network, Purpose
from studiolo.network.proxies import find_proxy, parse_proxy
from studiolo.network.transport import NetworkTransport, plain_context
from studiolo.server.downloads.transfer.connection import RangeConnection
from tests.network.conftest import FILE, HUB, REPO
from tests.stands.authority import Authority
from tests.stands.hub import StandHub
from tests.stands.proxy import StandProxy
from tests.stands.raw_http import raw_server, response


def through(proxy: StandProxy, **more: object) -> Network:
    choice = NetworkChoice(proxy_mode="manual", proxy_address=proxy.address, **more)  # type: ignore[arg-type]
    return Network(lambda: choice)


@asynccontextmanager
async def tls_server(authority: Authority, host: str) -> AsyncIterator[int]:
    """A server that says yes to everything, over TLS; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline() not in (b"\r\n", b""):
            pass
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
        writer.close()

    context = await asyncio.to_thread(authority.server_context, host)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_manual_proxy_is_the_way_to_the_hub_and_is_told_of(stand: StandHub, proxy: StandProxy) -> None:
    stand.add(REPO, {FILE: b"gguf"})
    network = through(proxy)
    async with HuggingFace(HUB, "hf_secret_of_mine", network=network) as hub:
        assert [found.id for found in (await hub.search("tiny")).repositories] == [REPO]
    assert proxy.asked[0].startswith(f"{HUB}/api/models?")
    (line,) = network.ledger.entries()
    assert (line.host, line.port, line.purpose, line.via) == ("hub.example", 80, "hub", proxy.address[7:])
    assert line.result == "closed"
    assert line.sent_bytes > 100
    assert line.received_bytes > 100
    assert "secret" not in line.model_dump_json()
    assert "api/models" not in line.model_dump_json()


async def test_a_proxy_gets_its_password_and_nobody_else_does(stand: StandHub, proxy: StandProxy) -> None:
    proxy.user, proxy.password = "ada", "pass:word"
    with pytest.raises(UnreachableError) as refused:
        async with HuggingFace(HUB, network=through(proxy)) as hub:
            await hub.search("tiny")
    assert "proxy" in refused.value.message
    assert "password" in refused.value.hint
    async with HuggingFace(HUB, network=through(proxy, proxy_user="ada", proxy_password="pass:word")) as hub:
        await hub.search("tiny")
    assert stand.asked
    assert not any("proxy-authorization" in {name.lower() for name in one.headers} for one in stand.asked)


async def test_exceptions_go_past_the_proxy(stand: StandHub, proxy: StandProxy) -> None:
    network = through(proxy, proxy_exceptions=("*.example",))
    with pytest.raises(UnreachableError):  # Nobody but the proxy knows the name.
        async with HuggingFace(HUB, network=network) as hub:
            await hub.search("tiny")
    assert not proxy.asked
    (line,) = network.ledger.entries()
    assert (line.result, line.via) == ("failed", "")


@pytest.mark.parametrize(("mode", "asked"), [("system", 1), ("none", 0)])
async def test_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, stand: StandHub, proxy: StandProxy, mode: str, asked: int
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, proxy.address)
    choice = NetworkChoice(proxy_mode=mode)  # type: ignore[arg-type]
    try:
        async with HuggingFace(HUB, network=Network(lambda: choice)) as hub:
            await hub.search("tiny")
    except UnreachableError:
        assert mode == "none"
    assert len(proxy.asked) == asked


def test_a_download_goes_by_the_same_rules(stand: StandHub, proxy: StandProxy) -> None:
    stand.add(REPO, {FILE: b"x" * 100_000})
    network = through(proxy)
    purpose = Purpose("download", REPO)
    with RangeConnection(HUB, None, timeout=5, network=network, purpose=purpose) as line:
        answer = line.request("GET", f"{HUB}/{REPO}/resolve/main/{FILE}", {"Range": "bytes=0-49999"})
        assert len(answer.read()) == 50_000
    found = [entry for entry in network.ledger.entries() if entry.host == "hub.example"]
    assert [(entry.purpose, entry.subject, entry.result) for entry in found] == [("download", REPO, "closed")]
    # The file itself lies at another origin of this machine, which no proxy and no ledger has to do with.
    assert proxy.asked == [f"{HUB}/{REPO}/resolve/main/{FILE}"]


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_companys_certificate_is_trusted_where_its_file_is_named(
    authority: Authority, proxy: StandProxy, trusted: bool
) -> None:
    async with tls_server(authority, "hub.example") as port:
        proxy.names["hub.example"] = ("127.0.0.1", port)
        proxy.user, proxy.password = "ada", "pass word"
        network = through(
            proxy,
            proxy_user="ada",
            proxy_password="pass word",
            extra_certificates=str(authority.certificate) if trusted else "",
        )
        async with HuggingFace("https://hub.example", network=network) as hub:
            if trusted:
                assert (await hub.search("x")).repositories == []
            else:
                with pytest.raises(UnreachableError) as refused:
                    await hub.search("x")
                assert "CERTIFICATE_VERIFY_FAILED" in refused.value.details
    assert proxy.asked[0] == "hub.example:443"
    assert network.ledger.entries()[0].result == ("closed" if trusted else "failed")


async def test_a_download_trusts_the_same_certificates(authority: Authority, proxy: StandProxy) -> None:
    async with tls_server(authority, "hub.example") as port:
        proxy.names["hub.example"] = ("127.0.0.1", port)
        proxy.user, proxy.password = "ada", "pässword"
        certificates = str(authority.certificate)
        network = through(proxy, proxy_user="ada", proxy_password="pässword", extra_certificates=certificates)

        def fetch() -> bytes:
            with RangeConnection(
                "https://hub.example", None, timeout=5, network=network, purpose=Purpose("download")
            ) as line:
                return line.request("GET", "https://hub.example/x", {}).read()

        assert await asyncio.to_thread(fetch) == b"[]"
    (entry,) = network.ledger.entries()
    assert (entry.via, entry.received_bytes > 2, entry.sent_bytes > 2) == (proxy.address[7:], True, True)


@pytest.mark.parametrize(
    "address", ["socks5://u:secret@h:1", "https://proxy:1", "http://a b", "http://", "http://[::1", "http://h/path"]
)
def test_a_proxy_that_can_not_be_used_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(RequestError) as refused:
        parse_proxy(address)
    assert "secret" not in str(refused.value)
    assert refused.value.param == "proxy_address"


def test_this_machine_is_never_reached_through_a_proxy(proxy: StandProxy) -> None:
    choice = NetworkChoice(proxy_mode="manual", proxy_address=proxy.address)
    assert all(find_proxy(choice, "http", host) is None for host in ("127.0.0.1", "localhost", "::1"))
    assert find_proxy(choice, "http", "example.org")


async def test_offline_asks_nobody_and_says_so(tmp_path: Path, proxy: StandProxy) -> None:
    network = through(proxy, offline=True)
    with pytest.raises(OfflineError) as refused:
        async with HuggingFace(HUB, network=network) as hub:
            await hub.search("tiny")
    assert refused.value.code == OFFLINE
    assert not refused.value.retryable
    with pytest.raises(OfflineError):
        await fetch_catalog(f"{HUB}/catalog.json", tmp_path / "catalog.json", network=network)
    with (
        RangeConnection(HUB, None, timeout=5, network=network, purpose=Purpose("download")) as line,
        pytest.raises(OfflineError),
    ):
        line.request("GET", f"{HUB}/x", {})
    assert proxy.connections == 0
    assert {(entry.purpose, entry.result) for entry in network.ledger.entries()} == {
        ("hub", "blocked"),
        ("catalog", "blocked"),
        ("download", "blocked"),
    }


async def test_what_was_added_is_reached_offline(stand: StandHub, proxy: StandProxy) -> None:
    network = through(proxy, offline=True)
    transport = NetworkTransport(network, Purpose("server"), certificates=plain_context)
    async with httpx.AsyncClient(transport=transport) as http:
        assert (await http.get(f"{HUB}/api/models")).status_code == 200
    (entry,) = network.ledger.entries()
    assert (entry.purpose, entry.result) == ("server", "closed")


async def test_switching_offline_cuts_what_is_open(stand: StandHub, proxy: StandProxy) -> None:
    stand.add(REPO, {FILE: b"x" * 10_000_000})
    choice = NetworkChoice(proxy_mode="manual", proxy_address=proxy.address)
    network = Network(lambda: choice)
    began = threading.Event()

    def fetch() -> int:
        purpose = Purpose("download")
        with RangeConnection(HUB, None, timeout=20, network=network, purpose=purpose) as line:
            answer = line.request("GET", f"{HUB}/held", {})
            began.set()
            return len(answer.read())

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        proxy.names["hub.example"] = ("127.0.0.1", server.sockets[0].getsockname()[1])
        fetching = asyncio.create_task(asyncio.to_thread(fetch))
        assert await asyncio.to_thread(began.wait, 10)
        assert [line.entry.result for line in network.ledger.open_lines] == ["open"]
        choice = NetworkChoice(proxy_mode="manual", proxy_address=proxy.address, offline=True)
        network.enforce()
        with pytest.raises(Exception):  # noqa: B017 - whatever a cut connection is to http.client
            await fetching
    assert not network.ledger.open_lines


@pytest.mark.parametrize("blocking", [True, False])
async def test_switching_offline_cuts_what_is_being_opened(
    monkeypatch: pytest.MonkeyPatch, stand: StandHub, proxy: StandProxy, blocking: bool
) -> None:
    choice = NetworkChoice(proxy_mode="manual", proxy_address=proxy.address)
    network = Network(lambda: choice)
    plain, by_loop = socket.create_connection, httpcore.AnyIOBackend.connect_tcp

    def switch() -> None:
        nonlocal choice
        choice = replace(choice, offline=True)
        network.enforce()

    def connect(*arguments: Any, **options: Any) -> socket.socket:
        connected = plain(*arguments, **options)
        switch()
        return connected

    async def connect_tcp(*arguments: Any, **options: Any) -> Any:
        connected = await by_loop(*arguments, **options)
        switch()
        return connected

    def fetch() -> None:
        with RangeConnection(HUB, None, timeout=5, network=network, purpose=Purpose("download")) as line:
            line.request("GET", f"{HUB}/x", {})

    if blocking:
        monkeypatch.setattr("http.client.socket.create_connection", connect)
        with pytest.raises(OSError):
            await asyncio.to_thread(fetch)
    else:
        monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
        async with HuggingFace(HUB, network=network) as hub:
            with pytest.raises(UnreachableError):
                await hub.search("tiny")
    assert choice.offline
    assert not proxy.asked
    assert not network.ledger.open_lines


def test_between_its_way_and_its_opening_a_connection_is_still_refused(proxy: StandProxy) -> None:
    choice = NetworkChoice(proxy_mode="manual", proxy_address=proxy.address)
    network = Network(lambda: choice)
    added, other = network.find_way(HUB, Purpose("server")), network.find_way(HUB, Purpose("hub"))
    choice = replace(choice, offline=True)
    with pytest.raises(OfflineError):
        network.enter(other)
    line = network.enter(added)
    assert line
    assert line.permitted
    assert [(entry.purpose, entry.result) for entry in network.ledger.entries()] == [
        ("server", "open"),
        ("hub", "blocked"),
    ]


@pytest.mark.parametrize("whole", [True, False])
async def test_an_answer_that_is_the_last_is_counted_and_can_be_cut(proxy: StandProxy, whole: bool) -> None:
    choice = NetworkChoice(proxy_mode="manual", proxy_address=proxy.address)
    network = Network(lambda: choice)
    size = 20_000_000

    def fetch() -> int:
        nonlocal choice
        with RangeConnection(HUB, None, timeout=20, network=network, purpose=Purpose("download")) as line:
            answer = line.request("GET", f"{HUB}/x", {})
            assert answer.getheader("Connection") == "close"
            assert [one.entry.result for one in network.ledger.open_lines] == ["open"]
            if not whole:
                choice = replace(choice, offline=True)
                network.enforce()
            try:
                return len(answer.read())
            except IncompleteRead as error:
                return len(error.partial)
            except ConnectionResetError:
                return 0  # Who still sends may say so in this way.

    async with raw_server(response(b"x" * size)) as server:
        proxy.names["hub.example"] = ("127.0.0.1", int(server.address.rpartition(":")[2]))
        found = await asyncio.to_thread(fetch)
    assert (found == size) is whole
    (entry,) = network.ledger.entries()
    assert entry.result == "closed"
    assert entry.received_bytes > found
    assert not network.ledger.open_lines


@pytest.mark.parametrize("by_switch", [True, False])
async def test_what_is_cut_is_never_read_as_it_was_encrypted(
    authority: Authority, proxy: StandProxy, by_switch: bool
) -> None:
    certificates = str(authority.certificate)
    choice = NetworkChoice(proxy_mode="manual", proxy_address=proxy.address, extra_certificates=certificates)
    network = Network(lambda: choice)

    def fetch() -> bytes:
        nonlocal choice
        url = "https://hub.example/x"
        with RangeConnection(url, None, timeout=20, network=network, purpose=Purpose("download")) as line:
            answer = line.request("GET", url, {})
            found = answer.read(1000)
            if by_switch:
                choice = replace(choice, offline=True)
                network.enforce()
            else:
                line.interrupt()
            with suppress(OSError, HTTPException):
                while piece := answer.read(65536):
                    found += piece
            return found

    context = await asyncio.to_thread(authority.server_context, "hub.example")
    kept = b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n" + b"x" * 20_000_000
    async with raw_server(kept, tls=context) as server:
        proxy.names["hub.example"] = ("127.0.0.1", int(server.address.rpartition(":")[2]))
        found = await asyncio.to_thread(fetch)
    assert 1000 <= len(found) < 20_000_000
    assert set(found) == {ord("x")}


def test_the_ledger_is_kept_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studiolo.network.ledger.MOST_ENTRIES", 5)
    monkeypatch.setattr("studiolo.network.ledger._MOST_FILE_BYTES", 2000)
    file = tmp_path / "connections.jsonl"
    ledger = ConnectionLedger(file)
    for number in range(50):
        ledger.begin(f"host{number}", 443, "hub").close()
    still = ledger.begin("open.example", 443, "download", subject="Bearer hf_abcdefghijklmnop")
    again = ConnectionLedger(file)
    entries = again.entries()
    assert [entry.host for entry in entries] == ["open.example", "host49", "host48", "host47", "host46"]
    assert {entry.result for entry in entries} == {"closed"}
    assert file.stat().st_size < 4000
    assert file.stat().st_mode & 0o077 == 0
    assert "abcdefghijklmnop" not in file.read_text()
    ledger.clear()
    assert [entry.host for entry in ledger.entries()] == ["open.example"]
    still.close()
    assert [entry.host for entry in ConnectionLedger(file).entries()] == ["open.example"]


def test_a_ledger_that_is_damaged_costs_its_lines_alone(tmp_path: Path) -> None:
    file = tmp_path / "connections.jsonl"
    ConnectionLedger(file).begin("good.example", 443, "hub").close()
    with file.open("ab") as opened:
        opened.write(b'\xff\x00{"host": [\n[[[[\n{"id": 5}\nnull\n{"id": "x", "host": "also.example"}')
    assert [entry.host for entry in ConnectionLedger(file).entries()] == ["also.example", "good.example"]
    file.unlink()
    file.mkdir()
    ledger = ConnectionLedger(file)
    ledger.begin("a.example", 443, "hub").close()
    assert [entry.host for entry in ledger.entries()] == ["a.example"]


def test_a_large_file_of_the_ledger_is_cut_short_at_once(tmp_path: Path) -> None:
    file = tmp_path / "connections.jsonl"
    usual = {"time": "2026-01-01T00:00:00.000Z", "host": "hub.example", "port": 443, "result": "blocked"}
    with file.open("w") as opened:
        for number in range(2**21 // 120):
            purpose = "server" if number % 2 else "hub"
            opened.write(json.dumps({"id": f"{number:012x}", "purpose": purpose} | usual) + "\n")
    assert file.stat().st_size > 2**21
    ledger = ConnectionLedger(file)
    began = time.process_time()
    ledger.begin("a.example", 443, "hub")
    assert time.process_time() - began < 1
    entries = ledger.entries()
    assert len(entries) == MOST_ENTRIES
    assert entries[0].host == "a.example"
    assert sum(entry.purpose == "server" for entry in entries) == 500
