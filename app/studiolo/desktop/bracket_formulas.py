r"""Formulas between \(…\) and \[…\] in Markdown, found in one pass however many never end.

A rule that looks for the end anew from every beginning takes minutes for a megabyte of beginnings.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.utils import EnvType

_NUMBER = re.compile(r"\s*?\(([^)$\r\n]+?)\)")
"""Of an equation, behind it."""


def bracket_formulas(parser: MarkdownIt) -> None:
    """Teach `parser` the two: they become the tokens `math_inline`, `math_block` and `math_block_eqno`."""
    parser.inline.ruler.before("escape", "bracket_formula", _inline)
    parser.block.ruler.before("fence", "bracket_formula", _block)


def _inline(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith(r"\(", state.pos):
        return False
    end = _next(state.env, state.src, r"\)", state.pos + 3)
    if end < 0:
        return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content = state.src[state.pos + 2 : end]
        token.markup = r"\("
    state.pos = end + 2
    return True


def _block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    begin = state.bMarks[first] + state.tShift[first]
    if not state.src.startswith(r"\[", begin):
        return False
    end = _next(state.env, state.src, r"\]", begin + 3)
    # What begins in a quotation and ends after it is no formula.
    within = state.eMarks[last - 1]
    if not 0 <= end <= within - 2:
        return False
    content = state.src[begin + 2 : end]
    number = None if r"\[" in content else _NUMBER.match(state.src, end + 2, within)
    after = number.end() if number else end + 2
    line = first
    while state.eMarks[line] < after:
        line += 1
    if not silent:
        token = state.push("math_block_eqno" if number else "math_block", "math", 0)
        token.block = True
        token.content = content
        token.info = number[1] if number else ""
        token.markup = r"\["
    state.line = line + 1
    return True


def _next(env: EnvType, text: str, mark: str, begin: int) -> int:
    """Where `mark` comes next, -1 for nowhere; looked for once between two of them."""
    known = env.get(mark)
    if known and known[0] is text and known[1] <= begin and (known[2] < 0 or begin <= known[2]):
        return int(known[2])
    found = text.find(mark, begin)
    env[mark] = (text, begin, found)
    return found
