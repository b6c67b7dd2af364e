"""Every file that the window keeps, in every state that a disk, a person or another version leaves it in.

The window starts, what can be used is used, what can't is told in words and set aside, and the next change works.
"""

import faulthandler
import json
import logging
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.crash_log import CrashLog, read_report
from studiolo.desktop.downloads.monitor import Monitor
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import TextPart
from studiolo.desktop.history.store import History
from studiolo.desktop.instance import FirstInstance, call_first
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.shell.window import MainWindow
from studiolo.errors import AppError
from studiolo.hub.catalog import load_catalog
from studiolo.kept_json import read_kept
from studiolo.keyring_store import Keys
from studiolo.local_server import running_server
from studiolo.logs import start_logging
from studiolo.network.ledger import ConnectionLedger
from studiolo.paths import Paths, app_paths, resource_path, self_command
from tests.stands.without_privileges import without_privileges

PROVE = bool(os.environ.get("STUDIOLO_PROVE"))
SERVERS = {"servers": [{"address": "http://127.0.0.1:9", "name": "Attic"}], "selected": "http://127.0.0.1:9"}


@dataclass(frozen=True)
class Kept:
    """A file: where it is, what is in it, and what the window does with it. newer: as a later version may write it;
    odd: with other types in it. precious: whether anybody would miss what was in it."""

    path: Callable[[Paths], Path]
    sound: Callable[[Path], None]
    use: Callable[[Paths, list[BaseException]], Awaitable[None]]
    newer: Callable[[Path], None]
    odd: Callable[[Path], None]
    precious: bool = True


def as_json(value: Any) -> Callable[[Path], None]:
    return as_text(json.dumps(value))


def as_text(text: str) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        file.write_text(text)

    return write


# -- what the window does with each


async def use_history(paths: Paths, reported: list[BaseException]) -> None:
    history = History(paths.data / "history.sqlite")
    try:
        for chat in await history.do(Database.chats):
            assert all(message.parts for message in (await history.do(Database.messages, chat.id)).values())
        made = await history.do(Database.create_chat, "After")
        await history.do(Database.add_message, made.id, None, "user", [TextPart("later")])
        assert "After" in [chat.title for chat in await history.do(Database.chats)]
        assert await history.do(Database.search, "later")
    finally:
        await history.aclose()


async def use_settings(paths: Paths, reported: list[BaseException]) -> None:
    store = DesktopSettingsStore(paths.config / "desktop.json")
    store.change(closing="keep" if store.current.closing != "keep" else "quit")
    assert DesktopSettingsStore(paths.config / "desktop.json").current.closing == store.current.closing
    store.deleteLater()


async def use_servers(paths: Paths, reported: list[BaseException]) -> None:
    servers = Servers(paths, reported.append)
    try:
        await servers.add("http://127.0.0.1:1", "Cellar", None)
        assert "Cellar" in [server.name for server in servers.known]
    finally:
        await servers.aclose()
        servers.deleteLater()


async def use_keys(paths: Paths, reported: list[BaseException]) -> None:
    keys = Keys(paths.config / "tokens.json")
    keys.read("http://127.0.0.1:9")
    keys.keep("http://127.0.0.1:1", "new")
    assert keys.read("http://127.0.0.1:1") == "new"


async def use_headers(paths: Paths, reported: list[BaseException]) -> None:
    store = HeaderStore(paths.config)
    with suppress(AppError):
        await store.read("tool-headers-1", "", "https://example.com/mcp")
    name = await store.keep("", "https://example.com/mcp", {"A": "new"})
    assert (await HeaderStore(paths.config).read(name, "", "https://example.com/mcp")).headers == {"A": "new"}
    await store.forget_others([])


async def use_watched(paths: Paths, reported: list[BaseException]) -> None:
    servers = Servers(paths, reported.append)
    monitor = Monitor(servers, paths.data / "watched.json", reported.append, name_of=str)
    await monitor.aclose()
    await servers.aclose()
    servers.deleteLater()


