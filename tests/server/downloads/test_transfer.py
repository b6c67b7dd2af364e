"""One file over a network, and from a hub, that does everything wrong."""

import ctypes
import hashlib
import mmap
import os
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psutil
import pytest

from studiolo.errors import NotFoundError, ProtocolError, RequestError, StorageError, UnreachableError
from studiolo.server.downloads.transfer.blocks import BLOCK, BlockJournal
from studiolo.server.downloads.transfer.flusher import Flusher
from studiolo.server.downloads.transfer.hub_responses import RemoteFile
from studiolo.server.downloads.transfer.limiter import Limiter
from studiolo.server.downloads.transfer.transfer import Transfer, TransferStopped, pause_after
from tests.server.downloads.conftest import DatabaseDisk
from tests.stands.hub import Repo, StandHub
from tests.stands.waiting import LIMIT_SECONDS, wait_until

REPO, NAME = "acme/m-GGUF", "m-Q4_K_M.gguf"
CONTENT = os.urandom(9 * BLOCK + 12345)
SIZE = len(CONTENT)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class MakeTransfer(Protocol):
    """Makes a transfer of the file, each to the same place."""

    def __call__(
        self,
        *,
        sha256: str | None = SHA256,
        size: int = SIZE,
        limiter: Limiter | None = None,
        token: str | None = None,
        name: str = NAME,
        folder: Path | None = None,
        **options: Any,
    ) -> Transfer: ...


@pytest.fixture
def repo(stand: StandHub) -> Repo:
    return stand.add(REPO, {NAME: CONTENT})


@pytest.fixture
def journal(database_disk: DatabaseDisk, tmp_path: Path) -> Iterator[BlockJournal]:
    journal = BlockJournal(tmp_path / "blocks.sqlite")
    yield journal
    journal.close()


@pytest.fixture
def transfer(stand: StandHub, repo: Repo, journal: BlockJournal, tmp_path: Path) -> MakeTransfer:
    def make(
        *,
        sha256: str | None = SHA256,
        size: int = SIZE,
        limiter: Limiter | None = None,
        token: str | None = None,
        name: str = NAME,
        folder: Path | None = None,
        **options: Any,
    ) -> Transfer:
        url = f"{stand.endpoint}/{REPO}/resolve/main/{name}"
        remote = RemoteFile(url, stand.endpoint, REPO, size, sha256, token)
        options = {"longest_wait": 0.01, **options}
        return Transfer(remote, (folder or tmp_path / "models") / NAME, journal, limiter or Limiter(), **options)

    return make


def assert_whole(transfer: Transfer) -> None:
    assert transfer.target.read_bytes() == CONTENT
    assert transfer.received == len(CONTENT)
    assert os.listdir(transfer.target.parent) == [NAME], "no part, no lock"


@pytest.mark.parametrize("connections", [1, 4])
def test_a_file_comes_whole(transfer: MakeTransfer, stand: StandHub, connections: int) -> None:
    one = transfer(connections=connections)
    one.run()
    assert_whole(one)
    assert sum(asked.sent for asked in stand.downloads()) == len(CONTENT), "no byte twice"


def test_a_file_whose_hash_nobody_knows_comes_too(transfer: MakeTransfer) -> None:
    one = transfer(sha256=None)
    one.run()
    assert_whole(one)


@pytest.mark.parametrize("connections", [1, 3])
def test_cuts_are_resumed(transfer: MakeTransfer, stand: StandHub, connections: int) -> None:
    stand.wrong.cuts = [3 * BLOCK + 100, 0, 2 * BLOCK, 5]
    one = transfer(connections=connections)
    one.run()
    assert_whole(one)
    assert sum(asked.sent for asked in stand.downloads()) < len(CONTENT) + 4 * BLOCK


def test_a_stalled_socket_is_left(transfer: MakeTransfer, stand: StandHub) -> None:
    stand.wrong.stalls = [2 * BLOCK, 100]
    one = transfer(connections=1, stall_seconds=0.2)
    one.run()
    assert_whole(one)


