"""What ChatGPT cites: between letters that nobody else uses in the text, and with addresses beside it."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from studiolo.desktop.history.imports.values import as_dict, as_items, as_text
from studiolo.desktop.history.parts import Part, TextPart

_MARK = re.compile("\ue200([^\ue200-\ue202]*+)\ue202?+([^\ue200\ue201]*+)\ue201")
"""The kind of a mark, and what it is about. Nothing is tried twice where its end has not come."""
_MOST_LOOKED_THROUGH = 20_000_000
"""Characters, in one message: each mark is looked for in all of its text."""
_LEAST_LINKS, _MOST_LINKS = 50, 2000
"""Marks that are looked for in one message, however long it is, and however short."""
_MOST_PLACES = 100_000
"""In one text."""
_MOST_ADDED = 4_000_000
"""Characters that links may add to a text."""


def with_citations(parts: list[Part], metadata: dict[str, Any]) -> list[Part]:
    """Return texts with their citations as links, and what else was marked as what it is called.

    A link whose place is not in the text stands behind it.
    """
    references = [as_dict(one) for one in as_items(metadata.get("content_references"))]
    texts = [part for part in parts if isinstance(part, TextPart)]
    links = [(as_text(one.get("matched_text")), as_text(one.get("alt")) or _links(one)) for one in references]
    # Of two links for one mark the first is in its place.
    size = sum(len(part.text) for part in texts)
    most = min(max(_LEAST_LINKS, _MOST_LOOKED_THROUGH // max(size, 1)), _MOST_LINKS)
    placed = {matched: link for matched, link in reversed(links[:most]) if matched.strip()}
    found: set[str] = set()
    for part in texts:
        part.text = _linked(part.text, placed, found)
    homeless = [link for matched, link in links if link.strip() and not (matched in found and placed[matched] == link)]
    for part in texts:
        part.text = _MARK.sub(_unmarked, part.text)
    return [*parts, *([TextPart("\n".join(dict.fromkeys(homeless)))] if homeless else [])]


def _linked(text: str, links: dict[str, str], found: set[str]) -> str:
    """The text with its marks as links, as far as it does not become much longer. found: gets the marks that are.

    All at once: what one link brings is not looked through for the next, which may double it time and again.
    """
    written: list[str] = []
    at, room = 0, _MOST_ADDED
    # Of two marks at one place the longer is meant.
    for place, _, mark in sorted(_places(text, links)):
        if place >= at and len(links[mark]) <= room:
            written += (text[at:place], links[mark])
            at, room = place + len(mark), room - len(links[mark])
            found.add(mark)
    return "".join((*written, text[at:]))


def _places(text: str, marks: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Where marks are, each with its length below zero."""
    room = _MOST_PLACES
    for mark in marks:
        at = text.find(mark)
        while at >= 0 and room > 0:
            yield at, -len(mark), mark
            at, room = text.find(mark, at + len(mark)), room - 1


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
    if kind == "entity" and (name := _name(inside)):
        return name
    return str(inside).replace("\ue202", " ")


def _name(entity: str) -> str:
    """Of an entity as ["company", "Olivetti", 0]; empty for anything else."""
    try:
        told = json.loads(entity)
    except (ValueError, RecursionError):
        return ""
    return as_text(told[1]) if isinstance(told, list) and len(told) > 1 else ""
