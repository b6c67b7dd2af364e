"""From a search to a chat, with everything killed in between."""

import hashlib
import os
import re
import signal
import subprocess
import sys

import psutil
import pytest

from studiolo.local_server import running_server
from studiolo.paths import app_paths
from tests.stands.hub import StandHub
from tests.stands.template_model import starter_model
from tests.stands.waiting import wait_until


def walk(part: str, stand: StandHub) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"HF_ENDPOINT": stand.endpoint, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "tests.e2e.whole_path", part]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.timeout(400)
def test_from_a_search_to_a_chat_with_everything_killed_in_between(stand: StandHub) -> None:
    model = starter_model()
    stand.add("birds/Owl-GGUF", {"Owl-Q4_1.gguf": model})
    stand.wrong.bytes_per_second = 6_000_000
    try:
        first = walk("begin", stand)
        assert first.returncode == -signal.SIGKILL, first.stdout + first.stderr
        wait_until(lambda: running_server(app_paths()) is None)
        stand.wrong.bytes_per_second = 0
        second = walk("end", stand)
        assert second.returncode == 0, second.stdout + second.stderr
    finally:
        if state := running_server(app_paths()):
            psutil.Process(state.pid).kill()
    killed, again = (int(re.findall(r" at (\d+)", told)[0]) for told in (first.stdout, second.stdout))
    assert again >= killed, "what was there before the kill is there after it"
    [file] = (app_paths().models / "birds").rglob("*.gguf")
    with file.open("rb") as kept, model.open("rb") as true:
        assert hashlib.file_digest(kept, "sha256").digest() == hashlib.file_digest(true, "sha256").digest()
