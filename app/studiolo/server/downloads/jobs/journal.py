"""The journal of jobs: it survives whatever happens to the server."""

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_origin, get_type_hints

from studiolo.errors import StorageError
from studiolo.kept_database import KeptDatabase, LockedDatabase, hint_for
from studiolo.server.downloads.jobs.job import TRANSITIONS, Job, JobFile

logger = logging.getLogger(__name__)

T = TypeVar("T")

_WRITTEN = {"note": "remark", "preexisting": "had"}
"""Fields of a Job by their names in a record, which are older than those of the fields and stay as they are."""
_IN_COLUMNS = ("position", "state")
_LATER = {"kind": "model", "entry": "", "url": ""}
"""Fields that came later, of a job and of its files, with what they say of a download of a model. It is not written: so
an older version understands such a record."""

_SCHEMA = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    place REAL NOT NULL,
    state TEXT NOT NULL,
    record TEXT NOT NULL
) WITHOUT ROWID;
"""


class JobJournal:
    """Jobs in SQLite. What a method returned from is on the disk. Blocking; safe from any thread.

    Raises StorageError for a disk that fails; the next call tries anew.
    """

    def __init__(self, file: Path, *, tell: Callable[[str], None] = logger.error) -> None:
        """tell: hears in a sentence of a file that is damaged or of no use."""
        self._kept = LockedDatabase(KeptDatabase(file, _SCHEMA, tell=tell))

    def load(self) -> list[Job]:
        """Return all jobs, in the order of the queue. What can't be understood is left alone, and the log says so."""
        with self._database() as database:
            rows = database.execute("SELECT record, place, state FROM jobs ORDER BY place").fetchall()
        return [job for row in rows if (job := _understood(*row))]

    def save(self, jobs: Iterable[Job]) -> None:
        """Write jobs, all of them or none."""
        rows = [(job.id, job.position, job.state, _to_record(job)) for job in jobs]
        with self._database() as database:
            database.executemany("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?)", rows)

    def remove(self, ids: Iterable[str]) -> None:
        """Forget the jobs with these ids."""
        with self._database() as database:
            database.executemany("DELETE FROM jobs WHERE id = ?", [(name,) for name in ids])

    def close(self) -> None:
        """Close the database once whoever uses it is done."""
        self._kept.close()

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._kept.transaction() as connection:
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise StorageError(
                "The list of downloads can't be read or written.",
                hint=hint_for(error) or "It is tried again.",
                details=f"{self._kept.file}: {error}",
            ) from error


def _to_record(job: Job) -> str:
    data = {_WRITTEN.get(name, name): value for name, value in vars(job).items() if name not in _IN_COLUMNS}
    return json.dumps(_said(data) | {"files": [_said(vars(file)) for file in job.files]})


def _said(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in _LATER or _LATER[name] != value}


def _understood(record: Any, position: Any, state: Any) -> Job | None:
    try:
        written = json.loads(record)
        data = written | {name: written[old] for name, old in _WRITTEN.items() if old in written}
        files = tuple(_checked(JobFile(**_known(JobFile, file))) for file in data["files"])
        if state not in TRANSITIONS or not files:
            raise ValueError(f"state {state!r}, {len(files)} files")
        return _checked(
            Job(
                **_known(Job, data)
                | {
                    "files": files,
                    "preexisting": tuple(data.get("preexisting", ())),
                    "position": position,
                    "state": state,
                }
            )
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        logger.warning("a download job in the journal is not understood: %s: %s", error, str(record)[:200])
        return None


def _checked(entry: T) -> T:
    """Return an entry that is sound. Raises TypeError for a field that is of another kind than it should be."""
    kind: Any = type(entry)
    kinds = _kinds(kind)
    wrong = [name for name, kind in kinds.items() if not isinstance(getattr(entry, name), kind)]
    if wrong:
        raise TypeError(f"{', '.join(wrong)}: of another kind")
    return entry


@cache
def _kinds(kind: Any) -> dict[str, Any]:
    """Of each field what `isinstance` takes: what stands in a list is not looked at, and a whole number is a number."""
    hints = get_type_hints(kind)
    plain = {name: hint if isinstance(hint, UnionType) else get_origin(hint) or hint for name, hint in hints.items()}
    return {name: str if hint is Literal else int | float if hint is float else hint for name, hint in plain.items()}


def _known(kind: type, data: dict[str, Any]) -> dict[str, Any]:
    """A later version may have written more."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in data.items() if name in names}
