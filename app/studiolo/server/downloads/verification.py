"""Whether the files of a model still are what was downloaded."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from studiolo.errors import AppError, StorageError
from studiolo.files import sha256_of, size_of
from studiolo.hub.huggingface import is_repository
from studiolo.server.downloads.jobs.queue import DownloadQueue
from studiolo.server.downloads.sources import Sources
from studiolo.server.downloads.transfer.blocks import BlockJournal
from studiolo.server.library.byte_progress import ByteProgress

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Expected:
    """The sha256 that files should have. `at_hub`: those that only the hub told, of what it has today."""

    hashes: dict[Path, str]
    at_hub: frozenset[Path] = frozenset()


@dataclass(frozen=True)
class FileVerdict:
    """word: that of api.models.WorkEvent. files: names of those that it is about."""

    word: Literal["matches", "differs", "other_revision", "unknown"]
    files: list[str]


class Checker:
    """Knows hashes: from the downloads of this server, else from the hub, by the repository that a place names."""

    def __init__(self, sources: Sources, queue: DownloadQueue, blocks: BlockJournal) -> None:
        self._sources = sources
        self._queue = queue
        self._blocks = blocks

    async def known(self, files: list[Path]) -> dict[Path, str]:
        """Return the sha256 that files should have, as far as this server knows."""
        return {file: known for file in files if (known := await asyncio.to_thread(self._known, file))}

    async def expected(self, files: list[Path], repository: str | None) -> Expected:
        """Return what is known of the files, and what the hub says of them; with `repository` None nobody is asked."""
        found = await self.known(files)
        missing = [file for file in files if file not in found]
        if not missing or repository is None or not is_repository(repository):
            return Expected(found)
        try:
            async with self._sources.hub() as hub:
                told = await hub.repository(repository)
        except AppError as error:
            logger.info("the hub does not tell the hashes of %s: %s", repository, error)
            return Expected(found)
        hashes = {PurePosixPath(file.path).name: file.sha256 for file in told.files if file.sha256}
        at_hub = {file: hashes[file.name] for file in missing if file.name in hashes}
        return Expected(found | at_hub, frozenset(at_hub))

    def check(
        self, expected: Expected, files: list[Path], progress: Callable[[float], None], stop: threading.Event
    ) -> FileVerdict:
        """Read all of the files whose hash is known. Blocking. Raises StorageError, byte_progress.Cancelled."""
        read = ByteProgress(sum(size_of(file) for file in expected.hashes), progress, stop)
        differ = []
        for file, sha256 in expected.hashes.items():
            try:
                found = sha256_of(file, read.add)
            except OSError as error:
                raise StorageError(f"{file.name} can't be read.", hint=f"{error.strerror}.") from error
            if found != sha256:
                differ.append(file)
            else:
                self.remember(file, found)
        if damaged := [file.name for file in differ if file not in expected.at_hub]:
            return FileVerdict("differs", damaged)
        if differ:
            return FileVerdict("other_revision", [file.name for file in differ])
        unknown = [file.name for file in files if file not in expected.hashes]
        return FileVerdict("unknown" if unknown else "matches", unknown)

    def remember(self, file: Path, sha256: str) -> None:
        """Keep that a file is what it should be. Blocking."""
        with suppress(OSError, ValueError, sqlite3.Error):
            self._blocks.remember(file, sha256)

    def _known(self, file: Path) -> str | None:
        try:
            return self._queue.sha256_of(file) or self._blocks.sha256_at(file)
        except (OSError, ValueError, sqlite3.Error):  # A name that is no UTF-8 can't be asked for.
            return None
