"""A message cut into pieces for widgets. While it grows only its last block is read again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from markdown_it.token import Token

from studiolo.desktop.markup.footnotes import notes_in
from studiolo.desktop.markup.parser import markdown_parser

_MOST_TEXT = 2_000
"""Characters of one text piece: setting more at once would be felt."""
_FENCE = re.compile(r"(`{3,}|~{3,})([^\n`]*)(?:\n|\Z)")
_FENCE_LINE = re.compile(_FENCE.pattern.replace("(", "^(", 1), re.MULTILINE)
"""That of code which is not indented."""
_BLANK = re.compile(r"(?:[ \t]*\n)*")
_CODE = ("fence", "code_block")
_OPENING = re.compile(r"(\$\$|\\\[|\\begin\{)")
_CLOSING = {"$$": "$$", "\\[": "\\]", "\\begin{": "\\end{"}
_MOST_HELD = 4_000
"""Characters that a formula may have before its end is not waited for any more."""
_MOST_TOLD = 10
"""Characters that a line may have and still become anything."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text as Markdown, or code as it is, in `language`; `whole`: nothing more comes to it.

    inset: how many lists and quotations it stands in; written: how it stands in the message, with what they put in
    front of it, and the fences of code.
    """

    kind: Literal["text", "code"]
    source: str
    language: str = ""
    whole: bool = True
    inset: int = 0
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Definitions:
    """What is defined somewhere in a message and used elsewhere: addresses by their labels, and footnotes."""

    addresses: Mapping[str, Any] = field(default_factory=dict)
    notes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Fence:
    """Code from `begin` on; it ends before what `closing` finds. margin: what lists put in front of its lines."""

    begin: int
    language: str
    closing: re.Pattern[str]
    margin: re.Pattern[str] | None = None
    inset: int = 0

    @classmethod
    def at(cls, text: str, begin: int) -> "_Fence | None":
        """Return the code that begins there or after blank lines, if any does."""
        found = _FENCE.match(text, _BLANK.match(text, begin).end())  # type: ignore[union-attr]
        # Its language may still grow where the line has not ended.
        return cls.of(found) if found and found[0].endswith("\n") else None

    @classmethod
    def of(cls, found: re.Match[str]) -> "_Fence":
        fence, info = found.groups()
        closing = re.compile(rf"^ {{0,3}}{fence[0]}{{{len(fence)},}}[ \t]*$", re.MULTILINE)
        return cls(found.end(), info.strip().split(" ")[0], closing)

    @classmethod
    def within(cls, token: Token, begin: int, line: str, inset: int) -> "_Fence":
        """That of a token in a list, whose first line is `line`; the code begins after it."""
        told = str(token.meta["source"]).split("\n", 1)[0]
        margin = len(line.rstrip("\r\n")) - len(told)
        own = len(told) - len(told.lstrip(" "))
        mark = rf"{re.escape(token.markup[0])}{{{len(token.markup)},}}[ \t]*$"
        left = rf" {{0,{margin - 1}}}[^ \n]" if margin else r"(?!)"
        closing = re.compile(rf"^(?:{left}| {{{margin},{margin + 3}}}{mark})", re.MULTILINE)
        language = token.info.strip().split(" ")[0]
        return cls(begin, language, closing, re.compile(rf"^ {{0,{margin + own}}}", re.MULTILINE), inset)

    def piece(self, text: str, written: str, *, whole: bool) -> Piece:
        code = self.margin.sub("", text) if self.margin else text
        source = code.removesuffix("\n")
        return Piece("code", source, self.language, whole=whole, inset=self.inset, written=written.strip("\n"))


_Block = tuple[list[Piece], int]
"""What a block is cut into, and the character where it ends."""


class Splitter:
    """Cuts a text that grows into pieces."""

    def __init__(self) -> None:
        self._parser = markdown_parser()
        self._parser.core.ruler.enableOnly(["normalize", "block"])
        self._text = ""
        self._done: list[Piece] = []
        self._begin = 0
        """Where what may still change begins."""
        self._code: _Fence | None = None
        """What may still change, where it is code that has not ended."""
        self._before: list[Piece] = []
        """What stands before that code."""
        self._looked_at = 0
        """Up to where its end was looked for."""
        self._addresses: dict[str, Any] = {}
        """By their labels, of what is done."""
        self._found: list[tuple[int, str, Any]] = []
        """The character after an address's definition, its label, and what is defined, of what may still change."""

    @property
    def definitions(self) -> Definitions:
        """Return those of the text that was cut last."""
        addresses = dict(self._addresses)
        for _, label, defined in self._found:
            addresses.setdefault(label, defined)
        return Definitions(addresses, notes_in(self._text))

    def pieces(self, text: str, *, whole: bool) -> list[Piece]:
        """Return those of `text`; what was cut from its beginning before is not looked at again.

        whole: it grows no more.
        """
        if not text.startswith(self._text):
            self._done, self._begin, self._code = [], 0, None
            self._addresses = {}
        self._text = text
        if not whole and self._code and self._goes_on(self._code):
            # A long code must not be read anew with every word.
            opening = text.rfind("\n", 0, self._code.begin - 1) + 1
            return [*self._before, self._code.piece(text[self._code.begin :], text[opening:], whole=False)]
        self._found, self._code = [], None
        blocks = self._blocks(text[self._begin :])
        keep = len(blocks) if whole else _sure(blocks, text[self._begin :])
        done, begin = list(self._done), 0
        for pieces, end in blocks[:keep]:
            for piece in pieces:
                _add(done, piece)
            begin = end
        if whole:
            return done
        rest = [piece for pieces, _ in blocks[keep:] for piece in pieces]
        self._finish(done, begin)
        self._before = [*done, *rest[:-1]]
        return [*done, *rest[:-1], *(replace(piece, whole=False) for piece in rest[-1:])]

    def _finish(self, done: list[Piece], begin: int) -> None:
        """What ends `begin` characters further on changes no more."""
        for end, label, defined in self._found:
            if end <= begin:
                self._addresses.setdefault(label, defined)
        if self._code:
            self._code = replace(self._code, begin=self._begin + self._code.begin)
        self._done, self._begin = done, self._begin + begin
        self._code = self._code or _Fence.at(self._text, self._begin)
        self._looked_at = self._code.begin if self._code else 0

    def _goes_on(self, code: _Fence) -> bool:
        if code.closing.search(self._text, self._looked_at):
            return False
        self._looked_at = self._text.rfind("\n", code.begin - 1) + 1
        return True

    def _blocks(self, text: str) -> list[_Block]:
        blocks: list[_Block] = []
        at = 0
        while found := _FENCE_LINE.search(text, at):
            # The parser takes its time for what needs no parser.
            blocks += self._parsed(text, at, found.start())
            fence = _Fence.of(found)
            closed = fence.closing.search(text, fence.begin)
            at = min(closed.end() + 1, len(text)) if closed else len(text)
            code = text[fence.begin : closed.start() if closed else at]
            blocks.append(([fence.piece(code, text[found.start() : at], whole=True)], at))
        return blocks + self._parsed(text, at, len(text))

    def _parsed(self, text: str, begin: int, end: int) -> list[_Block]:
        lines = text[begin:end].splitlines(keepends=True)
        ends = [begin]
        for line in lines:
            ends.append(ends[-1] + len(line))
        blocks: list[_Block] = []
        # Markdown knows fewer line ends than Python: another one must not shift the rest.
        plain = "\n".join(line.rstrip("\r\n").replace("\0", "\ufffd") for line in lines)
        environment: dict[str, Any] = {}
        tokens = self._parser.parse(plain, environment)
        cutter = _Cutter(tokens, lines)
        for number, token in enumerate(tokens):
            if token.level == 0 and token.nesting >= 0 and token.map:
                blocks.append((cutter.pieces(number), ends[min(token.map[1], len(lines))]))
        self._code = cutter.open_code(ends) if end == len(text) else None
        for label, defined in environment.get("references", {}).items():
            self._found.append((ends[min(defined["map"][1], len(lines))], label, defined))
        return blocks


