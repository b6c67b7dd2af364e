"""Between the page and what it shows: one conversation in sight, others that go on, the server, the history."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from studiolo.api.models import Sampling
from studiolo.client.mcp import McpClient
from studiolo.desktop.chat.answering import Answering
from studiolo.desktop.chat.autosave import MessageSaver
from studiolo.desktop.chat.composing.presenter import ComposerPresenter
from studiolo.desktop.chat.composing.reading import Attachment
from studiolo.desktop.chat.composing.waiting import Unsent
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.drafts import Drafts
from studiolo.desktop.chat.find_bar import Place, TextFinder
from studiolo.desktop.chat.following import Following
from studiolo.desktop.chat.message_actions import MessageActions
from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.model_choice.presenter import Models
from studiolo.desktop.chat.offering import Offering
from studiolo.desktop.chat.outbox import Outbox
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.prompts import prompts_for
from studiolo.desktop.chat.reply_queue import ReplyQueue
from studiolo.desktop.chat.settings_panel.presenter import SettingsPanelPresenter
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.chat.titling import Titling
from studiolo.desktop.chat.tool_choice import ToolChoice
from studiolo.desktop.chat.tooling import Tooling
from studiolo.desktop.chat.transcript.pictures import reduced
from studiolo.desktop.connections.connection import Connection
from studiolo.desktop.connections.header_store import HeaderStore
from studiolo.desktop.connections.servers import Selected, host_of
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import ImagePart, Part, TextPart
from studiolo.desktop.history.store import History
from studiolo.desktop.loading.choices import ModelChoice
from studiolo.desktop.settings.schema import ChatTitles
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.undo import Undo
from studiolo.errors import AppError


class ChatPresenter(QObject):
    """Shows a conversation and does what is asked of its messages. Replies go on when another one is shown."""

    changed = Signal()
    """The chats that are kept, or what is told of them in a list."""
    busy_changed = Signal()
    reply_finished = Signal(int, str, bool)
    """By itself: the chat's number and title, and whether it is complete."""
    approval_requested = Signal(int, str)
    """A tool waits for the person: the chat's number and title."""
    shown = Signal()
    """Another conversation is in sight."""
    models_listed = Signal(list)
    """The ModelChoices of the server that is talked to, whenever it was asked for them."""

    def __init__(
        self,
        page: ChatPage,
        connection: Connection | Selected,
        history: History,
        undo: Undo,
        report: Report,
        *,
        headers: HeaderStore,
        name_of: Callable[[str], str] = host_of,
        titles: Callable[[], ChatTitles] = lambda: "first_words",
    ) -> None:
        """Make what belongs to the page.

        Args:
            page: Shows one conversation at a time.
            connection: The server that is talked to.
            history: Keeps the chats.
            undo: Takes back what was done last.
            report: Hears of failures that nobody waits for.
            headers: Those for servers of tools.
            name_of: What a server elsewhere is called, by its address.
            titles: What a person wants titles of chats to be.
        """
        super().__init__(page)
        self._page = page
        self._history = history
        self._undo = undo
        self._report = report
        self._scope = TaskScope(page, report)
        self._conversation = Conversation()
        self._keeper = MessageSaver(history, report, self.changed.emit)
        self._replies = ReplyQueue(
            self._keeper,
            self._scope,
            connection.current,
            headers=headers,
            settings=lambda conversation, model: self._tuning.settings_for(conversation, model),
            read_file=lambda file: history.do(Database.file, file),
            changed=self._reply_changed,
            settled=self._settled,
            ended=self._reply_ended,
            waits=self._tool_waits,
        )
        self.titling = Titling(
            connection, history, self._scope, self._replies, wanted=titles, changed=self.changed.emit
        )
        """What gives chats their titles."""
        self._following = Following(
            page,
            connection,
            self._scope,
            report,
            self._replies,
            conversation=lambda: self.conversation,
            name_of=name_of,
            changed=self._model_changed,
            listed=self.models_listed.emit,
        )
        self._models = self._following.models
        self.actions = MessageActions(
            page,
            history,
            undo,
            self._scope,
            report,
            replies=self._replies,
            saver=self._keeper,
            following=self._following,
            answering=Answering(self._replies, self._scope, self._reply_changed),
            conversation=lambda: self.conversation,
            open_chat=self._open,
            changed=self.changed.emit,
        )
        """What is done with messages."""
        self._tuning = SettingsPanelPresenter(
            page, history, self._scope, undo, report, conversation=lambda: self.conversation, changed=self._measure
        )
        self._composing = ComposerPresenter(
            page,
            self._scope,
            conversation=lambda: self.conversation,
            model=lambda: self.model,
            settings=lambda: self._tuning.current,
            tools=lambda: self._tooling.tokens,
        )
        self._tooling = Tooling(
            page,
            connection,
            history,
            self._scope,
            report,
            headers=headers,
            conversation=lambda: self.conversation,
            model=lambda: self.model,
            limit=lambda: self._composing.limit,
            offering=Offering(page, self._scope, self._composing, mcp=lambda: McpClient(connection.client)),
            changed=self._measure,
        )
        self._drafts = Drafts(
            page,
            history,
            self._scope,
            self._composing,
            report,
            conversation=lambda: self.conversation,
            waiting=lambda conversation: self._outbox.of(conversation),
        )
        self._outbox = Outbox(
            page, undo, current=lambda: self.conversation, send=self._send, give_back=self._drafts.give_back
        )
        page.sent.connect(self.send)
        page.stop_requested.connect(self.stop)
        page.action_requested.connect(self.actions.do)
        page.pictures.load_failed.connect(
            lambda file: self._scope.start(self._read_picture(file), replace=f"see {file}")
        )
        page.new_chat_requested.connect(self.new_chat)
        self._finder = TextFinder(page.find_bar)
        page.find_bar.query_changed.connect(
            lambda text: self._show_place(self._finder.find(text, self._conversation.branch))
        )
        page.find_bar.stepped.connect(lambda by: self._show_place(self._finder.step(by)))
        page.destroyed.connect(self.close)
        self._tooling.begin()
        self._following.begin()
        page.composer.release()

    def send(self, text: str, attachments: Sequence[Attachment] = ()) -> None:
        """Ask something new; while a reply is under way it waits for the end of that."""
        conversation, message = self._conversation, Unsent(text, tuple(attachments))
        if self._replies.busy(conversation):
            self._outbox.add(conversation, message)
            self._drafts.keep()
        else:
            self._page.inspector.settle()
            self._send(conversation, message)

    def _send(self, conversation: Conversation, message: Unsent) -> None:
        text, attachments = message.text, message.attachments
        parts: list[Part] = [attachment.part for attachment in attachments]
        for attachment in attachments:
            if isinstance(attachment.part, ImagePart) and attachment.data is not None:
                self._history.soon(self._report, Database.keep_file, attachment.part.file, attachment.data)
        turn = conversation.ask([*parts, TextPart(text)] if text else parts)
        if conversation is self._conversation:
            self._page.add_turn(turn)
            self.actions.ask(turn.reply)
        else:
            self._replies.enqueue(conversation, turn.reply)
        self._scope.start(self._forget_draft(conversation))

    async def _forget_draft(self, conversation: Conversation) -> None:
        """What was sent is a draft on the disk until it is there as a message."""
        await self._keeper.idle()
        self._drafts.keep_of(conversation)

    def _measure(self) -> None:
        self._composing.measure()
        self._page.placeholder.show_prompts(prompts_for(self.model, with_tools=bool(self._tooling.choice.servers)))

    def stop(self) -> None:
        """End the reply under way in the conversation in sight, and those in line, at once."""
        self._replies.stop(self._conversation)

    def new_chat(self) -> None:
        """Begin an empty conversation; a reply under way in the one before goes on."""
        self._show(Conversation())
        self._page.take_focus()

    def chat_with(self, model: str) -> None:
        """Begin an empty conversation with a model, by its key."""
        self._models.choose(model)
        self._models.look()
        self.new_chat()

    def open_chat(self, chat: int, message: int | None = None) -> None:
        """Show a chat of the history, and in it a message, on whichever branch it is."""
        for conversation in self._replies.conversations:
            if conversation.chat and conversation.chat.id == chat and conversation is not self._conversation:
                self._show(conversation)
        if self.current != chat or message is not None:
            self._scope.start(self._open(chat, message), replace="open")

    @property
    def conversation(self) -> Conversation:
        """Return the one in sight."""
        return self._conversation

    @property
    def model(self) -> ModelChoice | None:
        """Return the one that answers from the next message on; None where there is none."""
        return self._models.chosen

    @property
    def models(self) -> Models:
        """Return those of the selected server."""
        return self._models

    @property
    def replies(self) -> ReplyQueue:
        """Return those under way and in line, of every conversation."""
        return self._replies

    @property
    def waiting(self) -> int:
        """Return how many messages wait for the end of a reply, in all conversations."""
        return self._outbox.count

    @property
    def tuning(self) -> SettingsPanelPresenter:
        """Return the settings of the conversation in sight, the presets and the models' defaults."""
        return self._tuning

    @property
    def tooling(self) -> Tooling:
        """Return the servers and tools that the conversation in sight may use."""
        return self._tooling

    @property
    def current(self) -> int | None:
        """Return the chat in sight; None for one that is not kept yet."""
        return self._conversation.chat.id if self._conversation.chat else None

    @property
    def busy(self) -> frozenset[int]:
        """Return the chats with a reply under way."""
        return frozenset(one.chat.id for one in self._replies.conversations if one.chat)

    def stop_all(self) -> None:
        """End every reply under way."""
        for conversation in self._replies.conversations:
            self._replies.stop(conversation)

    def forget(self) -> None:
        """Hear that the history is another than before: what is in sight is not in it."""
        self._composing.forget()
        self._drafts.forget()
        self._outbox.clear()
        self._conversation = Conversation()
        self._page.composer.set_text("", focus=False)
        self._show(self._conversation)

    def stop_chat(self, chat: int) -> None:
        """End what is under way in a chat, wherever it is."""
        for conversation in self._replies.conversations:
            if conversation.chat and conversation.chat.id == chat:
                self._replies.stop(conversation)

    def close(self, *_: object) -> None:
        """End whatever is under way."""
        self._scope.close()

    async def aclose(self) -> None:
        """Close, and wait until everything has ended; a draft is kept."""
        self._outbox.return_all()
        self._drafts.keep()
        self.close()
        await self._scope.aclose()

    async def _read_picture(self, file: str) -> None:
        """An image that can't be read is shown as such."""
        try:
            data = await self._history.do(Database.file, file)
        except AppError:
            data = b""
        self._page.pictures.put(file, await asyncio.to_thread(reduced, data))

    async def _open(self, chat: int, message: int | None = None) -> None:
        if self.current != chat:
            entry = await self._history.do(Database.chat, chat)
            conversation = Conversation.of(entry, await self._history.do(Database.messages, chat))
            kept = await self._history.do(Database.settings, chat)
            conversation.settings, conversation.tools = ChatSettings.read(kept), ToolChoice.read(kept)
            self._show(conversation)
        found = self._conversation.find(message) if message is not None else None
        if found:
            self._conversation.show(found)
            self._page.set_branch(self._conversation.branch)
            self._page.go_to(found)

    def _show(self, conversation: Conversation) -> None:
        self._page.inspector.settle()
        self._drafts.keep()
        self._composing.leave()
        self._conversation = conversation
        self._page.inspector.show_settings(conversation.settings)
        self._page.find_bar.hide()
        chat = conversation.chat
        self._page.set_messages(conversation.branch)
        draft = self._drafts.of(conversation)
        self._composing.enter()
        # What is too long to be written becomes one of the attachments that have just come.
        self._page.set_draft(draft)
        self._page.set_busy(self._replies.busy(conversation))
        self._tooling.enter()
        self._drafts.enter()
        self._outbox.show()
        self.shown.emit()
        if chat and chat.unread:
            self._tell_unread(conversation, unread=False)

    def _tell_unread(self, conversation: Conversation, *, unread: bool) -> None:
        if conversation.chat:
            conversation.chat = replace(conversation.chat, unread=unread)
            self._history.soon(self._report, Database.set_unread, conversation.chat.id, unread)
            self.changed.emit()

    def _show_place(self, place: Place | None) -> None:
        if place:
            self._page.show_place(place.message, self._finder.text, place.number)

    def _model_changed(self, key: str) -> None:
        chosen = self._models.chosen
        self._tuning.use_model(key, chosen.sampling if chosen else Sampling())
        self._tooling.enter()
        self._measure()

    def _reply_changed(self, conversation: Conversation, reply: Reply) -> None:
        if conversation is self._conversation:
            self._page.message_changed(reply)

    def _tool_waits(self, conversation: Conversation, reply: Reply) -> None:
        if conversation is self._conversation:
            self._page.lead_to_ask(reply)
        elif conversation.chat:
            self._page.tell_of_ask(conversation.chat.title)
        if conversation.chat:
            self.approval_requested.emit(conversation.chat.id, conversation.chat.title)

    def _reply_ended(self, conversation: Conversation, reply: Reply) -> None:
        self.titling.reply_ended(conversation, reply)
        if conversation.chat and not reply.stopped:
            self.reply_finished.emit(conversation.chat.id, conversation.chat.title, reply.failure is None)

    def _settled(self, conversation: Conversation) -> None:
        if busy := self._replies.busy(conversation):
            self.titling.give_way()
        if conversation is self._conversation:
            self._page.set_busy(busy)
            self._measure()
        elif not busy:
            self._tell_unread(conversation, unread=True)
        if not busy:
            self._outbox.settled(conversation)
        self.busy_changed.emit()
        if not self._replies.busy(conversation):
            # The request may have loaded its model, and others have made room for it.
            self._models.look()
