"""Messages as they come into a chat: all of a turn or none of it, and with it the chat if it is new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import Part
from studiolo.desktop.history.records import Chat, Role, State


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that is to be kept."""

    role: Role
    parts: list[Part]
    state: State = "complete"
    model: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def keep_turn(
    database: Database,
    chat: int | None,
    behind: int | None,
    messages: Sequence[NewMessage],
    *,
    settings: Mapping[str, Any],
    title: str,
) -> tuple[Chat, list[int]]:
    """Add messages one behind the other, the first behind `behind`; the chat, and the numbers of the messages.

    chat: None for a new one, which gets `settings`. title: suggested where the chat has none.
    """
    with database.transaction():
        if chat is None:
            chat = database.create_chat().id
            if settings:
                database.set_settings(chat, settings)
        numbers: list[int] = []
        for one in messages:
            behind = database.add_message(
                chat, behind, one.role, one.parts, state=one.state, model=one.model, details=one.details
            ).id
            numbers.append(behind)
        if title and not database.chat(chat).title:
            database.suggest_title(chat, title)
    return database.chat(chat), numbers
