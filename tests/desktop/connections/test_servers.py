"""Any number of servers: known again the next time, chosen, forgotten; their tokens; the button that shows it all."""

import json
import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studiolo.api.server import TokenRequest
from studiolo.client.certificates import SYSTEM, Certificate
from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.add_server import AddServerDialog
from studiolo.desktop.connections.connection import Lost, Ready, Starting, Stopped
from studiolo.desktop.connections.known import KnownServer
from studiolo.desktop.connections.server_button import ServerButton
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.connections.words import state_words
from studiolo.desktop.tasks import TaskScope
from studiolo.errors import RequestError, StorageError
from studiolo.keyring_store import Keys
from studiolo.paths import app_paths
from tests.stands.ring import Ring, ring_in_use
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.waiting import until

ADDRESS = "http://127.0.0.1:9"


def fail(error: BaseException) -> None:
    raise AssertionError("this was reported") from error


@pytest.fixture
def ring() -> Iterator[Ring]:
    with ring_in_use() as ring:
        yield ring


@pytest.fixture
async def servers(qapp: QApplication, ring: Ring) -> AsyncIterator[Servers]:
    reported: list[BaseException] = []
    servers = Servers(app_paths(), reported.append)
    yield servers
    await servers.aclose()
    servers.deleteLater()
    assert reported == []


def test_a_token_is_kept_in_the_keyring(ring: Ring, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "tokens.json")
    keys.keep(ADDRESS, "secret")
    assert ring.kept == {ADDRESS: "secret"}
    assert not (tmp_path / "tokens.json").exists()
    assert keys.read(ADDRESS) == "secret"
    keys.keep(ADDRESS, None)
    assert ring.kept == {}
    assert keys.read(ADDRESS) is None


def test_without_a_keyring_in_a_file_that_only_its_owner_reads(ring: Ring, tmp_path: Path) -> None:
    ring.locked = True
    keys = Keys(tmp_path / "tokens.json")
    keys.keep(ADDRESS, "secret")
    assert keys.read(ADDRESS) == "secret"
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "tokens.json").stat().st_mode) == 0o600
    ring.locked = False
    keys.keep(ADDRESS, "another")
    assert ring.kept == {ADDRESS: "another"}
    assert "secret" not in (tmp_path / "tokens.json").read_text()


def test_a_keyring_that_breaks_is_as_good_as_none(ring: Ring, tmp_path: Path) -> None:
    keys = Keys(tmp_path / "tokens.json")
    keys.keep(ADDRESS, "old")
    ring.broken = True
    keys.keep(ADDRESS, "new")
    assert keys.read(ADDRESS) == "new"
    ring.broken = False
    assert keys.read(ADDRESS) == "new", "what the keyring has is older"


@pytest.mark.parametrize("content", ["{", "[1]", '{"http://x": 7}'])
def test_a_broken_file_has_no_token(ring: Ring, tmp_path: Path, content: str) -> None:
    (tmp_path / "tokens.json").write_text(content)
    assert Keys(tmp_path / "tokens.json").read("http://x") is None


async def test_what_is_known_is_known_the_next_time(servers: Servers, ring: Ring) -> None:
    address = await servers.add("192.168.1.5:1234", " Attic ", "secret")
    assert address == "http://192.168.1.5:1234"
    assert ring.kept == {address: "secret"}
    servers.select(address)
    again = Servers(app_paths(), fail)
    assert [(one.address, one.name) for one in again.known] == [(OWN, ""), (address, "Attic")]
    assert again.selected_address == address
    await again.aclose()
    again.deleteLater()
    await servers.remove(address)
    assert servers.selected_address == OWN
    assert ring.kept == {}
    assert "192" not in (app_paths().config / "servers.json").read_text()


async def test_no_address_is_refused_and_our_own_stays(servers: Servers) -> None:
    with pytest.raises(RequestError):
        await servers.add("http://", "", None)
    await servers.remove(OWN)
    assert [one.address for one in servers.known] == [OWN]


async def test_a_list_that_can_not_be_written_is_not_changed(servers: Servers, application_home: Path) -> None:
    (application_home / "config").write_text("a file where the folder should be")
    with pytest.raises(StorageError):
        await servers.add(ADDRESS, "", None)
    assert [one.address for one in servers.known] == [OWN]


