"""The parser: CommonMark with tables, formulas, footnotes, bare addresses and a few harmless tags of HTML."""

from collections.abc import Mapping
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from markdown_it.utils import EnvType

from studiolo.desktop.markup.addresses import bare_addresses
from studiolo.desktop.markup.emphasis import FriendlyState
from studiolo.desktop.markup.footnotes import footnotes
from studiolo.desktop.markup.formula_rules import formula_rules
from studiolo.desktop.markup.tables import tables
from studiolo.desktop.markup.tags import harmless_tags
from studiolo.desktop.markup.tasks import task_lists


def markdown_parser(options: Mapping[str, Any] | None = None) -> MarkdownIt:
    r"""Return a parser of Markdown with formulas, tables and links.

    Formulas stand between $…$, $$…$$, \(…\), \[…\] or in an environment; a dollar before a digit or a space is money.

    Block tokens inside of lists and quotations that hold code have their text in `meta["source"]`, without what the
    list or quotation puts in front of its lines.
    """
    parser = MarkdownIt("commonmark")
    parser.block, parser.inline = _Blocks(), _Inlines()
    parser.configure("commonmark", {"html": False, "breaks": True, **(options or {})})
    parser.enable(["table", "strikethrough"])
    for rules in (formula_rules, harmless_tags, bare_addresses, footnotes, task_lists, tables):
        parser.use(rules)
    return parser


class _Inlines(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = FriendlyState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _Blocks(ParserBlock):
    def tokenize(self, state: StateBlock, first: int, last: int) -> None:
        before = len(state.tokens)
        super().tokenize(state, first, last)
        inside = state.tokens[before:]
        if any(token.type in ("fence", "code_block") for token in inside):
            for token in inside:
                item = token.type == "list_item_open" and token.level == state.level + 1
                if token.map and (token.level == state.level or item) and token.nesting >= 0:
                    # What the list or quotation puts in front is known here only.
                    token.meta["source"] = state.getLines(token.map[0], token.map[1], state.blkIndent, False)
