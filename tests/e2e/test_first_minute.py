"""From a fresh home to the first answer of a downloaded model, by one hand alone."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from studiolo.local_server import running_server
from studiolo.paths import app_paths
from tests.stands.hub import StandHub
from tests.stands.own_catalog import offer_birds
from tests.stands.second_server import SecondServer, second_server
from tests.stands.starter import starter_model

_LIMIT_SECONDS = 120
_FIRST_BYTES = 100_000


def walk(part: str, *arguments: str, on: Mapping[str, Callable[[], object]], **environment: str) -> list[str]:
    """Go a way in a process of its own; return its steps. on: what is done after a step."""
    command = [sys.executable, "-m", "tests.e2e.first_minute", part, *arguments]
    process = subprocess.Popen(
        command,
        env=os.environ | environment | {"QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    steps: list[str] = []
    try:
        assert process.stdout
        for line in process.stdout:
            steps.append(line.strip())
            on.get(steps[-1], list)()
        _, told = process.communicate(timeout=_LIMIT_SECONDS)
        assert process.returncode == 0, "\n".join([*steps, told])
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()
        if state := running_server(app_paths()):
            psutil.Process(state.pid).kill()
    return steps


@pytest.fixture
def attic(stand: StandHub, tmp_path: Path) -> Iterator[SecondServer]:
    with second_server(tmp_path / "attic", stand.endpoint) as server:
        yield server


@pytest.mark.timeout(180)
@pytest.mark.parametrize("hand", ["mouse", "keys"])
def test_from_a_fresh_home_to_the_first_answer(hand: str, stand: StandHub, tmp_path: Path) -> None:
    offer_birds(stand, tmp_path)
    stand.hold(after=_FIRST_BYTES)
    steps = walk(hand, on={"it is paused": stand.release}, HF_ENDPOINT=stand.endpoint)
    assert steps[-1] == "an answer"
    assert [file.name for file in app_paths().models.rglob("*.gguf")] == ["Owl-Q4_K_M.gguf"]
    assert '"show_start_page": false' in (app_paths().config / "desktop.json").read_text()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("hand", ["mouse", "keys"])
def test_the_same_on_a_second_server_with_a_token_that_is_lost_and_comes_back(
    hand: str, stand: StandHub, attic: SecondServer, tmp_path: Path
) -> None:
    offer_birds(stand, tmp_path)
    offer_birds(stand, tmp_path, model=starter_model(), data=attic.home / "data")
    steps = walk(
        "second",
        hand,
        attic.address,
        attic.token,
        on={"it writes": attic.kill, "it may come back": attic.start},
        HF_ENDPOINT=stand.endpoint,
    )
    assert steps[-1] == "it goes on"
    assert not [*app_paths().models.rglob("*.gguf")], "it was downloaded there, not here"
    assert [file.name for file in (attic.home / "data/models").rglob("*.gguf")] == ["Owl-Q4_K_M.gguf"]