@pytest.mark.parametrize(
    "content", ["", "7", '{"servers": 3}', '{"servers": [7, {"address": "::"}, {"name": "x"}], "selected": "gone"}']
)
async def test_a_broken_list_costs_nothing_else(qapp: QApplication, content: str) -> None:
    app_paths().config.mkdir(parents=True)
    (app_paths().config / "servers.json").write_text(content)
    servers = Servers(app_paths(), fail)
    assert servers.selected_address == OWN
    assert isinstance(servers.selected.state, Stopped)
    await servers.aclose()
    servers.deleteLater()


async def test_the_one_that_is_talked_to_follows_the_choice(servers: Servers) -> None:
    told: list[type] = []
    servers.selected.changed.connect(lambda: told.append(type(servers.selected.state)))
    async with serving() as server:
        address = await servers.add(server.address, "Shed", None)
        assert told == [], "another one is selected"
        servers.select(address)
        await until(lambda: isinstance(servers.selected.state, Ready))
        assert not servers.selected.is_own
        assert "downloads" in servers.selected.capabilities
        servers.select(OWN)
        assert servers.selected.is_own
        assert not servers.selected.capabilities


async def test_a_server_is_added_with_the_dialog(servers: Servers) -> None:
    button = ServerButton(servers, fail)
    button.show()
    assert button.text() == "This computer"
    menu = button.open_menu()
    next(action for action in menu.actions() if action.text() == "Add a server…").trigger()
    menu.close()
    [dialog] = await until(lambda: button.window().findChildren(AddServerDialog))
    QTest.keyClicks(dialog.address, "127.0.0.1:9")
    QTest.mouseClick(dialog.add, Qt.MouseButton.LeftButton)
    await until(lambda: "127.0.0.1:9" in dialog.told.text())
    assert dialog.isVisible(), "what was written is not lost"
    async with serving() as server:
        dialog.address.setText(server.address)
        dialog.name.setText("Attic")
        QTest.mouseClick(dialog.add, Qt.MouseButton.LeftButton)
        await until(lambda: button.text() == "Attic")
        await until(lambda: "Connected" in button.accessibleName())
        assert button.state.text() == "Connected"
        stored = json.loads((app_paths().config / "servers.json").read_text())
        assert stored["servers"] == [{"address": server.address, "name": "Attic"}]
    button.close()
    button.deleteLater()


async def test_a_server_that_is_off_can_be_added_anyway(servers: Servers) -> None:
    button = ServerButton(servers, fail)
    button.show()
    scope = TaskScope(button, fail)
    dialog = AddServerDialog(servers, scope, button)
    dialog.open()
    QTest.keyClicks(dialog.address, "127.0.0.1:9")
    dialog.address.setFocus()
    QTest.keyClick(dialog.address, Qt.Key.Key_Tab)
    assert dialog.focusWidget() is dialog.token, "as they stand below each other"
    QTest.mouseClick(dialog.add, Qt.MouseButton.LeftButton)
    await until(lambda: dialog.add.text() == "Add anyway")
    QTest.keyClicks(dialog.address, "0")
    assert dialog.add.text() == "Add", "another address is looked at again"
    QTest.mouseClick(dialog.add, Qt.MouseButton.LeftButton)
    await until(lambda: dialog.add.text() == "Add anyway" and dialog.add.isEnabled())
    QTest.mouseClick(dialog.add, Qt.MouseButton.LeftButton)
    await until(lambda: dialog.added == "http://127.0.0.1:90")
    assert "http://127.0.0.1:90" in servers.connections
    await scope.aclose()
    button.close()
    button.deleteLater()


async def test_a_server_that_does_not_answer_is_asked_again_when_it_is_chosen(servers: Servers) -> None:
    address = await servers.add(ADDRESS, "", None)
    servers.select(address)
    await until(lambda: isinstance(servers.selected.state, Lost))
    states: list[type] = []
    servers.selected.changed.connect(lambda: states.append(type(servers.selected.state)))
    servers.select(address)
    await until(lambda: states == [Starting, Lost])


async def test_how_a_server_looks_and_what_it_shows_is_known_the_next_time(servers: Servers) -> None:
    pinned = Certificate("pinned", "ab" * 32)
    address = await servers.add("https://tower", "Tower", None, colour="teal", certificate=pinned)
    servers.rename(address, " The tower ")
    servers.change_colour(address, "pink")
    again = Servers(app_paths(), fail)
    assert again.known[1] == KnownServer(address, "The tower", "pink", pinned)
    again.change_certificate(address, SYSTEM)
    await again.aclose()
    again.deleteLater()
    assert "pinned" not in (app_paths().config / "servers.json").read_text()


