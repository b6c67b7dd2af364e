r"""Formulas in Markdown: $…$, $$…$$, \(…\), \[…\] and environments like \begin{align}.

They are found in one pass, however many never end.

A rule that looks for the end anew from every beginning takes minutes for a megabyte of beginnings.
"""

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType
from mdit_py_plugins.dollarmath.index import math_inline_dollar

from studiolo.desktop.markup.code_spans import holds_code
from studiolo.desktop.markup.latex import ENVIRONMENTS

FORMULAS = ("math_inline", "math_inline_double", "math_block")
"""The kinds of tokens: within a line, set off within a line, and alone."""
_BEGIN = re.compile(r"\\begin\{([a-zA-Z]+\*?)\}")
_NUMBER = re.compile(r"\(([^)$\r\n]+)\)")
"""Of an equation, behind it."""
_LOOKS_LIKE_ONE = re.compile(r"[\\^_=+<>{}*/|]")
_MOST_NESTED = 20

_dollar = math_inline_dollar(allow_space=False, allow_digits=False, allow_double=True)


@dataclass(frozen=True, slots=True)
class Formula:
    """LaTeX, whether it stands alone, and how it was written, with its delimiters."""

    latex: str
    block: bool
    source: str


def formula_of(token: Token) -> Formula:
    """Return what a token of the kinds in FORMULAS stands for."""
    return Formula(token.content.strip(), token.type == "math_block", str(token.meta["source"]))


def formula_rules(parser: MarkdownIt) -> None:
    """Teach them to `parser`."""
    parser.inline.ruler.before("escape", "dollar_formula", _between_dollars)
    parser.inline.ruler.before("escape", "formula", _within_a_line)
    parser.block.ruler.before(
        "fence", "formula", _block, {"alt": ["paragraph", "reference", "blockquote", "list", "table"]}
    )


def _between_dollars(state: StateInline, silent: bool) -> bool:
    begin = state.pos
    if not _dollar(state, True):
        return False
    end = state.pos
    if end > state.posMax or holds_code(state, begin, end):
        state.pos = begin
        return False
    if not silent:
        _push(state, "$$" if state.src.startswith("$$", begin) else "$", begin, end)
    return True


def _within_a_line(state: StateInline, silent: bool) -> bool:
    begin = state.pos
    marks = _marks(state.src, begin)
    if marks is None or marks[0] == "$$":
        return False
    opening, closing = marks
    place = _end(state.env, state.src, opening, closing, begin + len(opening))
    if place < 0 or place + len(closing) > state.posMax:
        return False
    end = place + len(closing)
    if not state.src[begin + len(opening) : place].strip():
        return False
    if holds_code(state, begin, end) or (opening == r"\[" and not _is_meant(state.src, begin, end)):
        return False
    if not silent:
        _push(state, opening, begin, end)
    state.pos = end
    return True


def _push(state: StateInline, opening: str, begin: int, end: int) -> None:
    token = state.push("math_inline" if opening in ("$", r"\(") else "math_inline_double", "math", 0)
    whole = state.src[begin:end]
    token.content = whole if opening.startswith(r"\begin") else whole[len(opening) : -len(opening)]
    token.markup = opening
    token.meta["source"] = whole


def _is_meant(text: str, begin: int, end: int) -> bool:
    r"""Return whether \[…\] within a line is a formula, or brackets that shall not make a link."""
    before = text[begin - 1 : begin]
    if before.isalnum() or text[end : end + 1] in ("(", "["):
        return False
    return bool(_LOOKS_LIKE_ONE.search(text, begin + 2, end - 2))


def _block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    begin = state.bMarks[first] + state.tShift[first]
    marks = None if state.is_code_block(first) else _marks(state.src, begin)
    if marks is None or marks[0] == r"\(":
        return False
    opening, closing = marks
    place = _end(state.env, state.src, opening, closing, begin + len(opening))
    # What begins in a quotation and ends after it is no formula.
    if not 0 <= place <= state.eMarks[last - 1] - len(closing):
        return False
    line = _line_of(state, first, place, blanks=opening != "$$")
    if line is None:
        return False
    rest = state.src[place + len(closing) : state.eMarks[line]].rstrip()
    number = _NUMBER.fullmatch(rest.lstrip())
    content = _content(state, first, line, begin + len(opening), place)
    if (rest and not number) or not content.strip():
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.block = True
        token.map = [first, line + 1]
        token.markup = opening
        token.meta["source"] = f"{opening}{content}{closing}{rest}"
        inside = f"{opening}{content}{closing}" if opening.startswith(r"\begin") else content
        token.content = f"{inside} \\tag{{{number[1]}}}" if number else inside
    state.line = line + 1
    return True


def _line_of(state: StateBlock, first: int, place: int, *, blanks: bool) -> int | None:
    """Return the line where `place` is.

    None where the list or quotation ends before, or, without `blanks`, a paragraph.
    """
    key = f"formula ends {place} {state.blkIndent} {blanks}"
    known = state.env.get(key)
    if known and known[0] is state.src and known[1] <= first < known[2]:
        return None
    line = first
    quotes = _quotes(state, first)
    while state.eMarks[line] < place:
        line += 1
        inside = blanks if state.isEmpty(line) else state.sCount[line] >= state.blkIndent
        # Who asks whether a paragraph ends here does not know where its quotation does.
        if not inside or _quotes(state, line) < quotes:
            state.env[key] = (state.src, first, line)
            return None
    return line


def _quotes(state: StateBlock, line: int) -> int:
    """In how many quotations it stands."""
    mark = state.bMarks[line]
    return state.src.count(">", state.src.rfind("\n", 0, mark) + 1, mark)


def _content(state: StateBlock, first: int, last: int, begin: int, end: int) -> str:
    """Return what is between two characters, without what lists and quotations put in front of lines."""
    if first == last:
        return state.src[begin:end]
    lines = [state.src[begin : state.eMarks[first]]]
    lines += [
        state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]] for line in range(first + 1, last)
    ]
    lines.append(state.src[min(state.bMarks[last] + state.tShift[last], end) : end])
    return "\n".join(lines)


def _marks(text: str, at: int) -> tuple[str, str] | None:
    """Return what begins a formula there, and what ends it."""
    two = text[at : at + 2]
    if two == "$$":
        return "$$", "$$"
    if two == r"\(":
        return two, r"\)"
    if two == r"\[":
        return two, r"\]"
    if two == r"\b" and (found := _BEGIN.match(text, at)) and found[1].rstrip("*") in ENVIRONMENTS:
        return found[0], rf"\end{{{found[1]}}}"
    return None


def _end(env: EnvType, text: str, opening: str, closing: str, begin: int) -> int:
    """Return where the formula's closing mark is, -1 for nowhere."""
    end = _next(env, text, closing, begin)
    if opening.startswith(r"\begin"):
        # An environment may hold others of its kind.
        for _ in range(_MOST_NESTED):
            inner = _next(env, text, opening, begin)
            if not 0 <= inner < end:
                break
            begin = inner + len(opening)
            end = text.find(closing, end + len(closing))
    return end


def _next(env: EnvType, text: str, mark: str, begin: int) -> int:
    """Return where `mark` comes next, -1 for nowhere; looked for once between two of them."""
    known = env.get(mark)
    if known and known[0] is text and known[1] <= begin and (known[2] < 0 or begin <= known[2]):
        return int(known[2])
    found = text.find(mark, begin)
    env[mark] = (text, begin, found)
    return found
