"""The nodes of a tree as ChatGPT and DeepSeek write it: each names its parent and its children, and not always both."""

from collections.abc import Iterator
from typing import Any

from studiolo.desktop.history.imports.values import as_dict, as_list, as_text


def in_order(mapping: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every node once, with its name and its parent's (empty for none): parents first, children as listed."""
    nodes = {name: as_dict(node) for name, node in mapping.items()}
    below: dict[str, list[str]] = {name: [] for name in nodes}
    for name, node in nodes.items():
        listed = [child for child in as_list(node.get("children")) if isinstance(child, str) and child in nodes]
        below[name] += listed
    for name, node in nodes.items():
        if (parent := as_text(node.get("parent"))) in nodes:
            below[parent].append(name)
    roots = [name for name, node in nodes.items() if as_text(node.get("parent")) not in nodes]
    listed_somewhere = {child for children in below.values() for child in children}
    seen: set[str] = set()
    # A circle has no beginning: any of its nodes will do.
    for start in [*(name for name in roots if name not in listed_somewhere), *roots, *nodes]:
        waiting = [(start, "")]
        while waiting:
            name, parent = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            yield name, parent, nodes[name]
            waiting += [(child, name) for child in reversed(below[name])]
