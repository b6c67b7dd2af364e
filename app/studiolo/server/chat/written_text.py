"""A reply's text as it comes, in which calls may be written: what may be one is held back, the rest goes on at once."""

import re

from studiolo.server.chat.mending import (
    CALL_KEYS,
    FENCE,
    FENCED,
    MOST_CHARACTERS,
    TAG,
    Brackets,
    Knows,
    WrittenCall,
    written_calls,
)

_FENCE = "```"
_TAG_STARTS = (
    "<tool_call>",
    "<tool_calls>",
    "<function_call>",
    "<toolcall>",
    "<function=",
    "<|python_tag|>",
    "[TOOL_CALLS]",
)
_LONGEST_START = 160
"""Characters in which a tag, the head of a fence or the beginning of a value is complete."""
_FIRST_KEY = re.compile(r'[\[{\s]*"(?P<key>[^"]*)"')
_FIRST_KEY_BEGUN = re.compile(r'[\[{\s]*(?:"[^"]*)?')
_CALLED = re.compile(r"\[\s*[A-Za-z_][\w.]*\s*\(")
_CALLED_BEGUN = re.compile(r"\[\s*(?:[A-Za-z_][\w.]*\s*)?")


class WrittenText:
    """Feed it the pieces of a message. `calls` are those that its end turned out to be, after `finish`.

    Nothing is lost: what is no call in the end comes out as the text that it is.
    """

    def __init__(self, knows: Knows) -> None:
        self._knows = knows
        self._held = ""
        self._line = ""
        self._begun = False
        self._fenced = False
        self._shape: _Shape | None = None
        self.calls: list[WrittenCall] = []

    def feed(self, text: str) -> str:
        """Return the text that may go on by now."""
        self._held += text
        out = ""
        if self._shape is not None:
            if self._shape.feed(text) and len(self._held) <= MOST_CHARACTERS:
                return ""
            self._shape = None
            out = self._passed_line()
        while self._held and (self._line.strip() or not self._may_begin()):
            out += self._passed_line()
        return out

    def finish(self, *, complete: bool = True) -> str:
        """Return the text that is left.

        complete: the model ended its reply by itself, so that a call in it is whole.
        """
        held, self._held = self._held, ""
        calls = written_calls(held, self._knows) if complete else None
        if calls is None:
            return held
        self.calls = calls
        return ""

    def _may_begin(self) -> bool:
        """Return whether a call may begin in what is held, which begins a line."""
        begin = self._held.lstrip()
        if self._fenced or not begin:
            return not self._begun and not self._fenced
        if any(_alike(begin, start) for start in _TAG_STARTS):
            if TAG.match(begin):
                return self._holds(_Shape(), begin)
            if len(begin) < _LONGEST_START and not _CALLED.match(begin):
                return True
        if self._begun:
            return False
        if _alike(begin, _FENCE):
            if head := FENCE.match(begin):
                return head["kind"] in FENCED and self._holds(_Fenced(), begin)
            return "\n" not in begin and len(begin) < _LONGEST_START
        return begin[0] in "{[" and self._holds(_Value(), begin)

    def _holds(self, shape: "_Shape", begin: str) -> bool:
        if not shape.feed(begin) or len(begin) > MOST_CHARACTERS:
            return False
        self._shape = shape
        return True

    def _passed_line(self) -> str:
        """Return what is held of the line, which is text."""
        cut = self._held.find("\n") + 1 or len(self._held)
        text, self._held = self._held[:cut], self._held[cut:]
        # As much of it as tells what the line begins with.
        self._line = (self._line.lstrip() + text)[:_LONGEST_START]
        self._begun = self._begun or bool(text.strip())
        if text.endswith("\n"):
            if self._line.lstrip().startswith(_FENCE):
                self._fenced = not self._fenced
            self._line = ""
        return text


class _Shape:
    """Whether a text that begins as calls do may still be nothing else: from a tag on, as long as it goes on."""

    def feed(self, text: str) -> bool:
        return True


class _Fenced(_Shape):
    """A fence that is all there is."""

    def __init__(self) -> None:
        self._text = ""

    def feed(self, text: str) -> bool:
        self._text += text
        end = self._text.find("\n" + _FENCE)
        return end < 0 or not self._text[end + 1 + len(_FENCE) :].strip()


class _Value(_Shape):
    """JSON that begins as a call does, or a list of calls as Python writes them."""

    def __init__(self) -> None:
        self._start: str | None = ""
        self._brackets = Brackets()
        self._whole = False

    def feed(self, text: str) -> bool:
        if self._start is not None:
            self._start += text
            begun = self._begun(self._start)
            if begun is not True:
                return begun is None and len(self._start) < _LONGEST_START
            text, self._start = self._start, None
        return all(self._goes_on(character) for character in text)

    def _begun(self, text: str) -> bool | None:
        """Return whether it begins as a call does; None where that is not known yet."""
        if key := _FIRST_KEY.match(text):
            return key["key"] in CALL_KEYS
        if _CALLED.match(text):
            self._brackets = Brackets("{[(", "\"'")
            return True
        return None if _FIRST_KEY_BEGUN.fullmatch(text) or _CALLED_BEGUN.fullmatch(text) else False

    def _goes_on(self, character: str) -> bool:
        """What is whole may be followed by more of its kind, and by nothing else."""
        if self._whole and not character.isspace() and character not in ",;{[":
            return False
        if self._brackets.feed(character):
            self._whole = True
        elif self._brackets.open:
            self._whole = False
        return True


def _alike(text: str, start: str) -> bool:
    return text.startswith(start) or start.startswith(text)
