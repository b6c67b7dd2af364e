"""What our own export wrote as JSON."""

import json
from typing import Any, get_args

from studiolo.desktop.history.imports.tree import ImportedChat
from studiolo.desktop.history.imports.values import as_dict, as_list, as_seconds, as_text
from studiolo.desktop.history.records import State, StoredMessage


def is_own(entry: Any) -> bool:
    """Return whether an entry is a chat that this program exported."""
    return as_dict(entry).get("format") == "studiolo-chat"


def own_chat(entry: Any) -> ImportedChat:
    """Return the chat that an entry holds, with all that is known of it."""
    chat = ImportedChat(
        title=as_text(entry.get("title")),
        source=f"studiolo:{as_text(entry.get('created'))}:{as_text(entry.get('title'))}",
        created=as_seconds(entry.get("created")),
        tags=tuple(tag for tag in as_list(entry.get("tags")) if isinstance(tag, str)),
    )
    ids: dict[Any, int] = {}
    for one in as_list(entry.get("messages")):
        message = one if isinstance(one, dict) else {"parts": one}
        number = len(chat.messages) + 1
        name, parent = message.get("id"), message.get("parent")
        if isinstance(name, int):
            ids[name] = number
        state: State = message["state"] if message.get("state") in get_args(State) else "complete"
        chat.messages.append(
            StoredMessage(
                number,
                ids.get(parent) if isinstance(parent, int) and ids.get(parent) != number else None,
                "user" if message.get("role") == "user" else "assistant",
                _raw(message.get("parts")),
                as_seconds(message.get("created")),
                state,
                as_text(message.get("model")),
                as_dict(message.get("details")),
            )
        )
    leaf = entry.get("leaf")
    chat.leaf = ids.get(leaf) if isinstance(leaf, int) else None
    chat.leaf = chat.leaf or (chat.messages[-1].id if chat.messages else None)
    chat.changed = max((message.created for message in chat.messages), default=chat.created)
    chat.read = len(chat.messages)
    chat.held = {message.id: 1 for message in chat.messages}
    return chat


def _raw(parts: Any) -> str:
    # What could not be read when it was exported is there as it was.
    return parts if isinstance(parts, str) else json.dumps(parts)