async def use_window(paths: Paths, reported: list[BaseException]) -> None:
    for _ in range(2):
        window = MainWindow(paths)
        window.show()
        window.close_anyway()
        window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def use_instance(paths: Paths, reported: list[BaseException]) -> None:
    assert not call_first(paths.runtime / "desktop.json", hidden=True)
    first = FirstInstance(paths.runtime / "desktop.json", lambda: None)
    await first.open()
    await first.aclose()


async def use_server_state(paths: Paths, reported: list[BaseException]) -> None:
    assert running_server(paths) is None


async def use_catalog(paths: Paths, reported: list[BaseException]) -> None:
    assert load_catalog(paths.data / "catalog.json").catalog.models


async def use_log(paths: Paths, reported: list[BaseException]) -> None:
    root = logging.getLogger()
    before = list(root.handlers)
    start_logging("desktop", paths.logs)
    logging.getLogger("studiolo").warning("after")
    for handler in [one for one in root.handlers if one not in before]:
        root.removeHandler(handler)
        handler.close()


# -- what is in each


def sound_history(file: Path) -> None:
    with closing(Database(file)) as database:
        for number in range(40):
            chat = database.create_chat(f"Chat {number}")
            asked = database.add_message(chat.id, None, "user", [TextPart(f"question {number} " * 20)])
            database.add_message(chat.id, asked.id, "assistant", [TextPart(f"answer {number} " * 50)])


def newer_history(file: Path) -> None:
    sound_history(file)
    with closing(sqlite3.connect(file)) as sql:
        sql.execute("PRAGMA user_version = 99")


def odd_history(file: Path) -> None:
    sound_history(file)
    with closing(sqlite3.connect(file)) as sql, sql:
        odd = b"\xff\xfe\0"
        sql.execute(
            "UPDATE chats SET title = ?, changed = 'then', leaf = 'x', tags = 5, draft = 7 WHERE id = 1", (odd,)
        )
        sql.execute("UPDATE chats SET created = ?, folder = 'f', settings = ? WHERE id = 2", (float("inf"), odd))
        sql.execute("UPDATE chats SET title = CAST(X'FFFE' AS TEXT) WHERE id = 3")
        sql.execute("UPDATE messages SET parts = ?, role = 3, created = 'x' WHERE id = 1", (odd,))
        sql.execute("UPDATE messages SET parts = 5, state = 'gone', parent = 'y', details = 9, model = 1 WHERE id = 2")
        sql.execute("INSERT INTO notes VALUES ('draft', ?)", (odd,))


async def use_ledger(paths: Paths, reported: list[BaseException]) -> None:
    ledger = ConnectionLedger(paths.data / "desktop_connections.jsonl")
    ledger.block("hub.example", 443, "hub")
    assert "hub.example" in {entry.host for entry in ledger.entries()}


async def use_crash_log(paths: Paths, reported: list[BaseException]) -> None:
    log = CrashLog(paths.logs)
    log.begin()
    log.end()
    faulthandler.enable(sys.__stderr__ or sys.stderr)  # As it was for the other tests.
    read_report(paths.logs)


