"""Other servers in the window: added with a key, looked at and removed, at a real server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QMessageBox, QWidget

from studiolo.api.upstreams import UpstreamInfo, UpstreamModelInfo
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.client.upstreams import UpstreamsApi
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.upstreams.add_dialog import AddUpstreamDialog
from studiolo.desktop.upstreams.presenter import UpstreamsPresenter
from studiolo.desktop.upstreams.table import UpstreamColumn
from studiolo.desktop.upstreams.view import UpstreamsView
from studiolo.desktop.widgets import theme
from studiolo.paths import app_paths
from tests.stands.plain_server import plain_server
from tests.stands.serving import serving
from tests.stands.upstream_stand import Replay, recorded, upstream_stand
from tests.stands.waiting import until

KEY = "sk-typed-in-the-window"


@dataclass
class UpstreamDesk:
    """The view at a server."""

    view: UpstreamsView
    servers: Servers
    reported: list[BaseException]

    def cell(self, column: UpstreamColumn, row: int = 0) -> str:
        return str(self.view.table.index(row, column).data())


OpenUpstreams = Callable[..., AbstractAsyncContextManager[UpstreamDesk]]


@pytest.fixture
def upstream_desk(qapp: QApplication) -> OpenUpstreams:
    @asynccontextmanager
    async def at(address: str) -> AsyncIterator[UpstreamDesk]:
        reported: list[BaseException] = []
        servers = Servers(app_paths(), reported.append)
        view = UpstreamsView()
        view.resize(1000, 720)
        presenter = UpstreamsPresenter(view, servers, reported.append, name_of=lambda _: "Box", look_seconds=0.05)
        view.show()
        servers.select(await servers.add(address, "", None))
        try:
            yield UpstreamDesk(view, servers, reported)
        finally:
            await presenter.aclose()
            await servers.aclose()
            view.close()
            view.deleteLater()
            servers.deleteLater()

    return at


async def opened(view: QWidget, kind: type[QDialog]) -> QDialog:
    return await until(lambda: next((one for one in view.findChildren(kind) if one.isVisible()), None), kind.__name__)


async def give(desk: UpstreamDesk, address: str) -> None:
    """Give an address to the dialog that asks for one."""
    desk.view.add_requested.emit()
    dialog = await opened(desk.view, AddUpstreamDialog)
    assert isinstance(dialog, AddUpstreamDialog)
    dialog.address.setText(address)
    dialog.add.click()


async def test_a_server_is_added_looked_at_and_removed(upstream_desk: OpenUpstreams) -> None:
    async with upstream_stand() as stand, serving() as server, upstream_desk(server.address) as desk:
        await until(lambda: desk.view.told.startswith("No other servers yet"))
        desk.view.first.click()
        dialog = await opened(desk.view, AddUpstreamDialog)
        assert isinstance(dialog, AddUpstreamDialog)
        assert not dialog.add.isEnabled(), "it has no address yet"
        assert dialog.key.echoMode() == QLineEdit.EchoMode.Password
        dialog.address.setText(stand.address)
        dialog.name.setText("GPU box")
        dialog.key.setText("two words")
        assert not dialog.add.isEnabled()
        dialog.key.setText("")
        dialog.name.setText("GPU\tbox")
        assert not dialog.add.isEnabled()
        dialog.name.setText("GPU box")
        dialog.key.setText(KEY)
        dialog.context.setText("none")
        assert not dialog.add.isEnabled()
        dialog.context.setText("1024")
        dialog.add.click()
        await until(lambda: desk.view.table.rows and not desk.view.told)
        assert (desk.cell(UpstreamColumn.NAME), desk.cell(UpstreamColumn.STATE)) == ("GPU box", "Ready")
        assert (desk.cell(UpstreamColumn.MODELS), desk.cell(UpstreamColumn.ENGINE)) == ("1", "vLLM 0.32.0")
        assert stand.asked[-1].headers["authorization"] == f"Bearer {KEY}"
        desk.view.view.choose(0)
        assert desk.view.details.text() == "smol: 2,048 tokens of context, tools, images"
        async with Client(server.address) as client:
            (entry,) = [one for one in await ModelsApi(client).list_models() if one.key == "smol"]
            assert entry.display_name == "smol (GPU box)"
        asked = len(stand.chats)
        desk.view.check.click()
        await until(lambda: len(stand.chats) == asked + 3, "a token, a tool and a picture are tried")
        await until(lambda: not desk.view.work.isVisible())
        desk.view.remove.click()
        question = await opened(desk.view, QMessageBox)
        assert isinstance(question, QMessageBox)
        next(one for one in question.buttons() if one.text() == "Remove").click()
        await until(lambda: desk.view.told.startswith("No other servers yet"))
        assert not desk.reported


async def test_what_was_given_stays_when_it_is_refused(upstream_desk: OpenUpstreams) -> None:
    async with serving() as server, upstream_stand() as stand, upstream_desk(server.address) as desk:
        await until(lambda: desk.view.told)
        desk.view.add_requested.emit()
        first = await opened(desk.view, AddUpstreamDialog)
        assert isinstance(first, AddUpstreamDialog)
        for field, text in ((first.address, "127.0.0.1:9"), (first.name, "GPU box"), (first.key, KEY)):
            field.setText(text)
        first.context.setText("1024")
        first.add.click()
        await until(lambda: desk.view.work.text())
        await until(lambda: not desk.view.work.text())
        again = await opened(desk.view, AddUpstreamDialog)
        assert isinstance(again, AddUpstreamDialog)
        assert "Nobody listens at" in again.refused.text()
        given = [field.text() for field in (again.address, again.name, again.key, again.context)]
        assert given == ["127.0.0.1:9", "GPU box", KEY, "1024"]
        again.address.setText(stand.address)
        again.add.click()
        await until(lambda: desk.view.table.rows)
        assert stand.asked[-1].headers["authorization"] == f"Bearer {KEY}"
        assert not desk.reported


async def test_a_refusal_that_nobody_is_there_for_is_reported(upstream_desk: OpenUpstreams) -> None:
    async with serving() as server, upstream_desk(server.address) as desk:
        await until(lambda: desk.view.told)
        await give(desk, "127.0.0.1:9")
        await until(lambda: desk.view.work.text())
        desk.view.hide()
        await until(lambda: desk.reported)
        assert "Nobody listens at" in str(desk.reported)
        assert not [one for one in desk.view.findChildren(AddUpstreamDialog) if one.isVisible()]


async def test_a_server_that_is_away_is_told(upstream_desk: OpenUpstreams) -> None:
    async with serving() as server, upstream_desk(server.address) as desk:
        await until(lambda: desk.view.told)
        async with upstream_stand() as stand:
            await give(desk, stand.address)
            await until(lambda: desk.view.table.rows)
            await until(lambda: not desk.view.work.text())
        desk.view.view.choose(0)
        desk.view.check.click()
        await until(lambda: desk.reported, "the check says why")
        await until(lambda: desk.cell(UpstreamColumn.STATE) == "Does not answer")
        await until(lambda: "Nobody listens at" in desk.view.details.text())


@pytest.mark.parametrize("text_size", [100, 200])
def test_a_server_that_says_a_lot_leaves_the_table_its_room(qapp: QApplication, text_size: int) -> None:
    theme.apply(qapp, "light", text_size=text_size)
    view = UpstreamsView()
    try:
        view.resize(650, 560)
        notes = ["It takes no tools: " + "switch them on where it is started, " * 12]
        models = [UpstreamModelInfo(id=f"m{number}", key=f"m{number}", notes=notes) for number in range(8)]
        view.show_upstreams([UpstreamInfo(id="box", name="Box", models=models), UpstreamInfo(id="two", name="Two")])
        view.show()
        view.view.choose(0)
        qapp.processEvents()
        assert view.height() == 560
        row = view.view.visualRect(view.table.index(0, 0))
        assert view.view.viewport().rect().contains(row.topLeft())
        assert row.bottom() <= view.view.viewport().height()
        assert view.area.verticalScrollBar().maximum() > 0
    finally:
        view.close()
        view.deleteLater()
        theme.apply(qapp, "light")


async def test_a_server_that_has_no_others_says_so(upstream_desk: OpenUpstreams) -> None:
    async with plain_server() as address, upstream_desk(address) as desk:
        await until(lambda: desk.view.told.startswith("Box has its own models only."))


async def test_nothing_else_is_begun_by_key_while_one_is_looked_at(upstream_desk: OpenUpstreams) -> None:
    async with upstream_stand() as stand, serving() as server, upstream_desk(server.address) as desk:
        await until(lambda: desk.view.told)
        await give(desk, stand.address)
        await until(lambda: desk.view.table.rows)
        await until(lambda: not desk.view.work.isVisible())
        desk.view.view.choose(0)
        release = asyncio.Event()
        stand.chats_with(Replay(events=recorded("vllm_chat"), release=release))
        asked = len(stand.chats)
        desk.view.check.click()
        await until(lambda: len(stand.chats) == asked + 1)
        begun: list[object] = []
        desk.view.check_requested.connect(begun.append)
        desk.view.remove_requested.connect(begun.append)
        QTest.keyClick(desk.view.view, Qt.Key.Key_Delete)
        QTest.keyClick(desk.view.view, Qt.Key.Key_Return)
        assert begun == []
        release.set()
        await until(lambda: not desk.view.work.isVisible())
        QTest.keyClick(desk.view.view, Qt.Key.Key_Return)
        assert len(begun) == 1
        await until(lambda: not desk.view.work.isVisible())


async def test_an_answer_of_another_server_is_not_shown(
    upstream_desk: OpenUpstreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, release = asyncio.Event(), asyncio.Event()

    async def late(_api: UpstreamsApi) -> list[UpstreamInfo]:
        asked.set()
        await release.wait()
        return [UpstreamInfo(id="box", name="Box of another")]

    monkeypatch.setattr(UpstreamsApi, "upstreams", late)
    async with serving() as server, silent_server() as silent, upstream_desk(server.address) as desk:
        await asked.wait()
        desk.servers.select(await desk.servers.add(silent, "", None))
        release.set()
        for _ in range(20):
            await asyncio.sleep(0)
        assert desk.view.table.rows == []


@asynccontextmanager
async def silent_server() -> AsyncIterator[str]:
    """The address of one that never answers."""

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(ignore, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
