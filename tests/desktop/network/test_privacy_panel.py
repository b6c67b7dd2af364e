"""The offline switch and the ledger: one switch for the window and for the server of this computer."""

import pytest
from PySide6.QtWidgets import QMessageBox

from studiolo.client.hub import HubApi
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import OWN
from studiolo.desktop.network.connection_rows import ConnectionColumn
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.errors import AppError, OfflineError
from studiolo.paths import app_paths
from tests.desktop.network.conftest import NetworkDesk
from tests.stands.proxy import stand_proxy
from tests.stands.serving import serving
from tests.stands.waiting import until


async def test_one_switch_is_for_the_window_and_for_the_server_of_this_computer(desk: NetworkDesk) -> None:
    panel = desk.privacy_panel()
    panel.offline.click()
    assert desk.store.current.offline
    own = desk.servers.connection(OWN)
    own.open()
    await until(lambda: isinstance(own.state, Ready))
    api = ServerApi(own.client)
    # It was so from its first moment.
    assert (await api.settings()).offline
    await until(lambda: desk.follower.server is not None)
    assert panel.server_state.text() == "The server of this computer works offline."
    with pytest.raises(OfflineError):
        await HubApi(own.client).details("acme/Tiny-GGUF")
    panel.offline.click()
    assert not desk.store.current.offline
    await until(lambda: desk.follower.server is not None and not desk.follower.server.offline)
    assert not (await api.settings()).offline
    # What somebody sets on the server itself stays, is told of, and can be undone from here.
    await api.change_settings({"offline": True})
    desk.follower.look()
    await until(panel.server_online.isVisible)
    assert not desk.store.current.offline
    panel.server_online.click()
    await until(lambda: not panel.server_online.isVisible())
    assert not (await api.settings()).offline
    # The proxy follows as well, and its password.
    desk.store.change(proxy_mode="manual", proxy_address="http://proxy.example:1", proxy_user="ada")
    await desk.window.keep_password("pw")
    await until(lambda: desk.follower.server is not None and desk.follower.server.proxy_password != "")
    server = await api.settings()
    assert (server.proxy_mode, server.proxy_address, server.proxy_user) == ("manual", "http://proxy.example:1", "ada")
    desk.store.change(proxy_mode="system", proxy_address="", proxy_user="")
    await until(lambda: desk.follower.server is not None and desk.follower.server.proxy_mode == "system")
    assert (await api.settings()).proxy_password == ""


@pytest.mark.parametrize("content", ["{", "", '{"offline": "maybe"}', None])
async def test_the_switch_stays_on_where_the_file_can_not_be_read(desk: NetworkDesk, content: str | None) -> None:
    desk.store.change(offline=True)
    file = app_paths().config / "desktop.json"
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    again = DesktopSettingsStore(file)
    assert again.current.offline
    again.change(offline=False)
    file.write_text("{")
    assert not DesktopSettingsStore(file).current.offline


async def test_the_ledgers_of_both_are_one_table(desk: NetworkDesk) -> None:
    with stand_proxy(refused=502) as proxy:
        settings = {"proxy_mode": "manual", "proxy_address": proxy.address, "hub_endpoint": "http://hub.example"}
        async with serving(**settings) as server:  # type: ignore[arg-type]
            address = await desk.servers.add(server.address, "Shed", None)
            desk.servers.select(address)
            await until(lambda: isinstance(desk.servers.selected.state, Ready))
            panel = desk.privacy_panel()
            await until(lambda: panel.empty.text() == "Nothing was connected to yet.")
            assert not panel.clear.isEnabled()
            with pytest.raises(AppError):
                await HubApi(desk.servers.client(address)).search("words that the catalog lacks")
            desk.window.network.ledger.begin("elsewhere.example", 443, "server").close()
            desk.window.network.ledger.block("huggingface.co", 443, "hub")
            desk.servers.selected.changed.emit()
            await until(lambda: panel.table.rowCount() == 3)
            cells = {
                (
                    panel.table.text(row, ConnectionColumn.HOST),
                    panel.table.text(row, ConnectionColumn.WHO),
                    panel.table.text(row, ConnectionColumn.RESULT),
                )
                for row in panel.table.rows
            }
            assert cells == {
                ("hub.example:80", "Shed", "Complete"),
                ("elsewhere.example:443", "This window", "Complete"),
                ("huggingface.co:443", "This window", "Blocked: offline"),
            }
            panel.search.setText("shed search")
            assert [row.host for row in panel.table.rows] == ["hub.example:80"]
            assert proxy.address[7:] in panel.table.tip(panel.table.rows[0])
            panel.search.setText("nowhere")
            assert panel.empty.text() == "No connection has these words."
            panel.search.clear()
            panel.clear.click()
            await until(lambda: panel.findChildren(QMessageBox))
            box = panel.findChildren(QMessageBox)[-1]
            next(button for button in box.buttons() if button.text() == "Clear").click()
            await until(lambda: not panel.clear.isEnabled())
            assert panel.empty.text() == "Nothing was connected to yet."
            assert desk.window.network.ledger.entries() == []


async def test_a_server_that_is_away_is_told_of(desk: NetworkDesk) -> None:
    panel = desk.privacy_panel()
    await until(panel.note.isVisible)
    assert "does not answer" in panel.note.text()
    assert "follows when it does" in panel.server_state.text()
