"""A database of one process: opened when it is first used, and anew after a failure that may have passed."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeVar

from studiolo.database import NewerVersionError, open_database
from studiolo.database_rescue import hint_of, is_damage, is_read_only
from studiolo.errors import StorageError

logger = logging.getLogger(__name__)

T = TypeVar("T")


class KeptDatabase:
    """Not safe for several threads at once. tell: hears in a sentence of a file that was damaged, or is of no use."""

    def __init__(
        self,
        file: Path,
        schema: str,
        *,
        version: int = 1,
        synchronous: Literal["FULL", "NORMAL"] = "FULL",
        tell: Callable[[str], None] = logger.error,
    ) -> None:
        self.file = file
        self._schema = schema
        self._version = version
        self._synchronous: Literal["FULL", "NORMAL"] = synchronous
        self._tell = tell
        self._complaint = ""
        self._damaged = False
        self._connection: sqlite3.Connection | None = None

    def open(self) -> sqlite3.Connection:
        """Return the connection. Raises sqlite3.Error and OSError; the next call tries anew."""
        if self._connection is None:
            try:
                self._connection = open_database(
                    self.file,
                    self._schema,
                    version=self._version,
                    synchronous=self._synchronous,
                    exclusive=True,
                    damaged=self._damaged,
                    tell=self._tell,
                )
            except (sqlite3.Error, OSError) as error:
                self._complain(f"{self.file} can't be used: {error}. It stays as it is. {hint_for(error)}".strip())
                raise
            self._damaged = False
        return self._connection

    def failed(self, error: BaseException) -> bool:
        """Hear of a failure of what was done with it; whether it may succeed if it is done once more."""
        if is_damage(error):
            again = not self._damaged
            self.close()
            self._damaged = True
            return again
        if is_read_only(error):
            # It was opened where nothing could be written, which may be over by the next time.
            self.close()
        return False

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            self._complaint = text
            self._tell(text)

    def close(self) -> None:
        """Close the database; idempotent."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class LockedDatabase:
    """A KeptDatabase that threads use one after the other. `lock` is held by the one whose turn it is. Blocking."""

    def __init__(self, kept: KeptDatabase) -> None:
        self._kept = kept
        self.file = kept.file
        self.lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection; what was done with it is kept, or, after an error, none of it.

        Raises sqlite3.Error and OSError.
        """
        with self.lock:
            try:
                connection = self._kept.open()
                with connection:
                    yield connection
            except (OSError, sqlite3.Error) as error:
                self._kept.failed(error)
                raise

    def close(self) -> None:
        """Close the database once whoever uses it is done."""
        with self.lock:
            self._kept.close()


class ThreadedDatabase:
    """A KeptDatabase in a thread of its own, for an event loop to use."""

    def __init__(self, kept: KeptDatabase, *, name: str, refusal: str, hint: str = "") -> None:
        """Have a thread for the database.

        Args:
            kept: The database, which nobody else uses.
            name: That of the thread.
            refusal: What is told where the database can't be used.
            hint: What a person can do then, where nothing better is known.
        """
        self._kept = kept
        self._refusal = refusal
        self._hint = hint
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what `work` does with the connection, in the thread; after damage it may be done once more.

        Raises StorageError.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._call, work)

    async def aclose(self) -> None:
        """Close the database once all calls before this one are done, and end the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._kept.close)
        self._thread.shutdown()

    def _call(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._kept.open())
        except (sqlite3.Error, OSError) as error:
            if self._kept.failed(error):
                return self._call(work)
            raise StorageError(
                self._refusal, hint=hint_for(error) or self._hint, details=f"{self._kept.file}: {error}"
            ) from error


def hint_for(error: BaseException) -> str:
    """Return what a person can do about it."""
    return "Use that version of Studiolo." if isinstance(error, NewerVersionError) else hint_of(error)
