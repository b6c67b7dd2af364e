"""Replies under way, in whichever chat: each is asked for, taken in and kept, whether it is looked at or not."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from PySide6.QtCore import QCoreApplication

from studiolo.api.chat import ChatRequest
from studiolo.api.events import ErrorEvent, Event
from studiolo.client.completions import CompletionRequest, Completions, Said
from studiolo.client.errors import error_from_info
from studiolo.client.native import Client
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.keeping import Keeper
from studiolo.desktop.chat.model import Message, Reply, UserMessage
from studiolo.desktop.chat.settings import ChatSettings
from studiolo.desktop.tasks import TaskScope
from studiolo.errors import AppError, RequestError


class Replies:
    """At most one reply at a time in a conversation; others of it wait in line.

    client: that of the server at hand; raises UnreachableError. changed: a reply has grown or ended. settled: whether
    a conversation is busy may have changed.
    """

    def __init__(
        self,
        keeper: Keeper,
        scope: TaskScope,
        client: Callable[[], Client],
        *,
        changed: Callable[[Conversation, Reply], None],
        settled: Callable[[Conversation], None],
    ) -> None:
        self._keeper = keeper
        self._scope = scope
        self._client = client
        self._changed = changed
        self._settled = settled
        self._model: str | None = None
        self._waiting: list[tuple[Conversation, Reply]] = []
        self._running: dict[Conversation, asyncio.Task[object] | None] = {}

    def use_model(self, model: str | None) -> None:
        """Who answers from now on; None: nobody can, and whatever is asked waits."""
        self._model = model
        self._next()

    def busy(self, conversation: Conversation) -> bool:
        """Whether a reply of it is under way or in line."""
        return conversation in self._running or any(one is conversation for one, _ in self._waiting)

    @property
    def conversations(self) -> list[Conversation]:
        """Those that are busy."""
        return [*self._running, *(one for one, _ in self._waiting if one not in self._running)]

    def ask(self, conversation: Conversation, reply: Reply) -> None:
        """Have `reply`, which has begun, answered in its turn."""
        self._waiting.append((conversation, reply))
        self._settled(conversation)
        self._next()

    def stop(self, conversation: Conversation) -> None:
        """End what is under way in it and in line, at once. What has been said stays."""
        for one, reply in [waiting for waiting in self._waiting if waiting[0] is conversation]:
            self._waiting.remove((one, reply))
            reply.stop()
            self._scope.start(self._keep_unsent(conversation, reply))
            self._changed(conversation, reply)
        if task := self._running.get(conversation):
            task.cancel()
        self._settled(conversation)

    def fail_waiting(self, error: AppError) -> None:
        """Tell those in line that nobody will answer."""
        waiting, self._waiting = self._waiting, []
        for conversation, reply in waiting:
            reply.fail(error)
            self._scope.start(self._keep_unsent(conversation, reply))
            self._changed(conversation, reply)
            self._settled(conversation)

    def _next(self) -> None:
        if self._model is None:
            return
        for waiting in list(self._waiting):
            conversation, reply = waiting
            if conversation not in self._running:
                self._waiting.remove(waiting)
                reply.model = self._model
                reply.send()
                self._changed(conversation, reply)
                self._running[conversation] = None
                self._running[conversation] = self._scope.start(self._answer(conversation, reply, self._model))

    async def _keep_unsent(self, conversation: Conversation, reply: Reply) -> None:
        await self._keeper.keep(conversation, reply)
        self._keeper.end(reply)

    async def _answer(self, conversation: Conversation, reply: Reply, model: str) -> None:
        growing: asyncio.Task[object] | None = None
        try:
            await self._keeper.keep(conversation, reply)
            growing = self._scope.start(self._keeper.grow(reply))
            await self._take_in(conversation, reply, model)
        except AppError as error:
            reply.fail(error)
        except asyncio.CancelledError:
            reply.stop()
            raise
        except Exception as error:
            reply.fail(
                AppError(
                    QCoreApplication.translate("ChatPresenter", "The reply could not be read."),
                    details=repr(error),
                    retryable=True,
                )
            )
            raise
        finally:
            if growing:
                growing.cancel()
            self._running.pop(conversation, None)
            self._keeper.end(reply)
            self._changed(conversation, reply)
            self._settled(conversation)
            self._next()

    async def _take_in(self, conversation: Conversation, reply: Reply, model: str) -> None:
        client = self._client()
        reply.server = client.address
        reply.system_prompt = conversation.settings.system_prompt
        try:
            await self._read(conversation, reply, _events(client, conversation, reply, model))
        except RequestError as error:
            # Spec section 5. The server keeps responses for a while only, or was set up anew.
            if error.param != "previous_response_id" or reply.parts:
                raise
            await self._read(conversation, reply, _whole(client, conversation, reply, model))

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


def _events(client: Client, conversation: Conversation, reply: Reply, model: str) -> AsyncGenerator[Event, None]:
    """Natively where the server has what came before, else with everything that is in sight."""
    *before, question = conversation.before(reply)
    previous = before[-1] if before else None
    settings = conversation.settings
    known = isinstance(previous, Reply) and _goes_on(previous, client.address, settings)
    if reply.text or not isinstance(question, UserMessage) or (before and not known):
        return _whole(client, conversation, reply, model)
    # A second one is more than some chat templates take (spec section 2).
    prompt = None if before else settings.system_prompt or None
    return client.chat(
        ChatRequest(
            model=model,
            input=question.text,
            stream=True,
            previous_response_id=previous.response_id if isinstance(previous, Reply) else None,
            system_prompt=prompt,
            **settings.native(),
        )
    )


def _whole(client: Client, conversation: Conversation, reply: Reply, model: str) -> AsyncGenerator[Event, None]:
    """By the OpenAI route; the reply says so. A reply that has begun is gone on with."""
    reply.whole = True
    said = [_said(message) for message in [*conversation.before(reply), reply] if message.text]
    settings = conversation.settings
    if settings.system_prompt:
        said.insert(0, Said(role="system", content=settings.system_prompt))
    return Completions(client).chat(CompletionRequest(model=model, messages=said, **settings.openai()))


def _goes_on(previous: Reply, address: str, settings: ChatSettings) -> bool:
    """Whether the server can go on from `previous`: it has it, and was told the same about itself."""
    return bool(
        previous.response_id and previous.server == address and previous.system_prompt == settings.system_prompt
    )


def _said(message: Message) -> Said:
    return Said(role="assistant" if isinstance(message, Reply) else "user", content=message.text)
