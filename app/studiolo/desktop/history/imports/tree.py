"""An imported chat, put together from the nodes of somebody else's tree."""

from dataclasses import dataclass, field
from typing import Any

from studiolo.desktop.history.imports.values import as_title
from studiolo.desktop.history.parts import Part, TextPart, parts_to_json
from studiolo.desktop.history.records import Role, State, StoredMessage


@dataclass(slots=True)
class ImportedChat:
    """messages: with ids of their own, parents before children.

    source: what it is called there, so that it is not taken twice; folders: from the outermost in. images: bytes by
    their SHA-256. read: how many messages it had there; held: how many of them became part of each of ours, by its id.
    """

    title: str
    source: str
    messages: list[StoredMessage] = field(default_factory=list)
    leaf: int | None = None
    created: float = 0.0
    changed: float = 0.0
    pinned: bool = False
    tags: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    images: dict[str, bytes] = field(default_factory=dict)
    draft: str = ""
    read: int = 0
    held: dict[int, int] = field(default_factory=dict)
    kept: int = 0
    """How many of those that were read are on disk now."""
    words: dict[int, str] = field(default_factory=dict)
    """What the search knows of messages, by their ids, as far as that was cut already."""
    number: int | None = None
    """Of the chat on disk that it became."""
    known: bool = False
    """Whether it was on disk already."""


_MOST_REPEATED = 10_000_000
"""Characters that versions of messages may begin with in common, in one chat."""
_LEAST_PART = 100
"""What a part counts for at least."""


@dataclass(slots=True)
class _Node:
    message: int | None
    """The message it became a part of; None for one that is not shown."""
    parts: int = 0
    """How many parts the message had then."""


class Tree:
    """Nodes become messages; those of the same speaker that follow each other become one. It counts both.

    Where one that became a part of a message has a second child, the message has a second version with the same
    beginning; with its own words alone once that was said again and again.
    """

    def __init__(self) -> None:
        self._nodes: dict[str, _Node] = {}
        self._messages: list[StoredMessage] = []
        self._parts: list[list[Part]] = []
        self._held: list[int] = []
        self._sizes: list[list[int]] = []  # Of each message's parts with those before them.
        self._read = 0
        self._room = _MOST_REPEATED

    def knows(self, node: str) -> bool:
        """Return whether there is a message with this id."""
        return node in self._nodes

    def skip(self, node: str, parent: str) -> None:
        """Leave out a message that is not shown: what follows it follows its parent."""
        self._nodes[node] = self._nodes.get(parent) or _Node(None)

    def add(
        self,
        node: str,
        parent: str,
        role: Role,
        parts: list[Part],
        *,
        created: float = 0.0,
        model: str = "",
        state: State = "complete",
        details: dict[str, Any] | None = None,
    ) -> None:
        """Add what `role` said after `parent`; empty for none."""
        self._read += 1
        before = self._nodes.get(parent) or _Node(None)
        if before.message is not None and self._messages[before.message].role == role:
            number = self._go_on(before, parts, model)
        else:
            number = self._append(before.message, role, parts, created, model, state, details or {})
        self._held[number] += 1
        self._nodes[node] = _Node(number, len(self._parts[number]))

    def finish(self, chat: ImportedChat, leaf: str) -> ImportedChat:
        """Put the messages into the chat; `leaf` is the node in sight, empty for the last."""
        for message, parts in zip(self._messages, self._parts, strict=True):
            message.raw = parts_to_json(parts)
        node = self._nodes.get(leaf)
        last = node.message if node and node.message is not None else len(self._messages) - 1
        chat.messages = self._messages
        chat.read = self._read
        chat.held = {message.id: held for message, held in zip(self._messages, self._held, strict=True)}
        chat.title = chat.title.strip() or self._first_words()
        chat.leaf = self._messages[last].id if self._messages else None
        times = [message.created for message in self._messages if message.created]
        chat.created = chat.created or min(times, default=0.0)
        chat.changed = chat.changed or max(times, default=0.0)
        return chat

    def _first_words(self) -> str:
        texts = (part.text for parts in self._parts for part in parts if isinstance(part, TextPart))
        return next(filter(None, map(as_title, texts)), "")

    def _go_on(self, before: _Node, parts: list[Part], model: str) -> int:
        assert before.message is not None
        message = self._messages[before.message]
        told = self._parts[before.message]
        if len(told) == before.parts:
            told += parts
            self._measure(before.message)
            message.model = message.model or model
            return before.message
        # Somebody else has gone on from there: this is another version, with the same beginning.
        parent = message.parent - 1 if message.parent is not None else None
        self._room -= self._sizes[before.message][before.parts - 1]
        common = told[: before.parts] if self._room >= 0 else []
        return self._append(
            parent, message.role, common + parts, message.created, model or message.model, "complete", {}
        )

    def _append(
        self,
        parent: int | None,
        role: Role,
        parts: list[Part],
        created: float,
        model: str,
        state: State,
        details: dict[str, Any],
    ) -> int:
        number = len(self._messages)
        above = self._messages[parent].id if parent is not None else None
        self._messages.append(StoredMessage(number + 1, above, role, "[]", created, state, model, details))
        self._parts.append(list(parts))
        self._held.append(0)
        self._sizes.append([])
        self._measure(number)
        return number

    def _measure(self, number: int) -> None:
        sizes = self._sizes[number]
        for part in self._parts[number][len(sizes) :]:
            sizes.append((sizes[-1] if sizes else 0) + _LEAST_PART + len(part.text))