async def test_servers_keep_the_order_that_a_person_gives_them(servers: Servers) -> None:
    first, second = await servers.add("first", "", None), await servers.add("second", "", None)
    servers.move(second, -1)
    servers.move(second, -1)
    assert [one.address for one in servers.known] == [OWN, second, first], "ours stays the first"
    servers.move(OWN, 1)
    again = Servers(app_paths(), fail)
    assert [one.address for one in again.known] == [OWN, second, first]
    await again.aclose()
    again.deleteLater()


async def test_a_server_that_moves_takes_all_with_it(servers: Servers, ring: Ring) -> None:
    address = await servers.add(ADDRESS, "Tower", "secret", colour="blue")
    other = await servers.add("other", "Other", None)
    servers.select(address)
    with pytest.raises(RequestError, match="Other has this address"):
        await servers.change_address(address, other)
    to = await servers.change_address(address, "127.0.0.1:10/v1")
    assert (servers.selected_address, to) == (to, "http://127.0.0.1:10")
    assert servers.known[1] == KnownServer(to, "Tower", "blue")
    assert ring.kept == {to: "secret"}, "the token is known for the new address alone"
    assert address not in servers.connections


async def test_a_server_that_was_removed_comes_back_as_it_was(servers: Servers, ring: Ring) -> None:
    address = await servers.add(ADDRESS, "Tower", "secret", colour="red")
    await servers.add("other", "", None)
    servers.select(address)
    removed = await servers.remove(address)
    assert removed
    assert ring.kept == {}
    assert "secret" not in repr(removed)
    await servers.restore(removed)
    assert servers.known[1] == KnownServer(address, "Tower", "red")
    assert ring.kept == {address: "secret"}
    assert servers.selected_address == address


async def test_a_new_token_is_used_at_once(servers: Servers) -> None:
    async with serving(require_authentication=True) as server, Client(server.address, LOCAL_KEY) as owner:
        made = await ServerApi(owner).create_token(TokenRequest(name="guest"))
        address = await servers.add(server.address, "", "sk-lm-abcdefgh:abcdefghijklmnopqrst")
        await until(lambda: isinstance(servers.connection(address).state, Lost))
        state = servers.connection(address).state
        assert isinstance(state, Lost)
        assert not state.again, "asking again does not help"
        assert state_words(address, state) == "Token refused"
        await servers.change_token(address, made.token)
        await until(lambda: isinstance(servers.connection(address).state, Ready))


async def test_what_a_later_version_keeps_of_a_server_stays(qapp: QApplication) -> None:
    app_paths().config.mkdir(parents=True)
    later = {"address": "http://a:1", "name": "A", "moon": 3}
    unknown = {"address": "https://b", "certificate": {"kind": "stars", "value": "x"}}
    (app_paths().config / "servers.json").write_text(json.dumps({"servers": [later, unknown]}))
    servers = Servers(app_paths(), fail)
    assert [one.address for one in servers.known] == [OWN, "http://a:1"], "no other certificate is trusted instead"
    servers.rename("http://a:1", "B")
    written = json.loads((app_paths().config / "servers.json").read_text())["servers"]
    assert written == [later | {"name": "B"}, unknown]
    await servers.aclose()
    servers.deleteLater()


async def test_the_menu_says_how_each_server_is_doing(servers: Servers) -> None:
    button = ServerButton(servers, fail)
    button.show()
    async with serving() as server:
        address = await servers.add(server.address, "Tower & hill", None)
        await servers.add(ADDRESS, "Attic", None)
        servers.select(address)
        await until(lambda: isinstance(servers.connection(ADDRESS).state, Lost))
        await until(lambda: isinstance(servers.selected.state, Ready))
        menu = button.open_menu()
        texts = [action.text() for action in menu.actions()]
        assert "Tower && hill\tConnected" in texts
        attic = next(action for action in menu.actions() if action.text().startswith("Attic"))
        assert "\tLost, trying again" in attic.text()
        before = attic.text()
        await until(lambda: attic.text() != before, "another second")
        managed: list[str] = []
        button.manage_requested.connect(managed.append)
        next(action for action in menu.actions() if action.text() == "Manage servers…").trigger()
        assert managed == [address]
        menu.close()
    button.close()
    button.deleteLater()