def test_signatures_that_expire_are_renewed(transfer: MakeTransfer, stand: StandHub) -> None:
    stand.wrong.signature_requests = 1
    stand.wrong.cuts = [BLOCK, BLOCK, BLOCK]
    one = transfer(connections=1)
    one.run()
    assert_whole(one)
    assert sum(asked.method == "HEAD" for asked in stand.asked) >= 2


def test_expired_addresses_of_many_connections(transfer: MakeTransfer, stand: StandHub) -> None:
    stand.wrong.signature_requests = 2
    one = transfer(connections=3, run_blocks=(2, 2))
    one.run()
    assert_whole(one)


def test_too_many_requests_are_waited_for(transfer: MakeTransfer, stand: StandHub) -> None:
    stand.wrong.statuses, stand.wrong.retry_after = [429, 503], "1"
    began = time.monotonic()
    one = transfer(connections=1)
    one.run()
    assert_whole(one)
    assert time.monotonic() - began > 2, "twice as long as was asked for"


def test_a_hub_that_only_fails_is_given_up(transfer: MakeTransfer, stand: StandHub) -> None:
    stand.wrong.statuses = [500] * 1000
    with pytest.raises(ProtocolError, match="does not send"):
        transfer(connections=1).run()


def test_a_network_that_is_away_is_waited_for(transfer: MakeTransfer, stand: StandHub) -> None:
    stand.wrong.cuts = [BLOCK] + [0] * 60
    one = transfer(connections=1)
    one.run()
    assert_whole(one)


def test_a_hub_without_ranges(transfer: MakeTransfer, stand: StandHub) -> None:
    stand.wrong.ignore_range = True
    stand.wrong.cuts = [5 * BLOCK]
    one = transfer(connections=3)
    one.run()
    assert_whole(one)


@pytest.mark.parametrize("connections", [1, 4])
def test_a_hub_that_lost_its_ranges_begins_anew(transfer: MakeTransfer, stand: StandHub, connections: int) -> None:
    stopped(transfer, stand, after=4 * BLOCK)
    stand.wrong.ignore_range = True
    one = transfer(connections=connections)
    one.run()
    assert_whole(one)


def test_a_wrong_hash_is_told_with_both(transfer: MakeTransfer, stand: StandHub, repo: Repo) -> None:
    repo.claimed[NAME] = "0" * 64
    one = transfer(sha256="0" * 64)
    with pytest.raises(ProtocolError, match="not what the hub says") as raised:
        one.run()
    assert SHA256[:12] in raised.value.details
    assert "0" * 12 in raised.value.details
    assert not one.target.exists()
    assert sum(asked.sent for asked in stand.downloads()) == len(CONTENT), "what came as it was sent is not sent again"


def test_what_the_disk_lost_is_fetched_again(transfer: MakeTransfer, stand: StandHub, tmp_path: Path) -> None:
    stopped(transfer, stand, after=6 * BLOCK)
    part = tmp_path / "models" / f"{NAME}.part"
    with part.open("rb+") as file:
        file.seek(2 * BLOCK + 5)
        file.write(b"\0" * 4096)
    before = sum(asked.sent for asked in stand.downloads())
    one = transfer()
    one.run()
    assert_whole(one)
    assert sum(asked.sent for asked in stand.downloads()) - before <= len(CONTENT) - 3 * BLOCK


def test_a_file_that_was_changed_is_not_mixed(transfer: MakeTransfer, stand: StandHub, repo: Repo) -> None:
    stopped(transfer, stand, after=3 * BLOCK)
    repo.files[NAME] = os.urandom(len(CONTENT))
    with pytest.raises(ProtocolError, match="changed on the hub"):
        transfer().run()


