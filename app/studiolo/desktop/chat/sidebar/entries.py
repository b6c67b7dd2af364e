"""What the sidebar lists, from top to bottom, as plain data."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from studiolo.desktop.history.records import Chat, Folder, Hit

Period = Literal["pinned", "today", "yesterday", "week", "month", "older", "found"]


@dataclass(frozen=True, slots=True)
class Heading:
    """Begins a group; `month`: the first day of one, where that is the group."""

    period: Period
    month: date | None = None


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """The line of a folder: how deep it lies, how many chats are in it, and whether they are folded away."""

    folder: Folder
    depth: int
    count: int
    closed: bool


@dataclass(frozen=True, slots=True)
class ChatEntry:
    """The line of a chat: how deep it lies in folders."""

    chat: Chat
    depth: int = 0


@dataclass(frozen=True, slots=True)
class HitEntry:
    """The line of a passage that a search found."""

    hit: Hit


Entry = Heading | FolderEntry | ChatEntry | HitEntry


def key_of(entry: Entry) -> tuple[str, int]:
    """Return what it is, however it has changed."""
    match entry:
        case ChatEntry(chat=chat):
            return "chat", chat.id
        case FolderEntry(folder=folder):
            return "folder", folder.id
        case HitEntry(hit=hit):
            return "message", hit.message
        case Heading(period=period):
            return period, 0


def arranged(chats: Iterable[Chat], folders: Iterable[Folder], *, closed: Set[int], today: date) -> list[Entry]:
    """Return pinned chats, folders with theirs, and the rest by day. `chats`: the latest first. closed: folders."""
    folders = list(folders)
    known = {folder.id for folder in folders}
    pinned: list[Chat] = []
    loose: list[Chat] = []
    inside: defaultdict[int, list[Chat]] = defaultdict(list)
    for chat in chats:
        if chat.pinned:
            pinned.append(chat)
        elif chat.folder in known:
            inside[chat.folder].append(chat)
        else:
            loose.append(chat)
    entries: list[Entry] = []
    if pinned:
        entries.append(Heading("pinned"))
        entries += [ChatEntry(chat) for chat in pinned]
    entries += _folders(folders, inside, closed)
    return entries + _by_day(loose, today)


def filtered(chats: Iterable[Chat], query: str) -> list[Chat]:
    """Return those whose title or tags have every word of `query`."""
    words = query.casefold().split()
    return [chat for chat in chats if all(word in f"{chat.title} {' '.join(chat.tags)}".casefold() for word in words)]


def _folders(folders: list[Folder], inside: dict[int, list[Chat]], closed: Set[int]) -> list[Entry]:
    below: defaultdict[int | None, list[Folder]] = defaultdict(list)
    known = {folder.id: folder for folder in folders}
    for folder in sorted(folders, key=lambda one: one.name.casefold()):
        below[folder.parent if folder.parent in known else None].append(folder)
    # Folders that damage has put into each other lead to no top: one of each circle stands there.
    entries, shown = _below(below[None], below, inside, closed)
    for folder in folders:
        if folder.id not in shown:
            more, reached = _below([folder], below, inside, closed)
            entries, shown = entries + more, shown | reached
    return entries


def _below(
    tops: list[Folder],
    below: Mapping[int | None, list[Folder]],
    inside: Mapping[int, list[Chat]],
    closed: Set[int],
) -> tuple[list[Entry], set[int]]:
    """Return the entries of folders and what is in them, and the folders that were met, shown or not."""
    entries: list[Entry] = []
    met: set[int] = set()
    waiting: list[tuple[Folder | Chat, int, bool]] = [(folder, 0, True) for folder in reversed(tops)]
    while waiting:
        one, depth, visible = waiting.pop()
        if isinstance(one, Chat):
            entries.append(ChatEntry(one, depth))
            continue
        if one.id in met:
            continue
        met.add(one.id)
        chats = inside.get(one.id, [])
        if visible:
            entries.append(FolderEntry(one, depth, len(chats), one.id in closed))
        opened = visible and one.id not in closed
        if opened:
            waiting += [(chat, depth + 1, True) for chat in reversed(chats)]
        waiting += [(folder, depth + 1, opened) for folder in reversed(below.get(one.id, ()))]
    return entries, met


def _by_day(chats: list[Chat], today: date) -> list[Entry]:
    entries: list[Entry] = []
    heading: Heading | None = None
    midnight = datetime.combine(today, datetime.min.time()).timestamp()
    day = timedelta(days=1).total_seconds()
    for chat in chats:
        if chat.changed >= midnight:
            found = Heading("today")
        elif chat.changed >= midnight - day:
            found = Heading("yesterday")
        elif chat.changed >= midnight - 7 * day:
            found = Heading("week")
        else:
            when = date.fromtimestamp(chat.changed)
            found = Heading("month", when.replace(day=1))
        if found != heading:
            heading = found
            entries.append(heading)
        entries.append(ChatEntry(chat))
    return entries
