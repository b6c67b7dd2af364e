"""A server elsewhere is killed while every page shows it, and started again: nothing is lost, and all goes on."""

import asyncio
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget

from studiolo.client.downloads import DownloadsApi
from studiolo.desktop.chat.messages import Phase, Reply
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.connections import remote
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.connections.lost_notice import LostNotice
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.discover.page import DiscoverPage
from studiolo.desktop.discover.presenter import DiscoverPresenter
from studiolo.desktop.downloads.cancelling import Cancelling
from studiolo.desktop.downloads.commands import DownloadCommands
from studiolo.desktop.downloads.monitor import Monitor
from studiolo.desktop.downloads.page import DownloadsPage
from studiolo.desktop.downloads.presenter import DownloadsPresenter
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.store import History
from studiolo.desktop.mcp.page import McpPage
from studiolo.desktop.mcp.presenter import McpPresenter
from studiolo.desktop.models.page import ModelsPage
from studiolo.desktop.models.presenter import ModelsPresenter
from studiolo.desktop.widgets.undo import Undo
from studiolo.hub.catalog import CatalogKeeper
from studiolo.paths import app_paths
from tests.stands.hub import StandHub
from tests.stands.server_process import server_process
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import stays, until

MODEL = "acme/tiny"
LONG = ChatSettings(max_output_tokens=4000)


@dataclass
class Box:
    """A server process that can be killed, and started again where it was."""

    port: int
    stack: ExitStack
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self.process, _ = await asyncio.to_thread(
            lambda: self.stack.enter_context(server_process("--port", str(self.port)))
        )

    async def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(self.process.wait)


