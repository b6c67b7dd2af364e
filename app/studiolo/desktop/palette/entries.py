"""What can be found, and in which order it is listed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from studiolo.desktop.fuzzy import Places, match
from studiolo.desktop.widgets.grouped_delegate import ListHeading, ListItem, ListLine

Group = Literal["recent", "models", "chats", "actions", "pages", "servers", "settings", "search"]

_TITLES: dict[Group, object] = {
    "recent": QT_TRANSLATE_NOOP("Palette", "Recently used"),
    "models": QT_TRANSLATE_NOOP("Palette", "Models"),
    "chats": QT_TRANSLATE_NOOP("Palette", "Chats"),
    "actions": QT_TRANSLATE_NOOP("Palette", "Actions"),
    "pages": QT_TRANSLATE_NOOP("Palette", "Pages"),
    "servers": QT_TRANSLATE_NOOP("Palette", "Servers"),
    "settings": QT_TRANSLATE_NOOP("Palette", "Settings"),
    "search": QT_TRANSLATE_NOOP("Palette", "Search elsewhere"),
}
_UNASKED: tuple[Group, ...] = ("chats", "actions", "pages")
"""What is listed before anything is typed."""
_MOST = 6
_MOST_UNASKED: Mapping[Group, int] = {"chats": 5, "actions": 50, "pages": 12}
_WORDS_SHARE = 0.4
"""What a match in further words is worth beside one in the title."""


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """Something that can be found.

    Attributes:
        key: Tells it from all others, today and tomorrow ("chat:12").
        group: Where it is listed.
        title: What it is called.
        run: What happens when it is chosen.
        detail: What stands behind the title.
        icon: Of widgets/icons.py.
        keys: Its shortcut as this platform shows it.
        words: Further words that it is found by.
    """

    key: str
    group: Group
    title: str
    run: Callable[[], object]
    detail: str = ""
    icon: str = ""
    keys: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry with how well it fits, more is better, and where in its title."""

    entry: PaletteEntry
    score: float = 0.0
    places: Places = ()


def find(query: str, entries: Iterable[PaletteEntry]) -> list[FoundEntry]:
    """Return the entries that fit, in the order in which they came."""
    found = []
    for entry in entries:
        if fit := match(query, entry.title):
            found.append(FoundEntry(entry, fit.score, fit.places))
        elif further := match(query, f"{entry.title} {entry.detail} {entry.words}", whole=True):
            found.append(FoundEntry(entry, further.score * _WORDS_SHARE))
    return found


def listed(query: str, found: Sequence[FoundEntry], recent: Sequence[PaletteEntry]) -> list[ListLine]:
    """Return the lines for what was found, the best group first; what was used last where nothing was asked for."""
    if not query.strip():
        groups = {
            group: [one for one in found if one.entry.group == group][: _MOST_UNASKED[group]] for group in _UNASKED
        }
        lines = _group("recent", [FoundEntry(entry) for entry in recent])
        shown = {entry.key for entry in recent}
        for group, members in groups.items():
            lines += _group(group, [one for one in members if one.entry.key not in shown])
        return lines
    by_group: dict[Group, list[FoundEntry]] = {}
    for one in sorted(found, key=lambda one: -one.score):
        by_group.setdefault(one.entry.group, []).append(one)
    # Of a dictionary the order is that of the best in each group; what leads elsewhere is last.
    last = by_group.pop("search", [])
    lines = [line for group, members in by_group.items() for line in _group(group, members[:_MOST])]
    return [*lines, *_group("search", last)]


def _group(group: Group, found: Sequence[FoundEntry]) -> list[ListLine]:
    if not found:
        return []
    heading = ListHeading(QCoreApplication.translate("Palette", str(_TITLES[group])))
    items = [
        ListItem(one.entry.key, one.entry.title, one.entry.detail, one.entry.icon, one.entry.keys, one.places)
        for one in found
    ]
    return [heading, *items]
