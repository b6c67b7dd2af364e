"""The history's thread: in order, and never on the loop."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import TextPart
from studiolo.desktop.history.records import Chat
from studiolo.desktop.history.store import History
from studiolo.errors import NotFoundError, StorageError


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[History]:
    history = History(tmp_path / "history.sqlite")
    yield history
    await history.aclose()


async def test_everything_happens_in_one_thread_in_order(history: History) -> None:
    threads: set[int] = set()

    def note(database: Database, number: int) -> int:
        threads.add(threading.get_ident())
        return number

    numbers = await asyncio.gather(*(history.do(note, number) for number in range(20)))
    assert numbers == list(range(20))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_what_was_asked_is_done_though_nobody_waits(history: History) -> None:
    begin, go_on = threading.Event(), threading.Event()

    def slowly(database: Database) -> Chat:
        begin.set()
        go_on.wait(10)
        return database.create_chat("Kept")

    task = asyncio.create_task(history.do(slowly))
    await asyncio.to_thread(begin.wait, 10)
    task.cancel()
    go_on.set()
    assert [chat.title for chat in await history.do(Database.chats)] == ["Kept"]
    assert task.cancelled()


async def test_a_chat_that_is_gone_is_told(history: History) -> None:
    with pytest.raises(NotFoundError, match="not there any more"):
        await history.do(Database.rename, 12, "x")


async def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "history.sqlite").write_bytes(b"no database" * 1000)
    history = History(tmp_path / "history.sqlite")
    assert await history.do(Database.chats) == []
    await history.aclose()
    [kept] = tmp_path.glob("*.broken-*")
    assert kept.read_bytes() == b"no database" * 1000


async def test_a_place_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    history = History(tmp_path / "file" / "history.sqlite")
    with pytest.raises(StorageError, match="can't be read or written"):
        await history.do(Database.chats)
    await history.aclose()


_WRITER = """
import sys
from pathlib import Path
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import TextPart
from studiolo.desktop.history.records import Chat
database = Database(Path(sys.argv[1]))
chat = database.create_chat("Killed")
reply = database.add_message(chat.id, None, "assistant", [], state="growing")
for count in range(1_000_000):
    database.update_message(reply.id, [TextPart("word " * count)], state="growing")
    print(count, flush=True)
"""


def test_a_kill_loses_nothing_that_was_written(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    for _ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(file)], stdout=subprocess.PIPE, env=os.environ)
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(20)]
        writer.kill()
        told += [int(line) for line in writer.stdout.read().split()]
        writer.wait()
        writer.stdout.close()
        database = Database(file)
        newest = database.chats()[0]
        [message] = database.messages(newest.id).values()
        assert message.state == "interrupted"
        assert message.parts[0].text.count("word") >= told[-1]
        database.close()
    assert isinstance(message.parts[0], TextPart)
