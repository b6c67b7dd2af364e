"""Markdown written as the HTML that Qt's rich text knows. Nothing is ever loaded from afar."""

from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from studiolo.desktop.chat.transcript.pieces import Definitions
from studiolo.desktop.markup.formula_rules import Formula, formula_of
from studiolo.desktop.markup.parser import markdown_parser
from studiolo.desktop.widgets.theme import Colours

WriteFormula = Callable[[Formula], str]
"""A formula as HTML."""


class Writer:
    """Writes Markdown as HTML in the colours in force."""

    def __init__(self, colours: Colours, highlight: Callable[[str, str, str], str] | None = None) -> None:
        self._markdown = markdown_parser({"highlight": highlight})
        self._markdown.renderer = _Renderer()
        self._colours = colours

    def html(self, source: str, formula: WriteFormula | None = None, known: Definitions | None = None) -> str:
        """Return Markdown as HTML. known: what is defined elsewhere in the message.

        Formulas are shown as they are written where nobody writes them.
        """
        environment: dict[str, Any] = {"colours": self._colours, "formula": formula or self.formula_source}
        if known:
            environment |= {"references": dict(known.addresses), "notes": known.notes}
        tokens = _mirrored(self._markdown.parse(source, environment))
        return str(self._markdown.renderer.render(tokens, self._markdown.options, environment)).strip()

    def formula_source(self, formula: Formula) -> str:
        """Return a formula as its source, for where it can't be drawn."""
        inside = _escaped(formula.source).replace("\n", "<br>")
        code = f'<code style="background-color: {self._colours.card};">{inside}</code>'
        return f'<p align="center">{code}</p>' if formula.block else code


Environment = MutableMapping[str, Any]


class _Renderer(RendererHTML):
    """What Qt draws otherwise than a browser is written otherwise."""

    def table_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        border = env["colours"].border
        side = ' align="right"' if tokens[index].attrGet("dir") == "rtl" else ""
        return (
            f'<table border="1" cellspacing="0" cellpadding="7"{side} '
            f'style="border-collapse: collapse; border-style: solid; border-color: {border}; '
            'margin: 6px 2px 10px 2px;">'
        )

    def th_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return f'<th {_alignment(tokens[index])} background-color: {env["colours"].card};">'

    def td_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return f'<td {_alignment(tokens[index])}">'

    def blockquote_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return f'<blockquote style="margin-left: 14px; color: {env["colours"].muted};">'

    def code_inline(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return f'<code style="background-color: {env["colours"].card};">{_escaped(tokens[index].content)}</code>'

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        """Return a link: showing it would tell its owner that it was read."""
        token = tokens[index]
        address = str(token.attrGet("src") or "")
        name = token.content or address
        return f'<a href="{_escaped(address)}">🖼 {_escaped(name)}</a>'

    def math_inline(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return str(env["formula"](formula_of(tokens[index])))

    math_inline_double = math_block = math_inline

    def kbd_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return f'<code style="background-color: {env["colours"].card};">'

    def kbd_close(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return "</code>"

    def mark_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return f'<span style="background-color: {env["colours"].bubble};">'

    def mark_close(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return "</span>"

    def folding(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return ""

    def hr(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment) -> str:
        return "<hr/>"


def _mirrored(tokens: list[Token]) -> list[Token]:
    """With the columns of tables from right to left in the order of the screen: Qt has the first one on the left."""
    made: list[Token] = []
    mirrored = False
    row: list[list[Token]] = []
    for token in tokens:
        if token.type == "table_open":
            mirrored = token.attrGet("dir") == "rtl"
        if mirrored and token.type in ("th_open", "td_open"):
            row.append([])
            token.attrs.setdefault("style", "text-align:right")
        if mirrored and token.type == "tr_close":
            made += [one for cell in reversed(row) for one in cell]
            row = []
        (row[-1] if row else made).append(token)
    return made


def _alignment(token: Token) -> str:
    """Return a cell's attributes, up to its style: Qt exchanges left and right of a style for a text from the right."""
    side = str(token.attrGet("style") or "").removeprefix("text-align:")
    written = f'align="{side}" style="' if side else 'style="text-align:left; '
    return f"{written}vertical-align: middle;"


def _escaped(text: str) -> str:
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(plain, entity)
    return text
