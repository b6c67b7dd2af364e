"""The overview of a server: what is shown of it, its settings, and what ends when it stops."""

import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton

from studiolo.api.server import TokenRequest
from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.server.state_card import ServerStanding
from studiolo.local_server import running_server
from studiolo.paths import app_paths
from studiolo.server.settings import ServerSettingsStore
from tests.desktop.server.conftest import ServerDesk, opened
from tests.stands.plain_server import plain_server
from tests.stands.serving import serving
from tests.stands.waiting import until

Desk = Callable[..., AbstractAsyncContextManager[ServerDesk]]


def press(box: QMessageBox, text: str) -> None:
    next(button for button in box.findChildren(QPushButton) if button.text() == text).click()


async def test_it_tells_where_the_server_is_and_copies_the_address(server_desk: Desk) -> None:
    async with serving() as server, server_desk(server.address) as desk:
        card = desk.overview.card
        await until(lambda: card.since.text().startswith("since"))
        assert card.state.text() == "Running"
        assert card.address.text() == server.address
        assert card.busy.text() == "No requests running"
        card.copy.click()
        assert QGuiApplication.clipboard().text() == server.address
        assert card.copy.accessibleName() == "Copied"
        assert not card.stop.isVisible(), "only this computer's own is stopped from here"
        assert not desk.page.log.isVisible()


