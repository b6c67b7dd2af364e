"""Secrets go to the keyring; without one to a private file that is told of; never to less than there is."""

import asyncio
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.errors import StorageError
from studiolo.server.notices import Notices
from studiolo.server.secrets import Secrets
from tests.stands.ring import Ring, no_keyring, ring_in_use


@pytest.fixture
def ring() -> Iterator[Ring]:
    with ring_in_use() as ring:
        yield ring


@pytest.fixture
def absent() -> Iterator[None]:
    with no_keyring():
        yield


async def test_a_secret_is_kept_in_the_keyring(ring: Ring, tmp_path: Path) -> None:
    notices = Notices()
    secrets = Secrets(tmp_path / "secrets.json", notices)
    await secrets.keep("a", "hidden")
    assert ring.kept == {"a": "hidden"}
    assert await secrets.read("a") == "hidden"
    assert await Secrets(tmp_path / "secrets.json", notices).read("a") == "hidden"
    await secrets.forget("a")
    await secrets.forget("a")
    assert await secrets.read("a") is None
    assert list(tmp_path.iterdir()) == []
    assert notices.all == ()


@pytest.mark.usefixtures("absent")
async def test_without_a_keyring_it_is_a_private_file_and_told(tmp_path: Path) -> None:
    notices = Notices()
    file = tmp_path / "secrets.json"
    secrets = Secrets(file, notices)
    await secrets.keep("a", "hidden")
    await secrets.keep("b", "hidden too")
    assert await Secrets(file, notices).read("a") == "hidden"
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [str(file) in text and "unencrypted" in text for text in notices.all] == [True]
    await secrets.forget("a")
    assert json.loads(file.read_text()) == {"b": "hidden too"}


async def test_what_is_in_the_file_moves_to_a_keyring_when_it_is_kept_again(ring: Ring, tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    with no_keyring():
        await Secrets(file, Notices()).keep("a", "older")
    secrets = Secrets(file, Notices())
    assert await secrets.read("a") == "older"
    await secrets.keep("a", "newer")
    assert ring.kept == {"a": "newer"}
    assert json.loads(file.read_text()) == {}


@pytest.mark.parametrize("how", ["locked", "broken"])
async def test_a_keyring_that_does_not_answer_is_never_passed_by(ring: Ring, tmp_path: Path, how: str) -> None:
    setattr(ring, how, True)
    secrets = Secrets(tmp_path / "secrets.json", Notices())
    with pytest.raises(StorageError, match="keyring"):
        await secrets.keep("a", "hidden")
    with pytest.raises(StorageError, match="keyring"):
        await secrets.read("a")
    assert list(tmp_path.iterdir()) == []
    setattr(ring, how, False)
    await secrets.keep("a", "hidden")
    assert ring.kept == {"a": "hidden"}


async def test_a_keyring_that_asks_its_owner_holds_nobody_up(ring: Ring, tmp_path: Path) -> None:
    ring.open.clear()
    secrets = Secrets(tmp_path / "secrets.json", Notices(), seconds=0.2)
    asking = [asyncio.create_task(secrets.read(name)) for name in "ab"]
    await asyncio.sleep(0)
    assert not any(task.done() for task in asking), "the loop goes on meanwhile"
    for result in await asyncio.gather(*asking, return_exceptions=True):
        assert isinstance(result, StorageError)
        assert result.retryable
    ring.open.set()


@pytest.mark.usefixtures("absent")
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"a": 5}', b"\xff\x00", b"[" * 100_000])
async def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path, content: bytes) -> None:
    notices = Notices()
    file = tmp_path / "secrets.json"
    file.write_bytes(content)
    secrets = Secrets(file, notices)
    assert await secrets.read("a") is None
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [content]
    assert ".broken-" in notices.all[0]
    await secrets.keep("a", "hidden")
    assert await secrets.read("a") == "hidden"


@pytest.mark.usefixtures("absent")
async def test_a_file_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "secrets.json.new").mkdir()
    with pytest.raises(StorageError):
        await Secrets(tmp_path / "secrets.json", Notices()).keep("a", "hidden")


async def test_secrets_are_cut_out_of_texts(ring: Ring, tmp_path: Path) -> None:
    ring.kept["a"] = "hidden-word"
    secrets = Secrets(tmp_path / "secrets.json", Notices())
    await secrets.read("a")
    secrets.know("another-word", "ab")
    assert secrets.cut("x hidden-word y another-word ab") == "x … y … ab"
