"""Imports in a process of their own: they keep nobody waiting, can be cancelled, and leave whole chats only."""

import asyncio
import json
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from studiolo.desktop.chat.sidebar.chat_reader import ChatReader
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.worker.roles import IMPORT_WORKER
from studiolo.errors import RequestError
from tests.desktop.chat.test_archive import Answer, answers, said
from tests.desktop.chat.test_hostile_attachments import memory_taken
from tests.desktop.chat.test_sidebar import Desk, desk
from tests.stands.waiting import until

__all__ = ["answers", "desk"]

MOST_STALLED = 0.15
"""Seconds of the processor between two turns of the loop."""
_WRITER = """
import asyncio, sys
from pathlib import Path
from contextlib import closing
from studiolo.desktop.chat.sidebar.chat_reader import ChatReader
from studiolo.desktop.history.database import Database

async def main() -> None:
    with closing(Database(Path(sys.argv[2]))) as database:
        async with ChatReader(Path(sys.argv[1])) as reader:
            while (chats := await reader.more()) is not None:
                database.take_in(chats)
                print(len(chats), flush=True)

asyncio.run(main())
"""


def chat(number: int, size: int, messages: int = 20) -> dict[str, Any]:
    text = f"è word {number} " * (size // messages // 10)
    senders = ("human", "assistant")
    said = [{"uuid": f"{number}-{one}", "sender": senders[one % 2], "text": f"{one} {text}"} for one in range(messages)]
    return {"uuid": f"chat {number}", "name": f"Chat {number}", "chat_messages": said}


def written(file: Path, chats: int, size: int, *, one_value: bool = False) -> Path:
    """An export of so many chats of so many characters each."""
    listed = ",".join(json.dumps(chat(number, size), ensure_ascii=False) for number in range(chats))
    file.write_text(f'{{"conversations": [{listed}]}}' if one_value else f"[{listed}]", encoding="utf-8")
    return file


def readers() -> list[psutil.Process]:
    """The processes that read exports now."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            found += [child] if IMPORT_WORKER in child.cmdline() else []
    return found


async def stalled(work: "asyncio.Future[None]") -> float:
    """The most that this process worked between two turns of the loop, until `work` is done: another thread that keeps
    Python to itself counts, and what other programs take does not."""
    worst, before = 0.0, time.process_time()
    while not work.done():
        await asyncio.sleep(0.005)  # What is measured are the turns themselves.
        now = time.process_time()
        worst, before = max(worst, now - before), now
    work.result()
    return worst


@pytest.mark.parametrize("shape", ["many chats", "one chat"])
async def test_forty_megabytes_in_one_value_keep_nobody_waiting(
    shape: str, desk: Desk, tmp_path: Path, answers: Answer
) -> None:
    many = shape == "many chats"
    file = written(tmp_path / "big.json", 400 if many else 1, 100_000 if many else 40_000_000, one_value=True)
    answers(ask_for_files=[file])
    with memory_taken() as taken:
        worst = await stalled(asyncio.ensure_future(desk.sidebar.archive.take_in_files()))
    assert worst < MOST_STALLED
    assert taken.most < 512_000_000
    assert said(desk).startswith(f"{400 if many else 1} chat(s) imported")
    assert not readers()


async def test_cancel_ends_an_import_at_once_and_leaves_whole_chats(
    desk: Desk, tmp_path: Path, answers: Answer
) -> None:
    before = len(await desk.history.do(Database.chats))
    answers(ask_for_files=[written(tmp_path / "big.json", 400, 200_000), written(tmp_path / "next.json", 1, 100)])
    desk.window.sidebar.import_requested.emit()
    await until(lambda: "so far" in desk.window.sidebar.status.label.text())
    assert desk.window.sidebar.status.isVisible()
    began = time.monotonic()
    desk.window.sidebar.status.cancel.click()
    await until(lambda: desk.window.sidebar.status.isHidden())
    assert time.monotonic() - began < 2
    await until(lambda: "stay" in said(desk))
    await until(lambda: not readers())
    chats = [one for one in await desk.history.do(Database.chats) if one.title.startswith("Chat ")]
    assert 0 < len(chats) < 400
    assert said(desk) == f"Import cancelled; {len(chats)} chat(s) that came before stay"
    for one in chats:
        assert len(await desk.history.do(Database.messages, one.id)) == 20
    desk.window.page.toast.undo.click()

    async def as_before() -> bool:
        return len(await desk.history.do(Database.chats)) == before

    await until(as_before)


async def test_cancel_in_the_middle_of_a_chat_leaves_nothing_of_it(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "long.json"
    file.write_text(json.dumps([chat(1, 2_000_000, messages=20_000)]))
    async with ChatReader(file) as reader:
        chats: list[ImportedChat] = []
        while not chats:
            chats = await reader.more() or []
        asked = 0

        def stopped() -> bool:
            nonlocal asked
            asked += 1
            return asked > 10_000

        assert await desk.history.do(Database.take_in, chats, stopped) == (0, 0)
    assert not [one for one in await desk.history.do(Database.chats) if one.title == "Chat 1"]
    assert not await desk.history.do(Database.search, "word")


async def test_a_killed_reader_is_told_and_what_came_before_stays(desk: Desk, tmp_path: Path, answers: Answer) -> None:
    answers(ask_for_files=[written(tmp_path / "big.json", 400, 200_000)])
    importing = asyncio.ensure_future(desk.sidebar.archive.take_in_files())
    await until(lambda: "so far" in desk.window.sidebar.status.label.text())
    readers()[0].kill()
    with pytest.raises(RequestError, match=r"big\.json can't be read further: whatever reads it broke down"):
        await importing
    assert desk.window.sidebar.status.isHidden()
    chats = [one for one in await desk.history.do(Database.chats) if one.title.startswith("Chat ")]
    assert said(desk).startswith(f"{len(chats)} chat(s) imported")
    for one in chats:
        assert len(await desk.history.do(Database.messages, one.id)) == 20


async def test_a_killed_window_leaves_no_reader_and_no_half_of_a_chat(tmp_path: Path) -> None:
    file, store = written(tmp_path / "big.json", 400, 200_000), tmp_path / "history.sqlite"
    window = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WRITER, str(file), str(store), stdout=asyncio.subprocess.PIPE
    )
    assert window.stdout
    while int(await window.stdout.readline()) == 0:
        pass
    reader = readers()[0]
    window.kill()
    await window.wait()
    await until(lambda: not reader.is_running() or reader.status() == psutil.STATUS_ZOMBIE)
    with closing(Database(store)) as database:
        chats = database.chats()
        assert 0 < len(chats) < 400
        assert {len(database.messages(one.id)) for one in chats} == {20}


@pytest.mark.parametrize(
    ("limit", "told"), [({"seconds": 0.5}, "took more than 10 seconds"), ({"memory": 60_000_000}, "450 MB of memory")]
)
async def test_a_limit_that_is_reached_is_told_in_words(limit: dict[str, Any], told: str, tmp_path: Path) -> None:
    file = written(tmp_path / "big.json", 300, 200_000, one_value=True)

    async def read() -> None:
        async with ChatReader(file, **limit) as reader:
            while await reader.more() is not None:
                pass

    with pytest.raises(RequestError, match=told):
        await read()


async def test_where_a_file_is_not_read_to_its_end_that_is_told_and_what_came_before_stays(
    desk: Desk, tmp_path: Path, answers: Answer
) -> None:
    file = written(tmp_path / "cut.json", 3, 10_000)
    whole = file.read_text()
    too_much = whole[:-1] + "," + "[" + "[]," * 6_100_000 + "[]]]"
    for end, told in ((too_much, "too many values"), (whole[:-1] + ', {"uuid": "4', "it is damaged")):
        file.write_text(end)
        answers(ask_for_files=[file])
        with pytest.raises(RequestError, match=rf"cut\.json can't be read further: .*{told}") as refused:
            await desk.sidebar.archive.take_in_files()
        assert "What came before stays" in refused.value.hint
    assert len([one for one in await desk.history.do(Database.chats) if one.title.startswith("Chat ")]) == 3


@pytest.mark.parametrize("shape", ["one value", "one text"])
async def test_an_export_larger_than_the_memory_says_that_it_is_too_large(shape: str, tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    with file.open("w") as out:
        out.write('{"conversations": [{"uuid": "1", "chat_messages": [{"sender": "human", "text": "')
        piece = "x" * 1_000_000 if shape == "one text" else '"}, {"sender": "human", "text": "' * 30_000
        for _ in range(300):
            out.write(piece)
        out.write('"}]}]}')

    async def read() -> None:
        async with ChatReader(file) as reader:
            while await reader.more() is not None:
                pass

    with memory_taken() as taken, pytest.raises(RequestError, match=r"^large\.json can't be read: ") as refused:
        await read()
    assert "smaller files" in refused.value.hint
    assert taken.most < 512_000_000


async def test_a_second_import_waits_for_the_first(desk: Desk, tmp_path: Path, answers: Answer) -> None:
    answers(ask_for_files=[written(tmp_path / "first.json", 40, 200_000)])
    desk.window.sidebar.import_requested.emit()
    await until(lambda: desk.window.sidebar.status.isVisible())
    second = tmp_path / "second.json"
    second.write_text(json.dumps([chat(1_000, 100)]))
    answers(ask_for_files=[second])
    desk.window.sidebar.import_requested.emit()

    async def both() -> bool:
        return len([one for one in await desk.history.do(Database.chats) if one.title.startswith("Chat ")]) == 41

    await until(both)
