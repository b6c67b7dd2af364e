"""Long messages, cut into stretches that are rows of their own: only those in sight are made into widgets."""

import re
from collections.abc import Iterator

from studiolo.desktop.chat.messages import ROW_WEIGHT, Message
from studiolo.desktop.history.parts import Part, ReasoningPart, TextPart, spoken

LENGTH = 4_000
"""Characters of a section, about: what can be shown without being felt."""
_MOST = 2 * LENGTH
_AGAIN = 400
"""Characters after which a growing message is looked at again."""
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_BLANK = re.compile(r"\n[ \t]*\n+(?=\S)")
"""Where a block may end: what is indented belongs to the one before."""
_DELIMITERS = re.compile(r"[ \t]*\|?[ \t:|-]*-[ \t:|-]*")

Place = tuple[int, int]
"""The number of a part and a character in it."""


class Section:
    """A message from `begin` up to `end`; None: as far as it goes, and what belongs below a message is below this.

    lead: what is shown before, the head of the table that it begins within.
    """

    __slots__ = ("_tried", "begin", "end", "lead", "message")

    def __init__(self, message: Message, begin: Place = (0, 0), end: Place | None = None, lead: str = "") -> None:
        self.message = message
        self.lead = lead
        self.begin = begin
        self.end = end
        self._tried = _MOST

    @property
    def last(self) -> bool:
        """Return whether the message ends with this section."""
        return self.end is None

    @property
    def whole(self) -> bool:
        """Return whether this section is the whole message."""
        return self.begin == (0, 0) and self.end is None

    @property
    def parts(self) -> list[Part]:
        """Return those in it, cut where it begins and ends."""
        if self.whole:
            return self.message.parts
        parts = [part for part, _ in self._cut()]
        if self.lead and parts:
            parts[0] = TextPart(self.lead + parts[0].text)
        return parts

    @property
    def said(self) -> str:
        """Return what is said in the section, as the message has it, with what separates it from the one before."""
        text = spoken([part for part, _ in self._cut()])
        before = any(isinstance(part, TextPart) for part in self.message.parts[: self.begin[0]])
        return f"\n\n{text}" if text and before and self.begin[1] == 0 else text

    @property
    def size(self) -> int:
        """Return about how many characters the section has."""
        return self.message.size if self.whole else sum(len(part.text) for part, _ in self._cut())

    @property
    def lines(self) -> int:
        """Return about how many lines the section has."""
        return self.message.lines if self.whole else sum(part.text.count("\n") + 1 for part, _ in self._cut())

    def count(self, text: str) -> int:
        """Return how many times it is said in it, whatever its case."""
        said = "\n".join(part.text for part in self.parts if not isinstance(part, ReasoningPart))
        return said.casefold().count(text.casefold())

    def grown(self) -> "list[Section]":
        """Cut it where it has become too long, and return what follows it; nothing where it has not."""
        if not self.last or (weight := self._weight()) <= self._tried:
            return []
        self._tried = weight + LENGTH
        return self._cut_at(list(_seams(self)))

    def went_on(self) -> "list[Section]":
        """Do as `grown`, for a message that is being written: what follows is short, for it is made at once."""
        if not self.last or (weight := self._weight()) <= (LENGTH if self._tried == _MOST else self._tried):
            return []
        self._tried = weight + _AGAIN
        return self._cut_at([(place, "") for place in [_last_seam(self)] if place])

    def _cut_at(self, places: list[tuple[Place, str]]) -> "list[Section]":
        if not places:
            return []
        ends: list[Place | None] = [*(place for place, _ in places[1:]), None]
        self.end = places[0][0]
        return [Section(self.message, begin, end, lead) for (begin, lead), end in zip(places, ends, strict=True)]

    def _weight(self) -> int:
        return self.message.weight if self.whole else sum(_weight(part.text) for part, _ in self._cut())

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
    """Return all of a message, from the first to the last."""
    section = Section(message)
    return [section, *section.grown()] if message.weight > _MOST else [section]


def _weight(text: str, begin: int = 0) -> int:
    return len(text) - begin + ROW_WEIGHT * text.count("\n|", begin)


def _heavier(text: str, begin: int, limit: int) -> bool:
    return len(text) - begin > limit or _weight(text, begin) > limit


def _seams(section: Section) -> Iterator[tuple[Place, str]]:
    """Where it may be cut, so that its stretches are of about the same weight, with what leads in what follows."""
    room = LENGTH
    for part, (number, offset) in section._cut():
        at = 0
        while isinstance(part, TextPart | ReasoningPart) and _heavier(part.text, at, room + LENGTH // 2):
            cut, lead = _seam(part.text, at, at + _characters(part.text, at, room))
            if cut is None or cut >= len(part.text):
                break
            yield (number, offset + cut), lead
            at, room = cut, LENGTH
        room -= _weight(part.text, at)
        if room <= 0 and number + 1 < len(section.message.parts):
            yield (number + 1, 0), ""
            room = LENGTH


def _last_seam(section: Section) -> Place | None:
    """Return the last one between two blocks of its last part; None where there is none, or only code after it."""
    *_, (part, (number, offset)) = section._cut()
    if not isinstance(part, TextPart | ReasoningPart):
        return None
    at = part.text.rstrip().rfind("\n\n") + 2
    if at < 2 or not part.text[at : at + 1].strip() or _open_fence(part.text, 0, at):
        return None
    return number, offset + at


def _characters(text: str, begin: int, room: int) -> int:
    """Return how many of them weigh as much as there is room."""
    stretch = text[begin : begin + room]
    return min(len(stretch), max(200, room * len(stretch) // max(1, _weight(stretch))))


def _seam(text: str, begin: int, wanted: int) -> tuple[int | None, str]:
    """Between two blocks at or after `wanted`, outside of code; None where it is code up to the end.

    A table is cut between rows: its head is to be shown again.
    """
    fence = _open_fence(text, begin, wanted)
    if fence:
        closed = re.compile(rf"^ {{0,3}}{fence[0]}{{{len(fence)},}}[ \t]*$", re.MULTILINE).search(text, wanted)
        return (None, "") if closed is None else (closed.end(), "")
    line_end = _line_end(text, wanted)
    if text[line_end + 1 : line_end + 2] == "|" and (head := _table_head(text, begin, line_end)):
        return line_end + 1, head
    if found := _BLANK.search(text, wanted, wanted + LENGTH // 2):
        return found.end(), ""
    for mark in ("\n", " "):
        place = text.find(mark, wanted, wanted + LENGTH // 2)
        if place >= 0:
            return place + 1, ""
    return wanted, ""


def _table_head(text: str, begin: int, end: int) -> str:
    """Return the first two lines of the table that goes on after `end`; empty where it is none."""
    above = text.rfind("\n\n", begin, end)
    first = begin if above < 0 else above + 2
    lines = text[first:end].split("\n", 2)
    return f"{lines[0]}\n{lines[1]}\n" if len(lines) > 2 and _DELIMITERS.fullmatch(lines[1]) else ""


def _open_fence(text: str, begin: int, end: int) -> str:
    """Return the fence of the code that goes on at `end`; empty for none."""
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
