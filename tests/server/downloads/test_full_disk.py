"""A disk that is full: downloads wait and say why, and nothing else in the server notices."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studiolo.api.chat import ChatRequest
from studiolo.api.downloads import DownloadInfo
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.downloads import DownloadsApi
from studiolo.client.models import ModelsApi
from tests.server.downloads.conftest import id_of
from tests.stands.hub import StandHub
from tests.stands.small_disk import SmallDisk, small_disk
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

MIB = 2**20
REPO, ENTRY = "acme/Big-GGUF", "acme/Big-GGUF/Big-Q4_K_M.gguf"
TINY = "tiny/tiny"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mount namespaces")


@pytest.fixture
def disk(stand: StandHub, tmp_path: Path) -> Iterator[SmallDisk]:
    models = tmp_path / "another disk"
    write_tiny_llama(models / TINY / "tiny.gguf")
    settings: dict[str, Any] = {
        "hub_endpoint": stand.endpoint,
        "disk_reserve_gb": 0.002,
        "model_folders": [str(models)],
    }
    with small_disk(tmp_path / "home", "24m", **settings) as disk:
        yield disk


@pytest.fixture
def content(stand: StandHub) -> bytes:
    content = os.urandom(12 * MIB)
    stand.add(REPO, {"Big-Q4_K_M.gguf": content})
    return content


async def job_in(downloads: DownloadsApi, job_id: str, state: str) -> DownloadInfo:
    """The job, once it is in this state."""

    async def look() -> DownloadInfo | None:
        job = await downloads.status(job_id)
        return job if job.state == state else None

    job = await until(look, f"{job_id} to be {state}")
    assert job
    return job


async def assert_nothing_else_notices(client: Client) -> None:
    assert await ModelsApi(client).list_models()
    reply = await ChatApi(client).complete(ChatRequest(model=TINY, input="Hi", max_output_tokens=2, store=False))
    assert reply.stats.total_output_tokens == 2


async def test_what_does_not_fit_waits_for_room(disk: SmallDisk, content: bytes) -> None:
    async with Client(disk.address) as client:
        downloads = DownloadsApi(client)
        disk.fill(leave=8 * MIB)
        job = await downloads.start(REPO)
        assert (job.state, job.status) == ("no_space", "paused")
        assert "It needs 12.6 MB more, and 8." in job.message
        assert "2.0 MB are to stay free" in job.message
        assert "goes on by itself" in job.hint
        await assert_nothing_else_notices(client)
        disk.free()
        await job_in(downloads, id_of(job), "completed")
    assert (disk.home / "data" / "models" / ENTRY).read_bytes() == content


async def test_a_disk_that_runs_full_meanwhile(disk: SmallDisk, content: bytes, stand: StandHub) -> None:
    stand.hold(after=8 * MIB)
    async with Client(disk.address) as client:
        downloads = DownloadsApi(client)
        job_id = id_of(await downloads.start(REPO))

        async def has_most_of_it() -> bool:
            return ((await downloads.status(job_id)).downloaded_bytes or 0) >= 7 * MIB

        await until(has_most_of_it)
        disk.fill(leave=0)
        stand.hold(after=MIB)
        waiting = await job_in(downloads, job_id, "no_space")
        assert waiting.status == "paused"
        assert waiting.downloaded_bytes
        assert waiting.downloaded_bytes >= 2 * MIB
        await assert_nothing_else_notices(client)
        assert (await downloads.pause(job_id)).state == "paused", "even this works"
        await downloads.resume(job_id)
    for _ in range(2):
        disk.kill()
        disk.fill(leave=0)
    async with Client(disk.address) as client:
        downloads = DownloadsApi(client)
        waiting = await job_in(downloads, job_id, "no_space")
        assert waiting.downloaded_bytes
        assert waiting.downloaded_bytes >= 2 * MIB, "what came is known, on a full disk too"
        await assert_nothing_else_notices(client)
        stand.release()
        disk.free()
        await job_in(downloads, job_id, "completed")
    assert (disk.home / "data" / "models" / ENTRY).read_bytes() == content
    assert sum(asked.sent for asked in stand.downloads()) < len(content) + 8 * MIB, "not from zero"
