"""The runtimes of a server in the window: what is in use, what is offered, and what is done with them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from studiolo.api.runtimes import BUNDLED, RuntimeProof
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.runtimes.add_dialog import AddRuntimeDialog
from studiolo.desktop.runtimes.presenter import RuntimesPresenter
from studiolo.desktop.runtimes.row import RuntimeRow
from studiolo.desktop.runtimes.view import RuntimesView
from studiolo.paths import app_paths
from tests.stands.plain_server import plain_server
from tests.stands.runtimes_server import CUDA, VULKAN, runtimes_server
from tests.stands.waiting import until


@dataclass
class RuntimesDesk:
    """The runtimes of a server, and what else was reported."""

    view: RuntimesView
    presenter: RuntimesPresenter
    servers: Servers
    reported: list[BaseException]

    def row(self, runtime_id: str) -> RuntimeRow:
        return self.view.rows[runtime_id]


OpenRuntimes = Callable[..., AbstractAsyncContextManager[RuntimesDesk]]


@pytest.fixture
def runtimes_desk(qapp: QApplication) -> OpenRuntimes:
    @asynccontextmanager
    async def at(address: str) -> AsyncIterator[RuntimesDesk]:
        reported: list[BaseException] = []
        servers = Servers(app_paths(), reported.append)
        view = RuntimesView()
        view.resize(900, 720)
        presenter = RuntimesPresenter(view, servers, reported.append, name_of=lambda _: "Box", look_seconds=0.05)
        view.show()
        servers.select(await servers.add(address, "", None))
        try:
            yield RuntimesDesk(view, presenter, servers, reported)
        finally:
            await presenter.aclose()
            await servers.aclose()
            view.close()
            view.deleteLater()
            servers.deleteLater()

    return at


def _shown(*buttons: QPushButton) -> list[str]:
    return [button.text() for button in buttons if button.isVisible()]


async def test_from_the_offer_to_its_use_and_back(runtimes_desk: OpenRuntimes) -> None:
    async with runtimes_server() as stand, runtimes_desk(stand.address) as desk:
        view = desk.view
        await until(lambda: set(view.rows) == {BUNDLED, VULKAN, CUDA})
        assert view.used.name.text() == "Bundled"
        assert "until you choose another" in view.used.reason.text()
        await until(view.offer.isVisible)
        assert "Radeon RX 7800 XT" in view.offer.reason.text()
        vulkan, cuda, bundled = desk.row(VULKAN), desk.row(CUDA), desk.row(BUNDLED)
        assert vulkan.facts.text() == "Vulkan · build b11429 · 32 MB · llama-server · MIT"
        assert _shown(*cuda.buttons.values()) == [], "what the machine can't have is not offered"
        assert "no NVIDIA driver" in cuda.told.text()
        assert cuda.standing.text == "Not for this machine"
        assert not bundled.remove.isVisible()
        assert view.offer.action.text() == "Download 32 MB"
        view.offer.action.click()
        await until(lambda: vulkan.bar.isVisible() and vulkan.flow["pause"].isVisible())
        stand.move_on(VULKAN, 16_000_000)
        await until(lambda: vulkan.bar.value() == 500)
        assert "16 MB of 32 MB" in vulkan.progress.text()
        vulkan.flow["pause"].click()
        await until(lambda: vulkan.flow["resume"].isVisible())
        assert vulkan.progress.text() == "Paused at 16 MB of 32 MB"
        vulkan.flow["resume"].click()
        await until(lambda: vulkan.flow["pause"].isVisible())
        stand.move_on(VULKAN, 32_000_000)
        await until(lambda: view.offer.action.text() == "Test it")
        assert vulkan.standing.text == "Not tested yet"
        assert _shown(*vulkan.buttons.values()) == ["Test"], "what is not proved can't be used"
        view.offer.action.click()
        await until(lambda: vulkan.progress.text() == "Writing with the graphics card…")
        assert not view.offer.action.isVisible()
        stand.passing.set()
        await until(lambda: view.offer.action.isVisible() and view.offer.action.text() == "Use it")
        await until(lambda: "41 tokens/s" in vulkan.told.text())
        assert "on Vulkan0" in vulkan.told.text()
        await until(lambda: len(view.devices.rows) == 1, "its card is among the devices")
        assert "free" in view.devices.rows[0].memory.text()
        view.offer.action.click()
        await until(lambda: view.used.name.text() == "Vulkan b11429")
        assert not view.offer.isVisible()
        await until(lambda: view.used.action.text() == "Use Bundled again")
        await until(lambda: "Vulkan b11429" in view.toast.label.text())
        view.toast.undo.click()
        await until(lambda: view.used.name.text() == "Bundled")
        orders = [order for order, _ in stand.orders]
        assert orders == ["get", "test", "use", "use"]
        assert not desk.reported


async def test_what_a_test_found_is_told_with_what_helps(runtimes_desk: OpenRuntimes) -> None:
    async with runtimes_server() as stand, runtimes_desk(stand.address) as desk:
        await until(lambda: VULKAN in desk.view.rows)
        stand.change(VULKAN, state="installed")
        row = desk.row(VULKAN)
        await until(row.buttons["test"].isVisible)
        stand.finding = RuntimeProof(
            problem="libvulkan.so.1 is missing.",
            hint="Install libvulkan1.",
            details="error while loading shared libraries",
        )
        stand.passing.set()
        row.buttons["test"].click()
        await until(lambda: row.standing.text == "Doesn't work here")
        await until(row.show_details.isVisible)
        await until(lambda: row.problem.text() == "libvulkan.so.1 is missing.")
        assert row.hint.text() == "Install libvulkan1."
        assert not row.details.isVisible()
        row.show_details.click()
        assert row.details.isVisible()
        row.copy.click()
        assert "shared libraries" in QGuiApplication.clipboard().text()
        await until(lambda: _shown(*row.buttons.values()) == ["Test again"])
        assert desk.view.used.name.text() == "Bundled"
        stand.refusals["test"] = {"message": "The trial model is missing.", "type": "invalid_request", "code": "x"}
        row.buttons["test"].click()
        await until(lambda: "trial model is missing" in row.problem.text())
        assert not desk.reported


async def test_a_test_can_be_given_up(runtimes_desk: OpenRuntimes) -> None:
    async with runtimes_server() as stand, runtimes_desk(stand.address) as desk:
        await until(lambda: VULKAN in desk.view.rows)
        stand.change(VULKAN, state="installed")
        row = desk.row(VULKAN)
        await until(row.buttons["test"].isVisible)
        row.buttons["test"].click()
        await until(lambda: row.flow["stop"].isVisible() and "graphics card" in row.progress.text())
        assert not row.buttons["test"].isVisible()
        row.flow["stop"].click()
        await until(row.buttons["test"].isVisible)
        await until(lambda: stand.ended_tests == 1, "the server hears of it")
        assert not desk.reported


async def test_a_fallback_is_said_loudly_and_can_be_accepted(runtimes_desk: OpenRuntimes) -> None:
    async with runtimes_server() as stand, runtimes_desk(stand.address) as desk:
        notice = desk.view.fallback
        await until(lambda: VULKAN in desk.view.rows)
        assert not notice.isVisible()
        stand.fallback = "Vulkan b11429 was ended by an illegal instruction."
        await until(notice.isVisible)
        assert "illegal instruction" in notice.label.text()
        assert "stands in" in desk.view.used.reason.text()
        notice.action.click()
        await until(lambda: not notice.isVisible())
        assert stand.orders == [("use", BUNDLED)]


async def test_an_own_one_is_added_refused_and_removed(runtimes_desk: OpenRuntimes) -> None:
    async with runtimes_server() as stand, runtimes_desk(stand.address) as desk:
        await until(lambda: VULKAN in desk.view.rows)
        stand.refusals["add"] = {"message": "There is no llama-server.", "type": "invalid_request", "code": "not_found"}
        desk.view.add.click()
        dialog = await until(lambda: next(iter(desk.view.findChildren(AddRuntimeDialog)), None))
        await until(dialog.isVisible)
        assert not dialog.file.isVisible(), "the disk is another machine's"
        dialog.add.click()
        assert "where the folder or the executable is" in dialog.path_error.text()
        dialog.path.setText("llama-server")
        dialog.add.click()
        assert "whole path" in dialog.path_error.text()
        dialog.path.setText("/opt/llama/llama-server")
        for wrong in ("box", "box:0", "box:70000", "http://box:1"):
            dialog.rpc.setText(wrong)
            dialog.add.click()
            assert f"“{wrong}” is not host:port" in dialog.rpc_error.text()
        dialog.rpc.setText("10.0.0.2:50052, [fe80::1]:50053")
        dialog.name.setText("Two boxes")
        dialog.add.click()
        await until(lambda: "There is no llama-server." in dialog.told.text())
        assert dialog.path.text() == "/opt/llama/llama-server", "what was entered stays"
        del stand.refusals["add"]
        dialog.add.click()
        await until(lambda: "own-1" in desk.view.rows)
        row = desk.row("own-1")
        assert "shares models with 10.0.0.2:50052, [fe80::1]:50053" in row.facts.text()
        row.remove.click()
        box = await until(lambda: next(iter(desk.view.findChildren(QMessageBox)), None))
        await until(box.isVisible)
        assert "files stay" in box.informativeText()
        assert box.defaultButton().text() == "Cancel", "Enter takes nothing away"
        next(button for button in box.buttons() if button.text() == "Remove").click()
        await until(lambda: "own-1" not in desk.view.rows)
        assert not desk.reported


async def test_an_order_that_is_refused_is_told_in_its_row(runtimes_desk: OpenRuntimes) -> None:
    async with runtimes_server() as stand, runtimes_desk(stand.address) as desk:
        await until(lambda: VULKAN in desk.view.rows)
        stand.refusals["get"] = {"message": "The disk is full.", "type": "invalid_request", "code": "no_space"}
        row = desk.row(VULKAN)
        row.buttons["download"].click()
        await until(lambda: "The disk is full." in row.problem.text())
        await until(row.buttons["download"].isEnabled)
        del stand.refusals["get"]
        row.buttons["download"].click()
        await until(row.flow["cancel"].isVisible)
        assert not row.problem.isVisible()
        row.flow["cancel"].click()
        await until(row.buttons["download"].isVisible)
        assert not desk.reported


async def test_why_there_is_nothing_to_be_seen_is_told(runtimes_desk: OpenRuntimes) -> None:
    async with plain_server() as address, runtimes_desk(address) as desk:
        await until(lambda: "Box does not tell its runtimes." in desk.view.told)
        assert not desk.view.empty.action.isVisible()
    async with runtimes_server() as stand, runtimes_desk(stand.address) as desk:
        stand.refusals["list"] = {
            "status": "403", "message": "This token may not do that.", "type": "permission_error", "code": "forbidden",
        }  # fmt: skip
        await until(lambda: "permission “admin”" in desk.view.told)
        assert desk.view.empty.action.isVisible()
        del stand.refusals["list"]
        desk.view.empty.action.click()
        await until(lambda: not desk.view.told and desk.view.rows)
        stand.refusals["devices"] = {"message": "The child hangs.", "type": "invalid_request", "code": "x"}
        desk.view.devices.look.click()
        await until(lambda: "The child hangs." in desk.view.devices.told.text())
        assert not desk.reported


async def test_a_server_that_went_is_told_and_comes_back(runtimes_desk: OpenRuntimes) -> None:
    front = runtimes_server()
    stand = await front.__aenter__()
    async with runtimes_desk(stand.address) as desk:
        await until(lambda: VULKAN in desk.view.rows)
        await front.__aexit__(None, None, None)
        await until(lambda: desk.view.told)
        assert not desk.reported


async def test_the_tab_key_goes_from_top_to_bottom(runtimes_desk: OpenRuntimes) -> None:
    async with runtimes_server() as stand, runtimes_desk(stand.address) as desk:
        await until(lambda: VULKAN in desk.view.rows and desk.view.devices.look.isEnabled())
        desk.view.activateWindow()
        await until(desk.view.isActiveWindow)
        desk.view.add.setFocus()
        names, focus = [], None
        for _ in range(4):
            QTest.keyClick(QApplication.focusWidget() or desk.view, Qt.Key.Key_Tab)
            focus = QApplication.focusWidget()
            assert focus is not None
            names.append(focus.accessibleName() or getattr(focus, "text", str)())
        assert names[:3] == ["Test Bundled", "Download Vulkan b11429", "Fetch a newer list…"]
        assert focus is desk.view.devices.look