async def test_a_switch_acts_at_once_and_a_refusal_is_told_below_it(server_desk: Desk) -> None:
    async with serving() as server, server_desk(server.address) as desk, Client(server.address) as client:
        rows = desk.overview.rows
        await until(rows["cors"].isVisible)
        origins = rows["allowed_origins"]
        assert origins.isVisible()
        QTest.mouseClick(rows["cors"], Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
        await until(lambda: not origins.isVisible())
        assert (await ServerApi(client).settings()).cors
        refused = rows["allow_mcp_json"]
        refused.editor.focus.setFocus()
        QTest.keyClick(refused.editor.focus, Qt.Key.Key_Space)
        await until(refused.problem.isVisible)
        assert "Switch “Require authentication” on." in refused.problem.text()
        assert not refused.editor.widget.isChecked()  # type: ignore[attr-defined]
        assert not (await ServerApi(client).settings()).allow_mcp_json


async def test_numbers_and_lists_are_taken_when_they_are_left(server_desk: Desk) -> None:
    async with serving() as server, server_desk(server.address) as desk, Client(server.address) as client:
        rows = desk.overview.rows
        await until(rows["idle_minutes"].isVisible)
        field = rows["idle_minutes"].editor.focus
        field.setFocus()
        field.selectAll()  # type: ignore[attr-defined]
        QTest.keyClicks(field, "5")
        QTest.keyClick(field, Qt.Key.Key_Return)
        hosts = rows["allowed_hosts"].editor.focus
        hosts.setFocus()
        for host in ("box.lan", "*.ts.net"):
            QTest.keyClicks(hosts, host)
            QTest.keyClick(hosts, Qt.Key.Key_Return)

        async def both() -> bool:
            settings = await ServerApi(client).settings()
            return settings.idle_minutes == 5 and settings.allowed_hosts == ["box.lan", "*.ts.net"]

        await until(both)
        switch = rows["just_in_time_loading"].editor.focus
        switch.click()  # type: ignore[attr-defined]
        await until(lambda: not rows["idle_minutes"].isVisible())


async def test_a_change_from_elsewhere_is_shown(server_desk: Desk) -> None:
    async with serving() as server, server_desk(server.address) as desk, Client(server.address) as client:
        rows = desk.overview.rows
        await until(rows["cors"].isVisible)
        await ServerApi(client).change_settings({"cors": True})
        await until(lambda: rows["cors"].editor.focus.isChecked())  # type: ignore[attr-defined]


async def test_the_own_server_is_stopped_started_and_restarted(server_desk: Desk) -> None:
    ServerSettingsStore(app_paths().config / "server.json").change({"port": 0})
    async with server_desk(None) as desk:
        card = desk.overview.card
        own = desk.servers.selected
        await until(card.stop.isVisible)
        assert card.address.text().startswith("http://localhost:")
        first = running_server(app_paths())
        assert first
        desk.downloads[""] = 2
        card.restart.click()
        box = await opened(desk.page, QMessageBox)
        assert "2 download" in box.informativeText()
        press(box, "Restart")
        await until(lambda: isinstance(own.state, Ready) and running_server(app_paths()) not in (None, first))
        desk.downloads.clear()
        card.stop.click()
        await until(card.start.isVisible)
        assert card.state.text() == "Stopped"
        await until(lambda: running_server(app_paths()) is None)
        assert isinstance(own.state, Lost)
        assert not desk.overview.trouble.isVisible(), "who stopped it needs no error"
        card.start.click()
        await until(lambda: isinstance(own.state, Ready))
        await until(lambda: card.state.text() == "Running")
    assert desk.reported == []


async def test_a_stop_that_is_thought_better_of_changes_nothing(server_desk: Desk) -> None:
    ServerSettingsStore(app_paths().config / "server.json").change({"port": 0})
    async with server_desk(None) as desk:
        desk.downloads[""] = 1
        await until(desk.overview.card.stop.isVisible)
        desk.overview.card.stop.click()
        box = await opened(desk.page, QMessageBox)
        assert box.defaultButton().text() == "Cancel"
        press(box, "Cancel")
        await until(lambda: not box.isVisible())
        assert isinstance(desk.servers.selected.state, Ready)


async def test_a_taken_port_is_told_and_taken_when_it_is_free(server_desk: Desk) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ServerSettingsStore(app_paths().config / "server.json").change({"port": port})
        async with server_desk(None) as desk:
            notice = desk.overview.port
            await until(notice.isVisible)
            assert f"Port {port} is used by" in notice.label.text()
            assert notice.action.text() == f"Use {port} when it's free"
            notice.action.click()
            await until(lambda: "as soon as it is free" in notice.hint.text())
            other.close()
            await until(lambda: not notice.isVisible())
            assert desk.overview.card.address.text() == f"http://localhost:{port}"
            assert isinstance(desk.servers.selected.state, Ready), "the connection goes on as it was"


async def test_what_is_in_force_after_a_restart_is_told_with_the_button(server_desk: Desk) -> None:
    ServerSettingsStore(app_paths().config / "server.json").change({"port": 0})
    async with server_desk(None) as desk:
        overview, rows = desk.overview, desk.overview.rows
        await until(rows["port"].isVisible)
        rows["require_authentication"].editor.focus.click()  # type: ignore[attr-defined]
        await until(lambda: not rows["serve_without_authentication"].isVisible())
        rows["serve_on_network"].editor.focus.click()  # type: ignore[attr-defined]
        await until(overview.pending.isVisible)
        assert overview.pending.label.text() == "The local network is served after a restart."
        before = running_server(app_paths())
        overview.pending.action.click()
        await until(lambda: running_server(app_paths()) not in (None, before))
        await until(lambda: not overview.pending.isVisible() and overview.card.state.text() == "Running")
        state = running_server(app_paths())
        assert state
        assert state.host == "0.0.0.0"
        assert not overview.open.isVisible(), "a token is asked for"
        await until(lambda: desk.presenter.shown.status is not None)
        if desk.presenter.shown.status and desk.presenter.shown.status.network_hosts:
            assert "On the network: http://" in overview.network.text()


async def test_an_open_network_is_warned_of_and_closed_with_one_button(server_desk: Desk) -> None:
    store = ServerSettingsStore(app_paths().config / "server.json")
    store.change({"port": 0, "serve_without_authentication": True})
    store.change({"serve_on_network": True})
    async with server_desk(None) as desk:
        await until(desk.overview.open.isVisible)
        desk.overview.open.action.click()
        await until(lambda: not desk.overview.open.isVisible())
        assert (await desk.presenter.shown.api.settings()).require_authentication


async def test_a_plain_server_has_an_address_and_no_settings(server_desk: Desk) -> None:
    async with plain_server() as address, server_desk(address) as desk:
        await until(desk.overview.note.isVisible)
        assert desk.overview.note.text() == "Box has settings of its own, which can't be changed from here."
        assert desk.overview.card.address.text() == address
        assert not desk.overview.rows["cors"].isVisible()
        assert desk.reported == []


async def test_a_token_that_may_not_administer_is_told_so(server_desk: Desk) -> None:
    async with serving() as server, Client(server.address) as admin:
        api = ServerApi(admin)
        made = await api.create_token(TokenRequest(name="Small", permissions=["chat", "models"]))
        await api.change_settings({"require_authentication": True})
        async with server_desk(server.address, made.token) as desk:
            await until(desk.overview.note.isVisible)
            assert "may administer" in desk.overview.note.text()
            assert desk.reported == []


async def test_a_server_that_is_gone_is_told_with_what_to_do(server_desk: Desk) -> None:
    async with AsyncExitStack() as stack:
        async with serving() as server:
            desk = await stack.enter_async_context(server_desk(server.address))
        desk.servers.connection(server.address).retry()
        await until(lambda: isinstance(desk.servers.selected.state, Lost))
        assert desk.overview.trouble.isVisible()
        assert desk.overview.trouble.action.isVisible()
        assert desk.overview.card.state.text() == "Not reachable"


async def test_the_card_keeps_what_it_says_in_a_narrow_window(server_desk: Desk) -> None:
    async with serving() as server, server_desk(server.address) as desk:
        card = desk.overview.card
        standing = ServerStanding("running", "Running", since="since 09:14", busy="2 requests running, 1 waiting")
        for width, where in ((560, card.since), (1000, card.busy)):
            desk.page.resize(width, 700)
            await until(lambda: True)
            card.show_standing(standing)
            assert "2 requests running" in where.text()
            assert where.isVisible()
