"""A database of one process: opened when it is first used, and anew after a failure that may have passed."""

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from studiolo.database import NewerVersionError, open_database
from studiolo.database_rescue import hint_of, is_damage, is_read_only

logger = logging.getLogger(__name__)


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


def hint_for(error: BaseException) -> str:
    """Return what a person can do about it."""
    return "Use that version of Studiolo." if isinstance(error, NewerVersionError) else hint_of(error)
