"""Imported chats on their way from the process that reads them: entries that JSON holds, and the bytes that they name.

Texts and pictures travel as bytes: as JSON they would keep the window's thread waiting while they are read.
"""

import json
from collections.abc import Iterator
from typing import Any

from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.history.records import StoredMessage
from studiolo.desktop.history.search_text import indexed_text

Piece = tuple[dict[str, Any], bytes]

_MOST_DETAILS = 200_000
"""Characters of JSON: what is known beside the text of a message, and the settings of a chat, is left out beyond."""
_MOST_NAME = 1_000
_MOST_NAMES = 100


def pieces_of(chat: ImportedChat) -> Iterator[Piece]:
    """Yield a chat in pieces, none longer than its longest message or picture.

    What was taken is not kept in the chat.
    """
    known = {
        "title": chat.title[:_MOST_NAME],
        "source": chat.source,
        "leaf": chat.leaf,
        "created": chat.created,
        "changed": chat.changed,
        "pinned": chat.pinned,
        "tags": [tag[:_MOST_NAME] for tag in chat.tags[:_MOST_NAMES]],
        "folders": [name[:_MOST_NAME] for name in chat.folders[:_MOST_NAMES]],
        "settings": _bounded(chat.settings),
        "read": chat.read,
    }
    yield {"chat": known}, _bytes(chat.draft)
    for message in chat.messages:
        raw, words = _bytes(message.raw), _bytes(indexed_text(message.parts))
        message.raw = ""
        told = {
            "id": message.id,
            "parent": message.parent,
            "role": message.role,
            "created": message.created,
            "state": message.state,
            "model": message.model[:_MOST_NAME],
            "details": _bounded(message.details),
        }
        yield {"message": told, "held": chat.held.get(message.id, 1), "raw": len(raw)}, raw + words
    while chat.images:
        sha256, data = chat.images.popitem()
        yield {"image": sha256}, data
    yield {"end": True}, b""


class Joining:
    """Puts chats together from their pieces."""

    def __init__(self) -> None:
        self._chat: ImportedChat | None = None

    def add(self, piece: dict[str, Any], data: bytes) -> ImportedChat | None:
        """Add a piece; return the chat when it is complete, else None."""
        if "chat" in piece:
            known = piece["chat"]
            names = {name: tuple(known[name]) for name in ("tags", "folders")}
            self._chat = ImportedChat(**known | names, draft=data.decode())
            return None
        chat = self._chat
        assert chat
        if "end" in piece:
            self._chat = None
            return chat
        if "image" in piece:
            chat.images[piece["image"]] = data
        else:
            message = StoredMessage(raw=data[: piece["raw"]].decode(), **piece["message"])
            chat.messages.append(message)
            chat.held[message.id] = piece["held"]
            chat.words[message.id] = data[piece["raw"] :].decode()
        return None


def _bounded(value: Any) -> Any:
    return value if len(json.dumps(value)) <= _MOST_DETAILS else {}


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")
