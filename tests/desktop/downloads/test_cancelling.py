"""A cancelled download can be taken back for a while, with what came of it; then it is gone from the disk."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studiolo.client.downloads import DownloadsApi
from studiolo.desktop.downloads.jobs import Download
from studiolo.paths import app_paths
from tests.stands.desk import DownloadsDesk, desk_at
from tests.stands.hub import StandHub
from tests.stands.serving import serving
from tests.stands.waiting import stays, until

MIB = 2**20
MODEL = "acme/One-GGUF"


def parts() -> list[str]:
    # Unlike Path.rglob, it passes over folders that go while it looks.
    return [name for _, _, names in os.walk(app_paths().models) for name in names if name.endswith(".part")]


async def cancel(desk: DownloadsDesk, stand: StandHub) -> Download:
    """Begin a download, and cancel it by the keyboard once something of it is there; as it was then."""
    stand.add(MODEL, {"Some-Q4_0.gguf": os.urandom(16 * MIB)})
    stand.wrong.bytes_per_second = MIB
    await desk.client.start(MODEL)
    await until(lambda: (job := desk.job(MODEL)) and job.received)
    await until(lambda: desk.page.table.rowCount() == 1 and desk.page.table.job(0).received)
    desk.choose(MODEL)
    job = desk.page.table.job(0)
    QTest.keyClick(desk.page.view, Qt.Key.Key_Delete)
    return job


@pytest.fixture
async def brief(qapp: QApplication, stand: StandHub) -> AsyncIterator[DownloadsDesk]:
    """A desktop where the time to take a cancelling back is over at once."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serving(hub_endpoint=stand.endpoint, disk_reserve_gb=0))
        desk = await stack.enter_async_context(desk_at(server.address, kept_seconds=0))
        yield desk
    assert desk.reported == []


async def test_a_cancelled_download_goes_on_where_it_was_when_that_is_undone(
    desk: DownloadsDesk, stand: StandHub
) -> None:
    job = await cancel(desk, stand)
    await until(lambda: not desk.monitor.downloads and not desk.page.view.isVisible())
    assert not desk.monitor.totals.active
    assert desk.page.toast.isVisible()
    assert job.name in desk.page.toast.label.text()
    await until(lambda: (one := desk.monitor.hidden(job.key)) and one.state == "paused")
    assert parts()
    stand.wrong.bytes_per_second = 0
    QTest.mouseClick(desk.page.toast.undo, Qt.MouseButton.LeftButton)
    assert not desk.page.toast.isVisible()
    done = await desk.state(MODEL, "completed")
    assert done.id == job.id
    assert sum(one.sent for one in stand.asked) < 32 * MIB, "what was there is not fetched again"


async def test_what_was_paused_stays_paused_when_its_cancelling_is_undone(desk: DownloadsDesk, stand: StandHub) -> None:
    stand.add(MODEL, {"Some-Q4_0.gguf": os.urandom(16 * MIB)})
    stand.wrong.bytes_per_second = 4 * MIB
    await desk.client.start(MODEL)
    # A pause keeps whole blocks of 1 MiB, and each of the four connections may be within one.
    await until(lambda: (job := desk.job(MODEL)) and job.received > 4 * MIB)
    job = desk.job(MODEL)
    assert job
    await desk.client.pause(job.id)
    await desk.state(MODEL, "paused")
    desk.presenter.cancelling.cancel([job.key])
    assert not desk.monitor.downloads
    assert desk.page.undo_last(), "by the keyboard, too"
    await until(lambda: desk.page.table.rowCount() == 1)
    await stays(lambda: (one := desk.job(MODEL)) and one.state == "paused")


async def test_it_is_gone_from_the_disk_when_the_time_is_over(brief: DownloadsDesk, stand: StandHub) -> None:
    job = await cancel(brief, stand)
    await until(lambda: not parts())
    assert not (await brief.client.all()).jobs
    await until(lambda: brief.monitor.hidden(job.key) is None)
    QTest.mouseClick(brief.page.toast.undo, Qt.MouseButton.LeftButton)
    assert "deleted" in brief.page.toast.label.text(), "too late is told"


async def test_who_goes_on_with_it_from_elsewhere_takes_its_cancelling_back(
    desk: DownloadsDesk, stand: StandHub
) -> None:
    job = await cancel(desk, stand)
    await until(lambda: (one := desk.monitor.hidden(job.key)) and one.state == "paused")
    await asyncio.sleep(0)
    await desk.client.resume(job.id)
    await desk.state(MODEL, "downloading", "queued")
    assert desk.presenter.cancelling.waiting == []


async def test_quitting_does_not_wait_for_the_minute(qapp: QApplication, stand: StandHub) -> None:
    async with serving(hub_endpoint=stand.endpoint, disk_reserve_gb=0) as server:
        async with desk_at(server.address) as desk:
            await cancel(desk, stand)
            client = DownloadsApi(desk.servers.client(desk.address))
            assert (await client.all()).jobs
        assert desk.reported == []
        await until(lambda: not parts())


async def test_a_server_that_does_not_take_the_order_shows_its_download_again(
    qapp: QApplication, stand: StandHub
) -> None:
    async with AsyncExitStack() as stack:
        outer = await stack.enter_async_context(AsyncExitStack())
        server = await outer.enter_async_context(serving(hub_endpoint=stand.endpoint, disk_reserve_gb=0))
        desk = await stack.enter_async_context(desk_at(server.address))
        stand.add(MODEL, {"Some-Q4_0.gguf": os.urandom(16 * MIB)})
        stand.wrong.bytes_per_second = MIB
        await desk.client.start(MODEL)
        await until(lambda: (job := desk.job(MODEL)) and job.received)
        job = desk.job(MODEL)
        assert job
        await outer.aclose()
        desk.presenter.cancelling.cancel([job.key])
        await until(lambda: desk.reported)
        await until(lambda: desk.job(MODEL))
        desk.reported.clear()
