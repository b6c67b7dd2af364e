"""States and journal of download jobs."""

import itertools
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from studiolo.errors import RequestError, StorageError
from studiolo.server.downloads.jobs.job import TRANSIENT, TRANSITIONS, Job, JobFile, State
from studiolo.server.downloads.jobs.journal import JobJournal
from tests.server.downloads.conftest import DatabaseDisk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "downloads.sqlite"


@pytest.fixture
def journal(database_disk: DatabaseDisk, file: Path) -> Iterator[JobJournal]:
    journal = JobJournal(file)
    yield journal
    journal.close()


def job(name: str = "m", **more: Any) -> Job:
    file = JobFile(f"{name}.gguf", f"/models/{name}.gguf", 10, "b" * 64)
    return Job("acme/m", "acme/m-GGUF", "a" * 40, "Q4_K_M", (file,), **more)


def reopened(journal: JobJournal, file: Path) -> JobJournal:
    journal.close()
    return JobJournal(file)


def test_what_is_saved_is_there_after_a_restart(journal: JobJournal, file: Path) -> None:
    jobs = [job(name, position=position) for position, name in enumerate("cab")]
    journal.save(jobs)
    journal.remove([jobs[0].id])
    again = reopened(journal, file)
    assert again.load() == jobs[1:]
    assert jobs[0].id.startswith("job_")
    assert len(jobs[0].id) == 14
    again.close()


def test_a_journal_of_the_first_version_is_read_and_written_in_its_words(journal: JobJournal, file: Path) -> None:
    """What its fields are called in the program has changed since; what is on the disk has not."""
    one = job(note="Q8_0 is not offered.", preexisting=("/models/m.gguf",), position=3.0, state="paused", renewed=True)
    first = {
        "model": "acme/m",
        "repository": "acme/m-GGUF",
        "revision": "a" * 40,
        "quantization": "Q4_K_M",
        "files": [{"path": "m.gguf", "target": "/models/m.gguf", "size": 10, "sha256": "b" * 64}],
        "remark": "Q8_0 is not offered.",
        "had": ["/models/m.gguf"],
        "page": "",
        "renewed": True,
        "id": one.id,
        "started": one.started,
        "completed": None,
        "problem": "",
        "hint": "",
    }
    journal.save([one])
    journal.close()
    with closing(sqlite3.connect(file)) as database:
        [(place, state, record)] = database.execute("SELECT place, state, record FROM jobs").fetchall()
        assert (place, state, json.loads(record)) == (3.0, "paused", first)
        database.execute("UPDATE jobs SET record = ?", (json.dumps(first),))
        database.commit()
    again = JobJournal(file)
    assert again.load() == [one]
    again.close()


@pytest.mark.parametrize(("before", "after"), list(itertools.product(TRANSITIONS, TRANSITIONS)))
def test_only_what_the_table_allows(before: State, after: State) -> None:
    one = job(state=before)
    if after == before or after in TRANSITIONS[before]:
        changed = one.with_state(after, problem="p")
        assert (changed.state, changed.problem) == (after, "p")
        assert bool(changed.completed) == (after == "completed")
    else:
        with pytest.raises(RequestError):
            one.with_state(after)


@pytest.mark.parametrize("state", sorted(TRANSITIONS))
def test_what_was_under_way_goes_on_after_a_restart(state: State) -> None:
    kept = job(state=state, problem="no room").journaled()
    assert (kept.state, kept.problem) == (("queued", "") if state in TRANSIENT else (state, "no room"))


def test_a_full_disk_is_told_and_later_it_goes_on(database_disk: DatabaseDisk, journal: JobJournal) -> None:
    one = job()
    journal.save([one])
    database_disk.fill()
    many = [job(f"{number}" * 400) for number in range(20)]
    with pytest.raises(StorageError, match="list of downloads"):
        journal.save(many)
    assert journal.load() == [one], "all or none"
    database_disk.free()
    journal.save(many)
    assert len(journal.load()) == 21


def test_a_broken_journal_is_kept_aside(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"no database" * 1000)
    journal = JobJournal(file)
    assert journal.load() == []
    assert len(list(file.parent.glob("downloads.sqlite.broken-*"))) == 1
    journal.close()


def test_a_journal_of_a_newer_version_is_left_alone(journal: JobJournal, file: Path) -> None:
    journal.save([job()])
    journal.close()
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(StorageError) as raised:
        JobJournal(file).load()
    assert "newer" in raised.value.details


def test_what_is_not_understood_is_left_alone(
    journal: JobJournal, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = job()
    journal.save([one, job("x"), job("y")])
    journal.close()
    with closing(sqlite3.connect(file)) as other, other:
        rows = other.execute("SELECT id, record FROM jobs").fetchall()
        for name, record in rows:
            if name == one.id:
                record = json.dumps(json.loads(record) | {"of_tomorrow": 1})
                other.execute("UPDATE jobs SET record = ? WHERE id = ?", (record, name))
            else:
                other.execute("UPDATE jobs SET record = ? WHERE id = ?", (f"nonsense {name}", name))
    other.close()
    again = JobJournal(file)
    assert again.load() == [one]
    assert len(caplog.records) == 2
    again.close()
