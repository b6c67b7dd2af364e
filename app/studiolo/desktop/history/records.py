"""What the store keeps: chats, folders and messages, as plain data. Times are seconds since 1970."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from studiolo.desktop.history.parts import Part, parts_from_json

Role = Literal["user", "assistant"]
State = Literal["growing", "complete", "stopped", "failed", "interrupted"]
"""growing: a reply under way; found at a start it was interrupted, by a kill or a loss of power."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of chats; `parent` is the one that it is in."""

    id: int
    parent: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat as a list shows it. `leaf`: the last message of the branch in sight; `draft`: text not yet sent."""

    id: int
    title: str
    folder: int | None
    created: float
    changed: float
    pinned: bool = False
    unread: bool = False
    leaf: int | None = None
    draft: str = ""
    tags: tuple[str, ...] = ()
    trashed: float | None = None


@dataclass(slots=True)
class StoredMessage:
    """A message as it lies on the disk, its parts as JSON: most messages of a long chat are never looked at.

    parent: the message it follows; those with the same one are versions of each other. details: what else is known of
    a reply: "server", "settings", "stats", "error", "response_id".
    """

    id: int
    parent: int | None
    role: Role
    raw: str
    created: float
    state: State = "complete"
    model: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parts(self) -> list[Part]:
        """Return what the message consists of."""
        return parts_from_json(self.raw)


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a search found something: the passage, and where in it the words are."""

    chat: int
    title: str
    message: int
    role: Role
    created: float
    passage: str
    marks: tuple[tuple[int, int], ...]


def details_to_json(details: Mapping[str, Any]) -> str:
    """Return details as they are kept."""
    return json.dumps(dict(details), default=str)


def details_from_json(text: str) -> dict[str, Any]:
    """Return a message's details; those that can't be read are missing, and nothing is raised."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def tags_from_json(text: str) -> tuple[str, ...]:
    """Return a chat's tags; those that can't be read are missing, and nothing is raised."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return ()
    return tuple(tag for tag in found if isinstance(tag, str)) if isinstance(found, list) else ()


def path_to(messages: Mapping[int, StoredMessage], leaf: int | None) -> list[StoredMessage]:
    """Return the branch that ends with `leaf`, from its beginning. A broken link or a circle ends it."""
    path: list[StoredMessage] = []
    seen: set[int] = set()
    while leaf is not None and leaf in messages and leaf not in seen:
        seen.add(leaf)
        path.append(messages[leaf])
        leaf = messages[leaf].parent
    return path[::-1]
