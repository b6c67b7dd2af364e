"""Markdown, cut into pieces for widgets and written as the HTML that Qt's rich text knows.

While a reply grows only its last block is read again. HTML in a reply is text, and nothing is ever loaded from afar.
"""

import re
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from studiolo.desktop.markup import markdown_parser
from studiolo.desktop.theme import Colours

_MOST_TEXT = 2_000
"""Characters of one text piece: setting more at once would be felt."""
_FENCE = re.compile(r"(`{3,}|~{3,})([^\n`]*)(?:\n|\Z)")
_FENCE_LINE = re.compile(_FENCE.pattern.replace("(", "^(", 1), re.MULTILINE)
"""That of code which is not indented."""
_BLANK = re.compile(r"(?:[ \t]*\n)*")
_TASKS = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}


@dataclass(frozen=True, slots=True)
class Piece:
    """Text as Markdown, or code as it is, in `language`; `whole`: nothing more comes to it."""

    kind: Literal["text", "code"]
    source: str
    language: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Fence:
    """Code from `begin` on; it ends before what `closing` finds."""

    begin: int
    language: str
    closing: re.Pattern[str]

    @classmethod
    def at(cls, text: str, begin: int) -> "_Fence | None":
        """The code that begins there or after blank lines, if any does."""
        found = _FENCE.match(text, _BLANK.match(text, begin).end())  # type: ignore[union-attr]
        return cls.of(found) if found else None

    @classmethod
    def of(cls, found: re.Match[str]) -> "_Fence":
        fence, info = found.groups()
        closing = re.compile(rf"^ {{0,3}}{fence[0]}{{{len(fence)},}}[ \t]*$", re.MULTILINE)
        return cls(found.end(), info.strip().split(" ")[0], closing)


class Splitter:
    """Cuts a text that grows into pieces."""

    def __init__(self) -> None:
        # The blocks of other formulas don't tell their lines: here they are paragraphs.
        self._parser = markdown_parser(brackets=False)
        self._parser.core.ruler.enableOnly(["normalize", "block"])
        self._text = ""
        self._done: list[Piece] = []
        self._begin = 0
        """Where what may still change begins."""
        self._code: _Fence | None = None
        """What may still change, where it is code that has not ended."""
        self._looked_at = 0
        """Up to where its end was looked for."""

    def pieces(self, text: str, *, whole: bool) -> list[Piece]:
        """Those of `text`; what was cut from its beginning before is not looked at again. whole: it grows no more."""
        if not text.startswith(self._text):
            self._done, self._begin, self._code = [], 0, None
        self._text = text
        if not whole and self._code and self._goes_on(self._code):
            # A long code must not be read anew with every word.
            return [*self._done, _code_piece(text[self._code.begin :], self._code, whole=False)]
        tail = text[self._begin :]
        blocks = self._blocks(tail)
        keep = len(blocks) if whole else len(blocks) - 1
        done, begin = list(self._done), 0
        for piece, end in blocks[: max(keep, 0)]:
            _add(done, piece)
            begin = end
        if whole:
            return done
        self._done, self._begin = done, self._begin + begin
        self._code = _Fence.at(text, self._begin)
        self._looked_at = self._code.begin if self._code else 0
        rest = [Piece(piece.kind, piece.source, piece.language, whole=False) for piece, _ in blocks[keep:]]
        return [*done, *rest]

    def _goes_on(self, code: _Fence) -> bool:
        if code.closing.search(self._text, self._looked_at):
            return False
        self._looked_at = self._text.rfind("\n", code.begin - 1) + 1
        return True

    def _blocks(self, text: str) -> list[tuple[Piece, int]]:
        """Each block and the character where it ends."""
        blocks: list[tuple[Piece, int]] = []
        at = 0
        while found := _FENCE_LINE.search(text, at):
            # The parser takes its time for what needs no parser.
            blocks += self._parsed(text, at, found.start())
            fence = _Fence.of(found)
            closed = fence.closing.search(text, fence.begin)
            at = min(closed.end() + 1, len(text)) if closed else len(text)
            code = text[fence.begin : closed.start() if closed else at]
            blocks.append((_code_piece(code, fence, whole=True), at))
        return blocks + self._parsed(text, at, len(text))

    def _parsed(self, text: str, begin: int, end: int) -> list[tuple[Piece, int]]:
        lines = text[begin:end].splitlines(keepends=True)
        ends = [begin]
        for line in lines:
            ends.append(ends[-1] + len(line))
        blocks = []
        # Markdown knows fewer line ends than Python: another one must not shift the rest.
        plain = "\n".join(line.rstrip("\r\n").replace("\0", "\ufffd") for line in lines)
        for token in self._parser.parse(plain):
            if token.level == 0 and token.nesting >= 0 and token.map:
                first, last = token.map
                last = min(last, len(lines))
                if token.type in ("fence", "code_block"):
                    piece = Piece("code", token.content.removesuffix("\n"), token.info.split(" ")[0].strip())
                else:
                    piece = Piece("text", text[ends[first] : ends[last]].strip("\n"))
                blocks.append((piece, ends[last]))
        return blocks