@pytest.fixture
def box(stand: StandHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    monkeypatch.setattr(remote, "BACK_OFF_SECONDS", (0.2,))
    app_paths().config.mkdir(parents=True)
    (app_paths().config / "server.json").write_text(
        f'{{"hub_endpoint": "{stand.endpoint}", "disk_reserve_gb": 0, "default_context_length": 4096}}'
    )
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", brief=False)
    with socket.socket() as one, ExitStack() as stack:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
        one.close()
        yield Box(port, stack)


@dataclass
class LostDesk:
    """Every page at one server elsewhere."""

    servers: Servers
    notice: LostNotice
    reported: list[BaseException]
    pages: list[QWidget] = field(default_factory=list)

    async def lost(self) -> None:
        await until(lambda: isinstance(self.servers.selected.state, Lost))

    async def back(self) -> None:
        await until(lambda: isinstance(self.servers.selected.state, Ready))


@pytest.fixture
async def lost_desk(qapp: QApplication, box: Box) -> AsyncIterator[LostDesk]:
    reported: list[BaseException] = []
    servers = Servers(app_paths(), reported.append)
    await box.start()
    servers.select(await servers.add(box.address, "Office box", None))
    desk = LostDesk(servers, LostNotice(servers, name_of=servers.name_of), reported)
    await desk.back()
    yield desk
    await servers.aclose()
    for page in [*desk.pages, desk.notice]:
        page.close()
        page.deleteLater()
    servers.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert reported == []


async def test_models_and_tools_stay_in_sight_and_are_asked_for_again(lost_desk: LostDesk, box: Box) -> None:
    models, tools = ModelsPage(), McpPage()
    lost_desk.pages += [models, tools]
    shown = ModelsPresenter(
        models, lost_desk.servers, lost_desk.reported.append, name_of=lost_desk.servers.name_of, look_seconds=0.05
    )
    called = McpPresenter(
        tools, lost_desk.servers, lost_desk.reported.append, name_of=lost_desk.servers.name_of, look_seconds=0.05
    )
    for page in lost_desk.pages:
        page.show()
    await until(lambda: models.table.row_of(MODEL) is not None)
    await until(lambda: tools.first.isVisible(), "no tools yet")
    await box.kill()
    await lost_desk.lost()
    assert models.shows_models
    assert lost_desk.notice.label.text() == "Office box does not answer."
    assert not lost_desk.notice.isHidden()
    assert lost_desk.notice.countdown.text().startswith("Trying again")
    await until(lambda: "Nobody answers" in tools.notice.text())
    write_tiny_llama(app_paths().models / "acme/New-GGUF/New-Q4_K_M.gguf", brief=True)
    await box.start()
    await lost_desk.back()
    assert lost_desk.notice.isHidden()
    await until(lambda: models.table.row_of("acme/new") is not None)
    await until(lambda: tools.first.isVisible())
    await shown.aclose()
    await called.aclose()


async def test_downloads_go_on_and_what_was_found_stays(
    lost_desk: LostDesk, box: Box, stand: StandHub, tmp_path: Path
) -> None:
    file = tmp_path / "owl.gguf"
    file.write_bytes(write_tiny_llama(tmp_path / "one.gguf").read_bytes() + bytes(8 * 2**20))
    stand.add("birds/Owl-GGUF", {"Owl-Q4_K_M.gguf": file})
    servers, report = lost_desk.servers, lost_desk.reported.append
    monitor = Monitor(servers, app_paths().data / "watched.json", report, name_of=servers.name_of)
    found, jobs = DiscoverPage(), DownloadsPage()
    lost_desk.pages += [found, jobs]
    catalog = CatalogKeeper(app_paths().data / "catalog.json")
    finder = DiscoverPresenter(found, servers, monitor, catalog, report, name_of=servers.name_of)
    cancelling = Cancelling(servers, monitor, report)
    steering = DownloadCommands(servers, monitor)
    lister = DownloadsPresenter(jobs, servers, monitor, steering, cancelling, report, name_of=servers.name_of)
    for page in lost_desk.pages:
        page.show()
    found.search.setText("owl")
    await until(lambda: [one.name for one in found.results.models] == ["birds/Owl-GGUF"])
    stand.wrong.bytes_per_second = 2**20
    await DownloadsApi(servers.selected.client).start("https://huggingface.co/birds/Owl-GGUF")
    await until(lambda: [job.state for job in monitor.downloads.values()] == ["downloading"])
    await box.kill()
    await lost_desk.lost()
    assert [job.state for job in monitor.downloads.values()] == ["away"]
    assert [one.name for one in found.results.models] == ["birds/Owl-GGUF"], "nothing that was found is lost"
    assert found.search.text() == "owl", "nothing that was typed is lost"
    stand.wrong.bytes_per_second = 0
    await box.start()
    await lost_desk.back()
    await until(lambda: [job.state for job in monitor.downloads.values()] == ["completed"])
    await until(lambda: found.busy.maximum() == 1)
    assert [one.name for one in found.results.models] == ["birds/Owl-GGUF"]
    for ending in (finder, lister, cancelling, monitor):
        await ending.aclose()


async def test_a_reply_keeps_what_came_and_what_is_sent_meanwhile_is_answered(lost_desk: LostDesk, box: Box) -> None:
    page = ChatPage()
    page.resize(900, 700)
    lost_desk.pages.append(page)
    history = History(app_paths().data / "history.sqlite")
    await history.do(Database.set_note, "models", {MODEL: LONG.changed})
    presenter = ChatPresenter(
        page,
        lost_desk.servers.selected,
        history,
        Undo(page.toast),
        lost_desk.reported.append,
        headers=HeaderStore(app_paths().config),
        name_of=lost_desk.servers.name_of,
    )
    page.show()
    page.model_chosen.emit(MODEL)
    await until(lambda: presenter.replies.model == MODEL and presenter.tuning.defaults)
    presenter.send("Tell me a lot.")
    first = presenter.conversation.turns[-1].reply
    await until(lambda: first.text)
    presenter.send("And then?")
    assert presenter.waiting == 1
    page.composer.set_text("What is being typed")
    await box.kill()
    await until(lambda: first.failure)
    assert first.text, "what came of it is kept"
    await lost_desk.lost()
    assert presenter.waiting == 0
    assert "And then?" in page.composer.text, "what was in line can be changed, and sent again"
    assert "What is being typed" in page.composer.text
    page.composer.set_text("What is being typed")
    presenter.send("Are you there?")
    second = presenter.conversation.turns[-1].reply
    assert second.activity
    assert second.activity.phase is Phase.QUEUED
    await stays(lambda: second.failure is None)
    assert page.composer.text == "What is being typed"
    await box.start()
    await lost_desk.back()
    await until(lambda: second.text, "an answer to what was sent meanwhile")
    presenter.stop_all()
    await until(lambda: not presenter.replies.conversations)
    presenter.actions.retry(first)
    again = await until(lambda: next((one for one in _replies(presenter) if one is not second and one.activity), None))
    await until(lambda: again.text, "another try")
    presenter.stop_all()
    await until(lambda: not presenter.replies.conversations)
    assert page.composer.text == "What is being typed"
    await presenter.aclose()
    await history.aclose()


def _replies(presenter: ChatPresenter) -> list[Reply]:
    return [message for message in presenter.conversation.branch if isinstance(message, Reply)]
