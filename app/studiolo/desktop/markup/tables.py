"""Tables: where a row is cut into cells, and those of scripts that are written from right to left."""

import re
import unicodedata
from collections import Counter
from types import FunctionType

from markdown_it import MarkdownIt
from markdown_it.rules_block.table import table
from markdown_it.rules_core import StateCore

_MOST_LOOKED_AT = 2_000
_WHOLE = re.compile(r"\\.|(?P<ticks>`+)|(?P<bar>\|)|(?P<dollar>(?<!\d)\$(?![\s$\d]))", re.DOTALL)
_FORMULA_END = re.compile(r"[^$]*?(?<![\s\\])\$(?!\d)")


def tables(parser: MarkdownIt) -> None:
    """Teach `parser` that a bar in code or in a formula does not end a cell.

    It says (`dir`), too, which tables have their first column on the right.
    """
    # The rule of the library with another function for the cells: it offers no way to give it one.
    rule = FunctionType(table.__code__, {**table.__globals__, "escapedSplit": cells_of}, table.__name__)
    parser.block.ruler.at("table", rule, {"alt": ["paragraph", "reference"]})
    parser.core.ruler.after("inline", "directions", _tell)


def cells_of(row: str) -> list[str]:
    """Return what stands between the bars of a row; those that a backslash escapes are bars, in code as well."""
    runs = Counter(found[0] for found in re.finditer("`+", row))
    cells = []
    at = begin = 0
    while found := _WHOLE.search(row, at):
        at = found.end()
        if found["bar"]:
            cells.append(row[begin : found.start()])
            begin = at
        elif found["ticks"] and runs[found[0]] > 1:
            at = _code_end(row, found[0], at)
        elif found["dollar"] and (end := _FORMULA_END.match(row, at)):
            at = end.end()
    return [cell.replace(r"\|", "|") for cell in [*cells, row[begin:]]]


def _code_end(row: str, ticks: str, at: int) -> int:
    """Return where code ends that such backticks begin; where it does not, what follows them."""
    found = re.compile(rf"(?<!`){ticks}(?!`)").search(row, at)
    return found.end() if found else at


def _tell(state: StateCore) -> None:
    opening = None
    for token in state.tokens:
        if token.type == "table_open":
            opening = token
        elif opening is not None and token.type == "inline" and (direction := _direction(token.content)):
            if direction == "rtl":
                opening.attrSet("dir", "rtl")
            opening = None


def _direction(text: str) -> str:
    """That of the first letter; empty where there is none."""
    for character in text[:_MOST_LOOKED_AT]:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL", "L"):
            return "ltr" if kind == "L" else "rtl"
    return ""
