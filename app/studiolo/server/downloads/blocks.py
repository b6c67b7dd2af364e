"""What of a file is on the disk: a journal of its blocks, each with a checksum of what came."""

import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

BLOCK = 2**20
"""Bytes. What a kill costs is at most one block for each connection."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS blocks (
    file TEXT NOT NULL,
    number INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (file, number)
) WITHOUT ROWID;
"""


class BlockJournal:
    """The finished blocks of many files, in SQLite. Safe from any thread; raises sqlite3.Error."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        # A block that the power took with it is found by its checksum at the end, so no write waits for the disk.
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _SCHEMA)

    def load(self, file: str) -> dict[int, int]:
        """Block to checksum, of those that are finished."""
        with self._lock:
            rows = self._connection.execute("SELECT number, checksum FROM blocks WHERE file = ?", (file,))
            return dict(rows.fetchall())

    def add(self, file: str, number: int, checksum: int) -> None:
        with self._lock:
            self._connection.execute("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?)", (file, number, checksum))

    def remove(self, file: str, numbers: Iterable[int]) -> None:
        with self._lock:
            rows = [(file, number) for number in numbers]
            self._connection.executemany("DELETE FROM blocks WHERE file = ? AND number = ?", rows)

    def clear(self, file: str) -> None:
        with self._lock:
            self._connection.execute("DELETE FROM blocks WHERE file = ?", (file,))

    def close(self) -> None:
        with self._lock:
            self._connection.close()