@pytest.mark.parametrize("extra", [4096, -4096])
def test_a_size_that_is_a_lie_is_told(transfer: MakeTransfer, stand: StandHub, extra: int) -> None:
    stand.wrong.extra_bytes = extra
    with pytest.raises(ProtocolError, match="another size"):
        transfer().run()


def test_gated_and_missing_files_are_told(transfer: MakeTransfer, stand: StandHub, repo: Repo) -> None:
    with pytest.raises(NotFoundError):
        transfer(name="none.gguf").run()
    repo.gated = True
    with pytest.raises(RequestError) as raised:
        transfer().run()
    assert raised.value.code == "gated_repository"


def test_the_token_stays_with_the_hub(transfer: MakeTransfer, stand: StandHub, repo: Repo) -> None:
    repo.gated = True
    one = transfer(token=stand.TOKEN)
    one.run()
    assert_whole(one)
    assert stand.downloads()
    assert not any("Authorization" in asked.headers for asked in stand.downloads())


def test_a_redirect_to_another_origin_again(transfer: MakeTransfer, stand: StandHub, repo: Repo) -> None:
    repo.gated = True
    stand.wrong.elsewhere = "http://127.0.0.1:9"
    one = transfer(token=stand.TOKEN, connections=1)
    with running_until_stopped(one):
        wait_until(lambda: "refused" in (one.trouble or "").lower())


def test_stopping_keeps_what_came(transfer: MakeTransfer, stand: StandHub) -> None:
    """Of three runs of blocks on as many connections, at most one block each is not whole yet."""
    stopped(transfer, stand, after=7 * BLOCK, connections=4)
    before = sum(asked.sent for asked in stand.downloads())
    one = transfer()
    one.run()
    assert_whole(one)
    assert sum(asked.sent for asked in stand.downloads()) - before <= len(CONTENT) - 4 * BLOCK


def test_a_stalled_transfer_stops_at_once(transfer: MakeTransfer, stand: StandHub) -> None:
    stand.wrong.stalls = [0, 0, 0, 0]
    with running_until_stopped(transfer(stall_seconds=600)):
        wait_until(lambda: len(stand.downloads()) >= 3, "as many connections as there are runs of blocks")
        began = time.monotonic()
    assert time.monotonic() - began < 5


def test_a_lost_part_begins_anew(transfer: MakeTransfer, stand: StandHub, tmp_path: Path) -> None:
    stopped(transfer, stand, after=5 * BLOCK)
    (tmp_path / "models" / f"{NAME}.part").unlink()
    one = transfer()
    one.run()
    assert_whole(one)


def test_one_file_has_one_writer(transfer: MakeTransfer, stand: StandHub) -> None:
    stand.wrong.stalls = [0]
    with running_until_stopped(transfer(connections=1, stall_seconds=600)):
        wait_until(stand.downloads)
        with pytest.raises(StorageError, match="Another program"):
            transfer().run()


def test_the_limit_is_kept(transfer: MakeTransfer) -> None:
    limiter = Limiter(12 * BLOCK)
    began = time.monotonic()
    one = transfer(limiter=limiter)
    one.run()
    assert_whole(one)
    assert time.monotonic() - began > 0.45, "of 0.75 s, a quarter of a second's worth may come at once"


def test_an_empty_file(transfer: MakeTransfer, stand: StandHub, repo: Repo) -> None:
    repo.files[NAME] = b""
    one = transfer(size=0, sha256=hashlib.sha256(b"").hexdigest())
    one.run()
    assert one.target.read_bytes() == b""


