import hashlib
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from studiolo import kept_database
from studiolo.api.downloads import DownloadInfo
from studiolo.client.client import Client
from studiolo.client.downloads import DownloadsApi
from studiolo.client.hub import HubApi
from studiolo.database import open_database
from studiolo.paths import app_paths
from tests.stands.hub import StandHub
from tests.stands.serving import RunningServer, serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until

MIB = 2**20
REPO = "acme/Tiny-GGUF"
KEY = "acme/tiny"
FILE = "Tiny-Q4_K_M.gguf"


class Desk:
    """A server that runs, its downloads seen through the client, and the hub that it asks."""

    def __init__(self, running: RunningServer, client: Client, stand: StandHub) -> None:
        self.address = running.address
        self.client = client
        self.downloads = DownloadsApi(client)
        self.hub = HubApi(client)
        self.stand = stand

    async def state(self, job_id: str, *states: str) -> DownloadInfo:
        """The job, once it is in one of these states."""
        await until(lambda: self._is_in(job_id, states), f"{job_id} to be {' or '.join(states)}")
        return await self.downloads.status(job_id)

    async def received(self, job_id: str, count: int) -> DownloadInfo:
        """The job, once so many bytes of it came."""
        await until(lambda: self._has(job_id, count), f"{count} bytes of {job_id}")
        return await self.downloads.status(job_id)

    async def _is_in(self, job_id: str, states: tuple[str, ...]) -> bool:
        return (await self.downloads.status(job_id)).state in states

    async def _has(self, job_id: str, count: int) -> bool:
        return ((await self.downloads.status(job_id)).downloaded_bytes or 0) >= count


class MakeDesk(Protocol):
    """Makes a server; the next one of the same test finds what the one before left."""

    def __call__(self, **settings: object) -> AbstractAsyncContextManager[Desk]: ...


@pytest.fixture
def desk(stand: StandHub) -> MakeDesk:
    @asynccontextmanager
    async def make(**settings: Any) -> AsyncIterator[Desk]:
        settings = {"hub_endpoint": stand.endpoint, "disk_reserve_gb": 0, **settings}
        async with serving(**settings) as running, Client(running.address) as client:
            yield Desk(running, client, stand)

    return make


@pytest.fixture
def tiny(tmp_path: Path) -> bytes:
    """A real model, that the real engine loads."""
    path = tmp_path / "tiny.gguf"
    write_tiny_llama(path)
    return path.read_bytes()


class DatabaseDisk:
    """The disk of the journals that a test opens, as far as SQLite knows."""

    def __init__(self) -> None:
        self.connections: list[sqlite3.Connection] = []

    def fill(self) -> None:
        """Have it full: no database gets another page."""
        for connection in self.connections:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")

    def free(self) -> None:
        for connection in self.connections:
            connection.execute("PRAGMA max_page_count = 100000")


@pytest.fixture
def database_disk(monkeypatch: pytest.MonkeyPatch) -> DatabaseDisk:
    """To be asked for before the journal that is on it."""
    disk = DatabaseDisk()

    def opened(*arguments: Any, **options: Any) -> sqlite3.Connection:
        disk.connections.append(open_database(*arguments, **options))
        return disk.connections[-1]

    monkeypatch.setattr(kept_database, "open_database", opened)
    return disk


def id_of(job: DownloadInfo) -> str:
    assert job.job_id
    return job.job_id


def models_folder() -> Path:
    return app_paths().models


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def noise(size: int) -> bytes:
    return os.urandom(size)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
