"""Chats found by what they are called, for whoever types a few letters of it."""

from dataclasses import dataclass

from studiolo.desktop.fuzzy import Match, Places, match
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.records import Chat

_LATER = 1e-6
"""What each place in the list costs, so that of equals the latest comes first."""


@dataclass(frozen=True, slots=True)
class TitleHit:
    """A chat that was found, how well it fits, where in its title, and the name of its folder."""

    chat: Chat
    score: float
    places: Places
    folder: str


def find_titles(database: Database, query: str, limit: int) -> list[TitleHit]:
    """Return the chats whose title or tags fit, the best first; of an empty query the latest. It blocks."""
    folders = {folder.id: folder.name for folder in database.folders()}
    chats = database.chats()
    if not query.strip():
        return [TitleHit(chat, 0.0, (), folders.get(chat.folder or 0, "")) for chat in chats[:limit]]
    hits = []
    for number, chat in enumerate(chats):
        if found := match(query, chat.title) or _by_tag(query, chat):
            score = found.score - number * _LATER
            hits.append(TitleHit(chat, score, found.places, folders.get(chat.folder or 0, "")))
    hits.sort(key=lambda hit: -hit.score)
    return hits[:limit]


def titles_of(database: Database, chats: list[int]) -> list[TitleHit]:
    """Return those of these chats that there are, in the same order. It blocks."""
    known = {chat.id: chat for chat in database.chats()}
    folders = {folder.id: folder.name for folder in database.folders()}
    return [
        TitleHit(chat, 0.0, (), folders.get(chat.folder or 0, ""))
        for number in chats
        if (chat := known.get(number)) is not None
    ]


def _by_tag(query: str, chat: Chat) -> Match | None:
    found = match(query, " ".join(chat.tags), whole=True) if chat.tags else None
    return Match(found.score / 2, ()) if found else None
