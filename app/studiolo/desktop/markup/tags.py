"""A short list of harmless tags of HTML, without attributes. Everything else of HTML is text."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_PAIRED = ("sub", "sup", "kbd", "mark", "b", "strong", "i", "em", "u", "ins", "s", "del", "small")
_MOST_NESTED = 20
_SAME = {"ins": "u", "del": "s"}
_TAG = re.compile(rf"<(?:(br)[ \t]*/?|(/?)({'|'.join(_PAIRED)})[ \t]*)>", re.IGNORECASE)
_FOLDING = re.compile(r"[ \t]*</?details(?:[ \t]+open)?[ \t]*>[ \t]*", re.IGNORECASE)
_SUMMARY = re.compile(
    r"[ \t]*(<details(?:[ \t]+open)?[ \t]*>)?[ \t]*<summary>(.*)</summary>[ \t]*(</details>)?[ \t]*", re.IGNORECASE
)


def harmless_tags(parser: MarkdownIt) -> None:
    """Teach them to `parser`: within a line, and `details` with its `summary`, which is shown unfolded."""
    parser.inline.ruler.before("autolink", "tag", _within_a_line)
    # Before links are made of addresses, and after what belongs together is known.
    parser.core.ruler.after("inline", "tags", _pair_all)
    parser.block.ruler.before("html_block", "folding", _folding, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.add_render_rule("folding", lambda *_: "")


def _within_a_line(state: StateInline, silent: bool) -> bool:
    found = _TAG.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "<" else None
    if found is None:
        return False
    if not silent:
        if found[1]:
            state.push("hardbreak", "br", 0)
        else:
            token = state.push("tag", "", 0)
            token.content = found[0]
            token.tag = found[3].lower()
            token.markup = found[2]
    state.pos = found.end()
    return True


def _pair_all(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children and any(child.type == "tag" for child in token.children):
            _pair(token.children)


def _pair(tokens: list[Token]) -> None:
    """Those that have an end become elements, the others text. Emphasis and links are not cut through."""
    open_ones: list[Token | None] = []
    for token in tokens:
        if token.type == "tag" and not token.markup:
            open_ones.append(token)
        elif token.type == "tag":
            _close(open_ones, token)
        elif token.nesting == 1:
            open_ones.append(None)
        elif token.nesting == -1:
            while open_ones and open_ones.pop() is not None:
                pass
    for token in tokens:
        if token.type == "tag":
            token.type, token.tag = "text", ""


def _close(open_ones: list[Token | None], closing: Token) -> None:
    for at in range(len(open_ones) - 1, max(-1, len(open_ones) - 1 - _MOST_NESTED), -1):
        opening = open_ones[at]
        if opening is None:
            return
        if opening.tag == closing.tag:
            del open_ones[at:]
            name = _SAME.get(closing.tag, closing.tag)
            for token, end, nesting in ((opening, "open", 1), (closing, "close", -1)):
                token.type, token.tag, token.content, token.markup = f"{name}_{end}", name, "", ""
                token.nesting = nesting  # type: ignore[assignment]
            return


def _folding(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    begin, end = state.bMarks[first] + state.tShift[first], state.eMarks[first]
    if state.is_code_block(first) or state.src[begin : begin + 1] != "<":
        return False
    line = state.src[begin:end]
    summary = _SUMMARY.fullmatch(line)
    if not summary and not _FOLDING.fullmatch(line):
        return False
    if silent:
        return True
    if summary:
        state.push("summary_open", "p", 1).map = [first, first + 1]
        inline = state.push("inline", "", 0)
        inline.map = [first, first + 1]
        inline.content = f"**{summary[2].strip()}**" if summary[2].strip() else ""
        inline.children = []
        state.push("summary_close", "p", -1)
    else:
        state.push("folding", "", 0).map = [first, first + 1]
    state.line = first + 1
    return True
