"""The chat window with long histories: how long it takes to open, to stream into and to search."""

import asyncio
import gc
import os
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median

import psutil
from PySide6.QtWidgets import QApplication, QWidget

from benchmarks.rows import Row
from studiolo.api.events import MessageDelta
from studiolo.desktop import loop
from studiolo.desktop.actions.registry import ActionRegistry
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Message, Reply, UserMessage
from studiolo.desktop.chat.sidebar.entries import arranged
from studiolo.desktop.chat.sidebar.panel import Sidebar
from studiolo.desktop.chat.transcript.view import TranscriptView
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import Part, TextPart, parts_to_json
from studiolo.desktop.history.records import Chat, StoredMessage
from studiolo.desktop.widgets import theme
from tests.stalls import StallMonitor

KILOBYTE = "The quick brown fox jumps over the lazy dog. " * 22 + "\n\nAnd so **on**, with `code`."
MARKDOWN = (
    "## A heading\n\nSome *words* of a paragraph that says what the code below does, and why it does so.\n\n"
    "```python\ndef area(width: float, height: float) -> float:\n    return width * height\n```\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n- one\n- two\n\n"
)
RUNS = 7
TOKENS, PER_SECOND = 4_000, 200


def measure_conversations() -> list[Row]:
    """In this process, offscreen."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    rows: list[Row] = []

    async def run() -> int:
        rows.extend(await _measure())
        return 0

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply(app, "light")
    loop.run(app, run)
    return rows


async def _measure() -> list[Row]:
    view = TranscriptView()
    view.resize(900, 800)
    view.show()
    await asyncio.sleep(0.3)
    small, large = await _opened(view, 1_000), await _opened(view, 10_000)
    busy, worst = await _streamed(view)
    grown = await _switched(view)
    view.close()
    found = _searched()
    painted = await _listed()
    return [
        Row("opening a chat of 1,000 messages, until it is painted", f"{small:.0f} ms", "under 100 ms", small < 100),
        Row("opening a chat of 10,000 messages, until it is painted", f"{large:.0f} ms", "under 150 ms", large < 150),
        Row(
            f"{TOKENS:,} tokens at {PER_SECOND} a second with code and tables: the window's thread",
            f"{busy:.1%} of a core",
            "under 15 %",
            busy < 0.15,
        ),
        Row("the longest that it is busy meanwhile, of its own time", f"{worst:.0f} ms", "at most 16 ms", worst <= 16),
        Row(
            "memory after 200 changes of the chat, beyond that after 20",
            f"{grown:+.0f} MB",
            "at most 30 MB",
            grown <= 30,
        ),
        Row("searching 100,000 messages", f"{found:.0f} ms", "under 30 ms", found < 30),
        Row("the first paint of a sidebar with 10,000 chats", f"{painted:.0f} ms", "under 100 ms", painted < 100),
    ]


def _stored(count: int) -> dict[int, StoredMessage]:
    asked, said = parts_to_json([TextPart("A question")]), parts_to_json([TextPart(KILOBYTE)])
    return {
        number: StoredMessage(
            number, number - 1 or None, "user" if number % 2 else "assistant", asked if number % 2 else said, 0.0
        )
        for number in range(1, count + 1)
    }


async def _opened(view: TranscriptView, count: int) -> float:
    """Milliseconds, from what the database gives to what is painted."""
    stored = _stored(count)
    chat = Chat(1, "t", None, 0.0, 0.0, leaf=count)
    taken = []
    for _ in range(RUNS):
        view.set_messages([])
        gc.collect()
        await asyncio.sleep(0.05)
        began = time.perf_counter()
        view.set_messages(Conversation.of(chat, stored).branch)
        view.grab()
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken)


async def _streamed(view: TranscriptView) -> tuple[float, float]:
    """The share of a core, and the worst stall in milliseconds of CPU time."""
    view.set_messages(_messages(200))
    turn = Conversation().ask("Go on.")
    view.append((turn.question, turn.reply))
    await asyncio.sleep(0.5)
    tokens = [MARKDOWN[at : at + 4] for at in range(0, len(MARKDOWN), 4)]
    with StallMonitor() as watch:
        began = time.perf_counter()
        for number in range(TOKENS):
            turn.reply.apply(MessageDelta(content=tokens[number % len(tokens)]))
            view.message_changed(turn.reply)
            await asyncio.sleep(max(0.0, began + (number + 1) / PER_SECOND - time.perf_counter()))
    return watch.busy, watch.worst_cpu


async def _switched(view: TranscriptView) -> float:
    """Megabytes that 180 more changes between two chats take."""
    chats = [_messages(300), _messages(40)]
    process = psutil.Process()
    before = 0.0
    for number in range(200):
        view.set_messages(chats[number % 2])
        await asyncio.sleep(0.03)
        if number == 20:
            gc.collect()
            before = process.memory_info().rss / 1e6
    gc.collect()
    return process.memory_info().rss / 1e6 - before


def _messages(count: int) -> list[Message]:
    made: list[Message] = []
    for number in range(count // 2):
        made += [UserMessage([TextPart(f"Question {number}")]), Reply([TextPart(KILOBYTE)])]
    return made


def _searched() -> float:
    """Milliseconds of the slowest of some searches."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "history.sqlite")
        words = ["heron", "river", "boat", "winter", "lamp", "bridge", "tram", "city"]
        with database._sql:
            for chat in range(1_000):
                database._sql.execute("INSERT INTO chats (title, created, changed) VALUES (?, 0, 0)", (f"Chat {chat}",))
            for number in range(100_000):
                said = " ".join(words[(number * step) % 8] for step in range(1, 20)) + f" number{number}"
                parts: list[Part] = [TextPart(said)]
                database._insert(number % 1_000 + 1, None, StoredMessage(0, None, "user", parts_to_json(parts), 0.0))
        slowest = 0.0
        for query in ("number77777", "heron river", '"winter lamp"', "tra", "nothing"):
            began = time.perf_counter()
            database.search(query)
            slowest = max(slowest, (time.perf_counter() - began) * 1000)
        database.close()
    return slowest


async def _listed() -> float:
    """Milliseconds, from the list to what is painted of it."""
    chats = [
        Chat(number, f"Chat {number}", None, 1.7e9 - number * 3600, 1.7e9 - number * 3600) for number in range(10_000)
    ]
    taken = []
    host = QWidget()
    for _ in range(RUNS):
        sidebar = Sidebar(ActionRegistry(host))
        sidebar.resize(260, 800)
        began = time.perf_counter()
        entries = arranged(chats, [], closed=frozenset(), today=date(2026, 11, 24))
        sidebar.list.set_entries(entries, [], None)
        sidebar.show()
        sidebar.grab()
        taken.append((time.perf_counter() - began) * 1000)
        sidebar.close()
        sidebar.deleteLater()
        await asyncio.sleep(0.1)
    return median(taken)
