"""The dialog of the servers: every change is in force at once, and what goes wrong is said beside its field."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from studiolo.client.certificates import Certificate
from studiolo.desktop.connections.add_server import AddServerDialog
from studiolo.desktop.connections.certificate_choice import CertificateChoice, TrustDialog
from studiolo.desktop.connections.marks import ColourStrip
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.connections.states import Lost, Ready
from studiolo.desktop.known_servers.presenter import ServersPresenter
from studiolo.desktop.known_servers.servers_dialog import ServersDialog
from studiolo.desktop.tasks import TaskScope
from studiolo.paths import app_paths
from tests.client.test_certificates import Identity, identity
from tests.stands.raw_http import raw_server, response
from tests.stands.ring import Ring, ring_in_use
from tests.stands.serving import serving
from tests.stands.waiting import until

__all__ = ["identity"]

ATTIC = "http://127.0.0.1:9"
GREETING = response(b'{"name": "studiolo", "version": "1", "capabilities": []}')


@pytest.fixture
def ring() -> Iterator[Ring]:
    with ring_in_use() as ring:
        yield ring


@dataclass
class Managing:
    window: QWidget
    servers: Servers
    presenter: ServersPresenter

    async def open(self, address: str = OWN) -> ServersDialog:
        self.presenter.open_dialog(address)
        return await until(lambda: self.presenter.dialog)

    def kept(self) -> list[dict[str, object]]:
        entries = json.loads((app_paths().config / "servers.json").read_text())["servers"]
        assert isinstance(entries, list)
        return entries


@pytest.fixture
async def managing(qapp: QApplication, ring: Ring) -> AsyncIterator[Managing]:
    reported: list[BaseException] = []
    window = QWidget()
    window.resize(900, 700)
    window.show()
    servers = Servers(app_paths(), reported.append)

    def name_of(address: str) -> str:
        return "This computer" if address == OWN else servers.name_of(address)

    presenter = ServersPresenter(window, servers, reported.append, name_of=name_of)
    yield Managing(window, servers, presenter)
    await presenter.aclose()
    await servers.aclose()
    window.close()
    window.deleteLater()
    servers.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert reported == []


def write(field: QLineEdit, text: str) -> None:
    """Replace what is in a field, and press Enter."""
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


async def test_a_name_a_colour_and_an_order_are_kept_at_once(managing: Managing) -> None:
    attic = await managing.servers.add(ATTIC, "", None)
    other = await managing.servers.add("http://127.0.0.1:10", "Other", None)
    dialog = await managing.open(attic)
    assert dialog.details.shown_address == attic
    write(dialog.details.name, "Attic")
    assert managing.servers.name_of(attic) == "Attic"
    assert dialog.isVisible(), "Enter in a field does not close it"
    strip = ColourStrip(managing.servers)
    managing.servers.select(attic)
    QTest.mouseClick(dialog.details.colour.swatches["teal"], Qt.MouseButton.LeftButton)
    assert managing.kept()[0] == {"address": attic, "name": "Attic", "colour": "teal"}
    assert (strip.colour, strip.isHidden()) == ("teal", False)
    QTest.keyClick(dialog, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert [entry["address"] for entry in managing.kept()] == [other, attic]
    assert dialog.chosen_address == attic
    assert not dialog.down.isEnabled()
    strip.deleteLater()


async def test_what_goes_wrong_with_an_address_is_said_below_it(managing: Managing, ring: Ring) -> None:
    attic = await managing.servers.add(ATTIC, "Attic", "secret")
    dialog = await managing.open(attic)
    write(dialog.details.address, "http://")
    await until(lambda: "not the address" in dialog.details.errors["address"].text())
    assert dialog.details.address.text() == "http://", "what was typed stays"
    write(dialog.details.address, "127.0.0.1:11")
    await until(lambda: dialog.details.shown_address == "http://127.0.0.1:11")
    assert dialog.details.errors["address"].isHidden()
    await until(lambda: ring.kept == {"http://127.0.0.1:11": "secret"}, "the token of the former address is let go")
    assert [entry["address"] for entry in managing.kept()] == ["http://127.0.0.1:11"]


async def test_a_token_is_replaced_and_removed_and_never_shown(managing: Managing, ring: Ring) -> None:
    attic = await managing.servers.add(ATTIC, "Attic", "old secret")
    dialog = await managing.open(attic)
    await until(lambda: dialog.details.drop_token.isVisible())
    assert dialog.details.token.text() == ""
    write(dialog.details.token, "new secret")
    await until(lambda: ring.kept == {attic: "new secret"})
    assert dialog.details.token.text() == ""
    dialog.details.drop_token.click()
    await until(lambda: ring.kept == {})
    await until(lambda: not dialog.details.drop_token.isVisible())


async def test_a_server_that_was_removed_comes_back_with_undo(managing: Managing, ring: Ring) -> None:
    attic = await managing.servers.add(ATTIC, "Attic", "secret", colour="red")
    dialog = await managing.open(attic)
    dialog.list.setFocus()
    QTest.keyClick(dialog.list, Qt.Key.Key_Delete)
    await until(lambda: attic not in managing.servers.connections and dialog.toast.isVisible())
    assert managing.kept() == []
    assert ring.kept == {}
    dialog.toast.undo.click()
    await until(lambda: attic in managing.servers.connections)
    assert managing.kept() == [{"address": attic, "name": "Attic", "colour": "red"}]
    assert ring.kept == {attic: "secret"}


async def test_it_says_how_a_server_is_doing_and_tries_at_once(managing: Managing) -> None:
    async with serving() as server:
        dialog = await managing.open(await managing.servers.add(server.address, "Box", None))
        await until(lambda: dialog.details.state.text() == "Connected")
        assert dialog.details.check.isEnabled()
        attic = await managing.servers.add(ATTIC, "Attic", None)
        dialog.choose(attic)
        await until(lambda: "trying again" in dialog.details.state.text())
        assert "Nobody answers" in dialog.details.reason.text()
        tried: list[object] = []
        managing.servers.connection(attic).changed.connect(
            lambda: tried.append(managing.servers.connection(attic).state)
        )
        dialog.details.retry.click()
        await until(lambda: any(isinstance(state, Lost) for state in tried))


async def test_what_was_written_is_kept_when_the_dialog_is_closed(managing: Managing) -> None:
    attic = await managing.servers.add(ATTIC, "Attic", None)
    dialog = await managing.open(attic)
    dialog.details.name.setFocus()
    dialog.details.name.selectAll()
    QTest.keyClicks(dialog.details.name, "Loft")
    dialog.close_button.click()
    await until(lambda: managing.presenter.dialog is None)
    assert managing.servers.name_of(attic) == "Loft"


async def test_all_of_it_is_named_for_who_does_not_see_it(managing: Managing) -> None:
    dialog = await managing.open(await managing.servers.add("https://127.0.0.1:9", "Attic", None))
    details = dialog.details
    names = [one.accessibleName() for one in (details.name, details.address, details.token, details.certificate.box)]
    assert names == ["Name", "Address", "API token", "Certificate"]
    assert details.colour.swatches["teal"].accessibleName() == "Teal"
    assert (dialog.list.accessibleName(), dialog.up.accessibleName()) == ("Servers", "Move up (Alt+Up)")


async def test_a_certificate_is_looked_at_and_trusted_alone(managing: Managing, identity: Identity) -> None:
    async with raw_server(GREETING, tls=identity.tls) as server:
        scope = TaskScope(managing.window, lambda error: None)
        dialog = AddServerDialog(managing.servers, scope, managing.window, address=server.address)
        dialog.open()
        dialog.add.click()
        await until(lambda: dialog.show_certificate.isVisible())
        assert "not trusted" in dialog.told.text()
        dialog.show_certificate.click()
        trust = await until(lambda: next(iter(dialog.findChildren(TrustDialog)), None))
        assert trust.fingerprint.text().count(":") == 30
        assert not trust.trust.isDefault(), "Enter trusts nobody"
        trust.trust.click()
        await until(lambda: dialog.certificate.value.kind == "pinned")
        dialog.add.click()
        await until(lambda: dialog.added == server.address)
        assert managing.kept()[0]["certificate"] == {"kind": "pinned", "value": dialog.certificate.value.value}
        await until(lambda: isinstance(managing.servers.connection(server.address).state, Ready))
        await scope.aclose()
        dialog.deleteLater()


async def test_who_does_not_trust_a_certificate_changes_nothing(managing: Managing, identity: Identity) -> None:
    async with raw_server(GREETING, tls=identity.tls) as server:
        scope = TaskScope(managing.window, lambda error: None)
        choice = CertificateChoice(scope, address=lambda: server.address, parent=managing.window)
        chosen: list[object] = []
        choice.changed.connect(chosen.append)
        choice.look()
        trust = await until(lambda: next(iter(managing.window.findChildren(TrustDialog)), None))
        trust.reject()
        await until(lambda: choice.told.isHidden())
        assert (choice.value, chosen) == (Certificate(), [])
        await scope.aclose()


async def test_servers_on_the_network_are_offered_and_not_added(managing: Managing) -> None:
    from studiolo.client.finding import FoundServer
    from studiolo.desktop.connections.found_servers import FoundServers

    scope = TaskScope(managing.window, lambda error: None)
    known = await managing.servers.add("http://10.0.0.6:1234", "", None)

    def look(found: object, stop: object) -> None:
        assert callable(found)
        found(FoundServer("Studiolo on tower", "http://10.0.0.5:1234"))
        found(FoundServer("Studiolo on shed", known))

    offered = FoundServers(scope, known=lambda: {known}, parent=managing.window, look=look)
    chosen: list[tuple[str, str]] = []
    offered.chosen.connect(lambda *what: chosen.append(what))
    offered.button.click()
    await until(lambda: offered.list.count() == 2 and offered.button.isEnabled())
    assert "already added" in offered.list.item(1).text()
    offered.list.itemActivated.emit(offered.list.item(0))
    assert chosen == [("http://10.0.0.5:1234", "Studiolo on tower")]
    assert "http://10.0.0.5:1234" not in managing.servers.connections
    await scope.aclose()


async def test_offline_nobody_on_the_network_is_asked(managing: Managing) -> None:
    from studiolo.desktop.connections.found_servers import FoundServers

    scope = TaskScope(managing.window, lambda error: None)
    asked: list[object] = []
    offered = FoundServers(
        scope,
        known=set,
        permitted=lambda: False,
        parent=managing.window,
        look=lambda found, stop: asked.append(found),
    )
    offered.button.click()
    assert offered.told.text().startswith("You are offline by choice")
    assert offered.button.isEnabled()
    await scope.aclose()
    assert asked == []
