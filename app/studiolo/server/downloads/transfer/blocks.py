"""What is on the disk: the finished blocks of files that are coming, and the hashes of those that came."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from studiolo.kept_database import KeptDatabase, LockedDatabase

logger = logging.getLogger(__name__)

BLOCK = 2**20
"""Bytes."""

_SCHEMA = """
CREATE TABLE blocks (
    file TEXT NOT NULL,
    number INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (file, number)
) WITHOUT ROWID;
CREATE TABLE hashes (
    file TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX hashes_by_sha256 ON hashes (sha256);
"""


class BlockJournal:
    """Blocks with a checksum of what came, and whole files with their hash.

    Blocking; safe from any thread; opened when it is first used. Raises sqlite3.Error and OSError.
    """

    def __init__(self, file: Path, *, tell: Callable[[str], None] = logger.error) -> None:
        """tell: hears in a sentence of a file that is damaged or of no use."""
        # A block that the power took with it is found by its checksum at the end, so no write waits for the disk.
        self._database = LockedDatabase(KeptDatabase(file, _SCHEMA, synchronous="NORMAL", tell=tell))
        self._unsaved: defaultdict[str, dict[int, int]] = defaultdict(dict)

    def load(self, file: str) -> dict[int, int]:
        """Block to checksum, of those that are finished."""
        with self._database.transaction() as database:
            rows = database.execute("SELECT number, checksum FROM blocks WHERE file = ?", (file,))
            known = {number: total for number, total in rows if isinstance(number, int) and isinstance(total, int)}
            return known | self._unsaved[file]

    def count(self, file: str) -> int:
        """Return how many blocks are finished."""
        return len(self.load(file))

    def add(self, file: str, blocks: Mapping[int, int]) -> None:
        """Keep that these blocks, with their checksums, are finished.

        What a full disk does not take is known until it does.
        """
        with self._database.lock:
            self._unsaved[file] |= blocks
        with self._database.transaction() as database:
            unsaved = self._unsaved[file]
            rows = [(file, number, checksum) for number, checksum in unsaved.items()]
            database.executemany("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?)", rows)
            database.commit()
            unsaved.clear()

    def remove(self, file: str, numbers: Iterable[int]) -> None:
        """Forget some blocks of a file, by their numbers, whether they were saved yet or not."""
        with self._database.transaction() as database:
            rows = [(file, number) for number in numbers]
            for _, number in rows:
                self._unsaved[file].pop(number, None)
            database.executemany("DELETE FROM blocks WHERE file = ? AND number = ?", rows)

    def clear(self, file: str) -> None:
        """Forget all blocks of a file."""
        with self._database.transaction() as database:
            self._unsaved.pop(file, None)
            database.execute("DELETE FROM blocks WHERE file = ?", (file,))

    def remember(self, path: Path, sha256: str) -> None:
        """Keep that the whole file has this hash, as long as its size and time stay."""
        stat = path.stat()
        with self._database.transaction() as database:
            row = (str(path), stat.st_size, stat.st_mtime_ns, sha256)
            database.execute("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?)", row)

    def hash_of(self, path: Path) -> str | None:
        """Return the hash that a file was found to have, if it did not change since."""
        try:
            stat = path.stat()
        except OSError:
            return None
        with self._database.transaction() as database:
            key = (str(path), stat.st_size, stat.st_mtime_ns)
            question = "SELECT sha256 FROM hashes WHERE file = ? AND size = ? AND modified = ?"
            row = database.execute(question, key).fetchone()
            return str(row[0]) if row else None

    def sha256_at(self, path: Path) -> str | None:
        """Return the hash that a file of this size had when it was last looked at, whatever was done to it since."""
        with self._database.transaction() as database:
            question = "SELECT sha256 FROM hashes WHERE file = ? AND size = ?"
            row = database.execute(question, (str(path), path.stat().st_size)).fetchone()
            return str(row[0]) if row else None

    def file_with(self, sha256: str) -> Path | None:
        """Return a file that has this hash, and did not change since that was found out."""
        with self._database.transaction() as database:
            rows = database.execute("SELECT file FROM hashes WHERE sha256 = ?", (sha256,)).fetchall()
        return next((path for (name,) in rows if self.hash_of(path := Path(name)) == sha256), None)

    def close(self) -> None:
        """Close the database once whoever uses it is done."""
        self._database.close()
