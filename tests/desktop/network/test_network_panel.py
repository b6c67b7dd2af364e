"""The panel of the network: what is written is checked in place, in force at once, and tested hop by hop."""

import asyncio
import socket
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit

from studiolo.desktop.network.network_panel import MODES
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.errors import UnreachableError
from studiolo.hub.huggingface import HuggingFace
from studiolo.paths import app_paths
from tests.desktop.network.conftest import NetworkDesk
from tests.stands.authority import make_authority
from tests.stands.hub import StandHub
from tests.stands.proxy import stand_proxy
from tests.stands.ring import Ring
from tests.stands.waiting import until


def write(field: QLineEdit, text: str) -> None:
    field.setText(text)
    field.editingFinished.emit()


async def test_a_manual_proxy_is_in_force_once_it_has_an_address(desk: NetworkDesk) -> None:
    panel = desk.network_panel()
    assert not panel.address_row.isVisible()
    panel.mode.setCurrentIndex(MODES.index("manual"))
    assert panel.address_row.isVisible()
    assert desk.store.current.proxy_mode == "system"
    write(panel.address, "http://proxy.example:3128")
    assert (desk.store.current.proxy_mode, desk.store.current.proxy_address) == ("manual", "http://proxy.example:3128")
    write(panel.exceptions, "example.com; 10.0.0.0/8, ")
    assert desk.store.current.proxy_exceptions == ["example.com", "10.0.0.0/8"]
    assert desk.window.network.choice.proxy_mode == "manual"
    assert DesktopSettingsStore(app_paths().config / "desktop.json").current == desk.store.current
    panel.mode.setCurrentIndex(MODES.index("none"))
    assert desk.store.current.model_dump()["proxy_mode"] == "none"
    assert not panel.address_row.isVisible()


@pytest.mark.parametrize("text", ["socks5://x:1", "http://u:p@x:1", "https://x", "a b"])
async def test_what_is_no_proxy_is_told_in_place_and_changes_nothing(desk: NetworkDesk, text: str) -> None:
    panel = desk.network_panel()
    panel.mode.setCurrentIndex(MODES.index("manual"))
    write(panel.address, text)
    assert panel.address_row.problem.isVisible()
    assert desk.store.current.proxy_address == ""
    write(panel.address, "http://x:1")
    assert not panel.address_row.problem.isVisible()
    assert desk.store.current.proxy_address == "http://x:1"
    write(panel.exceptions, "good.example, not good")
    assert "“not good”" in panel.exceptions_row.problem.text()
    assert desk.store.current.proxy_exceptions == []


async def test_a_password_is_in_the_keyring_and_nowhere_else(desk: NetworkDesk, ring: Ring) -> None:
    panel = desk.network_panel()
    desk.store.change(proxy_mode="manual", proxy_address="http://proxy:1", proxy_user="ada")
    panel.password.setText("of-the-proxy")
    panel.password.editingFinished.emit()
    await until(lambda: desk.window.password == "of-the-proxy")
    assert "of-the-proxy" in ring.kept.values()
    assert panel.password.text() == ""
    assert panel.forget_password.isVisible()
    home = app_paths().config
    assert not any("of-the-proxy" in file.read_text() for file in home.rglob("*") if file.is_file())
    assert desk.window.network.choice.proxy_password == "of-the-proxy"
    assert "of-the-proxy" not in repr(desk.window.network.choice)
    # Another proxy does not get it, and the former has it again.
    desk.store.change(proxy_address="http://evil:1")
    assert desk.window.password == ""
    desk.store.change(proxy_address="http://proxy:1")
    await until(lambda: desk.window.password == "of-the-proxy")
    desk.store.change(proxy_script="http://evil/proxy.pac")
    assert desk.window.password == ""
    desk.store.change(proxy_script="")
    await until(lambda: desk.window.password == "of-the-proxy")
    panel.forget_password.click()
    await until(lambda: desk.window.password == "")
    assert "of-the-proxy" not in ring.kept.values()


async def test_certificates_are_looked_at_when_they_are_chosen(desk: NetworkDesk, tmp_path: Path) -> None:
    panel = desk.network_panel()
    write(panel.certificates, str(tmp_path / "none.pem"))
    await until(lambda: panel.certificates_row.problem.isVisible())
    assert "none.pem" in panel.certificates_row.problem.text()
    assert desk.store.current.extra_certificates == ""
    authority = await asyncio.to_thread(make_authority, tmp_path)
    write(panel.certificates, str(authority.certificate))
    await until(lambda: desk.store.current.extra_certificates == str(authority.certificate))
    await until(lambda: ": 1." in panel.certificates_row.help.text())
    assert not panel.certificates_row.problem.isVisible()
    write(panel.certificates, "")
    await until(lambda: desk.store.current.extra_certificates == "")


async def test_a_change_is_in_force_for_what_is_asked_next(desk: NetworkDesk, stand: StandHub) -> None:
    port = int(stand.endpoint.rpartition(":")[2])
    with stand_proxy(names={"hub.example": ("127.0.0.1", port)}) as proxy:
        async with HuggingFace("http://hub.example", network=desk.window.network) as hub:
            desk.store.change(proxy_mode="none")
            with pytest.raises(UnreachableError):
                await hub.search("x")
            desk.store.change(proxy_mode="manual", proxy_address=proxy.address)
            await hub.search("x")
        assert len(proxy.asked) == 1


async def test_the_connection_is_tested_and_the_hop_that_fails_is_named(
    desk: NetworkDesk, stand: StandHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", stand.endpoint)
    panel = desk.network_panel()
    panel.test_window.click()
    await until(lambda: panel.verdict.text() == "The hub can be reached.")
    assert [label.text() for label in panel.hops.texts][:2] == [
        "Look up the name 127.0.0.1",
        "Connect to " + stand.endpoint[7:],
    ]
    assert panel.test_window.isVisible()
    assert not panel.cancel.isVisible()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        panel.test_window.click()
        await until(lambda: "can't be reached" in panel.verdict.text())
    assert "refuses the connection" in panel.hops.texts[-1].text()
    assert panel.hops.texts[-1].property("kind") == "error"


async def test_a_test_can_be_cancelled(desk: NetworkDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        panel = desk.network_panel()
        panel.test_window.click()
        await until(lambda: len(panel.hops.texts) == 3)
        assert panel.cancel.isVisible()
        panel.cancel.click()
        assert panel.verdict.text() == "The test was cancelled."
        assert len(panel.hops.texts) == 2
        assert panel.test_window.isVisible()


async def test_no_field_is_without_a_name(desk: NetworkDesk) -> None:
    panel = desk.network_panel()
    for mode in MODES:
        panel.mode.setCurrentIndex(MODES.index(mode))
        fields = [field for field in panel.findChildren(QLineEdit) if field.isVisible()]
        assert all(field.accessibleName() for field in fields)
