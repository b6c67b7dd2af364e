"""Addresses of the web and of mail that stand in a text as they are: they become links."""

import re
from collections.abc import Callable, Iterable, Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from studiolo.desktop.markup.code_spans import holds_code

_SCHEME = re.compile(r"(?:^|[^A-Za-z0-9.+-])(https?)$", re.IGNORECASE)
_REST = re.compile(
    # Up to what separates in any script: full-width punctuation, quotation marks and brackets end an address.
    r"//[^\s<>\"`|\\^{}\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65“”„«»‘’…]{1,2000}"
)
_WITHOUT_SCHEME = re.compile(r"(?:(?<=^)|(?<=[\s(*_~]))www\." + _REST.pattern.removeprefix("//"), re.IGNORECASE)
_MAIL = re.compile(
    # Neither react@18.2.0 nor icon@2x.png is one, and of @name@server nobody knows.
    r"(?<![A-Za-z0-9._%+@/-])[A-Za-z0-9._%+-]{1,64}+@(?!\d+x\.)(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w@]|[.-]\w)"
)
_AFTER = "?!.,:;*_~'\""
"""What stands behind an address does not belong to it."""
_PAIRS = {")": "(", "]": "["}


def bare_addresses(parser: MarkdownIt) -> None:
    """Teach `parser` to make links of http://…, https://…, www.… and name@example.com."""
    parser.inline.ruler.before("newline", "address", _with_scheme)
    parser.core.ruler.push("addresses", _without_scheme)


def _with_scheme(state: StateInline, silent: bool) -> bool:
    if state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-8:])
    found = _REST.match(state.src, state.pos + 1, state.posMax)
    if not scheme or not found:
        return False
    rest = trimmed(found[0])
    if len(rest) < 4 or not rest[2].isalnum() or holds_code(state, state.pos, state.pos + 1 + len(rest)):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[1])]
        address = f"{scheme[1]}:{rest}"
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": state.md.normalizeLink(address)}
        state.push("text", "", 0).content = address
        state.push("link_close", "a", -1)
    state.pos += 1 + len(rest)
    return True


def _without_scheme(state: StateCore) -> None:
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        if "www." in block.content.casefold():
            block.children = _linked(block.children, _pages)
        if "@" in block.content:
            block.children = _linked(block.children, _mails)


def _linked(tokens: list[Token], find: Callable[[str], Iterator[tuple[int, str, str]]]) -> list[Token]:
    made: list[Token] = []
    depth = 0
    for token in tokens:
        depth += token.nesting * (token.type in ("link_open", "link_close"))
        made += _cut(token, find(token.content)) if token.type == "text" and not depth else [token]
    return made


def _pages(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield where an address without a scheme begins, itself, and where it leads."""
    for found in _WITHOUT_SCHEME.finditer(text):
        address = trimmed(found[0])
        if address.count(".") >= 2 and len(address) >= 8:
            yield found.start(), address, f"http://{address}"


def _mails(text: str) -> Iterator[tuple[int, str, str]]:
    """As `_pages`, of mail."""
    for found in _MAIL.finditer(text):
        yield found.start(), found[0], f"mailto:{found[0]}"


def _cut(token: Token, addresses: Iterable[tuple[int, str, str]]) -> list[Token]:
    """Return a text, cut where addresses begin and end."""
    made: list[Token] = []
    at = 0
    for begin, address, target in addresses:
        made.append(Token("text", "", 0, content=token.content[at:begin], level=token.level))
        made.append(Token("link_open", "a", 1, attrs={"href": target}, level=token.level))
        made.append(Token("text", "", 0, content=address, level=token.level + 1))
        made.append(Token("link_close", "a", -1, level=token.level))
        at = begin + len(address)
    if not made:
        return [token]
    return [*made, Token("text", "", 0, content=token.content[at:], level=token.level)]


def trimmed(address: str) -> str:
    """Return an address without what follows it in the sentence: punctuation, and brackets opened before it."""
    opened = {bracket: address.count(bracket) for pair in _PAIRS.items() for bracket in pair}
    end = len(address)
    while end:
        last = address[end - 1]
        if last in _PAIRS and opened[last] > opened[_PAIRS[last]]:
            opened[last] -= 1
        elif last not in _AFTER or (last == "_" and "_" in address[:end].rstrip("_")):
            break
        end -= 1
    return address[:end]