class _Cutter:
    """Cuts a block where code stands in it, however deep in lists and quotations."""

    def __init__(self, tokens: Sequence[Token], lines: Sequence[str]) -> None:
        self._tokens = tokens
        self._lines = lines

    def pieces(self, number: int) -> list[Piece]:
        """Return those of the block that begins with a token outside of lists and quotations."""
        token = self._tokens[number]
        if token.nesting == 1 and token.type != "paragraph_open" and self._holds_code(number):
            return self._container(number, 0, 0)
        if token.type in _CODE:
            return [self._code(token, 0)]
        written = self._written(token, token)
        return [Piece("text", written, written=written)]

    def open_code(self, ends: Sequence[int]) -> _Fence | None:
        """Code in lists that more may come to. ends: the character before each line, and the last one."""
        at = next((at for at in range(len(self._tokens) - 1, -1, -1) if self._tokens[at].nesting >= 0), None)
        token = self._tokens[at] if at is not None else None
        if at is None or token is None or token.type != "fence" or "source" not in token.meta or not token.map:
            return None
        around = [one.type for one in self._tokens[:at] if one.level < token.level and one.nesting]
        insets = around.count("list_item_open") - around.count("list_item_close")
        quoted = around.count("blockquote_open") > around.count("blockquote_close")
        if quoted or not self._lines[token.map[0]].endswith("\n"):
            return None
        fence = _Fence.within(token, ends[token.map[0] + 1], self._lines[token.map[0]], insets)
        rest = "".join(self._lines[token.map[0] + 1 :])
        return None if fence.closing.search(rest) else fence

    def _container(self, number: int, inset: int, quotes: int) -> list[Piece]:
        if self._tokens[number].type == "blockquote_open":
            return self._blocks(self._children(number), inset, quotes + 1)
        made: list[Piece] = []
        plain: list[int] = []
        for item in self._children(number):
            if self._holds_code(item):
                made += [*self._text(plain, inset, quotes), *self._item(item, inset, quotes)]
                plain = []
            else:
                plain.append(item)
        return made + self._text(plain, inset, quotes)

    def _item(self, number: int, inset: int, quotes: int) -> list[Piece]:
        """Return what stands before its first code keeps its number; what follows is set as far in as that."""
        token, children = self._tokens[number], self._children(number)
        first = next(at for at, child in enumerate(children) if self._holds_code(child))
        marker = f"{token.info}{token.markup} " if token.info else f"{token.markup} "
        told = _indented(self._source(children[:first]), len(marker))
        last = self._tokens[children[first - 1]] if first else None
        end = last.map[1] if last and last.map else (token.map or [0, 0])[0]
        written = "".join(self._lines[(token.map or [0, 0])[0] : end]).strip("\n") or marker.rstrip()
        head = Piece("text", _quoted(marker + told, quotes), inset=inset, written=written)
        return [head, *self._blocks(children[first:], inset + 1, quotes)]

    def _blocks(self, numbers: Sequence[int], inset: int, quotes: int) -> list[Piece]:
        made: list[Piece] = []
        plain: list[int] = []
        for number in numbers:
            if not self._holds_code(number):
                plain.append(number)
                continue
            made += self._text(plain, inset, quotes)
            plain = []
            token = self._tokens[number]
            code = token.type in _CODE
            made += [self._code(token, inset + quotes)] if code else self._container(number, inset, quotes)
        return made + self._text(plain, inset, quotes)

    def _text(self, numbers: Sequence[int], inset: int, quotes: int) -> list[Piece]:
        if not numbers:
            return []
        written = self._written(self._tokens[numbers[0]], self._tokens[numbers[-1]])
        return [Piece("text", _quoted(self._source(numbers), quotes), inset=inset, written=written)]

    def _code(self, token: Token, inset: int) -> Piece:
        language = token.info.strip().split(" ")[0]
        written = self._written(token, token)
        return Piece("code", token.content.removesuffix("\n"), language, inset=inset, written=written)

    def _source(self, numbers: Sequence[int]) -> str:
        """Return the text of blocks beside each other, without what the list or quotation around them puts in front."""
        told = ""
        end = 0
        for number in numbers:
            token = self._tokens[number]
            first, last = token.map or (0, 0)
            gap = "" if not told else "\n" if end == first and not told.endswith("\n") else "\n\n"
            told, end = told + gap + str(token.meta["source"]).rstrip(), last
        return told

    def _written(self, first: Token, last: Token) -> str:
        begin, end = (first.map or [0, 0])[0], (last.map or [0, 0])[1]
        return "".join(self._lines[begin:end]).strip("\n")

    def _children(self, number: int) -> list[int]:
        """Return the blocks of a quotation or an item, or the items of a list."""
        level = self._tokens[number].level
        found = []
        at = number + 1
        while self._tokens[at].level > level:
            if self._tokens[at].level == level + 1 and self._tokens[at].nesting >= 0 and self._tokens[at].map:
                found.append(at)
            at += 1
        return found

    def _holds_code(self, number: int) -> bool:
        token = self._tokens[number]
        if token.type in _CODE:
            return True
        at = number + 1
        while token.nesting == 1 and self._tokens[at].level > token.level:
            if self._tokens[at].type in _CODE:
                return True
            at += 1
        return False


