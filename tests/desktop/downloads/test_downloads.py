"""The downloads page on the real monitor, a real server, and a hub without the internet."""

import asyncio
import os
from collections.abc import Callable

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.modeltest import ModelTester

from studiolo.api.downloads import DOWNLOADS
from studiolo.api.server import ServerInfo, TokenRequest
from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Lost
from studiolo.desktop.downloads.actions import DownloadAction
from studiolo.desktop.downloads.commands import moves
from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.downloads.model import DownloadTable, JobColumn
from studiolo.desktop.downloads.page import DownloadsPage
from studiolo.desktop.downloads.speeds import SpeedLog
from studiolo.errors import AppError
from tests.stalls import StallMonitor
from tests.stands.cut_text import cut_texts
from tests.stands.desk import DownloadsDesk, desk_at
from tests.stands.hub import StandHub
from tests.stands.many_jobs import many_jobs
from tests.stands.raw_http import raw_server, response
from tests.stands.serving import LOCAL_KEY, serving
from tests.stands.waiting import until

MIB = 2**20
_AGAIN_SECONDS = 0.05


def slow(stand: StandHub, *names: str, mib: int = 4, speed: int = MIB) -> None:
    for name in names:
        stand.add(name, {"Some-Q4_0.gguf": os.urandom(mib * MIB)})
    stand.wrong.bytes_per_second = speed


def press(button: QWidget) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


async def test_a_download_is_watched_paused_and_gone_on_with(desk: DownloadsDesk, stand: StandHub) -> None:
    slow(stand, "acme/One-GGUF")
    assert not desk.page.view.isVisible(), "there is nothing yet"
    await desk.client.start("acme/One-GGUF")
    job = await desk.state("acme/One-GGUF", "downloading")
    await until(lambda: desk.page.table.rowCount() == 1)
    assert desk.page.view.isVisible()
    await until(lambda: desk.monitor.totals.speed > 0 and "1 running" in desk.page.footer.text().replace("%n", "1"))
    desk.choose("acme/One-GGUF")
    assert desk.page.buttons[DownloadAction.PAUSE].isEnabled()
    assert not desk.page.buttons[DownloadAction.RESUME].isEnabled()
    press(desk.page.buttons[DownloadAction.PAUSE])
    await desk.state("acme/One-GGUF", "paused")
    assert not desk.monitor.totals.active
    await until(lambda: desk.page.buttons[DownloadAction.RESUME].isEnabled())
    stand.wrong.bytes_per_second = 0
    press(desk.page.buttons[DownloadAction.RESUME])
    ended: list[Download] = []
    desk.monitor.ended.connect(ended.append)
    done = await desk.state("acme/One-GGUF", "completed")
    assert [one.key for one in ended] == [job.key]
    assert done.fraction == 1
    assert done.path.endswith("Some-Q4_0.gguf")
    await until(desk.page.chat.isVisible)
    wanted: list[Download] = []
    desk.presenter.chat_requested.connect(wanted.append)
    press(desk.page.chat)
    assert wanted[0].key == job.key
    press(desk.page.clear)
    await until(lambda: not desk.page.view.isVisible())


def test_nobody_chats_with_a_runtime(qapp: QApplication) -> None:
    page = DownloadsPage()
    jobs = [
        Download("", "here", f"job_{kind}", kind, state="completed", total=1, folder=f"/{kind}", kind=kind)
        for kind in ("model", "runtime")
    ]
    page.show_downloads({job.key: job for job in jobs}, None, looking=False)
    asked: list[object] = []
    page.action_requested.connect(lambda *told: asked.append(told))
    flag = QItemSelectionModel.SelectionFlag
    for row, job in enumerate(jobs):
        page.view.selectionModel().select(page.table.index(row, 0), flag.ClearAndSelect | flag.Rows)
        ready = job.kind == "model"
        assert page.buttons[DownloadAction.START_CHAT].isEnabled() is ready
        assert page.chat.isHidden() is not ready
        assert page.buttons[DownloadAction.OPEN_FOLDER].isEnabled()
        page.view.row_activated.emit(row)
        assert len(asked) == 1, "a double click on a runtime does nothing"
    page.deleteLater()


