"""A disk that is full: downloads wait and say why, and nothing else in the server notices."""

import asyncio
import os
import sys

import pytest

from studiolo.api.chat import ChatRequest
from studiolo.client.downloads import Downloads
from studiolo.client.native import Client
from tests.stands.serving import STARTER
from tests.stands.small_disk import small_disk

MIB = 2**20
REPO, ENTRY = "acme/Big-GGUF", "acme/Big-GGUF/Big-Q4_K_M.gguf"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mount namespaces")


@pytest.fixture
def disk(stand, tmp_path):
    with small_disk(tmp_path / "home", "24m", hub_endpoint=stand.endpoint, disk_reserve_gb=0.002) as disk:
        yield disk


@pytest.fixture
def content(stand):
    content = os.urandom(12 * MIB)
    stand.add(REPO, {"Big-Q4_K_M.gguf": content})
    return content


async def until(downloads, job_id, *states):
    async with asyncio.timeout(40):
        while (job := await downloads.status(job_id)).state not in states:
            await asyncio.sleep(0.05)
    return job


async def assert_nothing_else_notices(client):
    assert await client.models()
    reply = await client.chat_once(ChatRequest(model=STARTER, input="Hi", max_output_tokens=2, store=False))
    assert reply.stats.total_output_tokens == 2


async def test_what_does_not_fit_waits_for_room(disk, content):
    async with Client(disk.address) as client:
        downloads = Downloads(client)
        disk.fill(leave=8 * MIB)
        job = await downloads.start(REPO)
        assert (job.state, job.status) == ("no_space", "paused")
        assert "It needs 12.6 MB more, and 8." in job.message
        assert "2.0 MB are to stay free" in job.message
        assert "goes on by itself" in job.hint
        await assert_nothing_else_notices(client)
        disk.free()
        await until(downloads, job.job_id, "completed")
    assert (disk.home / "data" / "models" / ENTRY).read_bytes() == content


async def test_a_disk_that_runs_full_meanwhile(disk, content, stand):
    stand.wrong.bytes_per_second = 4 * MIB
    async with Client(disk.address) as client:
        downloads = Downloads(client)
        job = await downloads.start(REPO)
        while (await downloads.status(job.job_id)).downloaded_bytes < 7 * MIB:
            await asyncio.sleep(0.02)
        disk.fill(leave=0)
        waiting = await until(downloads, job.job_id, "no_space")
        assert waiting.status == "paused"
        assert waiting.downloaded_bytes >= 2 * MIB
        await assert_nothing_else_notices(client)
        assert (await downloads.pause(job.job_id)).state == "paused", "even this works"
        await downloads.resume(job.job_id)
    for _ in range(2):
        disk.kill()
        disk.fill(leave=0)
    async with Client(disk.address) as client:
        downloads = Downloads(client)
        waiting = await until(downloads, job.job_id, "no_space")
        assert waiting.downloaded_bytes >= 2 * MIB, "what came is known, on a full disk too"
        await assert_nothing_else_notices(client)
        stand.wrong.bytes_per_second = 0
        disk.free()
        await until(downloads, job.job_id, "completed")
    assert (disk.home / "data" / "models" / ENTRY).read_bytes() == content
    assert sum(asked.sent for asked in stand.downloads()) < len(content) + 8 * MIB, "not from zero"
