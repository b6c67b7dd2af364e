"""One file from the hub to the disk: in ranges, over several connections, resumed where it was left.

The file grows as `<name>.part` beside its place. Every finished block is journaled with a checksum of what came: a kill
costs at most a block a connection, and a disk that lost some of it is found out. The whole is hashed in order while it
comes, and again from its beginning after a restart, beside the fetching.
"""

import errno
import http.client
import io
import logging
import os
import random
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from studiolo.errors import ProtocolError, StorageError, UnreachableError
from studiolo.server.downloads.disk import storage_error, sync_folder
from studiolo.server.downloads.transfer.background_thread import give_way
from studiolo.server.downloads.transfer.blocks import BLOCK, BlockJournal
from studiolo.server.downloads.transfer.connection import LineErrors, RangeConnection
from studiolo.server.downloads.transfer.flusher import Flusher
from studiolo.server.downloads.transfer.hub_responses import (
    RemoteFile,
    TryAgain,
    check_part,
    signed_address,
    wrong_content,
)
from studiolo.server.downloads.transfer.limiter import Limiter
from studiolo.server.downloads.transfer.progress import Progress
from studiolo.server.downloads.transfer.verify import Hasher, blocks_that_differ

logger = logging.getLogger(__name__)

PIECE = 256 * 1024
"""Bytes that are read and written at once. ext4 takes a third of the time for them that it takes for 1 MiB."""
STALL_SECONDS = 30.0
_LONGEST_WAIT = 60.0
_PATIENCE = 12
"""Failures in a row of a hub that answers, until it is given up. A network that is away is waited for."""


class TransferStopped(Exception):
    """The transfer was told to stop; what came is kept."""


class _DiskTrouble(Exception):
    """Its cause is an OSError of the disk, not of the network."""


class _StartOver(Exception):
    """The hub sends no ranges."""


