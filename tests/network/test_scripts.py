"""Proxy scripts: what they may say, and that a bad one costs a bounded time and nothing else."""

import asyncio
import time
from pathlib import Path

import pytest

from studiolo.errors import OfflineError, RequestError
from studiolo.hub.huggingface import HuggingFace
from studiolo.network.choice import NetworkChoice
from studiolo.network.network import Network, Purpose
from studiolo.network.scripts import run_script
from tests.network.conftest import HUB
from tests.stands.hub import StandHub
from tests.stands.proxy import StandProxy
from tests.stands.raw_http import raw_server, response

pytest.importorskip("quickjs")


def said(body: str, host: str = "hub.example") -> str:
    return run_script(f"function FindProxyForURL(url, host) {{ {body} }}", f"https://{host}/", host)


async def test_a_script_says_which_proxy(stand: StandHub, proxy: StandProxy, tmp_path: Path) -> None:
    script = tmp_path / "proxy.pac"
    place = proxy.address.removeprefix("http://")
    script.write_text(
        f'function FindProxyForURL(url, host) {{ return host == "hub.example" ? "PROXY {place}" : "DIRECT"; }}'
    )
    network = Network(lambda: NetworkChoice(proxy_mode="script", proxy_script=str(script)))
    async with HuggingFace(HUB, network=network) as hub:
        await hub.search("tiny")
        assert len(proxy.asked) == 1
        script.write_text('function FindProxyForURL(url, host) { return "DIRECT"; }  // changed')
        way = await network.way("https://hub.example", Purpose("hub"))
        assert way.proxy is None
    assert (await network.way("http://127.0.0.1", Purpose("hub"))).proxy is None


async def test_a_script_is_fetched_once_and_told_of(stand: StandHub) -> None:
    text = b'function FindProxyForURL(url, host) { return "SOCKS s:1; PROXY p.example:3128"; }'
    async with raw_server(response(text, kind="application/x-ns-proxy-autoconfig")) as server:
        choice = NetworkChoice(proxy_mode="script", proxy_script=f"{server.address}/proxy.pac")
        network = Network(lambda: choice)
        ways = await asyncio.gather(*(network.way("https://hub.example", Purpose("hub")) for _ in range(5)))
        assert [way.proxy.place for way in ways if way.proxy] == ["p.example:3128"] * 5
        assert len(server.requests) == 1
        excepted = NetworkChoice(
            proxy_mode="script", proxy_script=choice.proxy_script, proxy_exceptions=("hub.example",)
        )
        assert (await Network(lambda: excepted).way("https://hub.example", Purpose("hub"))).proxy is None


