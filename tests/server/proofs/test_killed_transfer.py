"""SIGKILL at random moments of a download: in the end every bit is there, and hardly one came twice."""

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

FULL = bool(os.environ.get("STUDIOLO_PROVE"))
KILLS, SIZE = (200, 2**30) if FULL else (4, 2**25)
CHUNK = 8 * 2**20
"""Bytes that a kill may cost."""
ROOT = Path(__file__).parents[3]


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_a_transfer_survives_kills(stand, tmp_path):
    source, target = tmp_path / "source.gguf", tmp_path / "models" / "m.gguf"
    sha256 = write_random(source)
    stand.add("acme/m", {"m.gguf": source})
    stand.wrong.bytes_per_second = 8 * 2**20
    url = f"{stand.endpoint}/acme/m/resolve/main/m.gguf"
    order = {"url": url, "home": stand.endpoint, "size": SIZE, "sha256": sha256}
    order |= {"target": str(target), "journal": str(tmp_path / "blocks.sqlite")}
    command = [sys.executable, "-m", "tests.server.proofs.transfer_process", json.dumps(order)]
    dice = random.Random(4)
    kills = 0
    while not target.exists():
        asked = len(stand.downloads())
        process = subprocess.Popen(command, cwd=ROOT)
        if kills < KILLS:
            while len(stand.downloads()) == asked and process.poll() is None:
                time.sleep(0.002)
            time.sleep(dice.uniform(0, 0.3))
            kills += process.poll() is None
            process.kill()
        else:
            stand.wrong.bytes_per_second = 0
        assert process.wait(600) in (0, -9)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == sha256
    twice = sum(request.sent for request in stand.downloads()) - SIZE
    print(f"{kills} kills: bit-identical, {twice / 2**20 / kills:.2f} MiB a kill came twice")
    assert kills == KILLS
    assert twice <= kills * CHUNK
    begun = [request.sent > 2 * 2**20 for request in stand.downloads() if request.start == 0]
    assert not any(begun[:-1]), "from zero again, though the first block was there"


def write_random(path):
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(SIZE // 2**20):
            block = os.urandom(2**20)
            digest.update(block)
            file.write(block)
    return digest.hexdigest()