async def test_nothing_is_said_to_be_missing_while_a_server_has_not_told_yet(
    qapp: QApplication, stand: StandHub
) -> None:
    page = DownloadsPage()
    page.show()
    page.show_downloads({}, None, looking=True)
    assert page.none_yet.text() == "Looking for downloads…"
    assert not page.discover.isVisible()
    page.close()
    page.deleteLater()
    async with serving(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as server, desk_at(server.address) as desk:
        await until(lambda: not desk.monitor.looking)
        await until(lambda: "Nothing" in desk.page.none_yet.text())
        assert desk.page.discover.isVisible()


async def test_a_failure_says_why_and_can_be_tried_again(desk: DownloadsDesk, stand: StandHub) -> None:
    repo = stand.add("acme/Wrong-GGUF", {"Some-Q4_0.gguf": os.urandom(MIB)})
    repo.claimed["Some-Q4_0.gguf"] = "0" * 64
    await desk.client.start("acme/Wrong-GGUF")
    failed = await desk.state("acme/Wrong-GGUF", "failed")
    assert failed.message
    await until(lambda: desk.page.table.rowCount() == 1 and desk.page.table.job(0).state == "failed")
    desk.choose("acme/Wrong-GGUF")
    assert failed.message in desk.page.reason.text()
    assert failed.hint in desk.page.reason.text()
    repo.claimed.clear()
    press(desk.page.buttons[DownloadAction.RETRY])
    await desk.state("acme/Wrong-GGUF", "queued", "downloading", "verifying", "completed", "failed")


async def test_the_queue_is_put_in_another_order(desk: DownloadsDesk, stand: StandHub) -> None:
    names = [f"acme/{name}-GGUF" for name in ("a", "b", "c", "d", "e")]
    slow(stand, *names, speed=MIB // 8)
    for name in names:
        await desk.client.start(name)
    await desk.state(names[-1], "queued")
    await until(lambda: desk.page.table.rowCount() == 5)
    desk.choose(names[3], names[4])
    press(desk.page.buttons[DownloadAction.MOVE_UP])
    after = [*names[:2], names[3], names[4], names[2]]
    await until(lambda: [job.model for job in desk.monitor.of_server(desk.address)] == after)
    await until(lambda: desk.page.table.job(2).model == names[3])
    assert [job.model for job in desk.page.chosen] == [names[3], names[4]], "they stay chosen"


async def test_filter_sort_menu_and_link(desk: DownloadsDesk, stand: StandHub) -> None:
    names = [f"acme/{name}-GGUF" for name in ("pear", "apple", "fig")]
    slow(stand, *names, speed=MIB // 8)
    for name in names:
        await desk.client.start(name)
    await until(lambda: desk.page.table.rowCount() == 3)
    desk.page.view.header().setSortIndicator(JobColumn.NAME, Qt.SortOrder.AscendingOrder)
    assert [desk.page.table.job(row).model for row in range(3)] == sorted(names)
    QTest.keyClicks(desk.page.search, "fig")
    assert [desk.page.table.job(row).model for row in range(desk.page.table.rowCount())] == ["acme/fig-GGUF"]
    desk.choose("acme/fig-GGUF")
    menu = desk.page.tools.open_menu(QPoint(0, 0))
    next(action for action in menu.actions() if action.text() == "Copy the link").trigger()
    menu.close()
    assert QApplication.clipboard().text() == f"{stand.endpoint}/acme/fig-GGUF"
    desk.page.search.setText("nothing like it")
    assert desk.page.none_matches.isVisible()
    desk.page.search.clear()
    desk.page.group.setCurrentIndex(desk.page.group.findData("paused"))
    assert desk.page.table.rowCount() == 0


async def test_limits_lead_to_the_servers_settings(desk: DownloadsDesk) -> None:
    asked: list[None] = []
    desk.page.limits_requested.connect(lambda: asked.append(None))
    press(desk.page.limits)
    assert asked == [None]


async def test_a_server_that_goes_away_is_told_and_comes_back(qapp: QApplication, stand: StandHub) -> None:
    slow(stand, "acme/One-GGUF", speed=MIB // 4)
    async with serving(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as server, desk_at(server.address) as desk:
        await desk.client.start("acme/One-GGUF")
        await desk.state("acme/One-GGUF", "downloading")
        connection = desk.servers.connection(desk.address)
        connection._become(Lost(AppError("gone")))
        assert desk.job("acme/One-GGUF").state == "away"  # type: ignore[union-attr]
        connection.retry()
        await desk.state("acme/One-GGUF", "downloading")


async def test_who_may_not_see_the_downloads_of_a_server_keeps_the_connection(qapp: QApplication) -> None:
    async with serving(require_authentication=True) as server, Client(server.address, LOCAL_KEY) as owner:
        made = await ServerApi(owner).create_token(TokenRequest(name="guest", permissions=["chat"]))
        async with desk_at(server.address, made.token or "", back_off=[_AGAIN_SECONDS]) as desk:
            client = desk.servers.selected.client
            refused = ("/api/v1/models/download/events", 403)
            await until(lambda: _answered(ServerApi(owner), *refused))
            await asyncio.sleep(10 * _AGAIN_SECONDS)  # What would come, would come again and again meanwhile.
            assert desk.servers.selected.client is client, "a reply under way would have been cut"
            assert desk.reported == []


async def _answered(server: ServerApi, route: str, status: int) -> bool:
    return any((entry.route, entry.status) == (route, status) for entry in await server.log())


async def test_a_stream_that_breaks_does_not_break_the_connection(qapp: QApplication) -> None:
    info = response(ServerInfo(capabilities=[DOWNLOADS]).model_dump_json().encode())
    events = response(b"event: downloads.list\ndata: {broken\n\n", kind="text/event-stream")

    def answer(line: str) -> bytes:
        return events if "/events" in line else info

    async with raw_server(answer) as server, desk_at(server.address, back_off=[_AGAIN_SECONDS]) as desk:
        client = desk.servers.selected.client
        await until(lambda: sum("/events" in line for line in server.requests) >= 3)
        assert desk.servers.selected.client is client


async def test_removing_from_the_list_leaves_what_is_under_way(desk: DownloadsDesk, stand: StandHub) -> None:
    stand.add("acme/Done-GGUF", {"Some-Q4_0.gguf": os.urandom(1000)})
    await desk.client.start("acme/Done-GGUF")
    await desk.state("acme/Done-GGUF", "completed")
    slow(stand, "acme/One-GGUF", speed=MIB // 8)
    await desk.client.start("acme/One-GGUF")
    await until(lambda: desk.page.table.rowCount() == 2)
    desk.choose("acme/Done-GGUF", "acme/One-GGUF")
    press(desk.page.buttons[DownloadAction.FORGET])
    await until(lambda: desk.job("acme/Done-GGUF") is None)
    assert desk.job("acme/One-GGUF")


async def test_enter_and_a_double_click_act_and_a_single_click_never(desk: DownloadsDesk, stand: StandHub) -> None:
    slow(stand, "acme/One-GGUF", speed=MIB // 8)
    await desk.client.start("acme/One-GGUF")
    await desk.state("acme/One-GGUF", "downloading")
    await until(lambda: desk.page.table.rowCount() == 1)
    acted: list[DownloadAction] = []
    desk.page.action_requested.connect(lambda what, _: acted.append(what))
    desk.choose("acme/One-GGUF")
    # What the view says of a click where the desktop opens things with one.
    desk.page.view.activated.emit(desk.page.table.index(0, 0))
    assert acted == []
    desk.page.view.setCurrentIndex(desk.page.table.index(0, 0))
    QTest.keyClick(desk.page.view, Qt.Key.Key_Return)
    assert acted == [DownloadAction.PAUSE]


def row(number: int, **more: object) -> Download:
    return Download("", "here", f"job_{number}", f"acme/{number:03}", state="downloading", total=1000, **more)  # type: ignore[arg-type]


@pytest.mark.alone
async def test_hundreds_of_jobs_that_change_do_not_stop_the_window(
    desk: DownloadsDesk, stalls: Callable[[], StallMonitor]
) -> None:
    """How long it is busy at most is in the benchmarks."""
    with many_jobs(500) as address:
        other = await desk.servers.add(address, "many", None)
        await until(lambda: desk.page.table.rowCount() == 500)
        desk.page.view.header().setSortIndicator(JobColumn.PROGRESS, Qt.SortOrder.DescendingOrder)
        before = desk.monitor.totals.received
        with stalls() as watch:
            await asyncio.sleep(2.5)  # This is the time that is measured.
        assert desk.monitor.totals.received > before
        received = [desk.page.table.job(row).fraction for row in range(500)]
        assert received == sorted(received, reverse=True)
        await desk.servers.remove(other)
    assert watch.worst_cpu < 80


def test_the_table_is_a_model(qtmodeltester: ModelTester) -> None:
    table = DownloadTable()
    qtmodeltester.check(table)  # type: ignore[no-untyped-call]
    jobs = {job.key: job for job in (row(number) for number in range(20))}
    table.show(jobs)
    table.sort(JobColumn.NAME, Qt.SortOrder.DescendingOrder)
    table.filter("01", None)
    table.filter("", "running")
    del jobs[("", "job_3")]
    jobs[("", "job_77")] = row(77)
    table.show(jobs, {("", "job_77"), ("", "job_3")})
    table.show({})
    assert table.rowCount() == 0


def test_moving_several_keeps_their_order() -> None:
    def after(order: str, chosen: str, step: int) -> str:
        result = list(order)
        for name, before in moves(list(order), list(chosen), step):
            result.remove(name)
            result.insert(result.index(before) if before else len(result), name)
        return "".join(result)

    assert after("abcde", "cd", -1) == "acdbe"
    assert after("abcde", "cd", 1) == "abecd"
    assert after("abcde", "ab", -1) == "abcde"
    assert after("abcde", "ae", 1) == "bacde"


def test_speeds_are_averaged_over_steps() -> None:
    log = SpeedLog()
    for second in range(10):
        log.add(100.0 + second, 1000.0 * second)
    steps = log.steps(110.0, 5, 10.0)
    assert steps == [500.0, 2500.0, 4500.0, 6500.0, 8500.0]
    assert log.steps(500.0, 5, 10.0) == [0.0] * 5


async def test_no_word_is_cut_at_twice_the_text_size(
    large_text: None, desk: DownloadsDesk, stand: StandHub, qapp: QApplication
) -> None:
    name = "acme/A-Model-Of-A-Very-Long-Name-That-Goes-On-And-On-Instruct-2507-GGUF"
    slow(stand, name)
    desk.page.resize(900, 700)
    await desk.client.start(name)
    await desk.state(name, "downloading")
    await until(lambda: desk.page.table.rowCount() == 1)
    desk.choose(name)
    for speed, states in ((MIB, ("downloading",)), (0, ("completed",))):
        stand.wrong.bytes_per_second = speed
        await desk.state(name, *states)
        await until(lambda: cut_texts(desk.page) == [], f"{name} {states}", seconds=10)
