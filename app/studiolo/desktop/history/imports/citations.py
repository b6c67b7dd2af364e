"""What ChatGPT cites: between letters that nobody else uses in the text, and with addresses beside it."""

import re
from typing import Any

from studiolo.desktop.history.imports.values import as_dict, as_items, as_text
from studiolo.desktop.history.parts import Part, TextPart

_MARK = re.compile("\ue200([^\ue200-\ue202]*)\ue202?([^\ue200\ue201]*)\ue201")
"""The kind of a mark, and what it is about."""
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def with_citations(parts: list[Part], metadata: dict[str, Any]) -> list[Part]:
    """Texts with their citations as links, and with what else was marked as what it is called.

    A link whose place is not in the text stands behind it.
    """
    references = [as_dict(one) for one in as_items(metadata.get("content_references"))]
    texts = [part for part in parts if isinstance(part, TextPart)]
    homeless = []
    for one in references:
        matched, link = as_text(one.get("matched_text")), as_text(one.get("alt")) or _links(one)
        at = [part for part in texts if matched.strip() and matched in part.text]
        for part in at:
            part.text = part.text.replace(matched, link)
        if link.strip() and not at:
            homeless.append(link)
    for part in texts:
        part.text = _MARK.sub(_unmarked, part.text)
    return [*parts, *([TextPart("\n".join(dict.fromkeys(homeless)))] if homeless else [])]


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
