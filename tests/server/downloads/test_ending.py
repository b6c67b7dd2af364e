"""The end of a server with downloads: it comes, whatever happens in the same moment."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from studiolo.api.settings import ServerSettings
from studiolo.network.network import Network
from studiolo.paths import app_paths
from studiolo.server.downloads.service import DownloadService
from studiolo.server.runtimes.install import RuntimeInstaller
from tests.stands.waiting import stays

_LIMIT_SECONDS = 20.0


@pytest.fixture
async def downloads() -> AsyncIterator[DownloadService]:
    runtimes = RuntimeInstaller(app_paths().data / "runtimes", lambda: 0)
    downloads = DownloadService(app_paths(), ServerSettings, lambda _: None, network=Network(), runtimes=runtimes)
    await downloads.queue.load()
    yield downloads
    downloads.close()


@pytest.mark.parametrize("turns", range(4))
async def test_a_cancel_beside_a_change_ends_the_queue(downloads: DownloadService, turns: int) -> None:
    running = asyncio.create_task(downloads.queue.run())
    await stays(lambda: not running.done())
    downloads.queue.settings_changed()
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running], timeout=_LIMIT_SECONDS)
    assert running.cancelled()


@pytest.mark.parametrize("turns", range(4))
async def test_a_cancel_beside_a_change_ends_the_look_for_a_catalog(downloads: DownloadService, turns: int) -> None:
    running = asyncio.create_task(downloads.run())
    await stays(lambda: not running.done())
    downloads.settings_changed()
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running], timeout=_LIMIT_SECONDS)
    assert running.cancelled()
