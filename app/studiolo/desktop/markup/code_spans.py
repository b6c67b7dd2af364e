"""Where code stands in a paragraph: it binds before formulas and addresses do."""

import re
from bisect import bisect_left

from markdown_it.rules_inline import StateInline

_RUN = re.compile(r"\\.|`+", re.DOTALL)


def holds_code(state: StateInline, begin: int, end: int) -> bool:
    """Return whether code begins between two characters of the text that is read."""
    known = state.env.get("code spans")
    if known is None or known[0] is not state.src:
        known = state.env["code spans"] = (state.src, _beginnings(state.src))
    beginnings: list[int] = known[1]
    at = bisect_left(beginnings, begin)
    return at < len(beginnings) and beginnings[at] < end


def _beginnings(text: str) -> list[int]:
    """Return where each span of code begins, found in one pass."""
    runs = [(found.start(), found.end()) for found in _RUN.finditer(text) if found[0][0] == "`"]
    # A backslash escapes a backtick outside of code alone: runs that only end code are looked for without it.
    ends: dict[int, list[int]] = {}
    for found in re.finditer("`+", text):
        ends.setdefault(len(found[0]), []).append(found.start())
    begun: list[int] = []
    after = 0
    for begin, end in runs:
        if begin < after:
            continue
        places = ends.get(end - begin, [])
        at = bisect_left(places, end)
        if at < len(places):
            begun.append(begin)
            after = places[at] + end - begin
    return begun