FILES: dict[str, Kept] = {
    "ledger of connections": Kept(
        lambda paths: paths.data / "desktop_connections.jsonl",
        as_json({"id": "1", "host": "a.example", "port": 1, "purpose": "hub", "result": "closed"}),
        use_ledger,
        as_json({"id": "1", "from_the_future": []}),
        as_json({"id": 5, "host": [], "port": "x", "sent_bytes": {}}),
        precious=False,
    ),
    "crash log": Kept(
        lambda paths: paths.logs / "desktop-crash.log",
        as_text("Fatal Python error: Aborted\n"),
        use_crash_log,
        as_text("version 9\n"),
        as_text("\0\0"),
        precious=False,
    ),
    "history": Kept(
        lambda paths: paths.data / "history.sqlite", sound_history, use_history, newer_history, odd_history
    ),
    "settings": Kept(
        lambda paths: paths.config / "desktop.json",
        as_json({"closing": "quit", "quiet_from": "22:00"}),
        use_settings,
        as_json({"closing": {"how": "quit"}, "new": [1]}),
        as_json({"closing": 3, "start_at_login": "x", "quiet_from": [], "notify_failed": {}}),
    ),
    "servers": Kept(
        lambda paths: paths.config / "servers.json",
        as_json(SERVERS),
        use_servers,
        as_json({"version": 9, "servers": {"a": {"address": "http://127.0.0.1:9"}}, "selected": ["a"]}),
        as_json({"servers": [3, {"address": []}, {"address": "http://127.0.0.1:9", "name": 7}], "selected": 5}),
    ),
    "tokens": Kept(
        lambda paths: paths.config / "tokens.json",
        as_json({"http://127.0.0.1:9": "secret"}),
        use_keys,
        as_json({"http://127.0.0.1:9": {"token": "secret"}}),
        as_json({"http://127.0.0.1:9": 5, "b": None}),
    ),
    "names of headers": Kept(
        lambda paths: paths.config / "tool_headers.json",
        as_json({"names": ["tool-headers-1"]}),
        use_headers,
        as_json({"names": {"tool-headers-1": {}}}),
        as_json({"names": [3, None, "tool-headers-1"]}),
        precious=False,
    ),
    "headers": Kept(
        lambda paths: paths.config / "tool_headers_values.json",
        as_json(
            {"tool-headers-1": json.dumps({"server": "", "url": "https://example.com/mcp", "headers": {"A": "1"}})}
        ),
        use_headers,
        as_json({"tool-headers-1": {"headers": {}}}),
        as_json({"tool-headers-1": "[" * 200_000, "tool-headers-2": '{"headers": 5}'}),
    ),
    "watched": Kept(
        lambda paths: paths.data / "watched.json",
        as_json([{"server": "", "id": "1", "model": "m", "state": "paused", "total": 9}]),
        use_watched,
        as_json({"version": 2, "jobs": []}),
        as_json([3, {"server": [], "id": None}, {"server": "", "id": 1, "model": 2, "state": 3, "total": 1e400}]),
        precious=False,
    ),
    "window": Kept(
        lambda paths: paths.config / "window.ini",
        as_text("[General]\ngeometry=@ByteArray(x)\nsidebar=@ByteArray(y)\nsidebar_wanted=true\n"),
        use_window,
        as_text("[General]\ngeometry=@Variant(\\0\\0\\0\\x7f)\n[New]\na=1\n"),
        as_text("[General]\ngeometry=5\nsidebar=@Size(1 2)\nsidebar_wanted=maybe\n"),
        precious=False,
    ),
    "instance": Kept(
        lambda paths: paths.runtime / "desktop.json",
        as_json({"port": 9, "key": "k"}),
        use_instance,
        as_json({"address": "unix:/x"}),
        as_json({"port": [], "key": {}}),
        precious=False,
    ),
    "server state": Kept(
        lambda paths: paths.runtime / "server.json",
        as_json({"pid": 1, "host": "127.0.0.1", "port": 9, "version": "1", "created": 1.0, "key": "k"}),
        use_server_state,
        as_json({"pid": 1, "new": 1}),
        as_json({"pid": "x", "host": 1, "port": "y", "version": [], "created": "z", "key": 1}),
        precious=False,
    ),
    "catalog": Kept(
        lambda paths: paths.data / "catalog.json",
        as_text(resource_path("catalog.json").read_text()),
        use_catalog,
        as_json({"date": "2099-01-01", "models": {"a": 1}}),
        as_json({"date": 5, "models": "x"}),
        precious=False,
    ),
    "log": Kept(
        lambda paths: paths.logs / "desktop.log",
        as_text("a line\n"),
        use_log,
        as_text("\x1b[31m{}\n"),
        as_text("\ufffe\0\n"),
        precious=False,
    ),
}


