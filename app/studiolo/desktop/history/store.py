"""The history for whoever must not wait: a thread of its own does what is asked, in order."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from studiolo.database import NewerVersionError
from studiolo.database_rescue import is_damage, is_read_only
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.opening import Damage, mend
from studiolo.errors import AppError, NotFoundError, RequestError, StorageError

P = ParamSpec("P")
T = TypeVar("T")


class History:
    """`await history.do(Database.chats)` asks the database for its chats; arguments follow.

    What was asked is done even if nobody waits for it any more. Raises StorageError, and NotFoundError for a chat that
    is gone.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.damaged: Callable[[Damage], object] = lambda _: None
        """Called, in the thread of whoever asks, when the file was found damaged."""
        self._damage: list[Damage] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="history")
        self._database: Database | None = None

    @property
    def file(self) -> Path:
        """Return the file that has the chats."""
        return self._file

    async def do(self, what: Callable[Concatenate[Database, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method of the database in the history's thread, and return what it returns."""
        work = asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._do(what, *args, **kwargs))
        try:
            return await asyncio.shield(work)
        finally:
            while self._damage:
                self.damaged(self._damage.pop())

    def soon(
        self,
        report: Callable[[BaseException], None],
        what: Callable[Concatenate[Database, P], object],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Have it done without waiting, even if everything is just being closed; `report` hears of a failure."""
        work = asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._do(what, *args, **kwargs))

        def ended(done: "asyncio.Future[object]") -> None:
            if not done.cancelled() and (error := done.exception()):
                report(error)

        work.add_done_callback(ended)

    async def aclose(self) -> None:
        """Do what is still to be done, and close the file."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _do(self, what: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return self._tried(what, *args, **kwargs)
        except ValueError as error:
            raise RequestError(f"That can't be done: {error}.", hint="Choose another file.") from error
        except LookupError as error:
            raise NotFoundError("The chat is not there any more.", what="chat") from error
        except (sqlite3.Error, OSError) as error:
            raise _trouble(error, self._file) from error

    def _tried(self, what: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Where the file turns out to be damaged, what can be read of it is put in its place, and asked once more.

        One that could only be read is opened anew.
        """
        try:
            return what(self._open(), *args, **kwargs)
        except sqlite3.DatabaseError as error:
            if is_read_only(error):
                self._close()  # Since it was opened, the disk may have become one that can be written.
                return what(self._open(), *args, **kwargs)
            if not is_damage(error):
                raise
            self._close()
            self._damage.append(mend(self._file, error))
            database = self._open()
            database.index_all()
            return what(database, *args, **kwargs)

    def _open(self) -> Database:
        if self._database is None:
            self._database = Database(self._file)
            if self._database.damage:
                self._damage.append(self._database.damage)
        return self._database

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


def _trouble(error: Exception, file: Path) -> AppError:
    if isinstance(error, NewerVersionError):
        return StorageError(
            "The chats were written by a newer version of Studiolo.",
            hint="Start that version again, or update this one. Nothing was changed.",
            details=f"{file}: {error}",
        )
    if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
        return StorageError(
            "The chat could not be saved: the disk is full.",
            hint="Free some space, then try again.",
            details=str(error),
        )
    if is_read_only(error):
        return StorageError(
            "The chats can be read, but nothing can be saved.",
            hint=f"Make the folder {file.parent} writable, then try again.",
            details=str(error),
        )
    return StorageError(
        "The chats can't be read or written.", hint=f"Look whether {file} can be read and written.", details=str(error)
    )
