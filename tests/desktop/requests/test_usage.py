"""What a server was used for, as bars and as a table."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QToolTip

from studiolo.api.chat import ChatRequest
from studiolo.api.server import TokenRequest, UsageEntry, UsageReport
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Connection
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.requests.usage_chart import UsageChart, group_colours
from studiolo.desktop.requests.usage_figures import figures_of, round_top, totals_of
from studiolo.desktop.requests.usage_presenter import UsagePresenter
from studiolo.desktop.requests.usage_view import UsageView
from studiolo.desktop.widgets.theme import DARK, LIGHT
from studiolo.paths import app_paths
from tests.stands.plain_server import plain_server
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until


def entry(day: str, model: str = "m", tokens: int = 10, **more: object) -> UsageEntry:
    facts = {"day": day, "model": model, "requests": 1, "input_tokens": tokens - 1, "output_tokens": 1}
    return UsageEntry.model_validate(facts | more)


def test_days_are_bars_and_small_groups_are_one() -> None:
    entries = [entry("2026-11-27", f"m{number}", 100 - number) for number in range(8)]
    report = UsageReport(today="2026-11-27", entries=[*entries, entry("2026-11-25", "m0", 50), entry("2026-10-01")])
    figures = figures_of(report, 7, "model", "tokens")
    assert [group.name for group in figures.groups] == ["m0", "m1", "m2", "m3", "m4", None]
    assert figures.groups[0].total == 150
    assert figures.groups[-1].total == 95 + 94 + 93
    assert len(figures.days) == len(figures.bars) == 7
    assert figures.bars[4] == (50, 0, 0, 0, 0, 0)
    assert figures.bars[6][0] == 100
    assert figures.highest == sum(range(93, 101))
    assert totals_of(report, 7).requests == 9
    assert totals_of(report, 90).requests == 10
    assert figures_of(report, 7, "token", "requests").groups[0].total == 9
    assert figures_of(UsageReport(), 7, "model", "tokens").bars == ()


def test_the_axis_ends_at_a_round_figure() -> None:
    assert [round_top(count) for count in (0, 1, 3, 11, 20, 48_001)] == [1, 1, 3, 20, 20, 60_000]


@pytest.fixture
def chart(qapp: QApplication) -> UsageChart:
    report = UsageReport(
        today="2026-11-27", entries=[entry("2026-11-27", "acme/owl", 300), entry("2026-11-27", "acme/tiny", 100)]
    )
    chart = UsageChart()
    chart.resize(640, 280)
    chart.show_figures(figures_of(report, 7, "model", "tokens"), ["acme/owl", "acme/tiny"])
    return chart


def test_a_bar_is_told_in_words_by_pointer_and_by_keys(chart: UsageChart) -> None:
    chart.show()
    assert chart.accessibleDescription() == "acme/owl: 300, acme/tiny: 100"
    place = chart._bar(6).center().toPoint()
    QApplication.sendEvent(chart, QHelpEvent(QEvent.Type.ToolTip, place, chart.mapToGlobal(place)))
    assert "acme/owl: 300" in QToolTip.text()
    assert "Total: 400" in QToolTip.text()
    QTest.keyClick(chart, Qt.Key.Key_Left)
    assert chart.current == 6
    assert "acme/tiny: 100" in chart.accessibleDescription()
    QTest.keyClick(chart, Qt.Key.Key_Home)
    assert chart.current == 0
    assert "Nothing" in chart.accessibleDescription()
    assert chart.day_at(-5) is None
    assert chart.day_at(chart._bar(3).center().x()) == 3
    chart.close()


def test_shares_are_painted_in_the_colours_of_their_groups(chart: UsageChart) -> None:
    picture = QImage(chart.size(), QImage.Format.Format_RGB32)
    chart.render(picture, QPoint())
    whole = chart._bar(6)
    x = int(whole.center().x())
    seen = [picture.pixelColor(x, y).name() for y in range(int(whole.top()), int(whole.bottom()))]
    first, second = group_colours(LIGHT)[:2]
    assert 2.6 < seen.count(first) / seen.count(second) < 3.4
    assert seen.count(first) > 0
    assert len(set(group_colours(DARK))) == len(set(group_colours(LIGHT))) == 6


@dataclass
class UsageDesk:
    """The usage of a server."""

    view: UsageView
    presenter: UsagePresenter
    reported: list[BaseException]

    def cell(self, row: int, column: int) -> str:
        return str(self.view.table.index(row, column).data())


OpenUsage = Callable[..., AbstractAsyncContextManager[UsageDesk]]


@pytest.fixture
def usage_desk(qapp: QApplication) -> OpenUsage:
    @asynccontextmanager
    async def at(address: str) -> AsyncIterator[UsageDesk]:
        reported: list[BaseException] = []
        servers = Servers(app_paths(), reported.append)
        view = UsageView()
        view.resize(900, 600)
        presenter = UsagePresenter(view, servers, reported.append, name_of=lambda _: "Box", look_seconds=0.05)
        view.show()
        servers.select(await servers.add(address, "", None))
        try:
            yield UsageDesk(view, presenter, reported)
        finally:
            await presenter.aclose()
            await servers.aclose()
            view.close()
            view.deleteLater()
            servers.deleteLater()

    return at


async def test_what_was_used_is_shown_grouped_and_deleted(usage_desk: OpenUsage) -> None:
    write_tiny_llama(app_paths().models / "acme/Tiny-GGUF/Tiny-Q4_K_M.gguf", brief=True)
    async with serving(adopt_models=False) as server, usage_desk(server.address) as desk:
        async with Client(server.address) as client:
            token = (await ServerApi(client).create_token(TokenRequest(name="laptop", permissions=["chat"]))).token
        async with Client(server.address, token) as client:
            await ChatApi(client).complete(ChatRequest(model="acme/tiny", input="Hello", max_output_tokens=4))
        view = desk.view
        await until(lambda: view.totals.figures[0].text() == "1")
        view.measure.setCurrentIndex(1)
        await until(lambda: desk.cell(0, 1) == "1")
        assert view.table.headerData(1, Qt.Orientation.Horizontal) == "acme/tiny"
        assert view.table.rowCount() == 30
        view.grouping.setCurrentIndex(1)
        await until(lambda: view.table.headerData(1, Qt.Orientation.Horizontal) == "laptop")
        assert view.legend.entries[0].name.text() == "laptop"
        view.range.setCurrentIndex(0)
        await until(lambda: view.table.rowCount() == 7)
        view.as_table.click()
        assert view.rows.isVisible()
        assert not view.chart.isVisible()
        view.forget.click()
        box = await until(
            lambda: next((one for one in view.findChildren(QMessageBox) if one.isVisible()), None), "a question"
        )
        next(one for one in box.findChildren(QPushButton) if one.text().replace("&", "") == "Delete").click()
        await until(lambda: view.totals.figures[0].text() == "0")
        assert not desk.reported


async def test_a_server_that_does_not_count_is_told_as_such(usage_desk: OpenUsage) -> None:
    async with plain_server() as address, usage_desk(address) as desk:
        await until(lambda: "does not count its usage" in desk.view.told)
        assert not desk.reported


async def test_the_usage_is_there_again_with_its_server(usage_desk: OpenUsage, monkeypatch: pytest.MonkeyPatch) -> None:
    retried: list[Connection] = []
    first = serving()
    server = await first.__aenter__()
    async with usage_desk(server.address) as desk:
        await until(lambda: desk.view.chart.isVisible())
        monkeypatch.setattr(Connection, "retry", retried.append)
        await first.__aexit__(None, None, None)
        await until(lambda: desk.view.told)
        async with serving(port=int(server.address.rpartition(":")[2])):
            await until(lambda: desk.view.chart.isVisible())
        assert not retried, "the connection knows best when it asks again"
        assert not desk.reported