# -- the states


def put(kept: Kept, state: str, file: Path) -> bytes:
    """Bring the file into a state; what is in it then."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if state == "folder":
        file.mkdir()
        (file / "inside").touch()
        return b""
    if state == "pipe":
        os.mkfifo(file)
        return b""
    write = {"newer": kept.newer, "odd": kept.odd}.get(state, kept.sound)
    write(file)
    data = file.read_bytes()
    match state:
        case "missing":
            file.unlink()
            return b""
        case "empty":
            data = b""
        case "cut":
            data = data[: len(data) // 2]
        case "zeroed":
            data = bytes(len(data))
        case "noise":
            data = random.Random(3).randbytes(len(data) + 20)
        case "deep":
            data = b"[" * 200_000
        case "not readable":
            file.chmod(0)
            return data
        case "not writable":
            file.chmod(0o444)
            file.parent.chmod(0o555)
            return data
    file.write_bytes(data)
    return data


STATES = [
    *("missing", "empty", "cut", "zeroed", "noise", "odd", "deep", "newer", "not readable", "not writable", "folder"),
    "pipe",
]

DROPPED = [("settings", "odd"), ("settings", "newer")]
"""What can't be used of these is not written back."""


@pytest.fixture
def paths() -> Iterator[Paths]:
    paths = app_paths()
    yield paths
    for folder in (paths.data, paths.config, paths.logs, paths.runtime):
        if folder.exists():
            folder.chmod(0o755)


@pytest.mark.qt_log_ignore("unknown user type")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", list(FILES))
async def test_the_window_goes_on_and_nothing_is_lost(name: str, state: str, qapp: QApplication, paths: Paths) -> None:
    kept = FILES[name]
    file = kept.path(paths)
    before = put(kept, state, file)
    reported: list[BaseException] = []
    told: AppError | None = None
    with without_privileges():
        try:
            await kept.use(paths, reported)
        except AppError as error:
            told = error
    assert all(isinstance(error, AppError) for error in reported)
    if told:
        # It was not used, and so it is as it was.
        assert told.message
        assert told.hint
        assert state in ("newer", "not readable", "not writable", "folder", "pipe"), told
        assert state in ("folder", "pipe") or file.read_bytes() == before
    elif kept.precious and (state in ("cut", "zeroed", "noise", "deep", "not readable") or (name, state) in DROPPED):
        beside = [one.read_bytes() for one in file.parent.glob(f"{file.stem}*broken*")]
        assert before in beside, "what was in it is gone"
    elif state == "newer" and name in ("servers", "tokens"):
        there = b"".join(one.read_bytes() for one in file.parent.glob(f"{file.stem}*"))
        assert b"http://127.0.0.1:9" in there


@pytest.mark.proof
@pytest.mark.parametrize("state", STATES if PROVE else ["deep"])
def test_a_window_opens_whatever_became_of_all_its_files(state: str, paths: Paths) -> None:
    for kept in FILES.values():
        put(kept, state, kept.path(paths))
    for folder in (paths.data, paths.config, paths.logs, paths.runtime):
        folder.chmod(0o755)
    process = subprocess.Popen(
        self_command(), env=os.environ | {"STUDIOLO_STARTUP_TRACE": "1"}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline().startswith("shown ")
        assert process.poll() is None
    finally:
        process.terminate()
        assert process.wait(30) == 0
        assert process.stdout
        process.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="there is no limit of open files to lower")
def test_a_sound_file_stays_where_the_process_has_too_many_open(tmp_path: Path) -> None:
    import resource

    file = tmp_path / "desktop.json"
    file.write_text('{"closing": "quit"}')
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, limits[1]))
    try:
        assert read_kept(file, dict) == {}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert read_kept(file, dict) == {"closing": "quit"}
    assert list(tmp_path.iterdir()) == [file]
