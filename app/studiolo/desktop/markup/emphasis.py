"""Which asterisks may begin and end emphasis, next to Chinese, Japanese and Korean as well.

CommonMark asks whether a space or punctuation is beside them, and scripts without spaces have none: they would stand
as they are in 这是**“好”**的. The rule followed here is the "CommonMark CJK-friendly Amendments"
(github.com/tats-u/markdown-cjk-friendly, specification.md, section 6.2).
"""

import unicodedata

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned

_FULL_WIDTH_FORM = "\ufe01"
_QUOTES = "‘’“”"
"""Punctuation of Latin scripts, unless the selector of the full-width form follows."""


class FriendlyState(StateInline):
    """What is known while a paragraph's text is read."""

    def scanDelims(self, start: int, can_split_word: bool) -> Scanned:
        """Return whether the run of markers at `start` may begin or end emphasis, and how long it is."""
        marker = self.src[start]
        end = start
        while end < self.posMax and self.src[end] == marker:
            end += 1
        before, after = _Neighbour.before(self.src, start), _Neighbour(self.src[end] if end < self.posMax else " ")
        left = not after.space and (not after.foreign or before.space or before.foreign or before.cjk)
        right = not before.space and (not before.foreign or after.space or after.foreign or after.cjk)
        return Scanned(
            left and (can_split_word or not right or before.punctuation),
            right and (can_split_word or not left or after.punctuation),
            end - start,
        )


class _Neighbour:
    """A character beside the markers. foreign: punctuation that is not Chinese, Japanese or Korean."""

    __slots__ = ("cjk", "foreign", "punctuation", "space")

    def __init__(self, character: str, *, full_width: bool = False) -> None:
        code = ord(character)
        self.space = isWhiteSpace(code)
        self.punctuation = isMdAsciiPunct(code) or isPunctChar(character)
        self.cjk = full_width or _is_cjk(character)
        self.foreign = self.punctuation and not self.cjk

    @classmethod
    def before(cls, text: str, at: int) -> "_Neighbour":
        """Return the one before `at`; a selector of a variant belongs to the character before it."""
        if at == 0:
            return cls(" ")
        last = text[at - 1]
        if "\ufe00" <= last <= "\ufe0e" and at > 1:
            return cls(text[at - 2], full_width=last == _FULL_WIDTH_FORM and text[at - 2] in _QUOTES)
        return cls(last)


def _is_cjk(character: str) -> bool:
    code = ord(character)
    if code < 0x1100:
        return False
    if 0x1100 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF or 0xE0100 <= code <= 0xE01EF:
        return True
    return unicodedata.east_asian_width(character) in "WFH" and not _is_emoji(character)


def _is_emoji(character: str) -> bool:
    """Return those that are shown as pictures by themselves are wide, but no writing."""
    code = ord(character)
    return unicodedata.category(character) in ("So", "Sk") and (0x2300 <= code < 0x2C00 or code >= 0x1F000)
