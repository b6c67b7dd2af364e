"""Long messages, cut into stretches that are rows of their own: only those in sight are made into widgets."""

import re
from collections.abc import Iterator

from studiolo.desktop.chat.model import Message
from studiolo.desktop.history.parts import Part, ReasoningPart, TextPart

LENGTH = 12_000
"""Characters of a section, about: what can be shown without being felt."""
_MOST = 2 * LENGTH
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_BLANK = re.compile(r"\n[ \t]*\n+(?=\S)")
"""Where a block may end: what is indented belongs to the one before."""

Place = tuple[int, int]
"""The number of a part and a character in it."""


class Section:
    """A message from `begin` up to `end`; None: as far as it goes, and what belongs below a message is below this."""

    __slots__ = ("_tried", "begin", "end", "message")

    def __init__(self, message: Message, begin: Place = (0, 0), end: Place | None = None) -> None:
        self.message = message
        self.begin = begin
        self.end = end
        self._tried = _MOST

    @property
    def last(self) -> bool:
        return self.end is None

    @property
    def whole(self) -> bool:
        return self.begin == (0, 0) and self.end is None

    @property
    def parts(self) -> list[Part]:
        """Those in it, cut where it begins and ends."""
        return self.message.parts if self.whole else [part for part, _ in self._cut()]

    @property
    def size(self) -> int:
        """Characters, about."""
        return self.message.size if self.whole else sum(len(part.text) for part, _ in self._cut())

    @property
    def lines(self) -> int:
        return self.message.lines if self.whole else sum(part.text.count("\n") + 1 for part, _ in self._cut())

    def count(self, text: str) -> int:
        """How many times it is said in it, whatever its case."""
        said = "\n".join(part.text for part in self.parts if not isinstance(part, ReasoningPart))
        return said.casefold().count(text.casefold())

    def grown(self) -> "list[Section]":
        """Cut it where it has become too long, and return what follows it; nothing where it has not."""
        if not self.last or self.size <= self._tried:
            return []
        self._tried = self.size + LENGTH
        places = list(_seams(self))
        ends: list[Place | None] = [*places[1:], None]
        if places:
            self.end = places[0]
        return [Section(self.message, begin, end) for begin, end in zip(places, ends, strict=True)]

    def _cut(self) -> Iterator[tuple[Part, Place]]:
        """Parts with where each begins in the message."""
        first, offset = self.begin
        last, end = self.end or (len(self.message.parts), 0)
        for number, part in enumerate(self.message.parts[first : last + 1], first):
            begin = offset if number == first else 0
            stop = end if number == last else None
            if begin == 0 and stop is None:
                yield part, (number, 0)
            elif stop != 0 and isinstance(part, TextPart | ReasoningPart):
                seconds = {"seconds": part.seconds} if isinstance(part, ReasoningPart) else {}
                yield type(part)(part.text[begin:stop], **seconds), (number, begin)


def sections_of(message: Message) -> list[Section]:
    """All of a message, from the first to the last."""
    section = Section(message)
    return [section, *section.grown()] if message.size > _MOST else [section]


def _seams(section: Section) -> Iterator[Place]:
    """Where it may be cut, so that its stretches are of about the same length."""
    room = LENGTH
    for part, (number, offset) in section._cut():
        at = 0
        while isinstance(part, TextPart | ReasoningPart) and len(part.text) - at > room + LENGTH // 2:
            cut = _seam(part.text, at, at + room)
            if cut is None:
                break
            yield number, offset + cut
            at, room = cut, LENGTH
        room -= len(part.text) - at
        if room <= 0 and number + 1 < len(section.message.parts):
            yield number + 1, 0
            room = LENGTH


def _seam(text: str, begin: int, wanted: int) -> int | None:
    """Between two blocks at or after `wanted`, outside of code; None where it is code up to the end."""
    fence = _open_fence(text, begin, wanted)
    if fence:
        closed = re.compile(rf"^ {{0,3}}{fence[0]}{{{len(fence)},}}[ \t]*$", re.MULTILINE).search(text, wanted)
        if closed is None:
            return None
        wanted = closed.end()
    found = _BLANK.search(text, wanted, wanted + LENGTH // 2)
    if found:
        return found.end()
    for mark in ("\n", " "):
        place = text.find(mark, wanted, wanted + LENGTH // 2)
        if place >= 0 and not (fence and place == wanted and mark == " "):
            return place + 1
    return wanted


def _open_fence(text: str, begin: int, end: int) -> str:
    """The fence of the code that goes on at `end`; empty for none."""
    fence = ""
    at = begin
    while 0 <= at < end:
        if found := _FENCE.match(text, at):
            mark = found.group(1)
            if not fence:
                fence = mark
            elif (
                mark[0] == fence[0] and len(mark) >= len(fence) and not text[found.end() : _line_end(text, at)].strip()
            ):
                fence = ""
        at = _line_end(text, at) + 1
    return fence


def _line_end(text: str, at: int) -> int:
    place = text.find("\n", at)
    return place if place >= 0 else len(text)