def test_a_folder_that_can_not_be(transfer: MakeTransfer, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(StorageError):
        transfer().run()


@contextmanager
def running_until_stopped(one: Transfer) -> Iterator[None]:
    """Run a transfer beside the block; it is stopped at its end, and leaves no file but a part."""

    def run() -> None:
        with pytest.raises(TransferStopped):
            one.run()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        one.stop()
        thread.join()
    assert not one.target.exists()


def stopped(transfer: MakeTransfer, stand: StandHub, *, after: int, connections: int = 1) -> None:
    """Run a transfer and stop it when so much has come, and not half a block more."""
    one = transfer(connections=connections)
    stand.hold(after=after + BLOCK // 2)
    with running_until_stopped(one):
        wait_until(lambda: (one.received or 0) >= after)
    stand.release()


def test_a_network_that_is_away_for_days_is_still_waited_for(transfer: MakeTransfer, stand: StandHub) -> None:
    one = transfer(longest_wait=0.001)
    stand.close()
    with running_until_stopped(one):
        wait_until(lambda: (one.trouble or "").startswith("ConnectionRefusedError: "))
    assert 0 < pause_after(5000, longest=60) <= 60


def test_somebody_who_is_not_the_hub_is_given_up_soon(transfer: MakeTransfer, stand: StandHub) -> None:
    stand.wrong.cuts = [0] * 100
    with pytest.raises(UnreachableError):
        transfer(patience=2, connections=1).run()


def test_connections_that_are_dead_are_left(transfer: MakeTransfer, stand: StandHub) -> None:
    stand.wrong.stalls = [2 * BLOCK]
    one = transfer(connections=1, stall_seconds=600)
    runner = threading.Thread(target=one.run)
    runner.start()
    wait_until(lambda: (one.received or 0) >= 2 * BLOCK)
    one.reconnect()
    runner.join(LIMIT_SECONDS)
    assert_whole(one)


def test_what_a_full_disk_did_not_journal_is_known(database_disk: DatabaseDisk, journal: BlockJournal) -> None:
    journal.add("a", {0: 7})
    database_disk.fill()
    many = {number: number for number in range(1, 3000)}
    with pytest.raises(sqlite3.OperationalError, match="full"):
        journal.add("a", many)
    assert journal.count("a") == 3000
    database_disk.free()
    journal.add("a", {3000: 1})
    journal.close()
    assert journal.load("a") == {0: 7, **many, 3000: 1}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems can't be told what not to keep")
def test_what_is_on_the_disk_leaves_the_memory(
    transfer: MakeTransfer, monkeypatch: pytest.MonkeyPatch, disk_folder: Path
) -> None:
    """A download must not push the models that are loaded out of the system's cache."""
    monkeypatch.setattr(Flusher, "look_seconds", 0.01)
    monkeypatch.setattr(Flusher, "least_bytes", BLOCK)
    limiter = Limiter()
    # Two seconds: on a busy machine the thread that writes comes to its turn now and then only.
    limiter.rate = SIZE // 2
    one = transfer(limiter=limiter, connections=1, folder=disk_folder)
    one.run()
    assert cached_bytes(one.target) < SIZE / 2
    assert_whole(one)


@pytest.fixture
def disk_folder() -> Iterator[Path]:
    """A new folder on a disk: on many systems /tmp is in memory, and what is there can't leave it."""
    for place in (tempfile.gettempdir(), "/var/tmp", Path(__file__).parent):
        mounts = [part for part in psutil.disk_partitions(all=True) if Path(place).is_relative_to(part.mountpoint)]
        if mounts and max(mounts, key=lambda part: len(part.mountpoint)).fstype not in ("tmpfs", "ramfs"):
            with tempfile.TemporaryDirectory(dir=place) as folder:
                yield Path(folder)
            return
    raise LookupError("no folder here is on a disk")


def cached_bytes(path: Path) -> int:
    """How much of a file is in memory (mincore(2))."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        pages = -(-len(mapped) // mmap.PAGESIZE)
        resident = (ctypes.c_ubyte * pages)()
        place = ctypes.c_char.from_buffer(mapped)
        libc = ctypes.CDLL(None, use_errno=True)
        try:
            assert libc.mincore(ctypes.c_void_p(ctypes.addressof(place)), ctypes.c_size_t(len(mapped)), resident) == 0
        finally:
            del place
        return sum(page & 1 for page in resident) * mmap.PAGESIZE