def _code_piece(code: str, fence: _Fence, *, whole: bool) -> Piece:
    return Piece("code", code.removesuffix("\n"), fence.language, whole=whole)


WriteFormula = Callable[[str, bool], str]
"""LaTeX, and whether it stands alone, as HTML."""


class Writer:
    """Writes Markdown as HTML in the colours in force."""

    def __init__(self, colours: Colours, highlight: Callable[[str, str, str], str] | None = None) -> None:
        self._markdown = markdown_parser({"highlight": highlight})
        self._markdown.renderer = _Renderer()
        self._colours = colours

    def html(self, source: str, formula: WriteFormula | None = None) -> str:
        """Formulas are shown as they are written where nobody writes them."""
        environment = {"colours": self._colours, "formula": formula or self.formula_source}
        return str(self._markdown.render(source, environment)).strip()

    def formula_source(self, latex: str, block: bool) -> str:
        mark = "$$" if block else "$"
        code = f'<code style="background-color: {self._colours.card};">{_escaped(mark + latex + mark)}</code>'
        return f'<p align="center">{code}</p>' if block else code


Environment = MutableMapping[str, Any]


class _Renderer(RendererHTML):
    """What Qt draws otherwise than a browser is written otherwise."""

    def table_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        border = env["colours"].border
        return (
            f'<table border="1" cellspacing="0" cellpadding="7" '
            f'style="border-collapse: collapse; border-style: solid; border-color: {border}; '
            'margin: 6px 2px 10px 2px;">'
        )

    def th_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return f'<th style="{_alignment(tokens[index])}; background-color: {env["colours"].card};">'

    def td_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return f'<td style="{_alignment(tokens[index])};">'

    def blockquote_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return f'<blockquote style="margin-left: 14px; color: {env["colours"].muted};">'

    def code_inline(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return f'<code style="background-color: {env["colours"].card};">{_escaped(tokens[index].content)}</code>'

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        """A link: showing it would tell its owner that it was read."""
        token = tokens[index]
        address = str(token.attrGet("src") or "")
        name = token.content or address
        return f'<a href="{_escaped(address)}">🖼 {_escaped(name)}</a>'

    def math_inline(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return str(env["formula"](tokens[index].content, False))

    def math_inline_double(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return self.math_inline(tokens, index, options, env)

    def math_block(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return str(env["formula"](tokens[index].content.strip(), True))

    def math_block_eqno(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return self.math_block(tokens, index, options, env)

    def hr(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return "<hr/>"

    def text(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        content = tokens[index].content
        if index == 0 and content[:4] in _TASKS:
            content = _TASKS[content[:4]] + content[4:]
        return _escaped(content)


def _add(pieces: list[Piece], piece: Piece) -> None:
    """Texts that follow each other are one, as long as it is not too long."""
    last = pieces[-1] if pieces else None
    if last and last.kind == piece.kind == "text" and len(last.source) + len(piece.source) < _MOST_TEXT:
        pieces[-1] = Piece("text", f"{last.source}\n\n{piece.source}")
    else:
        pieces.append(piece)


def _alignment(token: Token) -> str:
    return f"{token.attrGet('style') or 'text-align:left'}; vertical-align: middle"


def _escaped(text: str) -> str:
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(plain, entity)
    return text
