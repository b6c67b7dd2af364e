"""SIGKILL of the server at random moments of a download: in the end every bit is there, and hardly one came twice."""

import hashlib
import json
import os
import random
from functools import partial
from pathlib import Path

import httpx
import pytest

from studiolo.paths import app_paths
from tests.stands.hub import StandHub
from tests.stands.plain_http import plain_get
from tests.stands.server_process import server_process
from tests.stands.waiting import LIMIT_SECONDS, wait_until

FULL = bool(os.environ.get("STUDIOLO_PROVE"))
KILLS, SIZE = (200, 2**30) if FULL else (4, 2**25)
CHUNK = 8 * 2**20
"""Bytes that a kill may cost."""
FILE = "m-Q4_K_M.gguf"


@pytest.mark.proof
@pytest.mark.timeout(3000)
def test_a_download_survives_kills_of_the_server(stand: StandHub, tmp_path: Path) -> None:
    source, target = tmp_path / "source.gguf", app_paths().models / "acme" / "m-GGUF" / FILE
    sha256 = write_random(source)
    stand.add("acme/m-GGUF", {FILE: source})
    stand.wrong.bytes_per_second = SIZE // 50
    settings = app_paths().config / "server.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"hub_endpoint": stand.endpoint, "disk_reserve_gb": 0, "download_connections": 2}))
    with server_process() as (process, state):
        order = httpx.post(
            f"{state.address}/api/v1/models/download", json={"model": "acme/m-GGUF"}, timeout=LIMIT_SECONDS
        )
        job = order.json()["job_id"]
        process.kill()
    dice = random.Random(4)
    kills, moments = 1, []
    while kills < KILLS:
        asked, mark = len(stand.downloads()), sent(stand) + dice.randrange(SIZE // 200)
        with server_process() as (process, _):
            wait_until(partial(goes_on, stand, asked, mark), process=process)
            moments.append(sent(stand) / SIZE)
            process.kill()
            kills += 1
    assert not target.exists(), "the kills were to come while it was under way"
    stand.wrong.bytes_per_second = 0
    with server_process() as (process, state):
        status = f"{state.address}/api/v1/models/download/status/{job}"
        wait_until(lambda: plain_get(status).json()["state"] == "completed", process=process, seconds=120)
    with target.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == sha256
    twice = sent(stand) - SIZE
    cost = twice / 2**20 / kills
    print(f"{kills} kills, the last at {moments[-1]:.0%}: bit-identical, {cost:.2f} MiB a kill came twice")
    assert twice <= kills * CHUNK
    begun = [request.sent > 2 * 2**20 for request in stand.downloads() if request.start == 0]
    assert not any(begun[:-1]), "from zero again, though the first block was there"


def sent(stand: StandHub) -> int:
    """Bytes that went out, twice or not."""
    return sum(request.sent for request in stand.downloads())


def goes_on(stand: StandHub, asked: int, mark: int) -> bool:
    """Whether more was asked for, and so many bytes went out in all."""
    return len(stand.downloads()) > asked and sent(stand) >= mark


def write_random(path: Path) -> str:
    """Fill a file, and return the SHA-256 of it."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(SIZE // 2**20):
            block = os.urandom(2**20)
            digest.update(block)
            file.write(block)
    return digest.hexdigest()
