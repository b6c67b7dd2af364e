"""The colours of code: which words of each line are what, in any language that pygments knows."""

from collections.abc import Iterator

from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType
from pygments.util import ClassNotFound

Span = tuple[int, int, str]
"""Where in a line it begins, how long it is, and what it is: a name in Colours."""

_KINDS: tuple[tuple[_TokenType, str], ...] = (
    (Token.Comment, "muted"),
    (Token.Keyword, "code_keyword"),
    (Token.Name.Function, "code_name"),
    (Token.Name.Class, "code_name"),
    (Token.Name.Decorator, "code_name"),
    (Token.Name.Tag, "code_keyword"),
    (Token.Name.Attribute, "code_name"),
    (Token.Literal.String, "code_string"),
    (Token.Literal.Number, "code_number"),
    (Token.Operator.Word, "code_keyword"),
)


def coloured(source: str, language: str) -> list[list[Span]]:
    """Return the spans of each line; empty lists for a language nobody knows."""
    lines: list[list[Span]] = [[]]
    for kind, text in _tokens(source, language):
        colour = next((name for group, name in _KINDS if kind in group), "")
        for number, part in enumerate(text.split("\n")):
            if number:
                lines.append([])
            begin = lines[-1][-1][0] + lines[-1][-1][1] if lines[-1] else 0
            if part:
                lines[-1].append((begin, len(part), colour))
    return lines


def _tokens(source: str, language: str) -> Iterator[tuple[_TokenType, str]]:
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return iter(())
    found: Iterator[tuple[_TokenType, str]] = lexer.get_tokens(source)
    return found
