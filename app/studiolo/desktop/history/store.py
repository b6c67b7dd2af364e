"""The history for whoever must not wait: a thread of its own does what is asked, in order."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from studiolo.desktop.history.database import Database
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
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="history")
        self._database: Database | None = None

    async def do(self, what: Callable[Concatenate[Database, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        work = asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._do(what, *args, **kwargs))
        return await asyncio.shield(work)

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
            if self._database is None:
                self._database = Database(self._file)
            return what(self._database, *args, **kwargs)
        except ValueError as error:
            raise RequestError(f"That can't be done: {error}.", hint="Choose another file.") from error
        except LookupError as error:
            raise NotFoundError("The chat is not there any more.", what="chat") from error
        except (sqlite3.Error, OSError) as error:
            raise _trouble(error, self._file) from error

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


def _trouble(error: Exception, file: Path) -> AppError:
    if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
        return StorageError(
            "The chat could not be saved: the disk is full.",
            hint="Free some space, then try again.",
            details=str(error),
        )
    return StorageError(
        "The chats can't be read or written.", hint=f"Look whether {file} can be read and written.", details=str(error)
    )
