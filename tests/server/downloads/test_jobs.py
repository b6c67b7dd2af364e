"""States and journal of download jobs."""

import itertools
import sqlite3

import pytest

from studiolo.errors import NotFoundError, RequestError, StorageError
from studiolo.server.downloads.jobs import CHANGES, RUNNING, Job, JobFile, JobStore


@pytest.fixture
def file(tmp_path):
    return tmp_path / "data" / "downloads.sqlite"


@pytest.fixture
def store(file):
    store = JobStore(file)
    yield store
    store.close()


def job(name="m"):
    file = JobFile(f"{name}.gguf", f"/models/{name}.gguf", 10, "b" * 64)
    return Job("acme/m", "acme/m-GGUF", "a" * 40, "Q4_K_M", (file,))


def reopened(store, file):
    store.close()
    return JobStore(file)


def test_what_is_added_is_there_after_a_restart(store, file):
    added = [store.add(job(name)) for name in "abc"]
    again = reopened(store, file)
    assert again.all() == added
    assert added[0].id.startswith("job_")
    assert len(added[0].id) == 14
    again.close()


def test_two_requests_for_one_file_are_one_job(store):
    first = store.add(job())
    assert store.add(job()).id == first.id
    store.change(first.id, "failed", problem="x")
    assert store.add(job()).id != first.id, "a failed one stays as it is"


@pytest.mark.parametrize(("before", "after"), list(itertools.product(CHANGES, CHANGES)))
def test_only_what_the_table_allows(store, before, after):
    path = {
        "queued": (),
        "downloading": ("downloading",),
        "waiting": ("downloading", "waiting"),
        "verifying": ("downloading", "verifying"),
        "no_space": ("no_space",),
        "paused": ("paused",),
        "completed": ("downloading", "completed"),
        "failed": ("failed",),
    }
    one = store.add(job())
    for state in path[before]:
        store.change(one.id, state)
    if after == before or after in CHANGES[before]:
        assert store.change(one.id, after).state == after
    else:
        with pytest.raises(RequestError):
            store.change(one.id, after)
        assert store.get(one.id).state == before


@pytest.mark.parametrize("state", sorted(RUNNING | {"no_space"}))
def test_what_was_under_way_goes_on_after_a_restart(store, file, state):
    one = store.add(job())
    if state != "no_space":
        store.change(one.id, "downloading")
    store.change(one.id, state, problem="no room")
    paused = store.add(job("paused"))
    store.change(paused.id, "paused")
    again = reopened(store, file)
    again.recover()
    assert [(entry.state, entry.problem) for entry in again.all()] == [("queued", ""), ("paused", "")]
    again.close()


def test_the_queue_is_put_in_another_order(store, file):
    a, b, c, d = (store.add(job(name)).id for name in "abcd")
    store.move(d, a)
    store.move(a, None)
    store.move(c, b)
    store.move(c, c)
    for _ in range(100):
        store.move(b, c)
        store.move(c, b)
    order = [d, c, b, a]
    assert [entry.id for entry in store.all()] == order
    again = reopened(store, file)
    assert [entry.id for entry in again.all()] == order
    again.close()


def test_a_job_that_is_not_there(store):
    actions = [store.get, store.remove, lambda name: store.change(name, "paused"), lambda name: store.move(name, None)]
    for act in actions:
        with pytest.raises(NotFoundError) as raised:
            act("job_0")
        assert raised.value.what == "job"


def test_a_removed_job_stays_away(store, file):
    one = store.add(job())
    store.remove(one.id)
    again = reopened(store, file)
    assert again.all() == []
    again.close()


def test_what_can_not_be_written_did_not_happen(store, file):
    one = store.add(job())
    with sqlite3.connect(file) as other:
        other.execute("DROP TABLE jobs")
    other.close()
    with pytest.raises(StorageError):
        store.change(one.id, "paused")
    assert store.get(one.id).state == "queued"
    with pytest.raises(StorageError):
        store.add(job("x"))
    assert len(store.all()) == 1


def test_a_broken_journal_is_told(tmp_path):
    (tmp_path / "broken.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError):
        JobStore(tmp_path / "broken.sqlite")
