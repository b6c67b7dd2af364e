"""How well words that somebody types fit a title: letters in order, beginnings of words first."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_QUERY, _MOST_TEXT, _MOST_WORDS = 100, 200, 8
_WHOLE, _BEGINNING, _WORD_BEGINNING, _INSIDE, _INITIALS, _SCATTERED = 100.0, 90.0, 75.0, 50.0, 40.0, 15.0
_LENGTH_COST = 0.05
_LEAST_SCATTERED = 3
_BOUNDARY = re.compile(r"(?<![^\W_])[^\W_]")

Places = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """How well it fits, more is better, and where: (begin, end) pairs in order, which do not overlap."""

    score: float
    places: Places


def match(query: str, text: str, *, whole: bool = False) -> Match | None:
    """Return how well every word of `query` fits `text`, whatever their case, accents and order; None if one does not.

    An empty query fits everything. Of a long text only the beginning counts. whole: no letters may be left out.
    """
    text = folded(text[:_MOST_TEXT])
    words = folded(query[:_MOST_QUERY]).split()[:_MOST_WORDS]
    score = 0.0
    places: list[tuple[int, int]] = []
    for word in words:
        found = _match_word(word, text, whole=whole)
        if found is None:
            return None
        score += found.score
        places += found.places
    return Match(score / max(1, len(words)) - _LENGTH_COST * len(text), _joined(places))


def folded(text: str) -> str:
    """Return text without case and accents; every letter keeps its place."""
    if text.isascii():
        return text.lower()
    # A letter that becomes several, or none, is left as it is.
    return "".join(plain if len(plain := _plain(letter)) == 1 else letter for letter in text)


def _plain(letter: str) -> str:
    decomposed = unicodedata.normalize("NFKD", letter.casefold())
    return "".join(one for one in decomposed if not unicodedata.combining(one))


def _match_word(word: str, text: str, *, whole: bool) -> Match | None:
    at = text.find(word)
    if at >= 0:
        return _match_whole(word, text, at)
    if whole or len(word) < 2 or not all(letter in text for letter in word):
        return None
    if places := _initials(word, text):
        return Match(_INITIALS - len(places), places)
    return _scattered(word, text)


def _match_whole(word: str, text: str, at: int) -> Match:
    if at == 0:
        return Match(_WHOLE if word == text else _BEGINNING, ((0, len(word)),))
    while at >= 0:
        if not text[at - 1].isalnum():
            return Match(_WORD_BEGINNING, ((at, at + len(word)),))
        at = text.find(word, at + 1)
    at = text.find(word)
    return Match(_INSIDE, ((at, at + len(word)),))


def _initials(word: str, text: str) -> Places:
    """Return where the beginnings of words, in order, make up the word ("opdf": Open the data folder)."""
    starts = [found.start() for found in _BOUNDARY.finditer(text)]
    failed: set[tuple[int, int]] = set()

    def rest(letter: int, start: int) -> Places | None:
        if letter == len(word):
            return ()
        for number in range(start, len(starts)):
            if (letter, number) in failed:
                continue
            begin = starts[number]
            for length in range(_common(word[letter:], text[begin:]), 0, -1):
                more = rest(letter + length, number + 1)
                if more is not None:
                    return ((begin, begin + length), *more)
            failed.add((letter, number))
        return None

    return rest(0, 0) or ()


def _common(first: str, second: str) -> int:
    length = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        length += 1
    return length


def _scattered(word: str, text: str) -> Match | None:
    """Return the word with letters left out, within a narrow space ("qwn": Qwen)."""
    if len(word) < _LEAST_SCATTERED:
        return None
    for begin in _occurrences(word[0], text):
        at, places = begin, [(begin, begin + 1)]
        for letter in word[1:]:
            at = text.find(letter, at + 1, begin + 2 * len(word))
            if at < 0:
                break
            places.append((at, at + 1))
        else:
            return Match(_SCATTERED - (at - begin - len(word)), tuple(places))
    return None


def _occurrences(letter: str, text: str) -> Iterator[int]:
    at = text.find(letter)
    while at >= 0:
        yield at
        at = text.find(letter, at + 1)


def _joined(places: list[tuple[int, int]]) -> Places:
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(places):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((begin, end))
    return tuple(joined)
