"""A job that is under way: its files, one after the other, each from whoever has it."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from studiolo.errors import AppError, StorageError
from studiolo.files import sha256_of
from studiolo.hub.belonging import is_model
from studiolo.hub.filenames import is_projector
from studiolo.server.downloads.disk import storage_error
from studiolo.server.downloads.jobs.job import Job, JobFile
from studiolo.server.downloads.transfer.blocks import BLOCK, BlockJournal
from studiolo.server.downloads.transfer.hub_responses import RemoteFile
from studiolo.server.downloads.transfer.limiter import Limiter
from studiolo.server.downloads.transfer.transfer import STALL_SECONDS, Transfer, TransferStopped

logger = logging.getLogger(__name__)

T = TypeVar("T")

_PEER_STALL_SECONDS = 5.0
"""Nobody waits for long for a machine that is switched off while there is another source."""


class RuntimeMaker(Protocol):
    """What makes a runtime of the files of a job. `text`: what the job says in `entry`. Blocking.

    Both raise AppErrors and, of a disk that fails, OSError.
    """

    def is_there(self, text: str) -> bool:
        """Return whether it was made already."""

    def install(self, text: str, check_stop: Callable[[], None]) -> None:
        """Make it of the files, which all came. check_stop: raises where it shall end."""


@dataclass(frozen=True)
class Source:
    """Where a file may be had. patience: failures in a row until the next source is tried; None for the last one."""

    remote: RemoteFile
    patience: int | None = None


class JobRun:
    """`run` is a task's; the rest is for whoever watches it. `sources` gives a file's, the best first."""

    def __init__(
        self,
        job: Job,
        sources: Callable[[Job, JobFile], list[Source]],
        blocks: BlockJournal,
        limiter: Limiter,
        locks: Mapping[str, asyncio.Lock],
        threads: Executor,
        *,
        connections: int,
        runtimes: RuntimeMaker,
    ) -> None:
        self.job = job
        self._runtimes = runtimes
        self._sources = sources
        self._blocks = blocks
        self._limiter = limiter
        self._locks = locks
        self._threads = threads
        self._connections = connections
        self._stop = threading.Event()
        self._transfer: Transfer | None = None
        self._checking = False
        self._fetched = 0
        self._received = dict.fromkeys(job.targets, 0)

    @property
    def fetched(self) -> int:
        """Return bytes that came since this began, whatever became of them."""
        return self._fetched + (self._transfer.fetched if self._transfer else 0)

    @property
    def received(self) -> int:
        """Return bytes of the job that are on the disk."""
        total = sum(self._received.values())
        if self._transfer and (coming := self._transfer.received) is not None:
            total += coming - self._received[str(self._transfer.target)]
        return total

    @property
    def trouble(self) -> str | None:
        """Return why the file that is being fetched does not come just now; None while it does."""
        return self._transfer.trouble if self._transfer else None

    @property
    def verifying(self) -> bool:
        """Return whether files are being checked against their hashes."""
        return self._checking or bool(self._transfer and self._transfer.verifying)

    def stop(self) -> None:
        """Have `run` end soon, and the file that is being fetched with it; what came of it is kept."""
        self._stop.set()
        if self._transfer:
            self._transfer.stop()

    def reconnect(self) -> None:
        """Leave connections that may be dead without knowing it: the machine slept, or is on another network."""
        if self._transfer:
            self._transfer.reconnect()

    def wake(self) -> None:
        """Try again now, instead of when a wait is over: the network is back."""
        if self._transfer:
            self._transfer.wake()

    async def run(self) -> None:
        """Return when every file is in its place, and a runtime is made of them where they are one's.

        Raises TransferStopped, AppErrors.
        """
        is_runtime = self.job.kind == "runtime"
        if is_runtime and await self._in_thread(lambda: self._runtimes.is_there(self.job.entry)):
            await self._make_runtime()
            return
        self._received |= await self._in_thread(lambda: received_files(self.job, self._blocks))
        for file in self.job.files:
            # A projector may belong to two jobs.
            async with self._locks[file.target]:
                if not await self._is_there(file):
                    await self._fetch(file)
            self._received[file.target] = file.size
        if is_runtime:
            await self._make_runtime()

    async def _make_runtime(self) -> None:
        self._checking = True
        try:
            await self._in_thread(lambda: self._runtimes.install(self.job.entry, self._check_stop))
            self._received |= {file.target: file.size for file in self.job.files}
        except OSError as error:
            raise storage_error(error, self.job.folder) from error
        finally:
            self._checking = False

    async def _fetch(self, file: JobFile) -> None:
        sources = self._sources(self.job, file)
        for source in sources:
            try:
                await self._transfer_from(source, file)
            except StorageError:
                raise
            except AppError as error:
                if source is sources[-1]:
                    raise
                logger.info("%s is not had from %s: %s", file.path, source.remote.home, error)
            else:
                return

    async def _transfer_from(self, source: Source, file: JobFile) -> None:
        transfer = Transfer(
            source.remote,
            Path(file.target),
            self._blocks,
            self._limiter,
            connections=self._connections,
            patience=source.patience,
            stall_seconds=STALL_SECONDS if source.patience is None else _PEER_STALL_SECONDS,
        )
        self._transfer = transfer
        if self._stop.is_set():
            raise TransferStopped
        try:
            await self._in_thread(transfer.run)
        finally:
            self._transfer = None
            self._fetched += transfer.fetched
            if transfer.received is not None:
                self._received[file.target] = transfer.received

    async def _is_there(self, file: JobFile) -> bool:
        self._checking = True
        try:
            return await self._in_thread(lambda: self._holds(file))
        finally:
            self._checking = False

    def _holds(self, file: JobFile) -> bool:
        target = Path(file.target)
        try:
            if not target.is_file() or target.stat().st_size != file.size:
                return False
            if file.sha256 is None:
                return True
            known = self._blocks.hash_of(target) or self._hash(target)
            return known == file.sha256
        except (OSError, sqlite3.Error) as error:
            raise storage_error(error, target) from error

    def _hash(self, target: Path) -> str:
        sha256 = sha256_of(target, lambda _: self._check_stop())
        with suppress(sqlite3.Error):
            self._blocks.remember(target, sha256)
        return sha256

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise TransferStopped

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def received_files(job: Job, blocks: BlockJournal) -> dict[str, int]:
    """Target to the bytes of it that are on the disk. Blocking; what can't be found out counts as nothing."""
    found = {}
    for file in job.files:
        target = Path(file.target)
        try:
            whole = target.stat().st_size == file.size
        except OSError:
            whole = False
        try:
            found[file.target] = file.size if whole else min(file.size, blocks.count(file.target) * BLOCK)
        except (OSError, sqlite3.Error):
            found[file.target] = 0
    return found


def discard(job: Job, blocks: BlockJournal, *, keep: frozenset[str]) -> None:
    """Remove what came of a job that is not wanted any more, but for the targets in `keep`. Blocking.

    A projector stays while another model stands beside it. Raises StorageError.
    """
    others = [path for path in job.folder.rglob("*.gguf") if str(path) not in job.targets and is_model(path.name)]
    for file in job.files:
        if file.target in keep or (others and is_projector(file.path)):
            continue
        target = Path(file.target)
        try:
            for suffix in (".part", ".part.lock"):
                target.with_name(target.name + suffix).unlink(missing_ok=True)
            if file.target not in job.preexisting:
                target.unlink(missing_ok=True)
            blocks.clear(file.target)
        except (OSError, sqlite3.Error) as error:
            raise storage_error(error, target) from error
    for folder in (job.folder, job.folder.parent):
        with suppress(OSError):  # Something else is in it.
            folder.rmdir()
