"""JSON as people write it: with comments, trailing commas and without its outer braces; and where each value stands.

One pass over the text: at most a million characters, 64 levels and 50,000 values.
"""

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

MOST_CHARACTERS = 1 << 20
_MOST_LEVELS = 64
_MOST_VALUES = 50_000
_MOST_DIGITS = 300

# Python 3.11.2, which Debian 12 has, goes too far where what is repeated possessively fails in its middle, and finds
# nothing where it looks ahead.
BLANK = re.compile(r"(?:[\s\ufeff]++|//[^\n]*+|/\*[^*]*+\*++(?:[^/*][^*]*+\*++)*+/)*")
"""What may stand between two signs: blanks and comments."""
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\.)*+)"')
_SCALAR = re.compile(r"-?(?:0|[1-9]\d*+)(?:\.\d++)?(?:[eE][+-]?\d++)?(?![\w.])|(?:true|false|null)(?!\w)")


class NotationError(ValueError):
    """What is wrong, and where: an offset in the text."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True)
class Member:
    """A name of an object and its value. `start` is where the name begins."""

    start: int
    node: "Node"


@dataclass(frozen=True)
class Node:
    """A value, and the offsets between which it stands. members: of an object, in their order. items: of a list."""

    value: Any
    start: int
    end: int
    members: dict[str, Member] = field(default_factory=dict)
    items: tuple["Node", ...] = ()

    def at(self, *names: str) -> "Node | None":
        """Return what is found below names of objects."""
        found: Node | None = self
        for name in names:
            member = found.members.get(name) if found else None
            found = member.node if member else None
        return found


def read_relaxed(text: str) -> Node:
    """Parse JSON as people write it, with comments and trailing commas. Raises NotationError."""
    if len(text) > MOST_CHARACTERS:
        raise NotationError("It is longer than a million characters.", 0)
    return _Reader(text).whole()


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the line and column of an offset, both counted from 1."""
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._values = 0

    def whole(self) -> Node:
        self._skip()
        if self._at >= len(self._text):
            raise NotationError("It is empty.", 0)
        node = self._members(self._at, end="", level=1) if self._is_bare_member() else self._value(0)
        self._skip()
        if self._peek() == ",":
            self._at += 1
            self._skip()
        if self._at < len(self._text):
            raise NotationError("Nothing more is expected here.", self._at)
        return node

    def _is_bare_member(self) -> bool:
        found = _STRING.match(self._text, self._at)
        if not found:
            return False
        blank = BLANK.match(self._text, found.end())
        return bool(blank) and self._text.startswith(":", blank.end() if blank else 0)

    def _value(self, level: int) -> Node:
        if level > _MOST_LEVELS:
            raise NotationError("It is nested too deep.", self._at)
        self._values += 1
        if self._values > _MOST_VALUES:
            raise NotationError("It holds too many values.", self._at)
        start = self._at
        match self._peek():
            case "{":
                self._at += 1
                return self._members(start, end="}", level=level + 1)
            case "[":
                self._at += 1
                return self._list(start, level + 1)
            case '"':
                text = self._string()
                return Node(text, start, self._at)
            case _:
                return self._scalar(start)

    def _members(self, start: int, *, end: str, level: int) -> Node:
        members: dict[str, Member] = {}
        while True:
            self._skip()
            if self._ends(end):
                break
            begun = self._at
            if self._peek() != '"':
                raise NotationError('A name in double quotes or "}" is expected here.', self._at)
            name = self._string()
            if name in members:
                raise NotationError(f"'{name[:60]}' stands here a second time.", begun)
            self._skip()
            if self._peek() != ":":
                raise NotationError('":" is expected here.', self._at)
            self._at += 1
            self._skip()
            members[name] = Member(begun, self._value(level))
            if not self._comma(end):
                break
        return Node({name: member.node.value for name, member in members.items()}, start, self._at, members)

    def _list(self, start: int, level: int) -> Node:
        items: list[Node] = []
        while True:
            self._skip()
            if self._ends("]"):
                break
            items.append(self._value(level))
            if not self._comma("]"):
                break
        return Node([item.value for item in items], start, self._at, items=tuple(items))

    def _comma(self, end: str) -> bool:
        """Return whether another one may follow; if not, the end is passed."""
        self._skip()
        if self._peek() == ",":
            self._at += 1
            return True
        if self._ends(end):
            return False
        raise NotationError(f'"," or "{end}" is expected here.' if end else '"," is expected here.', self._at)

    def _ends(self, end: str) -> bool:
        if not end:
            return self._at >= len(self._text)
        if self._at >= len(self._text):
            raise NotationError(f'It ends before its last "{end}".', self._at)
        if self._peek() != end:
            return False
        self._at += 1
        return True

    def _string(self) -> str:
        found = _STRING.match(self._text, self._at)
        if not found:
            raise NotationError("This text in quotes does not end, or not in its line.", self._at)
        try:
            text: str = json.loads(found[0])
            text.encode()
        except ValueError as error:
            raise NotationError("This text has an escape that is none.", self._at) from error
        self._at = found.end()
        return text

    def _scalar(self, start: int) -> Node:
        found = _SCALAR.match(self._text, start)
        if not found or len(found[0]) > _MOST_DIGITS:
            if start >= len(self._text):
                raise NotationError("It ends where a value is expected.", start)
            raise NotationError(
                "A value is expected here: text in double quotes, a number, a list or an object.", start
            )
        self._at = found.end()
        return Node(json.loads(found[0]), start, self._at)

    def _skip(self) -> None:
        found = BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]
