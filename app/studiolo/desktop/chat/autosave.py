"""Writes conversations down while they are held: what the user says before it is sent, replies while they grow."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from studiolo.desktop.chat.conversation import Conversation, details_of
from studiolo.desktop.chat.messages import Message, Reply, UserMessage
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import FilePart, ImagePart
from studiolo.desktop.history.records import State
from studiolo.desktop.history.store import History
from studiolo.desktop.history.turns import NewMessage, keep_turn
from studiolo.desktop.tasks import Report
from studiolo.errors import AppError

logger = logging.getLogger(__name__)

_SAVE_SECONDS = 1.0
_TITLE_LENGTH = 48


class MessageSaver:
    """Keeps messages in `history`.

    `report` hears of what could not be kept where nobody waits for it; `kept` is called when a list of chats may have
    to be read anew.
    """

    def __init__(self, history: History, report: Report, kept: Callable[[], object]) -> None:
        self._history = history
        self._report = report
        self._kept = kept
        self._lock = asyncio.Lock()

    async def save(self, conversation: Conversation, message: Message) -> None:
        """Have `message`, and those before it that are not kept yet, on the disk; with their chat if it is new.

        All of it or nothing; and whoever is cancelled meanwhile does not keep it from being known. Raises StorageError.
        """
        await asyncio.shield(asyncio.ensure_future(self._keep(conversation, message)))

    async def idle(self) -> None:
        """Wait until everything is on the disk that was to be kept by now."""
        async with self._lock:
            pass

    async def autosave(self, reply: Reply) -> None:
        """Write a growing reply down every second, until cancelled."""
        said = 0
        while True:
            await asyncio.sleep(_SAVE_SECONDS)
            if reply.id is None or reply.size == said:
                continue
            said = reply.size
            try:
                await self._history.do(Database.update_message, reply.id, list(reply.parts), state="growing")
            except AppError as error:
                logger.warning("a reply could not be saved: %s %s", error, error.details)

    def save_final(self, reply: Reply) -> None:
        """Write down how a reply ended; also while everything is being closed."""
        if reply.id is not None:
            parts, details = list(reply.parts), details_of(reply)
            state = state_of(reply)
            self._history.soon(self._report, Database.update_message, reply.id, parts, state=state, details=details)

    async def _keep(self, conversation: Conversation, message: Message) -> None:
        async with self._lock:
            fresh = [one for one in [*conversation.before(message), message] if one.id is None]
            chat = conversation.chat
            if fresh or chat is None:
                behind = fresh[0].parent.id if fresh and fresh[0].parent else None
                kept, numbers = await self._history.do(
                    keep_turn,
                    chat.id if chat else None,
                    behind,
                    [_new(one) for one in fresh],
                    settings=conversation.kept,
                    title=title_of(conversation),
                )
                conversation.chat = replace(conversation.chat, title=kept.title) if conversation.chat else kept
                for one, number in zip(fresh, numbers, strict=True):
                    one.id = number
        self._kept()


def _new(message: Message) -> NewMessage:
    if isinstance(message, Reply):
        return NewMessage(
            "assistant", list(message.parts), state_of(message), message.model, details=details_of(message)
        )
    return NewMessage("user", list(message.parts))


def title_of(conversation: Conversation) -> str:
    """Return what a chat is called after its first question; empty where there is none."""
    first = next((one for one in conversation.branch if isinstance(one, UserMessage)), None)
    if first is None:
        return ""
    attached = next((part.name for part in first.parts if isinstance(part, ImagePart | FilePart)), "")
    return title_from(first.text or attached)


def state_of(reply: Reply) -> State:
    """Return how a reply stands, as the history has it."""
    if reply.activity:
        return "growing"
    if reply.failure:
        return "failed"
    if reply.interrupted:
        return "interrupted"
    return "stopped" if reply.stopped else "complete"


def title_from(text: str) -> str:
    """Return a name for a chat that begins with `text`: its first line, cut between words."""
    lines = (line.strip(" #>*`-\t") for line in text.splitlines())
    line = " ".join(next(filter(None, lines), "").split())
    if len(line) <= _TITLE_LENGTH:
        return line
    cut = line[:_TITLE_LENGTH].rsplit(" ", 1)[0]
    return cut.rstrip(" ,.;:") + "…"
