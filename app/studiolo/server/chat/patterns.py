"""Regular expressions of schemas, in the part of that language which the engine makes a grammar of.

Its own reading of them is generous: `.` runs over the end of a JSON text, `(a*)*` leads to a grammar that it refuses,
and a repetition with its ends exchanged takes all the memory there is. So what passes is known to be sound; of the rest
nothing is asked, which is any text.
"""

import re

_LONGEST = 1000
_MOST_REPEATED = 500
"""Of all repetitions of a pattern, multiplied: they may stand in each other."""
_DEEPEST = 20
_INSIDE_TEXT = r'"\\\x00-\x1F\x7F'
"""What can't stand in a JSON text as it is, in the words of a class."""
_CLASSES = {
    "d": "[0-9]",
    "w": "[a-zA-Z0-9_]",
    "s": "[ ]",
    "D": f"[^0-9{_INSIDE_TEXT}]",
    "W": f"[^a-zA-Z0-9_{_INSIDE_TEXT}]",
    "S": f"[^ {_INSIDE_TEXT}]",
}
_PIECE = re.compile(
    r"""
      (?P<class>\[\^?(?:\\[dws.\-/+*?(){}|$^\]\[]|[^\\\[\]"\x00-\x1f])+\])
    | (?P<shorthand>\\[dwsDWS])
    | (?P<escaped>\\[.\-/+*?(){}\[\]|$^])
    | (?P<any>\.)
    | (?P<open>\((?:\?:)?(?!\?))
    | (?P<close>\))
    | (?P<or>\|)
    | (?P<repeat>[*+?]|\{(?P<least>\d{1,4})(?P<comma>,(?P<most>\d{0,4}))?\})
    | (?P<literal>[^\\\[\](){}|*+?^$."\x00-\x1f\x7f])
    """,
    re.VERBOSE,
)
_SET_OPERATION = re.compile(r"--|&&|~~|\|\|")
"""What a class means by these is not the same everywhere."""
_ESCAPE = re.compile(r"\\(.)")
_IN_CLASS = {"\\d": "0-9", "\\w": "a-zA-Z0-9_", "\\s": " "}
_KEPT_IN_CLASS = "-[]"


def sound_pattern(pattern: str) -> str | None:
    """Return the pattern as the engine takes it; None for what can't be a grammar.

    Takes time in proportion to its length.
    """
    if (
        len(pattern) > _LONGEST
        or _SET_OPERATION.search(pattern)
        or not (pattern.startswith("^") and pattern.endswith("$"))
        or len(pattern) < 3
    ):
        return None
    reading = _Reading()
    at, end = 1, len(pattern) - 1
    while at < end:
        piece = _PIECE.match(pattern, at, end)
        if piece is None or not reading.take(piece):
            return None
        at = piece.end()
    sound = f"^{''.join(reading.out)}$"
    return sound if reading.is_whole and _is_pattern(sound) else None


def _is_pattern(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


class _Reading:
    """Puts a pattern together, piece by piece.

    before: what stood before, "(" for a beginning; empties: for each group that is open, whether it may be empty.
    """

    def __init__(self) -> None:
        self.out: list[str] = []
        self._before = "("
        self._empties = [False]
        self._closed_empty = False
        self._repeated = 1

    @property
    def is_whole(self) -> bool:
        return len(self._empties) == 1 and self._before not in ("(", "|")

    def take(self, piece: re.Match[str]) -> bool:
        """Return whether the piece can stand where it does."""
        kind = _kind(piece)
        text = piece[0]
        if kind == "open":
            self._empties.append(False)
            self.out.append("(")
            self._before = "("
            return len(self._empties) <= _DEEPEST
        if kind in ("close", "or"):
            return self._end(kind)
        if kind == "repeat":
            return self._repeat(piece)
        self.out.append(_written(kind, text))
        self._before = "piece"
        return True

    def _end(self, kind: str) -> bool:
        if self._before in ("(", "|"):
            return False
        if kind == "or":
            self.out.append("|")
            self._before = "|"
            return True
        if len(self._empties) == 1:
            return False
        self._closed_empty = self._empties.pop()
        self._empties[-1] |= self._closed_empty
        self.out.append(")")
        self._before = "group"
        return True

    def _repeat(self, piece: re.Match[str]) -> bool:
        if self._before not in ("piece", "group"):
            return False
        if self._before == "group" and self._closed_empty:
            return False  # Nothing, any number of times, is a circle.
        least, most = _times(piece)
        if most is not None and (least > most or most == 0):
            return False
        self._repeated *= max(1, least if most is None else most)
        self._empties[-1] |= least == 0
        self.out.append(piece[0])
        self._before = "repeat"
        return self._repeated <= _MOST_REPEATED


def _kind(piece: re.Match[str]) -> str:
    kinds = ("class", "shorthand", "escaped", "any", "open", "close", "or", "repeat", "literal")
    return next(kind for kind in kinds if piece[kind] is not None)


def _times(piece: re.Match[str]) -> tuple[int, int | None]:
    if piece["least"] is None:
        return {"*": (0, None), "+": (1, None), "?": (0, 1)}[piece[0]]
    least = int(piece["least"])
    if piece["comma"] is None:
        return least, least
    return least, int(piece["most"]) if piece["most"] else None


def _written(kind: str, text: str) -> str:
    if kind == "any":
        return f"[^{_INSIDE_TEXT}]"
    if kind == "shorthand":
        return _CLASSES[text[1]]
    if kind == "escaped":
        # In a class, since a repetition after it would be that of all the letters before.
        return text if text == "\\^" else f"[{text if text[1] in _KEPT_IN_CLASS else text[1]}]"
    if kind == "literal" and not text.isascii():
        return f"[{text}]"  # Else the engine would repeat its last byte.
    if kind == "class":
        return _class(text)
    return text


def _class(text: str) -> str:
    """Return a class without the escapes that the engine does not know, and without what would end a JSON text."""
    negated = text.startswith("[^")
    inner = _ESCAPE.sub(
        lambda found: _IN_CLASS.get(found[0], found[0] if found[1] in _KEPT_IN_CLASS else found[1]),
        text[2 if negated else 1 : -1],
    )
    if negated:
        return f"[^{inner}{_INSIDE_TEXT}]"
    caret = inner.startswith("^")  # It was escaped, and means itself in any other place.
    return f"[{inner[1:]}^]" if caret and inner != "^" else "\\^" if caret else f"[{inner}]"
