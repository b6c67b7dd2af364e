"""The page of models, against a real server with real files."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication, QDialog, QInputDialog, QMessageBox, QPushButton, QWidget

from studiolo.api.models import LoadRequest
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.connections.states import Lost
from studiolo.desktop.loading.load_dialog import LoadDialog
from studiolo.desktop.models.actions import ModelAction
from studiolo.desktop.models.details import DetailsDialog
from studiolo.desktop.models.disks import Disk, DiskBar, Share
from studiolo.desktop.models.page import ModelsPage
from studiolo.desktop.models.presenter import ModelsPresenter, _is_folder
from studiolo.desktop.models.table import ModelColumn
from studiolo.desktop.widgets.formatting import tip_text
from studiolo.paths import app_paths
from tests.stands.cut_text import cut_texts
from tests.stands.serving import LOCAL_KEY, RunningServer, serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

D = TypeVar("D", bound=QDialog)

_LOOK_SECONDS = 0.2
KEY, OTHER = "acme/tiny", "acme/owl"


@dataclass
class Shelf:
    servers: Servers
    page: ModelsPage
    presenter: ModelsPresenter
    address: str
    folder: Path
    reported: list[BaseException]
    talked_to: list[str]

    def choose(self, key: str) -> None:
        row = self.page.table.row_of(key)
        assert row is not None
        self.page.view.choose(row)

    def cell(self, key: str, column: ModelColumn) -> str:
        row = self.page.table.row_of(key)
        return self.page.table.index(row, column).data() if row is not None else ""

    def names(self) -> list[str]:
        return [self.page.table.model(row).key for row in range(self.page.table.rowCount())]


async def dialog_of(kind: type[D]) -> D:
    def look() -> list[D]:
        return [one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible()]

    return (await until(look))[0]


def press(dialog: QWidget, text: str) -> None:
    next(button for button in dialog.findChildren(QPushButton) if button.text().replace("&", "") == text).click()


@pytest.fixture
async def shelf(qapp: QApplication, tmp_path: Path) -> AsyncIterator[Shelf]:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", brief=True)
    write_tiny_llama(app_paths().models / "acme/Owl-GGUF/Owl-Q8_0.gguf", brief=True)
    folder = tmp_path / "other"
    folder.mkdir()
    async with serving(model_folders=[str(folder)], adopt_models=False) as server, shelf_at(server, folder) as shelf:
        yield shelf


@asynccontextmanager
async def shelf_at(server: RunningServer, folder: Path) -> AsyncIterator[Shelf]:
    reported: list[BaseException] = []
    servers = Servers(app_paths(), reported.append)
    address = await servers.add(server.address, "", None)
    servers.select(address)
    page = ModelsPage()
    page.resize(1100, 760)
    presenter = ModelsPresenter(
        page, servers, reported.append, name_of=lambda _: "Workshop", look_seconds=_LOOK_SECONDS
    )
    talked_to: list[str] = []
    presenter.chat_requested.connect(talked_to.append)
    page.show()
    shelf = Shelf(servers, page, presenter, address, folder, reported, talked_to)
    await until(lambda: KEY in shelf.names())
    try:
        yield shelf
    finally:
        await presenter.aclose()
        await servers.aclose()
        page.close()
        page.deleteLater()
        servers.deleteLater()


async def test_a_server_that_was_away_is_listed_again(qapp: QApplication, tmp_path: Path) -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", brief=True)
    async with AsyncExitStack() as opened:
        async with serving(adopt_models=False) as server:
            shelf = await opened.enter_async_context(shelf_at(server, tmp_path))
            assert shelf.page.view.isVisible()
        await until(lambda: isinstance(shelf.servers.selected.state, Lost))
        assert KEY in shelf.names(), "what was seen stays in sight"
        assert shelf.page.view.isVisible()
        write_tiny_llama(app_paths().models / "acme/New-GGUF/New-Q4_K_M.gguf", brief=True)
        async with serving(port=int(server.address.rpartition(":")[2]), adopt_models=False):
            await until(lambda: "acme/new" in shelf.names())
        assert shelf.reported == []


async def test_what_is_there_is_listed_sorted_and_filtered(shelf: Shelf) -> None:
    assert {KEY, OTHER} <= set(shelf.names())
    assert shelf.cell(KEY, ModelColumn.SIZE).endswith("kB")
    assert shelf.cell(OTHER, ModelColumn.FOLDER) == str(app_paths().models)
    shelf.page.search.setText("OWL")
    assert shelf.names() == [OTHER]
    shelf.page.search.clear()
    shelf.page.table.sort(ModelColumn.NAME)
    names = shelf.names()
    assert names == sorted(names)
    assert "model" in shelf.page.footer.text()


async def test_a_model_is_loaded_as_it_is_always_to_be_and_unloaded(shelf: Shelf) -> None:
    shelf.choose(KEY)
    shelf.page.buttons[ModelAction.LOAD].click()
    dialog = await dialog_of(LoadDialog)
    await until(lambda: "memory" in dialog.memory.text())
    dialog.context.setValue(512)
    assert dialog.remember.isVisible()
    dialog.remember.setChecked(True)
    dialog.load.click()
    await until(lambda: shelf.cell(KEY, ModelColumn.STATE) == "Loaded")
    row = shelf.page.instances.rows[0]
    assert "512 tokens of context" in row.facts.text()
    assert "slots in use" in row.facts.text()
    row.unload.click()
    await until(lambda: not shelf.page.instances.rows)
    # Whoever loads it now, without a word of the context, gets what was kept.
    async with Client(shelf.address) as client:
        await ModelsApi(client).load(LoadRequest(model=KEY))
        entry = next(one for one in await ModelsApi(client).list_models() if one.key == KEY)
        assert entry.loaded_instances[0].config.context_length == 512


async def test_a_model_is_proposed_with_the_servers_usual_context(shelf: Shelf) -> None:
    async with Client(shelf.address, LOCAL_KEY) as client:
        await ServerApi(client).change_settings({"default_context_length": 320})
    shelf.choose(KEY)
    shelf.page.buttons[ModelAction.LOAD].click()
    dialog = await dialog_of(LoadDialog)
    assert dialog.context.value() == 320
    dialog.reject()


async def test_how_models_are_loaded_is_the_server_s_setting(shelf: Shelf) -> None:
    asked: list[None] = []
    shelf.page.loading_requested.connect(lambda: asked.append(None))
    shelf.page.loading.click()
    assert asked == [None]
    async with Client(shelf.address, LOCAL_KEY) as client:
        await ServerApi(client).change_settings({"default_context_length": 0, "automatic_context_limit": 1024})
    shelf.choose(KEY)
    shelf.page.buttons[ModelAction.LOAD].click()
    dialog = await dialog_of(LoadDialog)
    assert dialog.context.value() == 1024, "what the server would choose by itself"
    dialog.reject()


async def test_what_was_asked_for_one_server_is_not_done_at_another(shelf: Shelf) -> None:
    file = app_paths().models / "acme/Owl-GGUF/Owl-Q8_0.gguf"
    shelf.choose(OTHER)
    shelf.page.view.delete_pressed.emit()
    box = await dialog_of(QMessageBox)
    assert "Workshop" in box.informativeText()
    shelf.servers.select(OWN)
    assert not shelf.page.view.isVisible(), "the models of another server are not shown as if they were its own"
    press(box, "Move to the trash")
    await until(lambda: not file.exists())


async def test_one_work_at_a_time(shelf: Shelf) -> None:
    shelf.choose(KEY)
    assert shelf.page.buttons[ModelAction.LOAD].isEnabled()
    shelf.page.show_work("Moving…", 0.5)
    assert not any(
        shelf.page.buttons[name].isEnabled()
        for name in (ModelAction.LOAD, ModelAction.VERIFY, ModelAction.MOVE, ModelAction.DELETE)
    )
    assert shelf.page.buttons[ModelAction.SHOW_DETAILS].isEnabled()
    shelf.page.show_work("", None)
    assert shelf.page.buttons[ModelAction.LOAD].isEnabled()


async def test_the_details_are_those_of_the_header(shelf: Shelf) -> None:
    shelf.choose(KEY)
    shelf.page.buttons[ModelAction.SHOW_DETAILS].click()
    dialog = await dialog_of(DetailsDialog)
    items = [dialog.entries.topLevelItem(row) for row in range(dialog.entries.topLevelItemCount())]
    names = [item.text(0) for item in items if item]
    assert "general.architecture" in names
    assert "GGUF version 3" in dialog.facts.text()
    dialog.search.setText("architecture")
    shown = [item.text(0) for item in items if item and not item.isHidden()]
    assert shown == ["general.architecture"]
    dialog.accept()


async def test_verifying_a_file_that_nobody_knows_says_so(shelf: Shelf) -> None:
    shelf.choose(KEY)
    shelf.page.buttons[ModelAction.VERIFY].click()
    box = await dialog_of(QMessageBox)
    assert "no checksum" in box.text()
    press(box, "OK")


async def test_a_model_is_moved_to_another_folder(shelf: Shelf) -> None:
    shelf.choose(OTHER)
    shelf.page.buttons[ModelAction.MOVE].click()
    dialog = await dialog_of(QInputDialog)
    assert dialog.comboBoxItems()[0].startswith(str(shelf.folder))
    dialog.accept()
    await until(lambda: shelf.cell(OTHER, ModelColumn.FOLDER) == str(shelf.folder))
    assert list(shelf.folder.rglob("*.gguf"))
    assert not (app_paths().models / "acme/Owl-GGUF/Owl-Q8_0.gguf").exists()


async def test_a_model_goes_to_the_trash_when_that_is_wanted(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    file = app_paths().models / "acme/Owl-GGUF/Owl-Q8_0.gguf"
    shelf.choose(OTHER)
    shelf.page.view.delete_pressed.emit()
    box = await dialog_of(QMessageBox)
    press(box, "Cancel")
    await until(lambda: not shelf.page.findChildren(QMessageBox))
    assert file.exists()
    shelf.page.view.delete_pressed.emit()
    press(await dialog_of(QMessageBox), "Move to the trash")
    await until(lambda: OTHER not in shelf.names())
    assert not file.exists()


async def test_the_disk_is_drawn_with_each_model_as_a_part(shelf: Shelf) -> None:
    bars = shelf.page.disks.bars
    assert bars
    names = [share.name for bar in bars for _, share in bar.parts() if share.kind == "model"]
    assert {KEY, OTHER} <= set(names)
    bar = bars[0]
    kinds = [share.kind for _, share in bar.parts()]
    assert kinds[-1] == "free"
    free = bar.parts()[-1][0].center()
    other = next(rect for rect, share in bar.parts() if share.kind == "other").center()
    image = bar.grab().toImage()
    ratio = image.devicePixelRatio()
    at = [image.pixelColor((QPointF(point) * ratio).toPoint()).name() for point in (free, other)]
    assert at[0] != at[1]
    assert "free" in bar.accessibleName()


def test_what_is_small_is_seen_on_the_bar(qapp: QApplication) -> None:
    bar = DiskBar()
    bar.resize(400, 40)
    small = [Share("model", f"m{number}", 1_000_000) for number in range(5)]
    bar.show_disk(
        Disk("/models", 1_000_000_000_000, (*small, Share("other", "", 600 * 10**9), Share("free", "", 4 * 10**11)))
    )
    widths = [rect.width() for rect, _ in bar.parts()]
    assert min(widths) >= 3
    assert sum(widths) == pytest.approx(400)
    assert widths[5] > widths[6] > 140


async def test_folders_come_and_go(shelf: Shelf, tmp_path: Path) -> None:
    assert len(shelf.page.known_folders) == 2
    shelf.page.folder_dropped.emit(str(shelf.folder))
    press(await dialog_of(QMessageBox), "Use it no longer")
    await until(lambda: len(shelf.page.known_folders) == 1)
    shelf.page.folder_added.emit()
    dialog = await dialog_of(QInputDialog)
    dialog.setTextValue(str(shelf.folder))
    dialog.accept()
    await until(lambda: len(shelf.page.known_folders) == 2)


async def test_nothing_is_asked_while_the_page_is_out_of_sight(shelf: Shelf) -> None:
    shelf.page.hide()
    write_tiny_llama(app_paths().models / "acme/Late-GGUF/Late-Q4_0.gguf")
    await asyncio.sleep(10 * _LOOK_SECONDS)
    assert "acme/late" not in shelf.names()
    shelf.page.show()
    await until(lambda: "acme/late" in shelf.names())


async def test_enter_begins_a_chat(shelf: Shelf) -> None:
    shelf.choose(KEY)
    shelf.page.buttons[ModelAction.START_CHAT].click()
    assert shelf.talked_to == [KEY]


def test_a_folder_of_the_settings_is_known_by_its_path() -> None:
    assert _is_folder("/srv/models", "/srv/models/")
    assert _is_folder("~/models", "/home/me/models")
    assert not _is_folder("/home/me/more", "/home/me/models")


def test_what_others_wrote_is_no_markup_in_a_tip(qapp: QApplication) -> None:
    assert tip_text("plain & simple") == "plain & simple"
    assert "<img" not in tip_text('<img src="/etc/passwd">\nx')


async def test_no_word_is_cut_at_twice_the_text_size(large_text: None, shelf: Shelf) -> None:
    async with Client(shelf.address, LOCAL_KEY) as client:
        await ModelsApi(client).load(LoadRequest(model=KEY))
    shelf.page.resize(900, 700)
    await until(shelf.page.instances.isVisible)
    shelf.choose(KEY)
    await until(lambda: cut_texts(shelf.page) == [], "all words", seconds=10)
    shelf.page.buttons[ModelAction.SHOW_DETAILS].click()
    details = await dialog_of(DetailsDialog)
    await until(lambda: cut_texts(details) == [], "all words of the details", seconds=10)
    details.close()
