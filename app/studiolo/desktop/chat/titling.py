"""Titles of chats, written by the model that talked in them: on this computer alone, and when nothing else goes on."""

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

from studiolo.api.chat import ChatRequest
from studiolo.api.events import MessageDelta
from studiolo.api.models import LlmEntry
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.desktop.chat.autosave import title_from, title_of
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.reply_queue import ReplyQueue
from studiolo.desktop.connections.connection import Connection, Ready
from studiolo.desktop.connections.servers import Selected
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.records import Chat
from studiolo.desktop.history.store import History
from studiolo.desktop.settings.schema import ChatTitles
from studiolo.desktop.tasks import TaskScope
from studiolo.errors import AppError

logger = logging.getLogger(__name__)

_MOST_SECONDS = 60
_MOST_TOKENS = 32
_MOST_READ = 1_500
"""Characters of a message that the model is shown."""
_LAST_TURN = 3
"""A chat that has no title from its model by then keeps its first words."""
_LONGEST, _MOST_WORDS = 80, 12
"""Of a title, in characters and words; a model that says more has not written one."""
_ASKED = (
    "Write a title for the conversation below: two to six words, in the language of the conversation. "
    "Answer with the title alone, without quotation marks.\n\nUser: %1\n\nAssistant: %2"
)
_MARKS = " \t\"'`*#_“”„‟‘’«»「」『』"
_LEAD = re.compile(r"^(title|titel|titre|título|titolo)\s*[:：]\s*", re.IGNORECASE)


class Titling:
    """Asks for the title of a chat once its first reply is there; whatever else is asked for comes first.

    wanted: what a person wants titles to be. changed: a chat has another title now.
    """

    idle_seconds = 1.5
    """So long nothing else is asked for."""

    def __init__(
        self,
        connection: Connection | Selected,
        history: History,
        scope: TaskScope,
        replies: ReplyQueue,
        *,
        wanted: Callable[[], ChatTitles],
        changed: Callable[[], object],
    ) -> None:
        self._connection = connection
        self._history = history
        self._scope = scope
        self._replies = replies
        self._wanted = wanted
        self._changed = changed
        self._task: asyncio.Task[object] | None = None

    @property
    def pending(self) -> bool:
        """Return whether a title is about to be asked for, or is under way."""
        return self._task is not None and not self._task.done()

    @property
    def wanted(self) -> ChatTitles:
        """Return what a person wants titles to be."""
        return self._wanted()

    def reply_ended(self, conversation: Conversation, reply: Reply) -> None:
        """Hear that a reply came to its end: it may be time for a title."""
        chat = conversation.chat
        if self.wanted == "model" and chat and reply.stats and reply.text and self._untitled(conversation, chat):
            self._task = self._scope.start(self._entitle(conversation, chat, reply), replace="title")

    def give_way(self) -> None:
        """End what is under way: something is asked for by a person."""
        self._scope.cancel("title")

    @staticmethod
    def _untitled(conversation: Conversation, chat: Chat) -> bool:
        return chat.title == title_of(conversation) and len(conversation.turns) <= _LAST_TURN

    async def _entitle(self, conversation: Conversation, chat: Chat, reply: Reply) -> None:
        await asyncio.sleep(self.idle_seconds)
        connection = self._connection.current
        # An address may be that of another machine: what was said there is not sent once more unasked.
        if self._replies.conversations or connection.address is not None or not isinstance(connection.state, Ready):
            return
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                said = await _ask(connection.client, conversation, reply)
            if title := title_in(said):
                kept = await self._history.do(_give_title, chat.id, title, chat.title)
                conversation.chat = replace(conversation.chat or chat, title=kept.title)
                self._changed()
        except (AppError, TimeoutError) as error:
            # The first words are a title, too.
            logger.info("a chat got no title from its model: %s", error)


async def _ask(client: Client, conversation: Conversation, reply: Reply) -> str:
    """Return what the model says; nothing where it would have to be loaded for that. Raises AppError."""
    if client.address != reply.server:
        return ""
    models = await ModelsApi(client).list_models()
    model = next((one for one in models if one.key == reply.model and one.loaded_instances), None)
    turn = next((one for one in conversation.turns if one.reply.text), None)
    if model is None or turn is None:
        return ""
    thinks = model.capabilities.reasoning if isinstance(model, LlmEntry) and model.capabilities else None
    asked = _ASKED.replace("%1", turn.question.text[:_MOST_READ], 1)
    request = ChatRequest(
        model=reply.model,
        input=asked.replace("%2", turn.reply.text[:_MOST_READ], 1),
        max_output_tokens=_MOST_TOKENS,
        temperature=0,
        reasoning="off" if thinks and "off" in thinks.allowed_options else None,
        store=False,
    )
    said = ""
    async with aclosing(ChatApi(client).stream(request)) as events:
        async for event in events:
            said += event.content if isinstance(event, MessageDelta) else ""
    return said


def title_in(said: str) -> str:
    """Return the title in what a model says when it is asked for one; empty where there is none."""
    line = next(filter(None, (line.strip(_MARKS) for line in said.splitlines())), "")
    line = _LEAD.sub("", line).strip(_MARKS).rstrip(".。")
    if len(line) > _LONGEST or len(line.split()) > _MOST_WORDS:
        return ""
    return title_from(line)


def _give_title(database: Database, chat: int, title: str, instead_of: str) -> Chat:
    """Give a chat a title, unless it has got another one meanwhile."""
    with database.transaction():
        if database.chat(chat).title == instead_of:
            database.suggest_title(chat, title)
    return database.chat(chat)
