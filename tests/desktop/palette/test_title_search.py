"""Chats found by a few letters of their titles."""

import time
from pathlib import Path

import pytest

from studiolo.desktop.fuzzy import Match, match
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.title_search import find_titles, titles_of


def score(query: str, text: str) -> float:
    found = match(query, text)
    assert found
    return found.score


def test_the_better_it_fits_the_more_it_counts() -> None:
    texts = ["lift", "lift off", "How a sail makes lift", "uplifting", "Look in flat tents", "lxift"]
    scores = [score("lift", text) for text in texts]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)


@pytest.mark.parametrize(
    ("query", "text", "places"),
    [
        ("qw", "Context memory of Qwen3", ((18, 20),)),
        ("opdf", "Open the data folder", ((0, 2), (9, 10), (14, 15))),
        ("ecole", "École de Paris", ((0, 5),)),
        ("paris ecole", "École de Paris", ((0, 5), (9, 14))),
        ("qwn", "Qwen", ((0, 2), (3, 4))),
        ("日本", "東京と日本", ((3, 5),)),
        ("", "anything", ()),
    ],
)
def test_it_tells_where_it_fits(query: str, text: str, places: tuple[tuple[int, int], ...]) -> None:
    found = match(query, text)
    assert found
    assert found.places == places


@pytest.mark.parametrize(
    ("query", "text"), [("xyz", "Lisbon"), ("lisbon rome", "Lisbon"), ("ln", "Lisbon"), ("ab", "b a")]
)
def test_what_does_not_fit_is_none(query: str, text: str) -> None:
    assert match(query, text) is None


def test_whole_means_that_no_letter_is_left_out() -> None:
    assert match("opdf", "Open the data folder", whole=True) is None
    assert isinstance(match("data", "Open the data folder", whole=True), Match)


def test_a_hostile_text_takes_no_time() -> None:
    began = time.thread_time()
    match("a" * 100 + "b", "a " * 500)
    match("ab" * 50, "a b " * 500)
    assert time.thread_time() - began < 0.5


def test_the_best_comes_first_and_of_equals_the_latest(tmp_path: Path) -> None:
    database = Database(tmp_path / "history.sqlite")
    old = database.create_chat("Sail plans", created=1e9)
    new = database.create_chat("Sail plans", created=2e9)
    tagged = database.create_chat("Wind", created=3e9)
    gone = database.create_chat("Sail", created=3e9)
    folder = database.create_folder("Work")
    database.move([old.id], folder.id)
    database.set_tags(tagged.id, ["sail"])
    database.trash([gone.id])
    hits = find_titles(database, "sail", 10)
    assert [hit.chat.id for hit in hits] == [new.id, old.id, tagged.id]
    assert [hit.folder for hit in hits] == ["", "Work", ""]
    assert [hit.chat.id for hit in find_titles(database, "", 2)] == [tagged.id, new.id]
    assert [hit.chat.id for hit in find_titles(database, "sail", 1)] == [new.id]
    assert [hit.chat.id for hit in titles_of(database, [old.id, gone.id, 99, new.id])] == [old.id, new.id]
    database.close()
