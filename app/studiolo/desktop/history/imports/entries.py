"""The values of a JSON file one by one: an export may be larger than the memory, and nobody reads it first."""

import codecs
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

_BETWEEN = {"": re.compile(r"[ \t\n\r]*"), ",": re.compile(r"[ \t\n\r,]*")}
_CHUNK = 1 << 20
_MOST_ENTRY = 1 << 28
"""Characters of one value."""
_MOST_PIECES = 6_000_000
"""Lists, objects and commas in one value: each takes a hundred times the memory of its character."""
_MOST_ENTRIES = 300_000
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_UNENDED = "Unterminated string"
_LONGEST_WORD = 16
"""Characters: `-Infinity`, `\\ud83d\\ude00`."""
_STEPS_LESS = 100
"""Of nesting that is read, so that whoever works with what was read can write it again."""
_STRICT, _LENIENT = json.JSONDecoder(), json.JSONDecoder(parse_int=float)
_AS_WINDOWS = "studiolo.windows"
_LETTERS = [bytes([one]).decode("cp1252", "ignore") or chr(one) for one in range(256)]
"""Windows' letters, or Latin-1's where it has none."""


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """The bytes that are no UTF-8 as letters of Western Europe."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join([_LETTERS[one] for one in error.object[error.start : error.end]]), error.end


codecs.register_error(_AS_WINDOWS, _as_windows)


class TooMuchError(ValueError):
    """What follows is more than may be read."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for a value that can't be taken; those after it can."""

    why: str


def read_entries(file: IO[bytes]) -> Iterator[Any]:
    """Yield the entries of the list that a file is, or those that follow each other in it.

    It may be in UTF-8, UTF-16 or UTF-32, with a mark for the order of bytes or without, or in Windows' encoding of
    Western Europe: whatever is no UTF-8 is a letter of that. A value that is too deep is Unreadable. Raises ValueError
    for what is no JSON, TooMuchError for what is too much; what came before holds.
    """
    text = _Text(file)
    begin = text.skip(0, "")
    in_list = text.at(begin) == "["
    position = begin + 1 if in_list else begin
    for _ in range(_MOST_ENTRIES):
        position = text.skip(position, ",")
        if text.at(position) in ("", "]" if in_list else ""):
            return
        value, position = text.decode(position)
        yield value
    raise TooMuchError("it has too many entries")


class _Text:
    """As much of a file's text as is needed for the next value."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        begin = file.read(_CHUNK)
        encoding = _encoding(begin)
        errors = _AS_WINDOWS if encoding == "utf-8-sig" else "replace"
        self._decoder = codecs.getincrementaldecoder(encoding)(errors=errors)
        self._ended = not begin
        self._text = self._decoder.decode(begin, self._ended)

    def at(self, position: int) -> str:
        """The character there; empty at the end."""
        return self._text[position : position + 1]

    def skip(self, position: int, more: str) -> int:
        """Where the next character is that is no space, and none of `more`."""
        between = _BETWEEN[more]
        while True:
            position = between.match(self._text, position).end()  # type: ignore[union-attr]  # It matches nothing, too.
            if position < len(self._text) or self._ended:
                return position
            position = self._go_on(position, _CHUNK)

    def decode(self, position: int) -> tuple[Any, int]:
        """The value that begins there, and where it ends."""
        while True:
            self._check(position)
            try:
                value, end = _decoded(self._text, position)
                # A number may go on.
                if self._ended or end < len(self._text):
                    return value, end
            except RecursionError:
                if end := self._end_of(position):
                    return Unreadable("one of its entries is nested too deep"), end
                if self._ended:
                    raise ValueError("one of its entries is nested too deep, and has no end") from None
            except ValueError as error:
                if self._ended or self._is_certain(error):
                    raise
            # As much again as there is: a long value is tried a few times only.
            position = self._go_on(position, max(_CHUNK, len(self._text) - position))

    def _is_certain(self, error: ValueError) -> bool:
        """Whether nothing that follows can make it right: what only ends too soon is wrong near the end."""
        if not isinstance(error, json.JSONDecodeError) or error.msg.startswith(_UNENDED):
            return False
        return error.pos < len(self._text) - _LONGEST_WORD

    def _end_of(self, position: int) -> int:
        """Where a list or an object ends, whatever is in it; 0 where it goes on."""
        depth = 0
        for mark in _MARKS.finditer(self._text, position):
            if mark[0] in "[{":
                depth += 1
            elif mark[0] in "]}":
                depth -= 1
                if depth <= 0:
                    return mark.end()
        return 0

    def _check(self, position: int) -> None:
        length = len(self._text) - position
        if length > _MOST_ENTRY:
            raise TooMuchError("one of its entries is too large")
        if length > 2 * _CHUNK and sum(self._text.count(one, position) for one in "[{,") > _MOST_PIECES:
            raise TooMuchError("one of its entries has too many values")

    def _go_on(self, position: int, size: int) -> int:
        data = self._file.read(size)
        self._ended = not data
        self._text = self._text[position:] + self._decoder.decode(data, self._ended)
        return 0


def _decoded(text: str, position: int) -> tuple[Any, int]:
    with _less_deep():
        try:
            return _STRICT.raw_decode(text, position)
        except json.JSONDecodeError:
            raise
        except ValueError:
            # Python takes no numbers of thousands of digits: nobody means one.
            return _LENIENT.raw_decode(text, position)


@contextmanager
def _less_deep() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit - _STEPS_LESS)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _encoding(begin: bytes) -> str:
    """What JSON that begins so is written in: its first two characters are ASCII, so that zero bytes tell."""
    found = json.detect_encoding(begin)
    return "utf-8-sig" if found == "utf-8" else found