class Transfer:
    """Fetch `remote` to `target`. `run` blocks; everything else may be called from any thread meanwhile."""

    def __init__(
        self,
        remote: RemoteFile,
        target: Path,
        journal: BlockJournal,
        limiter: Limiter,
        *,
        connections: int = 4,
        stall_seconds: float = STALL_SECONDS,
        longest_wait: float = _LONGEST_WAIT,
        patience: int | None = None,
        run_blocks: tuple[int, int] = (4, 64),
    ) -> None:
        """patience: failures in a row until it is given up, whatever they are; None: as is right for a hub.

        run_blocks: that one request asks for, at least and at most, where there are several connections.
        """
        self.remote = remote
        self.target = target
        self.part = target.with_name(target.name + ".part")
        self.trouble: str | None = None
        self.fetched = 0
        self.verifying = False
        self._journal = journal
        self._limiter = limiter
        self._connections = connections
        self._stall_seconds = stall_seconds
        self._longest_wait = longest_wait
        self._patience = patience
        self._run_blocks = run_blocks
        self._key = str(target)
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._failure: BaseException | None = None
        self._lines: set[RangeConnection] = set()
        self._address: str | None = None
        self._lock = threading.Lock()
        self._ranges = True
        self._progress: Progress | None = None

    @property
    def received(self) -> int | None:
        """Return bytes that are there; the file's size at the end; None until it is known."""
        return self._progress.received if self._progress else None

    def stop(self) -> None:
        """Have `run` raise Stopped, soon."""
        self._stop.set()
        self._wake.set()
        with self._lock:
            for line in self._lines:
                line.abort()

    def wake(self) -> None:
        """Try again now, instead of when the wait is over: the network is back."""
        self._wake.set()

    def reconnect(self) -> None:
        """Leave connections that may be dead without knowing it: the machine slept, or is on another network."""
        with self._lock:
            for line in self._lines:
                line.interrupt()
        self._wake.set()

    def run(self) -> None:
        """Return when the whole file is in its place, verified.

        Raises Stopped, DiskFullError, and AppErrors for what trying again would not mend.
        """
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.part}.lock", timeout=0):
                self._fetch_and_verify()
            Path(f"{self.part}.lock").unlink(missing_ok=True)
        except Timeout as error:
            raise StorageError(
                f"Another program is downloading {self.target.name}.", hint="Let it finish, or end it."
            ) from error
        except _DiskTrouble as error:
            raise storage_error(error.__cause__ or error, self.target) from error
        except (OSError, sqlite3.Error) as error:
            raise storage_error(error, self.target) from error

    def _fetch_and_verify(self) -> None:
        self.part.touch()
        self._progress = Progress(self._journal, self._key, self.remote.size, on_disk=self.part.stat().st_size)
        for repairing in (False, True):
            digest = self._fetched_digest(self._progress)
            if self.remote.sha256 in (None, digest):
                self._put_in_place(digest)
                return
            wrong = blocks_that_differ(self.part, self._progress, self._check_stop)
            if repairing or not wrong:
                break
            logger.warning("%s: %d blocks are not as they came; they are fetched again", self.target, len(wrong))
            self._progress.forget(wrong)
        self._progress.forget()
        raise wrong_content(self.remote, digest)

    def _fetched_digest(self, progress: Progress) -> str:
        hasher = Hasher(self.part, progress)
        with Flusher(self.part, lambda: self.fetched, lambda: hasher.hashed) as flusher, hasher:
            self._fetch_all()
            self.verifying = True
            digest = hasher.digest(self._check_stop)
            flusher.check()
        self.verifying = False
        return digest

    def _put_in_place(self, digest: str) -> None:
        with self.part.open("rb+") as file:
            file.truncate(self.remote.size)
            os.fsync(file.fileno())
        self.part.replace(self.target)
        sync_folder(self.target.parent)
        with suppress(OSError, sqlite3.Error):  # The file is there, whatever becomes of what is known about it.
            self._journal.clear(self._key)
            self._journal.remember(self.target, digest)

    def _fetch_all(self) -> None:
        assert self._progress
        while not self._progress.complete:
            self._check_stop()
            count = self._connections if self._ranges else 1
            workers = [
                threading.Thread(target=self._work, args=(n,), name=f"fetch {n}", daemon=True) for n in range(count)
            ]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            try:
                self._progress.save()
            except (OSError, sqlite3.Error) as error:
                self._failure = self._failure or error
            if self._failure:
                raise self._failure
        self.trouble = None

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise TransferStopped

    def _work(self, number: int) -> None:
        give_way()
        if number and not self._ranges:
            return  # It turned out since that one must do it alone.
        try:
            with self._line() as line:
                self._fetch_runs(line)
        except _StartOver:
            self._ranges = False
            self._end_others()
        except BaseException as error:  # noqa: BLE001
            # Raised again by the thread that waits for this one.
            self._failure = self._failure or error
            self._end_others()

    def _end_others(self) -> None:
        with self._lock:
            for line in self._lines:
                line.abort()
        self._wake.set()

    @contextmanager
    def _line(self) -> Iterator[RangeConnection]:
        remote = self.remote
        with RangeConnection(
            remote.home,
            remote.token,
            timeout=self._stall_seconds,
            network=remote.network,
            purpose=remote.purpose,
        ) as line:
            with self._lock:
                self._lines.add(line)
            try:
                yield line
            finally:
                with self._lock:
                    self._lines.discard(line)

    def _fetch_runs(self, line: RangeConnection) -> None:
        assert self._progress
        failures = 0
        ranged = self._ranges
        while run := self._next_run():
            before = self.fetched
            try:
                self._fetch(line, run)
                failures = 0
            except (TryAgain, *LineErrors) as error:
                line.drop()
                self._check_stop()
                if self._failure or self._ranges != ranged:
                    return
                failures = 1 if self.fetched > before else failures + 1
                self._after_failure(error, failures)
            finally:
                self._progress.release(run)

    def _next_run(self) -> range | None:
        assert self._progress
        if self._ranges:
            least, most = self._run_blocks
            share = self._progress.count // (4 * self._connections)
            run = max(least, min(most, share)) if self._connections > 1 else self._progress.count
            return self._progress.take(run)
        if self._progress.complete:
            return None
        self._progress.forget()
        return self._progress.take(self._progress.count)

    def _after_failure(self, error: BaseException, failures: int) -> None:
        """Wait as long as makes sense. Raises AppError when it does not any more."""
        again = error if isinstance(error, TryAgain) else TryAgain(f"{type(error).__name__}: {error}")
        if self._patience is not None and failures >= self._patience:
            raise UnreachableError(f"{self.remote.home} does not send {self.target.name}.", details=str(again))
        if again.answered and failures > _PATIENCE:
            raise ProtocolError(
                f"{self.remote.holder.capitalize()} does not send {self.target.name}.",
                hint="Try again later.",
                details=str(again),
            )
        with self._lock:
            self._address = None
        self.trouble = str(again)
        if again.at_once and failures < 3:
            return
        wait = again.wait or pause_after(failures, self._longest_wait)
        self._wake.wait(min(wait, 3600.0))
        if not (self._stop.is_set() or self._failure):
            self._wake.clear()

    def _fetch(self, line: RangeConnection, run: range) -> None:
        assert self._progress
        start, end = run.start * BLOCK, min(run.stop * BLOCK, self.remote.size)
        headers = {"Range": f"bytes={start}-{end - 1}"} if self._ranges else {}
        answer = line.request("GET", self._resolved(line), headers)
        whole = self._connections == 1 and run == range(self._progress.count)
        if answer.status == 200 and self._ranges and not whole:
            raise _StartOver
        check_part(answer, self.remote, start, end)
        self._read(answer, run)
        if not answer.isclosed():
            line.drop()

    def _resolved(self, line: RangeConnection) -> str:
        """Return where the bytes are: a signed address, asked for anew after each failure. Raises as `_fetch` does."""
        with self._lock:
            if self._address:
                return self._address
        answer = line.request("HEAD", self.remote.url, {}, follow=False)
        answer.read()
        address = signed_address(answer, self.remote)
        with self._lock:
            self._address = address
        return address

    def _read(self, answer: http.client.HTTPResponse, run: range) -> None:
        assert self._progress
        with _disk(), self.part.open("rb+", buffering=0) as file:
            file.seek(run.start * BLOCK)
            for number in run:
                length = min(BLOCK, self.remote.size - number * BLOCK)
                with self._progress.coming() as came:
                    self._progress.finish(number, self._read_block(answer, length, file, came))

    def _read_block(
        self, answer: http.client.HTTPResponse, length: int, file: io.FileIO, came: Callable[[int], None]
    ) -> int:
        """Write what comes where `file` stands; the checksum of it."""
        buffer = memoryview(bytearray(PIECE))
        checksum = filled = 0
        while filled < length:
            self._check_stop()
            most = self._limiter.piece(min(PIECE, length - filled))
            with _network():
                count = answer.readinto(buffer[:most])
            if not count:
                raise TryAgain("the connection was cut")
            piece = buffer[:count]
            if file.write(piece) != count:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            checksum = zlib.crc32(piece, checksum)
            filled += count
            self.fetched += count
            self.trouble = None
            came(count)
            self._limiter.take(count, self._stop)
        return checksum


def pause_after(failures: int, longest: float) -> float:
    """Return seconds to wait after so many failures in a row: twice as long each time, and never quite the same."""
    return min(2.0 ** min(failures - 1, 20), longest) * random.uniform(0.5, 1)


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _DiskTrouble from error


@contextmanager
def _network() -> Iterator[None]:
    """Tells the network's errors from those of the disk around it."""
    try:
        yield
    except LineErrors as error:
        raise TryAgain(f"{type(error).__name__}: {error}") from error
