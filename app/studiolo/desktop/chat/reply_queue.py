"""Replies under way, in whichever chat: each is asked for, taken in and kept, whether it is looked at or not."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from studiolo.api.chat import ChatRequest, ImageItem, InputItem, TextItem
from studiolo.api.events import ErrorEvent, Event, ToolCallApprovalRequired, ToolCallElicitation
from studiolo.api.openai import PromptMessage, StreamedCompletionRequest
from studiolo.client.chat import ChatApi
from studiolo.client.client import Client
from studiolo.client.errors import error_from_info
from studiolo.client.openai import OpenAiApi
from studiolo.desktop.chat.autosave import MessageSaver
from studiolo.desktop.chat.calls import Ask
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Message, Reply, UserMessage
from studiolo.desktop.chat.retelling import images, in_turns, retold, told_of, written
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.chat.tool_choice import asked_for
from studiolo.desktop.connections.connection import Connection
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.history.parts import ImagePart, TextPart
from studiolo.desktop.language import translate
from studiolo.desktop.tasks import TaskScope
from studiolo.errors import AppError, RequestError


class ReplyQueue:
    """At most one reply at a time in a conversation; others of it wait in line.

    A message goes to the server that was chosen when it was written, or to none. headers: those for servers of tools.
    settings: what a conversation asks of
    a model. read_file: the bytes of an image; raises AppError. changed: a reply has grown or ended. settled: whether a
    conversation is busy may have changed. ended: a reply came to its end, whichever.
    waits: one of its tools waits for the person.
    """

    def __init__(
        self,
        keeper: MessageSaver,
        scope: TaskScope,
        connection: Connection,
        *,
        headers: HeaderStore,
        settings: Callable[[Conversation, str], ChatSettings],
        read_file: Callable[[str], Awaitable[bytes]],
        changed: Callable[[Conversation, Reply], None],
        settled: Callable[[Conversation], None],
        ended: Callable[[Conversation, Reply], None],
        waits: Callable[[Conversation, Reply], None] = lambda *_: None,
    ) -> None:
        self._keeper = keeper
        self._scope = scope
        self._connection = connection
        self._place = ""
        self._refusal: AppError | None = None
        self._headers = headers
        self._settings = settings
        self._read_file = read_file
        self._changed = changed
        self._settled = settled
        self._ended = ended
        self._waits = waits
        self._model: str | None = None
        self._waiting: list[_Waiting] = []
        self._running: dict[Conversation, asyncio.Task[object] | None] = {}
        self._asked: dict[Conversation, tuple[Reply, Client]] = {}
        """Who gives the reply that is under way."""

    def use_server(self, connection: Connection, place: str) -> None:
        """Ask another server from now on.

        What waits for the one before is not sent: it may be meant for that one alone.

        place: what the server is called.
        """
        self._place = place
        if connection is self._connection:
            return
        self._connection = connection
        self.use_model(None)
        for waiting in [one for one in self._waiting if one.connection is not connection]:
            self._waiting.remove(waiting)
            self._fail(waiting.conversation, waiting.reply, _meant_for_another(waiting.place))

    def use_model(self, model: str | None) -> None:
        """Say who answers from now on; None: nobody yet, and whatever is asked waits."""
        self._model = model
        self._refusal = None
        self._next()

    def refuse(self, error: AppError) -> None:
        """Tell those in line that nobody will answer, and whoever asks until there is a model again."""
        self._model, self._refusal = None, error
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            self._fail(one.conversation, one.reply, error)

    @property
    def model(self) -> str | None:
        """Return who answers, by its key; None while nobody can."""
        return self._model

    def busy(self, conversation: Conversation) -> bool:
        """Return whether a reply of it is under way or in line."""
        return conversation in self._running or any(one.conversation is conversation for one in self._waiting)

    @property
    def conversations(self) -> list[Conversation]:
        """Return those that are busy."""
        waiting = [one.conversation for one in self._waiting]
        return [*self._running, *(one for one in waiting if one not in self._running)]

    def asker_of(self, ask: Ask) -> tuple[Conversation, Reply, Client] | None:
        """Return where a tool waits for that; None where none does any more."""
        for conversation, (reply, client) in self._asked.items():
            if ask in reply.calls.asks:
                return conversation, reply, client
        return None

    def enqueue(self, conversation: Conversation, reply: Reply) -> None:
        """Have `reply`, which has begun, answered in its turn; or told at once why it will not be."""
        if self._refusal:
            self._fail(conversation, reply, self._refusal)
            return
        self._waiting.append(_Waiting(conversation, reply, self._connection, self._place))
        if self._model is None:
            # A program that is killed before there is a model must not have lost the question.
            self._scope.start(self._keeper.save(conversation, reply))
        self._settled(conversation)
        self._next()

    def stop(self, conversation: Conversation) -> None:
        """End what is under way in it and in line, at once. What has been said stays."""
        for waiting in [one for one in self._waiting if one.conversation is conversation]:
            self._waiting.remove(waiting)
            waiting.reply.stop()
            self._scope.start(self._keep_unsent(conversation, waiting.reply))
            self._changed(conversation, waiting.reply)
        if task := self._running.get(conversation):
            task.cancel()
        self._settled(conversation)

    def _fail(self, conversation: Conversation, reply: Reply, error: AppError) -> None:
        reply.fail(error)
        self._scope.start(self._keep_unsent(conversation, reply))
        self._changed(conversation, reply)
        self._settled(conversation)
        self._ended(conversation, reply)

    def _next(self) -> None:
        if self._model is None:
            return
        for waiting in list(self._waiting):
            conversation, reply = waiting.conversation, waiting.reply
            if conversation not in self._running:
                self._waiting.remove(waiting)
                reply.model = self._model
                reply.send()
                self._changed(conversation, reply)
                self._running[conversation] = None
                answer = self._answer(waiting, self._model)
                self._running[conversation] = task = self._scope.start(answer)
                if task:
                    task.add_done_callback(partial(self._over, conversation, reply))

    def _over(self, conversation: Conversation, reply: Reply, _task: object) -> None:
        """However it came to that: a task that was ended before it began has never run a line of its own."""
        if reply.activity:
            reply.stop()
        self._running.pop(conversation, None)
        self._asked.pop(conversation, None)
        if reply.id is None:
            self._scope.start(self._keep_unsent(conversation, reply))
        self._keeper.save_final(reply)
        self._changed(conversation, reply)
        self._settled(conversation)
        self._ended(conversation, reply)
        self._next()

    async def _keep_unsent(self, conversation: Conversation, reply: Reply) -> None:
        await self._keeper.save(conversation, reply)
        self._keeper.save_final(reply)

    async def _answer(self, asked: "_Waiting", model: str) -> None:
        conversation, reply = asked.conversation, asked.reply
        growing: asyncio.Task[object] | None = None
        try:
            await self._keeper.save(conversation, reply)
            growing = self._scope.start(self._keeper.autosave(reply))
            await self._take_in(asked, model)
        except AppError as error:
            reply.fail(error)
        except asyncio.CancelledError:
            reply.stop()
            raise
        except Exception as error:
            reply.fail(
                AppError(
                    translate("ChatPresenter", "The reply could not be read."),
                    details=repr(error),
                    retryable=True,
                )
            )
            raise
        finally:
            if growing:
                growing.cancel()

    async def _take_in(self, asked: "_Waiting", model: str) -> None:
        conversation, reply, client = asked.conversation, asked.reply, asked.connection.client
        reply.server = client.address
        self._asked[conversation] = reply, client
        tools = await asked_for(conversation.tools, conversation.chat, asked.connection, self._headers)
        turn = _Turn(client, conversation, reply, model, self._settings(conversation, model), tools)
        reply.system_prompt = turn.settings.system_prompt
        try:
            await self._read(conversation, reply, await self._events(turn))
        except RequestError as error:
            # Spec section 5. The server keeps responses for a while only, or was set up anew.
            if error.param != "previous_response_id" or reply.parts:
                raise
            *before, question = conversation.before(reply)
            if turn.tools and isinstance(question, UserMessage):
                events = await self._retold(turn, before, question)
            else:
                events = await self._whole(turn)
            await self._read(conversation, reply, events)

    async def _read(self, conversation: Conversation, reply: Reply, events: AsyncGenerator[Event, None]) -> None:
        async with aclosing(events):
            async for event in events:
                if isinstance(event, ErrorEvent):
                    error = error_from_info(event.error)
                    if isinstance(error, RequestError) and error.param == "previous_response_id":
                        raise error
                    reply.fail(error)
                else:
                    reply.apply(event)
                self._changed(conversation, reply)
                if isinstance(event, ToolCallApprovalRequired | ToolCallElicitation):
                    self._waits(conversation, reply)

    async def _events(self, turn: "_Turn") -> AsyncGenerator[Event, None]:
        """Natively where the server has what came before, else with everything that is in sight."""
        *before, question = turn.conversation.before(turn.reply)
        previous = before[-1] if before else None
        settings = turn.settings
        known = isinstance(previous, Reply) and _goes_on(previous, turn.client.address, settings)
        if turn.reply.parts or not isinstance(question, UserMessage):
            return await self._written_on(turn)
        if before and not known:
            return await (self._retold(turn, before, question) if turn.tools else self._whole(turn))
        # A second one is more than some chat templates take (spec section 2).
        prompt = None if before else settings.system_prompt or None
        return ChatApi(turn.client).stream(
            ChatRequest(
                model=turn.model,
                input=await self._input(question),
                stream=True,
                previous_response_id=previous.response_id if isinstance(previous, Reply) else None,
                system_prompt=prompt,
                **settings.native(),
                **turn.tools,
            )
        )

    async def _written_on(self, turn: "_Turn") -> AsyncGenerator[Event, None]:
        """Go on with a reply that has begun.

        In the middle of its words only the OpenAI route goes on, which knows no servers of tools: then the reply says
        that it was without them.
        """
        *before, question = turn.conversation.before(turn.reply)
        in_words = bool(turn.reply.parts) and isinstance(turn.reply.parts[-1], TextPart)
        if turn.tools and isinstance(question, UserMessage) and not in_words:
            return await self._retold(turn, before, question)
        turn.reply.without_tools = bool(turn.tools)
        return await self._whole(turn)

    async def _retold(self, turn: "_Turn", before: list[Message], question: UserMessage) -> AsyncGenerator[Event, None]:
        """Natively, with what came before as text: the OpenAI route knows no servers of tools."""
        turn.reply.whole = True
        pictures = [image for message in [*before, question] for image in images(message)]
        items: list[InputItem] = [ImageItem(data_url=await self._data_url(image)) for image in pictures]
        text = await asyncio.to_thread(retold, before, question, turn.reply)
        settings = turn.settings
        return ChatApi(turn.client).stream(
            ChatRequest(
                model=turn.model,
                input=[*items, TextItem(content=text)] if items else text,
                stream=True,
                system_prompt=settings.system_prompt or None,
                **settings.native(),
                **turn.tools,
            )
        )

    async def _whole(self, turn: "_Turn") -> AsyncGenerator[Event, None]:
        """By the OpenAI route; the reply says so. A reply that has begun is gone on with."""
        turn.reply.whole = True
        messages = [*turn.conversation.before(turn.reply), turn.reply]
        told = [one for message in messages for one in await told_of(message, self._data_url)]
        said = in_turns(told)
        settings = turn.settings
        if settings.system_prompt:
            said.insert(0, PromptMessage(role="system", content=settings.system_prompt))
        return OpenAiApi(turn.client).stream_chat(
            StreamedCompletionRequest(model=turn.model, messages=said, **settings.openai())
        )

    async def _input(self, question: UserMessage) -> str | list[InputItem]:
        pictures = images(question)
        if not pictures:
            return written(question)
        items: list[InputItem] = [ImageItem(data_url=await self._data_url(image)) for image in pictures]
        return [*items, TextItem(content=text)] if (text := written(question)) else items

    async def _data_url(self, image: ImagePart) -> str:
        data = await self._read_file(image.file)
        encoded = await asyncio.to_thread(base64.b64encode, data)
        return f"data:{image.media_type};base64,{encoded.decode()}"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A reply in line, and the server it was asked of: `place` is its name."""

    conversation: Conversation
    reply: Reply
    connection: Connection
    place: str


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is asked of whom, and with which settings."""

    client: Client
    conversation: Conversation
    reply: Reply
    model: str
    settings: ChatSettings
    tools: dict[str, Any]


def _goes_on(previous: Reply, address: str, settings: ChatSettings) -> bool:
    """Return whether the server can go on from `previous`: it has it, and was told the same about itself."""
    return bool(
        previous.response_id and previous.server == address and previous.system_prompt == settings.system_prompt
    )


def _meant_for_another(place: str) -> AppError:
    return AppError(
        translate("ReplyQueue", "This was not sent: it was waiting for %1, and another server was chosen.").replace(
            "%1", place
        ),
        hint=translate("ReplyQueue", "Retry sends it to the server that is chosen now."),
        retryable=True,
    )
