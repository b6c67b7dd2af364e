"""Writes conversations down while they are held: what the user says before it is sent, replies while they grow."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from studiolo.desktop.chat.conversation import Conversation, details_of
from studiolo.desktop.chat.model import Message, Reply, UserMessage
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import FilePart, ImagePart
from studiolo.desktop.history.records import State
from studiolo.desktop.history.store import History
from studiolo.desktop.tasks import Report
from studiolo.errors import AppError

logger = logging.getLogger(__name__)

_SAVE_SECONDS = 1.0
_TITLE_LENGTH = 48


class Keeper:
    """Keeps messages in `history`. `report` hears of what could not be kept where nobody waits for it; `kept` is
    called when a list of chats may have to be read anew.
    """

    def __init__(self, history: History, report: Report, kept: Callable[[], object]) -> None:
        self._history = history
        self._report = report
        self._kept = kept
        self._lock = asyncio.Lock()

    async def keep(self, conversation: Conversation, message: Message) -> None:
        """Have `message`, and those before it that are not kept yet, on the disk; with their chat if it is new.

        Raises StorageError.
        """
        async with self._lock:
            if conversation.chat is None:
                conversation.chat = await self._history.do(Database.create_chat)
                if changed := conversation.settings.changed:
                    await self._history.do(Database.set_settings, conversation.chat.id, changed)
            for one in [*conversation.before(message), message]:
                if one.id is None:
                    await self._add(conversation, one)
            await self._suggest_title(conversation)
        self._kept()

    async def idle(self) -> None:
        """Wait until everything is on the disk that was to be kept by now."""
        async with self._lock:
            pass

    async def grow(self, reply: Reply) -> None:
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

    def end(self, reply: Reply) -> None:
        """Write down how a reply ended; also while everything is being closed."""
        if reply.id is not None:
            parts, details = list(reply.parts), details_of(reply)
            state = state_of(reply)
            self._history.soon(self._report, Database.update_message, reply.id, parts, state=state, details=details)

    async def _add(self, conversation: Conversation, message: Message) -> None:
        assert conversation.chat
        reply = message if isinstance(message, Reply) else None
        stored = await self._history.do(
            Database.add_message,
            conversation.chat.id,
            message.parent.id if message.parent else None,
            "assistant" if reply else "user",
            list(message.parts),
            state=state_of(reply) if reply else "complete",
            model=reply.model if reply else "",
            details=details_of(reply) if reply else None,
        )
        message.id = stored.id

    async def _suggest_title(self, conversation: Conversation) -> None:
        first = next((one for one in conversation.branch if isinstance(one, UserMessage)), None)
        if conversation.chat and not conversation.chat.title and first:
            attached = next((part.name for part in first.parts if isinstance(part, ImagePart | FilePart)), "")
            title = title_from(first.text or attached)
            await self._history.do(Database.suggest_title, conversation.chat.id, title)
            conversation.chat = replace(conversation.chat, title=title)


def state_of(reply: Reply) -> State:
    """How a reply stands, as the history has it."""
    if reply.activity:
        return "growing"
    if reply.failure:
        return "failed"
    if reply.interrupted:
        return "interrupted"
    return "stopped" if reply.stopped else "complete"


def title_from(text: str) -> str:
    """A name for a chat that begins with `text`: its first line, cut between words."""
    lines = (line.strip(" #>*`-\t") for line in text.splitlines())
    line = " ".join(next(filter(None, lines), "").split())
    if len(line) <= _TITLE_LENGTH:
        return line
    cut = line[:_TITLE_LENGTH].rsplit(" ", 1)[0]
    return cut.rstrip(" ,.;:") + "…"
