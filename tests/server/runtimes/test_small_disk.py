"""A server that is killed while it unpacks, and one whose disk is full: it goes on, or says what it takes."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.api.downloads import DownloadInfo
from studiolo.client.client import Client
from studiolo.client.downloads import DownloadsApi
from studiolo.client.runtimes import RuntimesApi
from studiolo.errors import UnreachableError
from tests.stands.hub import StandHub
from tests.stands.runtime_list import EXECUTABLE, asset, entry, list_of, ship, tar_of
from tests.stands.small_disk import SmallDisk, small_disk
from tests.stands.waiting import until

MIB = 2**20
REPO = "ggml-org/release"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mount namespaces")

# The list of the tests, and a moment between two files at which a test may kill the server.
_PRELUDE = """
import os, pathlib, time
from studiolo.server.downloads.jobs import queue
from studiolo.server.runtimes import manifest, unpacking
queue._FULL_PAUSE = 0.2
shipped, ours = manifest.resource_path, pathlib.Path({resources!r})
manifest.resource_path = lambda name: ours / name if name.startswith("runtimes.") else shipped(name)
write = unpacking.Unpacker._write
def slow_write(self, member, former):
    write(self, member, former)
    while member.path.name == "half" and os.path.exists({held!r}):
        time.sleep(0.02)
        self._check_stop()
unpacking.Unpacker._write = slow_write
"""


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """While this file is there, unpacking stands still after the file `half`."""
    return tmp_path / "held"


@pytest.fixture
def disk(stand: StandHub, tmp_path: Path, held: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    content = tar_of({"half": os.urandom(2 * MIB), "llama-server": EXECUTABLE, "rest": os.urandom(2 * MIB)})
    stand.add(REPO, {"llama-b1.tar.gz": content})
    release = f"{stand.endpoint}/{REPO}/resolve/main/"
    resources = tmp_path / "resources"
    with monkeypatch.context() as patched:
        ship(patched, resources, list_of(entry(asset("llama-b1.tar.gz", content), release=release)))
    prelude = _PRELUDE.format(resources=str(resources), held=str(held))
    with small_disk(tmp_path / "home", "32m", prelude=prelude, disk_reserve_gb=0) as disk:
        yield disk


def _folder(disk: SmallDisk) -> Path:
    return disk.home / "data" / "runtimes"


def _names(disk: SmallDisk) -> list[str]:
    return sorted(path.name for path in _folder(disk).iterdir())


async def _job(client: Client, *states: str) -> DownloadInfo:
    async def look() -> DownloadInfo | None:
        try:
            [job] = (await DownloadsApi(client).all()).jobs
        except UnreachableError:
            return None
        return job if job.state in states else None

    job = await until(look, f"the download to be {' or '.join(states)}")
    assert job
    return job


async def test_a_kill_while_it_unpacks_leaves_a_job_that_goes_on(disk: SmallDisk, held: Path, stand: StandHub) -> None:
    held.touch()
    async with Client(disk.address) as client:
        await RuntimesApi(client).get_runtime("cpu-b1")
        await until(lambda: (_folder(disk) / ".cpu-b1.incoming" / "half").exists(), "unpacking to begin")
        assert _names(disk) == [".cpu-b1.download", ".cpu-b1.incoming"]
        assert (await _job(client, "verifying")).kind == "runtime"
    fetched = len(stand.downloads())
    disk.kill()
    async with Client(disk.address) as client:
        listed = {one.id: one.state for one in (await RuntimesApi(client).runtimes()).runtimes}
        assert listed == {"bundled": "ready", "cpu-b1": "downloading"}
        held.unlink()
        await _job(client, "completed")
        assert _names(disk) == ["cpu-b1"]
        assert (_folder(disk) / "cpu-b1" / "rest").stat().st_size == 2 * MIB
        found = {one.id: one.state for one in (await RuntimesApi(client).runtimes()).runtimes}
        assert found == {"bundled": "ready", "cpu-b1": "installed"}
    assert len(stand.downloads()) == fetched, "what came is not fetched again"


async def test_a_full_disk_is_told_and_it_goes_on_after_that(disk: SmallDisk, held: Path) -> None:
    async with Client(disk.address) as client:
        runtimes = RuntimesApi(client)
        disk.fill(leave=10 * MIB)
        await runtimes.get_runtime("cpu-b1")
        waiting = await _job(client, "no_space")
        assert "It needs 16.8 MB more" in waiting.message, "the archive, and what is unpacked of it"
        held.touch()
        disk.free()
        await until(lambda: (_folder(disk) / ".cpu-b1.incoming" / "half").exists(), "unpacking to begin")
        # Another program takes the room that was there.
        disk.fill(leave=0)
        held.unlink()
        full = await _job(client, "no_space")
        assert full.hint
        assert _names(disk) == [".cpu-b1.download"]
        assert {one.id for one in (await runtimes.runtimes()).runtimes} == {"bundled", "cpu-b1"}
        disk.free()
        await _job(client, "completed")
        assert _names(disk) == ["cpu-b1"]
