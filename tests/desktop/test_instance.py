"""A second start finds the first desktop, and nobody else."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from studiolo.desktop.instance import FirstInstance, call_first


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run" / "desktop.json"


@pytest.fixture
async def called(file: Path) -> AsyncIterator[list[str]]:
    calls: list[str] = []
    first = FirstInstance(file, lambda: calls.append("called"))
    await first.open()
    yield calls
    await first.aclose()
    assert not file.exists()


async def test_it_is_called_to_show_itself(called: list[str], file: Path) -> None:
    assert await asyncio.to_thread(call_first, file, hidden=False)
    assert called == ["called"]
    assert await asyncio.to_thread(call_first, file, hidden=True)
    assert called == ["called"]


async def test_a_link_is_handed_over_as_it_is(file: Path) -> None:
    heard: list[str] = []
    first = FirstInstance(file, lambda: heard.append("called"), heard.append)
    await first.open()
    link = "lmstudio://add_mcp?name=a b\nkey show&config=" + "ä" * 50_000
    assert await asyncio.to_thread(call_first, file, hidden=False, link=link)
    assert heard == ["called", link]
    await first.aclose()


async def test_whoever_does_not_know_the_key_is_not_heard(called: list[str], file: Path, tmp_path: Path) -> None:
    guess = tmp_path / "guess.json"
    guess.write_text(json.dumps(json.loads(file.read_text()) | {"key": "guess"}))
    assert not await asyncio.to_thread(call_first, guess, hidden=False)
    for nonsense in (b"", b"\n", b"x" * 5000 + b"\n", b"\xff\xfe show\n"):
        port = json.loads(file.read_text())["port"]
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(nonsense)
        writer.close()
    assert await asyncio.to_thread(call_first, file, hidden=False), "it listens still"
    assert called == ["called"], "only who knew the key was heard"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"port": "x", "key": "y"}', '{"port": 70000, "key": "y"}'])
def test_a_broken_file_means_nobody(file: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_text(content)
    assert not call_first(file, hidden=False)


def test_what_a_killed_one_left_behind_means_nobody(file: Path) -> None:
    file.parent.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    file.write_text(json.dumps({"port": port, "key": "k"}))
    assert not call_first(file, hidden=False)