async def test_offline_no_script_is_fetched() -> None:
    choice = NetworkChoice(proxy_mode="script", proxy_script="http://scripts.invalid/proxy.pac", offline=True)
    network = Network(lambda: choice)
    assert (await network.way("http://192.168.1.5:1234", Purpose("server"))).proxy is None
    with pytest.raises(OfflineError):
        await network.way("https://hub.example", Purpose("hub"))
    assert {entry.purpose for entry in network.ledger.entries()} == {"hub"}


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ('return shExpMatch(host, "*.example") ? "PROXY a:1" : "DIRECT"', "PROXY a:1"),
        ('return shExpMatch("a.b", "?.b*") ? "PROXY a:1" : "DIRECT"', "PROXY a:1"),
        ('return dnsDomainIs(host, ".example") ? "PROXY a:1" : "DIRECT"', "PROXY a:1"),
        ('return isPlainHostName(host) ? "DIRECT" : "PROXY a:1"', "PROXY a:1"),
        ('return isPlainHostName("box") && dnsDomainLevels(host) == 1 ? "PROXY a:1" : "DIRECT"', "PROXY a:1"),
        ('return isInNet("127.0.0.1", "127.0.0.0", "255.0.0.0") ? "PROXY a:1" : "DIRECT"', "PROXY a:1"),
        ('return isInNet("localhost", "127.0.0.0", "255.0.0.0") ? "PROXY a:1" : "DIRECT"', "PROXY a:1"),
        ('return dnsResolve("models.invalid") === null ? "PROXY a:1" : "DIRECT"', "PROXY a:1"),
        ('return isResolvable("models.invalid") ? "PROXY a:1" : "DIRECT"', "DIRECT"),
        ('return /^[0-9.]+$/.test(myIpAddress()) ? "PROXY a:1" : "DIRECT"', "PROXY a:1"),
        ('return localHostOrDomainIs("www", "www.example") ? "PROXY a:1" : "DIRECT"', "PROXY a:1"),
        ('return weekdayRange("SUN", "SAT") && timeRange(0, 23, 59, 59) !== 5 ? "PROXY a:1" : "DIRECT"', "PROXY a:1"),
        ('return dateRange("JAN", "DEC") && dateRange(1, 31) ? "PROXY a:1" : "DIRECT"', "PROXY a:1"),
        ('return dateRange(1995) || dateRange(1, "JAN", 1995, 31, "DEC", 1996) ? "PROXY a:1" : "DIRECT"', "DIRECT"),
        ("alert('x'); return null", "DIRECT"),
        ('return url == "https://hub.example/" ? "PROXY a:1" : "DIRECT"', "PROXY a:1"),
    ],
)
def test_what_scripts_call(body: str, answer: str) -> None:
    assert said(body) == answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "function (",
        "var FindProxyForURL = 5;",
        "function FindProxyForURL(u, h) { throw new Error('no'); }",
        "function FindProxyForURL(u, h) { while (true) {} }",
        "function FindProxyForURL(u, h) { var x = []; while (true) { x.push(new Array(100000).fill('x')); } }",
        "function FindProxyForURL(u, h) { return FindProxyForURL(u, h) + 1; }",
        "function FindProxyForURL(u, h) { return dnsResolve('n' + Math.random() + '.invalid'); }",
        "__answer = null; function FindProxyForURL(u, h) { return ''; }",
        "JSON.stringify = function () { return '['; }; function FindProxyForURL(u, h) { return 'DIRECT'; }",
    ],
)
def test_a_script_that_is_none_ends_soon(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(RequestError) as refused:
        run_script(text, "https://hub.example/", "hub.example")
    assert time.monotonic() - began < 20
    assert refused.value.param == "proxy_script"
    assert refused.value.hint


@pytest.mark.parametrize("answer", ["SOCKS s:1", "HTTPS s:1", "nonsense", "PROXY a b"])
async def test_what_names_no_usable_proxy_is_told(tmp_path: Path, answer: str) -> None:
    script = tmp_path / "proxy.pac"
    script.write_text(f"function FindProxyForURL(url, host) {{ return {answer!r}; }}")
    network = Network(lambda: NetworkChoice(proxy_mode="script", proxy_script=str(script)))
    with pytest.raises(RequestError):
        await network.way("https://hub.example", Purpose("hub"))


async def test_a_script_that_is_not_there_is_told(tmp_path: Path) -> None:
    for source in (str(tmp_path / "none.pac"), str(tmp_path), "http://127.0.0.1:9/proxy.pac"):
        network = Network(lambda source=source: NetworkChoice(proxy_mode="script", proxy_script=source))  # type: ignore[misc]
        with pytest.raises(RequestError, match="can't be read"):
            await network.way("https://hub.example", Purpose("hub"))


async def test_a_script_is_found_by_its_files_address(tmp_path: Path) -> None:
    # On Windows such an address has a slash before the drive, which its path does not.
    script = tmp_path / "the proxy.pac"
    script.write_text("function FindProxyForURL(url, host) { return 'PROXY by-script:1'; }")
    network = Network(lambda: NetworkChoice(proxy_mode="script", proxy_script=script.as_uri()))
    way = await network.way("https://hub.example", Purpose("hub"))
    assert way.proxy
    assert way.proxy.place == "by-script:1"