def _sure(blocks: Sequence[_Block], text: str) -> int:
    """Return how many of them change no more, whatever comes."""
    sure = max(0, len(blocks) - 1)
    if sure and len(text[blocks[sure - 1][1] :].lstrip("\n")) <= _MOST_TOLD:
        sure -= 1
    begin = 0
    for number, (pieces, end) in enumerate(blocks[:sure]):
        found = _OPENING.match(pieces[0].source)
        waited_for = found and pieces[0].kind == "text" and len(text) - begin < _MOST_HELD
        if found and waited_for and _CLOSING[found[0]] not in pieces[0].source[found.end() :]:
            return number
        begin = end
    return sure


def _indented(text: str, width: int) -> str:
    """Return all lines but the first, and none that is empty."""
    return re.sub(r"\n(?!\n|\Z)", "\n" + " " * width, text)


def _quoted(text: str, quotes: int) -> str:
    mark = "> " * quotes
    return mark + text.replace("\n", f"\n{mark}") if quotes else text


def _add(pieces: list[Piece], piece: Piece) -> None:
    """Texts that follow each other are one, as long as it is not too long."""
    last = pieces[-1] if pieces else None
    short = last is not None and len(last.source) + len(piece.source) < _MOST_TEXT
    if last and short and last.kind == piece.kind == "text" and last.inset == piece.inset:
        source, written = f"{last.source}\n\n{piece.source}", f"{last.written}\n\n{piece.written}"
        pieces[-1] = replace(last, source=source, written=written)
    else:
        pieces.append(piece)
