"""Exports that are not quite what they were: whatever somebody said in them is kept, as what it is or as text."""

import copy
import json
import os
import random
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from studiolo.desktop.history.database import Database
from tests.stands.exports import ALL, read_chats

COUNT = 1_000 if os.environ.get("STUDIOLO_PROVE") else 60
WORD = re.compile(r"heron-\d+")

STRUCTURE = {
    *("mapping", "chat_messages", "messages", "versions", "message", "chat", "history", "metadata", "fragments"),
    *("content", "parts", "author", "role", "type", "content_type", "key"),
}
"""Without these nobody can say what is a message, or a setting."""


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where everything in it is."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        found += places(one, (*path, key))
    return found


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def drop(holder: Any, key: Any, chance: random.Random) -> None:
    if isinstance(holder, dict):
        del holder[key]


def nothing(holder: Any, key: Any, chance: random.Random) -> None:
    holder[key] = None


def strange(holder: Any, key: Any, chance: random.Random) -> None:
    holder[key] = chance.choice([True, -1, 1e300, 10**30, "", "\ud800", "\0", [], {}, [[]], {"a": None}, "gone"])


def add(holder: Any, key: Any, chance: random.Random) -> None:
    if isinstance(holder, dict):
        holder[chance.choice(["new_field", "id", "text", "name"]) + str(chance.randint(0, 9))] = chance.choice(
            [1, "x", []]
        )


def deep(holder: Any, key: Any, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 60)):
        holder[key] = [holder[key]]


CHANGES: list[Callable[[Any, Any, random.Random], None]] = [drop, nothing, strange, add, deep]


def mutated(entry: Any, chance: random.Random) -> Any:
    """A copy with a few changes that leave the messages where they are."""
    changed = copy.deepcopy(entry)
    for _ in range(chance.randint(1, 6)):
        path = chance.choice(places(changed))
        if path[-1] in STRUCTURE or (len(path) > 1 and path[-2] in ("mapping", "chat_messages", "versions")):
            continue
        try:
            chance.choice(CHANGES)(at(changed, path[:-1]), path[-1], chance)
        except (KeyError, IndexError, TypeError):
            continue
    return changed


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_mutated_exports_lose_nothing_that_was_said(tmp_path: Path) -> None:
    file = tmp_path / "conversations.json"
    for number in range(COUNT):
        chance = random.Random(f"import {number}")
        entry = mutated(ALL[chance.choice(list(ALL))], chance)
        file.write_text(json.dumps([entry]))
        imported = read_chats(file)
        with closing(Database(tmp_path / f"{number}.sqlite")) as database:
            database.take_in(imported.chats)
            kept = kept_text(database)
        assert imported.read == sum(chat.kept for chat in imported.chats), number
        assert not set(WORD.findall(json.dumps(entry))) - set(WORD.findall(kept)), (
            f"{number}: {json.dumps(entry)[:3_000]}"
        )
        (tmp_path / f"{number}.sqlite").unlink()


def kept_text(database: Database) -> str:
    """All that is there of all chats, as text."""
    kept = []
    for chat in database.chats():
        kept += [chat.title, chat.draft, json.dumps(database.settings(chat.id))]
        kept += [message.raw for message in database.messages(chat.id).values()]
    return "\n".join(kept)
