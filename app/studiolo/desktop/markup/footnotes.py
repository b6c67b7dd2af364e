"""Footnotes: a raised number where one is referred to, and again in front of its text, which stays where it is."""

import re
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.utils import EnvType

_DEFINITION = re.compile(r"\[\^([^\]\s^\[]{1,60})\]:[ \t]*")
_REFERENCE = re.compile(r"\[\^([^\]\s^\[]{1,60})\]")
_DEFINED = re.compile(r"^ {0,3}" + _DEFINITION.pattern, re.MULTILINE)


def footnotes(parser: MarkdownIt) -> None:
    """Teach them to `parser`.

    One that is called by a word must be in `env["notes"]`, or be defined in the same text: brackets with a caret stand
    for other things as well.
    """
    parser.block.ruler.before("reference", "footnote", _definition, {"alt": ["paragraph", "reference"]})
    parser.inline.ruler.before("link", "footnote", _reference)


def notes_in(text: str) -> frozenset[str]:
    """Return what the footnotes are called that are defined in a text."""
    return frozenset(found[1] for found in _DEFINED.finditer(text)) if "[^" in text else frozenset()


def _definition(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    begin = state.bMarks[first] + state.tShift[first]
    found = None if state.is_code_block(first) else _DEFINITION.match(state.src, begin, state.eMarks[first])
    if found is None:
        return False
    if silent:
        return True
    _known(state.env).add(found[1])
    line = first + 1
    while line < last and not state.isEmpty(line) and not _DEFINITION.match(state.src, state.bMarks[line]):
        if state.sCount[line] < state.blkIndent:
            break
        line += 1
    told = state.getLines(first, line, state.blkIndent, False).strip().removeprefix(found[0].rstrip())
    state.push("paragraph_open", "p", 1).map = [first, line]
    inline = state.push("inline", "", 0)
    inline.map = [first, line]
    inline.content = f"[^{found[1]}] {told.strip()}"
    inline.children = []
    state.push("paragraph_close", "p", -1)
    state.line = line
    return True


def _reference(state: StateInline, silent: bool) -> bool:
    found = _REFERENCE.match(state.src, state.pos, state.posMax)
    if not found or not (found[1].isdecimal() or found[1] in _known(state.env)):
        return False
    if not silent:
        state.push("sup_open", "sup", 1)
        state.push("text", "", 0).content = found[1]
        state.push("sup_close", "sup", -1)
    state.pos = found.end()
    return True


def _known(env: EnvType) -> set[str]:
    known = env.get("notes")
    if not isinstance(known, set):
        names: Iterable[str] = known or ()
        known = env["notes"] = set(names)
    return known
