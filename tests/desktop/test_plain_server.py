"""Every page against a server that speaks the documented API alone: what it can't do is said, and nothing errors."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.desktop.discover.choices import ChoiceColumn
from studiolo.desktop.discover.page import DiscoverPage
from studiolo.desktop.discover.presenter import DiscoverPresenter
from studiolo.desktop.downloads.actions import DownloadAction
from studiolo.desktop.loading.load_dialog import LoadDialog
from studiolo.desktop.models.actions import LOADING, ModelAction
from studiolo.desktop.models.page import ModelsPage
from studiolo.desktop.models.presenter import ModelsPresenter
from studiolo.desktop.models.table import ModelColumn
from studiolo.hub.catalog import CatalogKeeper
from studiolo.paths import app_paths
from tests.stands.desk import DownloadsDesk, desk_at
from tests.stands.hub import StandHub
from tests.stands.plain_server import plain_server
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

KEY = "acme/tiny"
MIB = 2**20
_ASK_SECONDS = 0.05


@pytest.fixture
async def plain(qapp: QApplication, stand: StandHub, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DownloadsDesk]:
    monkeypatch.setenv("HF_ENDPOINT", stand.endpoint)
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", brief=True)
    async with plain_server(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as address, desk_at(address) as desk:
        yield desk
    assert desk.reported == []


async def test_it_is_known_as_plain(plain: DownloadsDesk) -> None:
    async with Client(plain.address) as client:
        assert await ServerApi(client).info() is None
    assert not plain.servers.selected.capabilities
    assert not plain.page.limits.isEnabled()


async def test_models_are_found_from_here_and_come(plain: DownloadsDesk, stand: StandHub, tmp_path: Path) -> None:
    file = write_tiny_llama(tmp_path / "owl.gguf")
    os.truncate(file, 16 * MIB)  # What takes its time is seen on its way, however slow the machine is.
    stand.add("birds/Owl-GGUF", {"Owl-Q4_K_M.gguf": file, "Owl-Q8_0.gguf": file})
    page = DiscoverPage()
    page.resize(1000, 800)
    catalog = CatalogKeeper(app_paths().data / "catalog.json")
    presenter = DiscoverPresenter(
        page, plain.servers, plain.monitor, catalog, plain.reported.append, name_of=lambda _: "Shed"
    )
    page.show()
    await until(lambda: page.results.models)
    page.search.setText("owl")
    await until(lambda: [model.name for model in page.results.models] == ["birds/Owl-GGUF"])
    assert "Shed only takes downloads" in page.notice.text()
    page.list.choose(0)
    await until(lambda: page.panel.isVisible())
    assert "Shed tells neither" in page.panel.memory.text()
    assert page.panel.table.index(0, ChoiceColumn.MEMORY).data() == "–"
    assert not page.panel.token.isVisible()
    row = [choice.quantization for choice in page.panel.table.choices].index("Q8_0")
    page.panel.view.choose(row)
    stand.wrong.bytes_per_second = MIB
    page.panel.download.click()
    job = await plain.state("birds/Owl-GGUF", "downloading")
    assert job.quantization == "Q8_0"
    await until(lambda: plain.page.table.rowCount())
    plain.choose("birds/Owl-GGUF")
    assert not plain.page.buttons[DownloadAction.PAUSE].isEnabled()
    assert "can't pause" in plain.page.reason.text()
    stand.wrong.bytes_per_second = 0
    await plain.state("birds/Owl-GGUF", "completed")
    await until(lambda: page.panel.table.index(row, ChoiceColumn.STATE).data() == "Downloaded")
    await until(lambda: plain.page.buttons[DownloadAction.START_CHAT].isEnabled())
    await presenter.aclose()
    page.close()
    page.deleteLater()


async def test_nothing_is_asked_where_nothing_runs(
    qapp: QApplication, stand: StandHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", stand.endpoint)
    file = write_tiny_llama(tmp_path / "owl.gguf")
    os.truncate(file, 16 * MIB)
    stand.add("birds/Owl-GGUF", {"Owl-Q4_K_M.gguf": file})
    asked: list[str] = []
    async with (
        plain_server(asked, hub_endpoint=stand.endpoint, disk_reserve_gb=0) as address,
        desk_at(address, ask_seconds=_ASK_SECONDS) as desk,
    ):
        stand.wrong.bytes_per_second = MIB
        info = await desk.client.start("https://huggingface.co/birds/Owl-GGUF")
        desk.monitor.note(desk.address, info, model="birds/Owl-GGUF")
        await until(lambda: sum("/status/" in path for path in asked) >= 2)
        stand.wrong.bytes_per_second = 0
        await desk.state("birds/Owl-GGUF", "completed")
        asked.clear()
        await asyncio.sleep(10 * _ASK_SECONDS)
        assert asked == []
        # Its own user may have gone on with one that is paused there: who looks at the page wants to know.
        [job] = desk.monitor.downloads.values()
        desk.monitor._known[job.key] = replace(job, state="paused")
        desk.monitor.look_again()
        await until(lambda: asked == [f"/api/v1/models/download/status/{job.id}"])
        await asyncio.sleep(10 * _ASK_SECONDS)
        assert len(asked) == 1
        assert desk.reported == []


async def test_its_models_are_listed_loaded_and_unloaded(plain: DownloadsDesk) -> None:
    page = ModelsPage()
    page.resize(1000, 700)
    presenter = ModelsPresenter(page, plain.servers, plain.reported.append, name_of=lambda _: "Shed")
    page.show()
    await until(lambda: page.table.row_of(KEY) is not None)
    assert "Shed tells nothing of its disk" in page.footer.text()
    assert not page.disks.isVisible()
    assert not page.folders.isVisible()
    visible = {action for action, button in page.buttons.items() if button.isVisible()}
    assert visible == LOADING
    row = page.table.row_of(KEY)
    assert row is not None
    page.view.choose(row)
    page.buttons[ModelAction.LOAD].click()
    dialogs = await until(lambda: page.findChildren(LoadDialog))
    await until(lambda: "does not tell" in dialogs[0].memory.text())
    assert not dialogs[0].remember.isVisible()
    dialogs[0].load.click()
    await until(lambda: page.table.index(page.table.row_of(KEY) or 0, ModelColumn.STATE).data() == "Loaded")
    page.instances.rows[0].unload.click()
    await until(lambda: not page.instances.rows)
    await presenter.aclose()
    page.close()
    page.deleteLater()
