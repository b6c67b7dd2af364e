"""Finding models with the page, against a real server and the stand-in hub."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from shiboken6 import isValid

from studiolo.api.downloads import DOWNLOAD_FILES
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.desktop.discover.choices import ChoiceColumn
from studiolo.desktop.discover.page import DiscoverPage
from studiolo.desktop.discover.presenter import DiscoverPresenter
from studiolo.hub.catalog import CatalogKeeper
from studiolo.paths import app_paths
from tests.stands.cut_text import cut_texts
from tests.stands.desk import DownloadsDesk
from tests.stands.hub import StandHub
from tests.stands.proxy import stand_proxy
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

MIB = 2**20
CARD = b"---\nlicense: mit\n---\n# Owl\n\nA model that **hoots**.\n\n![tracker](https://example.com/seen.png)\n"


@dataclass
class Finding:
    desk: DownloadsDesk
    page: DiscoverPage
    presenter: DiscoverPresenter
    shown: list[object]

    async def search(self, words: str) -> list[str]:
        begun: list[str] = []
        self.page.searched.connect(begun.append)
        self.page.search.setText(words)
        await until(lambda: begun == [words] and self.page.busy.maximum() == 1)
        self.page.searched.disconnect(begun.append)
        return [model.name for model in self.page.results.models]

    async def open(self, row: int) -> None:
        self.page.list.choose(row)
        await until(lambda: self.page.panel.isVisible())

    def cell(self, quantization: str, column: ChoiceColumn) -> str:
        table = self.page.panel.table
        row = [choice.quantization for choice in table.choices].index(quantization)
        return str(table.index(row, column).data())


@pytest.fixture
async def finding(desk: DownloadsDesk) -> AsyncIterator[Finding]:
    page = DiscoverPage()
    page.resize(1000, 800)
    catalog = CatalogKeeper(app_paths().data / "catalog.json")
    presenter = DiscoverPresenter(
        page, desk.servers, desk.monitor, catalog, desk.reported.append, name_of=lambda _: "Workshop"
    )
    shown: list[object] = []
    presenter.show_requested.connect(shown.append)
    page.show()
    await until(lambda: page.busy.maximum() == 1)
    yield Finding(desk, page, presenter, shown)
    await presenter.aclose()
    if isValid(page):
        page.close()
        page.deleteLater()


@pytest.fixture
def long_owl(owl: Path) -> Path:
    """The owl with 16 MiB of nothing behind it: what takes its time is seen on its way, however slow the machine is."""
    file = owl.with_name("long-owl.gguf")
    shutil.copyfile(owl, file)
    os.truncate(file, 16 * MIB)
    return file


@pytest.fixture
def owl(stand: StandHub, tmp_path: Path) -> Path:
    file = tmp_path / "owl.gguf"
    write_tiny_llama(file)
    stand.add(
        "birds/Owl-GGUF",
        {"Owl-Q4_K_M.gguf": file, "Owl-F16.gguf": file, "README.md": CARD},
        tags=("gguf", "license:mit"),
    )
    return file


async def test_before_a_word_is_written_there_are_the_picks(finding: Finding) -> None:
    models = finding.page.results.models
    assert {model.source for model in models} == {"catalog"}
    picks = [model.recommended for model in models]
    assert picks == sorted(picks, reverse=True)


async def test_a_search_finds_what_the_hub_has_and_a_model_tells_what_there_is(finding: Finding, owl: Path) -> None:
    assert await finding.search("owl") == ["birds/Owl-GGUF"]
    await finding.open(0)
    panel = finding.page.panel
    assert panel.name.text() == "birds/Owl-GGUF"
    assert "Licence: mit" in panel.facts.text()
    assert panel.description.toPlainText().startswith("Owl\nA model that hoots.")
    assert "Workshop: " in panel.memory.text()
    assert [finding.cell(name, ChoiceColumn.BITS) for name in ("Q4_K_M", "F16")] == ["4", "16"]
    assert finding.cell("Q4_K_M", ChoiceColumn.MEMORY) in ("Fits", "Tight")
    assert finding.cell("Q4_K_M", ChoiceColumn.STATE) == ""
    assert "Q4_K_M" in panel.download.text()


async def test_a_description_fetches_nothing(finding: Finding, owl: Path, stand: StandHub) -> None:
    await finding.search("owl")
    await finding.open(0)
    finding.page.panel.description.grab()
    assert not any("seen.png" in asked.path for asked in stand.asked)


async def test_a_download_shows_its_way_in_the_table(finding: Finding, long_owl: Path, stand: StandHub) -> None:
    stand.add("birds/Owl-GGUF", {"Owl-Q4_K_M.gguf": long_owl, "Owl-F16.gguf": long_owl})
    stand.wrong.bytes_per_second = MIB
    await finding.search("owl")
    await finding.open(0)
    finding.page.panel.download.click()
    await until(lambda: finding.cell("Q4_K_M", ChoiceColumn.STATE).startswith("Downloading, "))
    assert finding.cell("F16", ChoiceColumn.STATE) == ""
    finding.page.panel.download.click()
    await until(lambda: finding.shown)
    stand.wrong.bytes_per_second = 0
    await finding.desk.state("birds/Owl-GGUF", "completed")
    await until(lambda: finding.cell("Q4_K_M", ChoiceColumn.STATE) == "Downloaded")
    assert not finding.page.panel.download.isEnabled()
    # And again, when it is asked for anew.
    await finding.search("")
    await finding.search("owl")
    await finding.open(0)
    assert finding.cell("Q4_K_M", ChoiceColumn.STATE) == "Downloaded"


async def test_the_hub_is_not_asked_again_for_what_was_shown(finding: Finding, owl: Path, stand: StandHub) -> None:
    await finding.search("owl")
    await finding.open(0)
    details = finding.page.panel.details
    assert details
    stand.asked.clear()
    finding.page.panel.download.click()
    job = await finding.desk.state("birds/Owl-GGUF", "completed")
    assert job.quantization == "Q4_K_M"
    first = stand.asked[0]
    assert first.path == f"/birds/Owl-GGUF/resolve/{details.revision}/Owl-Q4_K_M.gguf"


async def test_a_server_that_can_not_be_told_the_files_is_given_a_link(
    finding: Finding, owl: Path, stand: StandHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await finding.search("owl")
    await finding.open(0)
    connection = finding.desk.servers.connection(finding.desk.address)
    monkeypatch.setattr(connection, "_capabilities", connection.capabilities - {DOWNLOAD_FILES})
    stand.asked.clear()
    finding.page.panel.download.click()
    await finding.desk.state("birds/Owl-GGUF", "completed")
    assert stand.asked[0].path == "/api/models/birds/Owl-GGUF/revision/main?blobs=true"


async def test_what_was_deleted_can_be_downloaded_again(finding: Finding, owl: Path) -> None:
    await finding.search("owl")
    await finding.open(0)
    finding.page.panel.download.click()
    await until(lambda: finding.cell("Q4_K_M", ChoiceColumn.STATE) == "Downloaded")
    await ModelsApi(finding.desk.servers.connection(finding.desk.address).client).remove("birds/owl")
    finding.page.list.clearSelection()
    finding.page.list.selectionModel().clearCurrentIndex()
    await finding.open(0)
    await until(lambda: finding.cell("Q4_K_M", ChoiceColumn.STATE) == "")
    assert finding.page.panel.download.isEnabled()


async def test_two_downloads_begun_at_once_both_come(finding: Finding, owl: Path) -> None:
    await finding.search("owl")
    await finding.open(0)
    for row in range(2):
        finding.page.panel.view.choose(row)
        finding.page.panel.download.click()
        assert not finding.page.panel.download.isEnabled(), "it is being asked for"
    await until(lambda: len(finding.desk.monitor.downloads) == 2)


async def test_downloads_are_told_to_no_page_that_is_gone(finding: Finding, owl: Path) -> None:
    await finding.search("owl")
    await finding.open(0)
    finding.page.deleteLater()
    await until(lambda: not isValid(finding.page))
    await finding.desk.client.start("birds/Owl-GGUF")
    await finding.desk.state("birds/Owl-GGUF", "completed")


async def test_of_two_files_with_one_quantization_the_chosen_one_comes(
    finding: Finding, stand: StandHub, long_owl: Path
) -> None:
    stand.add("birds/Owl-GGUF", {"Owl-Base-Q4_K_M.gguf": long_owl, "Owl-Chat-Q4_K_M.gguf": long_owl})
    await finding.search("owl")
    await finding.open(0)
    names = [choice.name for choice in finding.page.panel.table.choices]
    row = names.index("Owl-Chat-Q4_K_M")
    finding.page.panel.view.choose(row)
    stand.wrong.bytes_per_second = MIB
    finding.page.panel.download.click()
    await until(lambda: finding.page.panel.table.index(row, ChoiceColumn.STATE).data().startswith("Downloading"))
    assert finding.page.panel.table.index(1 - row, ChoiceColumn.STATE).data() == ""
    [job] = finding.desk.monitor.downloads.values()
    assert job.path.endswith("Owl-Chat-Q4_K_M.gguf")
    stand.wrong.bytes_per_second = 0
    await finding.desk.state("birds/Owl-GGUF", "completed")


async def test_another_repository_whose_name_goes_on_is_not_taken_for_it(
    finding: Finding, stand: StandHub, long_owl: Path
) -> None:
    stand.add("birds/Owl-GGUF-v2", {"Owl-Q4_K_M.gguf": long_owl})
    stand.wrong.bytes_per_second = MIB
    await finding.desk.client.start("birds/Owl-GGUF-v2")
    await finding.desk.state("birds/Owl-GGUF-v2", "downloading")
    finding.page.search.setText(f"{stand.endpoint}/birds/Owl-GGUF")
    await until(lambda: finding.page.panel.name.text() == "birds/Owl-GGUF")
    assert finding.cell("Q4_K_M", ChoiceColumn.STATE) == ""
    stand.wrong.bytes_per_second = 0
    await finding.desk.state("birds/Owl-GGUF-v2", "completed")


async def test_a_description_shows_no_picture_of_this_machine(
    finding: Finding, stand: StandHub, owl: Path, tmp_path: Path
) -> None:
    red = QImage(40, 40, QImage.Format.Format_RGB32)
    red.fill(QColor("#ff0000"))
    assert red.save(str(tmp_path / "red.png"))
    card = f"# Owl\n\n![a]({tmp_path}/red.png) ![b](file://{tmp_path}/red.png)\n"
    stand.add("birds/Owl-GGUF", {"Owl-Q4_K_M.gguf": owl, "README.md": card.encode()})
    await finding.search("owl")
    await finding.open(0)
    assert finding.page.panel.description.toPlainText().startswith("Owl")
    seen = finding.page.panel.description.grab().toImage()
    points = ((x, y) for x in range(seen.width()) for y in range(seen.height()))
    assert not any(seen.pixelColor(x, y) == QColor("#ff0000") for x, y in points)


async def test_a_long_description_is_cut(finding: Finding, stand: StandHub, owl: Path) -> None:
    stand.add("birds/Owl-GGUF", {"Owl-Q4_K_M.gguf": owl, "README.md": b"A line of words.\n\n" * 20_000})
    await finding.search("owl")
    await finding.open(0)
    text = finding.page.panel.description.toPlainText()
    assert text.startswith("A line of words.")
    assert 10_000 < len(text) < 25_000


async def test_a_pasted_link_opens_its_model(finding: Finding, owl: Path, stand: StandHub) -> None:
    finding.page.search.setText(f"{stand.endpoint}/birds/Owl-GGUF")
    await until(lambda: finding.page.panel.name.text() == "birds/Owl-GGUF")
    finding.page.search.setText(f"{stand.endpoint}/birds/none")
    await until(lambda: "none" in finding.page.panel_problem.text())


async def test_a_gated_model_says_what_to_do(finding: Finding, owl: Path, stand: StandHub) -> None:
    stand.repos["birds/Owl-GGUF"].gated = True
    await finding.search("owl")
    await finding.open(0)
    assert finding.page.panel.gate.isVisible()
    assert finding.page.panel.token.isVisible()


async def test_words_that_find_nothing_say_so(finding: Finding) -> None:
    assert await finding.search("nothing has these words") == []
    assert "Nothing found" in finding.page.problem.text()


async def test_a_hub_that_is_down_is_told_and_asked_again(finding: Finding, stand: StandHub, owl: Path) -> None:
    stand.hub_statuses = [503] * 5
    await finding.search("owl")
    await until(finding.page.retry.isVisible)
    stand.hub_statuses = []
    finding.page.retry.click()
    await until(lambda: len(finding.page.results.models) == 1)


async def test_more_comes_at_the_end_of_the_list(finding: Finding, stand: StandHub, owl: Path) -> None:
    for number in range(45):
        stand.add(f"birds/Heron-{number:02}-GGUF", {"Heron-Q8_0.gguf": owl})
    assert len(await finding.search("heron")) == 20
    bar = finding.page.list.verticalScrollBar()
    bar.setValue(bar.maximum())
    await until(lambda: len(finding.page.results.models) == 40)


async def test_a_narrow_page_shows_one_thing_at_a_time(finding: Finding, owl: Path) -> None:
    finding.page.resize(480, 700)
    await finding.search("owl")
    assert finding.page.list.isVisible()
    finding.page.list.choose(0)
    finding.page.list.row_activated.emit(0)
    await until(lambda: finding.page.panel.isVisible())
    assert not finding.page.list.isVisible()
    finding.page.back.click()
    assert finding.page.list.isVisible()
    assert not finding.page.panel.isVisible()


async def test_the_keyboard_leads_into_the_list_and_back(finding: Finding, owl: Path) -> None:
    finding.page.resize(480, 700)
    finding.page.activateWindow()
    await finding.search("owl")
    finding.page.search.setFocus()
    finding.page.list.setFocus(Qt.FocusReason.TabFocusReason)
    assert [index.row() for index in finding.page.list.selectedIndexes()] == [0], "what is current is seen to be so"
    QTest.keyClick(finding.page.list, Qt.Key.Key_Return)
    await until(lambda: finding.page.panel.isVisible())
    QTest.keyClick(finding.page.focusWidget() or finding.page, Qt.Key.Key_Escape)
    assert finding.page.list.isVisible()


async def test_what_was_shown_for_other_words_does_not_stay(finding: Finding, owl: Path, stand: StandHub) -> None:
    await finding.search("owl")
    finding.page.list.choose(0)
    finding.page.search.setText(f"{stand.endpoint}/birds/none")
    await until(lambda: "none" in finding.page.panel_problem.text())
    assert not finding.page.list.selectedIndexes()
    await finding.search("owl")
    assert "none" not in finding.page.panel_problem.text()


async def test_no_word_is_cut_at_twice_the_text_size(large_text: None, finding: Finding, owl: Path) -> None:
    finding.page.resize(900, 700)
    assert await finding.search("owl") == ["birds/Owl-GGUF"]
    await until(lambda: cut_texts(finding.page) == [], "all words of the list", seconds=10)
    finding.page.list.choose(0)
    finding.page.look_at_panel()
    await until(finding.page.panel.isVisible)
    await until(lambda: cut_texts(finding.page) == [], "all words of the model", seconds=10)


async def test_offline_by_choice_shows_what_is_known_here_and_a_way_back(desk: DownloadsDesk, stand: StandHub) -> None:
    with stand_proxy(names={"hub.example": ("127.0.0.1", int(stand.endpoint.rpartition(":")[2]))}) as proxy:
        api = ServerApi(desk.servers.client(desk.address))
        settings = {"hub_endpoint": "http://hub.example", "proxy_mode": "manual", "proxy_address": proxy.address}
        await api.change_settings({**settings, "offline": True})
        stand.add("birds/Owl-GGUF", {"Owl-Q4_K_M.gguf": b"x"})
        page = DiscoverPage()
        page.resize(1000, 800)
        catalog = CatalogKeeper(app_paths().data / "catalog.json")
        presenter = DiscoverPresenter(
            page, desk.servers, desk.monitor, catalog, desk.reported.append, name_of=lambda _: "Workshop"
        )
        online: list[bool] = []
        presenter.online_requested.connect(lambda: online.append(True))
        page.show()
        await until(page.go_online.isVisible)
        assert page.results.models
        assert page.notice.text().startswith("You are offline by choice")
        page.search.setText("owl")
        await until(lambda: not page.results.models)
        assert page.problem.text().startswith("You are offline by choice")
        assert page.go_online.isVisible()
        assert proxy.connections == 0
        page.go_online.click()
        await until(lambda: page.results.models and page.results.models[0].name == "birds/Owl-GGUF")
        assert online == [True]
        assert not page.go_online.isVisible()
        assert not (await api.settings()).offline
        await presenter.aclose()
        page.close()
        page.deleteLater()
