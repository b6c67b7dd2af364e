"""Reading never needs writing: what is kept can be read on a full disk and on one that can't be written."""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from studiolo.paths import HOME_VARIABLE
from studiolo.server.chat.responses import ResponseStore

_IN_A_NAMESPACE = ["unshare", "-Urm", "sh", "-c"]

_READ = """
import asyncio, json, sys
from pathlib import Path
from studiolo.errors import StorageError
from studiolo.server.chat.responses import ResponseStore
from studiolo.server.downloads.jobs.journal import JobJournal

async def main():
    folder = Path(sys.argv[1])
    told = []
    store = ResponseStore(folder / "responses.sqlite", keep_days=30, tell=told.append)
    thread = await store.thread("resp_1")
    try:
        await store.add(parent=None, model="m", system=None, messages=[])
        written = True
    except StorageError as error:
        written = str(error)
    again = await store.thread("resp_1")
    print(json.dumps([len(thread.messages), len(again.messages), written, told]))

asyncio.run(main())
"""
_SAID = [{"role": "user", "content": "x" * 100}]


@pytest.fixture(autouse=True)
def _namespaces() -> None:
    if shutil.which("unshare") is None or subprocess.run([*_IN_A_NAMESPACE, "true"], check=False).returncode:
        pytest.skip("a process may not have mounts of its own here")


async def _keep_a_turn(folder: Path) -> None:
    store = ResponseStore(folder / "responses.sqlite", keep_days=30)
    await store.add(parent=None, model="m", system=None, messages=_SAID, response_id="resp_1")
    await store.aclose()


def _leave_a_log(folder: Path) -> None:
    """As after a kill: what was said last is in SQLite's log alone."""
    program = (
        "import asyncio, os, sys; from pathlib import Path\n"
        "from studiolo.server.chat.responses import ResponseStore\n"
        "store = ResponseStore(Path(sys.argv[1]) / 'responses.sqlite', keep_days=30)\n"
        "said = [{'role': 'user', 'content': 'a'}]\n"
        "asyncio.run(store.add(parent=None, model='m', system=None, messages=said, response_id='resp_1'))\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(folder)], check=True)
    assert (folder / "responses.sqlite-wal").stat().st_size


@pytest.mark.parametrize("killed", [False, True])
async def test_a_chat_is_continued_from_a_disk_that_can_not_be_written(tmp_path: Path, killed: bool) -> None:
    if killed:
        _leave_a_log(tmp_path)
    else:
        await _keep_a_turn(tmp_path)
    mount = f'mount --bind "{tmp_path}" "{tmp_path}" && mount -o remount,ro,bind "{tmp_path}" && exec "$@"'
    read, again, written, told = await _read([*_IN_A_NAMESPACE, mount, "sh"], tmp_path)
    assert (read, again) == (1, 1)
    assert "store of chats" in str(written)
    assert any("can only be read" in text for text in told)


async def test_a_chat_is_continued_from_a_full_disk_after_a_restart(tmp_path: Path) -> None:
    _leave_a_log(tmp_path)
    disk = tmp_path / "disk"
    disk.mkdir()
    fill = (
        f'mount -t tmpfs -o size=128k tmpfs "{disk}" && cp "{tmp_path}"/responses.sqlite* "{disk}" && '
        f'{{ cat /dev/zero > "{disk}/filler" 2>/dev/null; exec "$@"; }}'
    )
    read, again, _, _ = await _read([*_IN_A_NAMESPACE, fill, "sh"], disk)
    assert (read, again) == (1, 1)


async def _read(within: list[str], folder: Path) -> tuple[int, int, object, list[str]]:
    command = [*within, sys.executable, "-c", _READ, str(folder)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    read, again, written, told = json.loads(done.stdout)
    return read, again, written, told


async def test_what_can_be_read_of_a_damaged_store_is_there_again(tmp_path: Path) -> None:
    file = tmp_path / "responses.sqlite"
    store = ResponseStore(file, keep_days=30)
    ids = [f"resp_{number:03}" for number in range(60)]
    for name in ids:
        await store.add(parent=None, model="m", system=None, messages=_SAID * 20, response_id=name)
    await store.aclose()
    content = bytearray(file.read_bytes())
    third = len(content) // 3 // 4096 * 4096
    content[third : 2 * third] = bytes(third)
    file.write_bytes(content)
    told: list[str] = []
    again = ResponseStore(file, keep_days=30, tell=told.append)
    assert (await again.get(ids[0])).messages == _SAID * 20
    assert (await again.get(ids[-1])).messages == _SAID * 20
    await again.aclose()
    with closing(sqlite3.connect(file)) as database:
        count = database.execute("SELECT count(*) FROM responses").fetchone()[0]
    assert 20 < count < 60
    assert f"{count} of its entries could be read" in told[0]
    [aside] = tmp_path.glob("responses.sqlite.broken-*[0-9]")
    assert aside.read_bytes() == content


_START = """
import sys
from studiolo.errors import AppError
from studiolo.local_server import start_owned
from studiolo.paths import app_paths
try:
    start_owned(app_paths())
except AppError as error:
    print(error)
"""


@pytest.mark.parametrize("disk", ["read-only", "full"])
def test_why_a_first_start_fails_is_said_where_nothing_can_be_written(tmp_path: Path, disk: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    options = "ro" if disk == "read-only" else "size=4k,nr_inodes=3"
    mount = f'mount -t tmpfs -o {options} tmpfs "{home}" && exec "$@"'
    environment = os.environ | {HOME_VARIABLE: str(home)}
    done = subprocess.run(
        [*_IN_A_NAMESPACE, mount, "sh", sys.executable, "-c", _START],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert "could not be started" in done.stdout, done.stderr
    assert ("Read-only file system" if disk == "read-only" else "No space left") in done.stdout
