import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from studiolo.client.downloads import Downloads
from studiolo.client.native import Client
from studiolo.paths import app_paths
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama

MIB = 2**20
REPO = "acme/Tiny-GGUF"
KEY = "acme/tiny"
FILE = "Tiny-Q4_K_M.gguf"


class Desk:
    """A server that runs, its downloads seen through the client, and the hub that it asks."""

    def __init__(self, running, client, stand):
        self.address = running.address
        self.client = client
        self.downloads = Downloads(client)
        self.stand = stand

    async def state(self, job_id, *states, seconds=30):
        """The job, once it is in one of these states."""
        async with asyncio.timeout(seconds):
            while (job := await self.downloads.status(job_id)).state not in states:
                await asyncio.sleep(0.02)
        return job

    async def received(self, job_id, count, seconds=30):
        async with asyncio.timeout(seconds):
            while (job := await self.downloads.status(job_id)).downloaded_bytes < count:
                await asyncio.sleep(0.02)
        return job


@pytest.fixture
def desk(stand):
    """Makes a server; the next one of the same test finds what the one before left."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def make(**settings):
        settings = {"hub_endpoint": stand.endpoint, "disk_reserve_gb": 0, **settings}
        async with serving(**settings) as running, Client(running.address) as client:
            yield Desk(running, client, stand)

    return make


@pytest.fixture
def tiny(tmp_path) -> bytes:
    """A real model, that the real engine loads."""
    path = tmp_path / "tiny.gguf"
    write_tiny_llama(path)
    return path.read_bytes()


def models_folder() -> Path:
    return app_paths().models


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def noise(size: int) -> bytes:
    return os.urandom(size)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
