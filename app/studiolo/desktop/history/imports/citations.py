"""What ChatGPT cites: between letters that nobody else uses in the text, and with addresses beside it."""

import re
from typing import Any

from studiolo.desktop.history.imports.values import as_dict, as_items, as_text
from studiolo.desktop.history.parts import Part, TextPart

_MARK = re.compile("\ue200([^\ue200-\ue202]*)\ue202?([^\ue200\ue201]*)\ue201")
"""The kind of a mark, and what it is about."""
_MOST_LINKS = 2000
"""In one message: the marks of all of them are looked for at once."""
_MOST_ADDED = 4_000_000
"""Characters that links may add to a text."""
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def with_citations(parts: list[Part], metadata: dict[str, Any]) -> list[Part]:
    """Texts with their citations as links, and with what else was marked as what it is called.

    A link whose place is not in the text stands behind it.
    """
    references = [as_dict(one) for one in as_items(metadata.get("content_references"))]
    texts = [part for part in parts if isinstance(part, TextPart)]
    links = [(as_text(one.get("matched_text")), as_text(one.get("alt")) or _links(one)) for one in references]
    # Of two links for one mark the first is in its place.
    placed = {matched: link for matched, link in reversed(links[:_MOST_LINKS]) if matched.strip()}
    found: set[str] = set()
    if placed:
        # All at once: what one link brings is not looked through for the next, which may double it time and again.
        marks = re.compile("|".join(map(re.escape, sorted(placed, key=len, reverse=True))))
        for part in texts:
            part.text = _linked(part.text, marks, placed, found)
    homeless = [link for matched, link in links if link.strip() and not (matched in found and placed[matched] == link)]
    for part in texts:
        part.text = _MARK.sub(_unmarked, part.text)
    return [*parts, *([TextPart("\n".join(dict.fromkeys(homeless)))] if homeless else [])]


def _linked(text: str, marks: re.Pattern[str], links: dict[str, str], found: set[str]) -> str:
    """The text with its marks as links, as far as it does not become much longer. found: gets the marks that are."""
    room = _MOST_ADDED

    def link(mark: re.Match[str]) -> str:
        nonlocal room
        room -= len(links[mark[0]])
        if room < 0:
            return mark[0]
        found.add(mark[0])
        return links[mark[0]]

    return marks.sub(link, text)


def _links(reference: dict[str, Any]) -> str:
    links = []
    for one in [as_dict(item) for item in as_items(reference.get("items"))]:
        address, title = as_text(one.get("url")), as_text(one.get("title"))
        if address:
            links.append(f"[{title or address}]({address})")
    return f"({', '.join(links)})" if links else ""


def _unmarked(found: re.Match[str]) -> str:
    kind, inside = found.groups()
    if kind.endswith("cite"):
        return ""  # The number of a search result that nobody has any more.
    named = _QUOTED.findall(inside)
    if kind == "entity" and len(named) > 1:
        return str(named[1])
    return str(inside).replace("\ue202", " ")
