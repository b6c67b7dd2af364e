"""The proxies that a Linux desktop is set to, where the environment names none."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studiolo.network import desktop_proxies
from studiolo.network.choice import NetworkChoice
from studiolo.network.desktop_proxies import NONE
from studiolo.network.desktop_proxies import desktop_proxies as asked
from studiolo.network.network import Network, Purpose

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="desktops of Linux")

GNOME = """org.gnome.system.proxy mode '{mode}'
org.gnome.system.proxy autoconfig-url '{script}'
org.gnome.system.proxy ignore-hosts ['localhost', '*.lan', '10.0.0.0/8']
org.gnome.system.proxy use-same-proxy true
org.gnome.system.proxy.http host 'proxy.example'
org.gnome.system.proxy.http port 3128
org.gnome.system.proxy.https host 'secure.example'
org.gnome.system.proxy.https port 3129
org.gnome.system.proxy.socks host ''
"""


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    desktop_proxies.forget()
    yield
    desktop_proxies.forget()


def gnome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    tool = tmp_path / "gsettings"
    (tmp_path / "said").write_text(text)
    tool.write_text(f'#!/bin/sh\n[ "$2" = org.gnome.system.proxy ] && cat {tmp_path / "said"}\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
    desktop_proxies.forget()


def place(url: str) -> str:
    way = Network(NetworkChoice).find_way(url, Purpose("hub"))
    return way.proxy.place if way.proxy else ""


def test_gnome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gnome(tmp_path, monkeypatch, GNOME.format(mode="manual", script=""))
    assert place("https://hub.example") == "secure.example:3129"
    assert place("http://hub.example") == "proxy.example:3128"
    assert place("http://box.lan") == place("http://10.1.2.3") == place("http://127.0.0.1") == ""
    # What the environment says goes before it.
    monkeypatch.setenv("HTTPS_PROXY", "http://of-the-environment:1")
    assert place("https://hub.example") == "of-the-environment:1"
    monkeypatch.delenv("HTTPS_PROXY")
    # Exceptions alone are no proxies.
    monkeypatch.setenv("no_proxy", "localhost, .other.example")
    assert place("https://hub.example") == "secure.example:3129"
    assert place("https://a.other.example") == ""
    for text in (GNOME.format(mode="none", script=""), "nonsense", "org.gnome.system.proxy mode [[[[", ""):
        gnome(tmp_path, monkeypatch, text)
        assert place("https://hub.example") == ""


def test_a_desktop_s_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("quickjs")
    script = tmp_path / "proxy.pac"
    script.write_text('function FindProxyForURL(url, host) { return "PROXY by-script:1"; }')
    gnome(tmp_path, monkeypatch, GNOME.format(mode="auto", script=script.as_uri()))
    assert place("https://hub.example") == "by-script:1"
    monkeypatch.setenv("NO_PROXY", "other.example")
    assert place("https://hub.example") == "by-script:1"
    assert place("https://other.example") == ""


@pytest.mark.parametrize(("mode", "user"), [("system", ""), ("script", "ada")])
def test_a_password_is_not_for_the_proxies_of_a_desktop_s_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: Any, user: str
) -> None:
    pytest.importorskip("quickjs")
    script = tmp_path / "proxy.pac"
    script.write_text('function FindProxyForURL(url, host) { return "PROXY by-script:1"; }')
    gnome(tmp_path, monkeypatch, GNOME.format(mode="auto", script=script.as_uri()))
    choice = NetworkChoice(mode, proxy_user="ada", proxy_password="of-another", proxy_script=str(script))
    proxy = Network(lambda: choice).find_way("http://hub.example", Purpose("hub")).proxy
    assert proxy
    assert (proxy.place, proxy.user, "Proxy-Authorization" in proxy.headers) == ("by-script:1", user, bool(user))


def test_kde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert asked() == NONE
    file = tmp_path / "kioslaverc"
    lines = ["[Proxy Settings]", "ProxyType=1", "httpsProxy=http://kde.example 3128", "NoProxyFor=box.lan, other"]
    for content, proxy in (
        ("\n".join(lines), "kde.example:3128"),
        ("\n".join(lines).replace("ProxyType=1", "ProxyType=0"), ""),
        ("[Proxy Settings", ""),
        ("\x00\xff", ""),
    ):
        file.write_text(content)
        desktop_proxies.forget()
        assert place("https://hub.example") == proxy
        assert place("https://box.lan") == ""


def test_another_desktop_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "sway")
    assert asked() == NONE
