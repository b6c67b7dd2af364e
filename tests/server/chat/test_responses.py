"""The store behind previous_response_id."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from studiolo.errors import RequestError, StorageError
from studiolo.server.chat.responses import Message, ResponseStore


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the store keeps what it has."""
    return tmp_path / "deep" / "responses.sqlite"


@pytest.fixture
async def store(file: Path) -> AsyncIterator[ResponseStore]:
    store = ResponseStore(file, keep_days=30)
    yield store
    await store.aclose()


def said(text: str) -> list[Message]:
    return [{"role": "user", "content": text}, {"role": "assistant", "content": text.upper()}]


async def test_a_thread_is_what_was_said_up_to_a_turn(store: ResponseStore) -> None:
    first = await store.add(parent=None, model="m", system="Be brief.", messages=said("a"))
    second = await store.add(parent=first, model="m", system=None, messages=said("b"))
    thread = await store.thread(second)
    assert thread.system == "Be brief."
    assert thread.messages == said("a") + said("b")


async def test_two_continuations_are_two_branches(store: ResponseStore) -> None:
    root = await store.add(parent=None, model="m", system=None, messages=said("root"))
    left = await store.add(parent=root, model="m", system=None, messages=said("left"))
    right = await store.add(parent=root, model="m", system=None, messages=said("right"))
    assert (await store.thread(left)).messages == said("root") + said("left")
    assert (await store.thread(right)).messages == said("root") + said("right")


async def test_the_newest_system_prompt_is_in_force(store: ResponseStore) -> None:
    first = await store.add(parent=None, model="m", system="old", messages=said("a"))
    second = await store.add(parent=first, model="m", system="new", messages=said("b"))
    third = await store.add(parent=second, model="m", system=None, messages=said("c"))
    assert [(await store.thread(turn)).system for turn in (first, second, third)] == ["old", "new", "new"]


async def test_an_unknown_id_says_how_long_they_are_kept(store: ResponseStore) -> None:
    with pytest.raises(RequestError, match="older than 30 days") as caught:
        await store.thread("resp_" + "0" * 48)
    assert (caught.value.param, caught.value.code) == ("previous_response_id", "invalid_value")


async def test_what_nobody_uses_is_forgotten_and_a_use_counts_for_the_whole_thread(
    store: ResponseStore, file: Path
) -> None:
    before = ResponseStore(file, keep_days=30)
    old = await before.add(parent=None, model="m", system=None, messages=said("old"))
    begun = await before.add(parent=None, model="m", system=None, messages=said("begun"))
    going_on = await before.add(parent=begun, model="m", system=None, messages=said("on"))
    await before.aclose()
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE responses SET used = used - 31 * 86400")
    db.close()
    await store.thread(going_on)
    assert await store.expire() == 1
    assert (await store.thread(going_on)).messages == said("begun") + said("on")
    with pytest.raises(RequestError):
        await store.thread(old)


async def test_a_turn_writes_what_it_adds_and_not_all_before_it_again(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"

    async def used(turn: str) -> list[float]:
        store = ResponseStore(file, keep_days=30)
        await store.thread(turn)
        await store.aclose()
        with closing(sqlite3.connect(file)) as db:
            return [one for (one,) in db.execute("SELECT used FROM responses")]

    store, turn = ResponseStore(file, keep_days=30), None
    for _ in range(3):
        turn = await store.add(parent=turn, model="m", system=None, messages=said("w"))
    await store.aclose()
    assert turn
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE responses SET used = used - 3600")
    before = await used(turn)
    assert max(before) < time.time() - 3000, "the same day's use is known"
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE responses SET used = used - 86400")
    assert min(await used(turn)) > time.time() - 60, "that of another day counts for all of them"


async def test_turns_survive_a_restart(tmp_path: Path) -> None:
    store = ResponseStore(tmp_path / "x.sqlite", keep_days=30)
    first = await store.add(parent=None, model="m", system=None, messages=said("日本 😀"))
    await store.aclose()
    again = ResponseStore(tmp_path / "x.sqlite", keep_days=30)
    assert (await again.thread(first)).messages == said("日本 😀")
    await again.aclose()


async def test_many_at_once(store: ResponseStore) -> None:
    root = await store.add(parent=None, model="m", system=None, messages=said("root"))
    ids = await asyncio.gather(
        *(store.add(parent=root, model="m", system=None, messages=said(str(number))) for number in range(50))
    )
    threads = await asyncio.gather(*(store.thread(turn) for turn in ids))
    assert [thread.messages[2]["content"] for thread in threads] == [str(number) for number in range(50)]


async def test_a_long_thread_is_read_whole(store: ResponseStore) -> None:
    parent: str | None = None
    for number in range(300):
        parent = await store.add(parent=parent, model="m", system=None, messages=said(str(number)))
    assert parent
    assert len((await store.thread(parent)).messages) == 600


async def test_a_damaged_file_is_kept_aside(store: ResponseStore, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(b"this is no database" * 100)
    turn = await store.add(parent=None, model="m", system=None, messages=said("a"))
    assert (await store.thread(turn)).messages == said("a")
    assert "damaged" in caplog.text
    assert len(list(file.parent.glob("*.broken-*"))) == 1


async def test_a_file_of_a_newer_version_is_left_alone(store: ResponseStore, file: Path) -> None:
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StorageError, match="store of chats") as caught:
        await store.add(parent=None, model="m", system=None, messages=said("a"))
    assert "newer version" in (caught.value.details or "")


async def test_a_folder_that_can_not_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = ResponseStore(tmp_path / "file" / "x.sqlite", keep_days=1)
    with pytest.raises(StorageError):
        await store.expire()
    await store.aclose()


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"role": 5},
        {"role": "user", "content": 5},
        {"role": "user", "content": [5]},
        {"role": "user", "content": [{"type": "text", "text": 5}]},
        {"role": "user", "content": [{"type": "image_url"}]},
        {"role": "assistant", "content": "", "reasoning_content": 5},
        {"role": "assistant", "tool_calls": 5},
        {"role": "assistant", "tool_calls": [{}]},
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {}}}]},
    ],
)
async def test_a_message_of_wrong_types_is_told_as_damage(store: ResponseStore, message: Message) -> None:
    kept = await store.add(parent=None, model="m", system=None, messages=[message])
    with pytest.raises(StorageError, match="damaged"):
        await store.thread(kept)
    with pytest.raises(StorageError, match="damaged"):
        await store.get(kept)


async def test_a_turn_that_is_its_own_ancestor_holds_up_nobody(file: Path) -> None:
    before = ResponseStore(file, keep_days=30)
    first = await before.add(parent=None, model="m", system=None, messages=said("a"))
    second = await before.add(parent=first, model="m", system=None, messages=said("b"))
    await before.aclose()
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE responses SET parent = ?, created = ? WHERE id = ?", (second, float("inf"), first))
    store = ResponseStore(file, keep_days=30)
    try:
        async with asyncio.timeout(10):
            assert (await store.thread(second)).messages == said("a") + said("b")
            assert (await store.get(first)).created == 0
    finally:
        await store.aclose()
