"""SIGKILL of the desktop while its server starts, with a download to go on with and words just typed: nothing is left
running, nothing is in the way of the next start, and no word, turn or byte is lost.
"""

import hashlib
import os
import random
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from studiolo.client.client import Client
from studiolo.client.downloads import DownloadsApi
from studiolo.files import write_atomically
from studiolo.local_server import running_server
from studiolo.paths import HOME_VARIABLE, app_paths, self_command
from tests.stands.display import Display, virtual_display
from tests.stands.hub import StandHub
from tests.stands.kept_words import kept_drafts, kept_texts
from tests.stands.plain_http import http_client
from tests.stands.server_process import server_process
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import until, wait_until

KILLS = 200 if os.environ.get("STUDIOLO_PROVE") else 2
TURNS = 3
MODEL = "tiny/tiny"
DOWNLOAD = "birds/Owl-GGUF"
CONTENT = random.Random(3).randbytes(24 * 2**20)


@pytest.mark.e2e
@pytest.mark.proof
@pytest.mark.timeout(3600)
async def test_killed_while_its_server_starts_it_leaves_and_loses_nothing(stand: StandHub) -> None:
    write_tiny_llama(app_paths().models / MODEL / "tiny.gguf")
    dice = random.Random(7)
    with virtual_display() as display:
        stand.add(DOWNLOAD, {"owl-Q4_0.gguf": CONTENT})
        settings = f'{{"hub_endpoint": "{stand.endpoint}", "disk_reserve_gb": 0, "default_context_length": 256}}'
        write_atomically(app_paths().config / "server.json", settings.encode())
        stand.wrong.bytes_per_second = 100_000
        ids, job = await prepare()
        typed = [f"word {number}" for number in range(KILLS)]
        stages = [kill_one(display, text, dice) for text in typed]
        print({stage: stages.count(stage) for stage in sorted(set(stages))})
        assert stages.count("while it starts") > KILLS // 3
        said = everything_said()
        assert [text for text in typed if text not in said] == []
        stand.wrong.bytes_per_second = 0
        await look_after(ids, job)
    assert not [file for file in app_paths().data.rglob("*") if file.suffix in (".tmp", ".new", ".part")]
    print(f"{KILLS} kills: nothing left running, all of {KILLS} words and {len(ids)} turns there, the download whole")


async def prepare() -> tuple[list[str], str]:
    """Turns that are to be continued, and a download that is under way."""
    with server_process() as (_, state):
        ids = []
        async with http_client(state.address, timeout=60) as http, Client(state.address) as client:
            for turn in range(TURNS):
                body = {"model": MODEL, "input": str(turn), "max_output_tokens": 2}
                ids.append((await http.post("/api/v1/chat", json=body)).json()["response_id"])
            job = (await DownloadsApi(client).start(DOWNLOAD)).job_id
            assert job
            await until(lambda: list(app_paths().models.rglob("*.part")))
    return ids, job


def kill_one(display: Display, text: str, dice: random.Random) -> str:
    """Start the desktop, type a message, and kill it at a random moment; what its server was doing then."""
    process = subprocess.Popen(self_command(), env=os.environ | display.environment)
    try:
        display.type_into("Studiolo", text)
        # What was typed is in a file within a second, and what was sent sooner.
        wait_until(lambda: text in everything_said(), process=process)
        with suppress(TimeoutError, psutil.TimeoutExpired, subprocess.TimeoutExpired):
            process.wait(dice.uniform(0, 1))
        stage = "ready" if running_server(app_paths()) else "while it starts" if ours() - {process.pid} else "before"
    finally:
        process.kill()
        process.wait()
    wait_until(lambda: not ours(), "the end of everything that it started")
    assert running_server(app_paths()) is None
    return stage


def ours() -> set[int]:
    """Processes of the product in this home."""
    home, found = os.environ[HOME_VARIABLE], set()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(HOME_VARIABLE) == home:
                words = process.cmdline()
                if any("studiolo" in Path(word).name or word == "-m" for word in words[:3]):
                    found.add(process.pid)
    return found


def everything_said() -> set[str]:
    """The texts of all messages and drafts on the disk."""
    file = app_paths().data / "history.sqlite"
    return {*kept_texts(file), *kept_drafts(file)}


async def look_after(ids: list[str], job: str) -> None:
    """Every turn continues, and the download ends as it should."""
    with server_process() as (_, state):
        async with http_client(state.address, timeout=60) as http, Client(state.address) as client:
            for one in ids:
                body = {"model": MODEL, "input": "?", "max_output_tokens": 1, "previous_response_id": one}
                assert (await http.post("/api/v1/chat", json=body)).status_code == 200

            async def complete() -> bool:
                return (await DownloadsApi(client).status(job)).state == "completed"

            await until(complete)
    [file] = app_paths().models.rglob("owl-Q4_0.gguf")
    assert hashlib.sha256(file.read_bytes()).digest() == hashlib.sha256(CONTENT).digest()
