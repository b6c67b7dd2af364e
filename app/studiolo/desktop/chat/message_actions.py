"""What can be done with the messages of the conversation in sight: answered anew, edited, deleted, gone on from."""

from collections.abc import Awaitable, Callable
from typing import assert_never

from studiolo.desktop.chat.answering import Answering
from studiolo.desktop.chat.autosave import MessageSaver
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.following import Following
from studiolo.desktop.chat.image_viewer import show_image
from studiolo.desktop.chat.messages import Message, Reply, UserMessage
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.reply_queue import ReplyQueue
from studiolo.desktop.chat.save_dialogs import save_code
from studiolo.desktop.chat.transcript.actions import (
    AnswerAgain,
    AnswerQuestion,
    BranchOff,
    ChooseServer,
    Decide,
    Delete,
    Edit,
    Follow,
    GoOn,
    MessageAction,
    Respond,
    Retry,
    SaveCode,
    ShowImage,
    TurnTo,
)
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import ImagePart
from studiolo.desktop.history.records import Chat
from studiolo.desktop.history.store import History
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.open_link import follow_link
from studiolo.desktop.widgets.undo import Undo


class MessageActions:
    """Carries out what is asked of a message, and shows what became of the conversation.

    Args:
        page: Where the conversation is shown.
        history: Where its messages are kept.
        undo: Takes back what was deleted.
        scope: Holds the work that goes on in the background.
        report: Hears of what fails there.
        replies: Answers.
        saver: Keeps what was written.
        following: The server and the model that answer.
        conversation: Returns the conversation in sight.
        open_chat: Shows a chat of the history, by its number.
        changed: Hears that the chats which are kept are others.
    """

    def __init__(
        self,
        page: ChatPage,
        history: History,
        undo: Undo,
        scope: TaskScope,
        report: Report,
        *,
        replies: ReplyQueue,
        saver: MessageSaver,
        following: Following,
        answering: Answering,
        conversation: Callable[[], Conversation],
        open_chat: Callable[[int], Awaitable[None]],
        changed: Callable[[], object],
    ) -> None:
        self._page = page
        self._history = history
        self._undo = undo
        self._scope = scope
        self._report = report
        self._replies = replies
        self._saver = saver
        self._following = following
        self._answering = answering
        self._conversation = conversation
        self._open_chat = open_chat
        self._changed = changed

    def do(self, action: MessageAction) -> None:
        """Do what is asked of a message of the conversation in sight."""
        match action:
            case Retry(reply):
                self.retry(reply)
            case AnswerQuestion(question):
                self.answer(question)
            case AnswerAgain(reply):
                self.ask_again(reply)
            case GoOn(reply):
                self.go_on(reply)
            case Edit(message, text):
                self.change_text(message, text)
            case TurnTo(message, step):
                self.turn_over(message, step)
            case Delete(message):
                self.delete(message)
            case BranchOff(message):
                self.branch_off(message)
            case Follow(url):
                self._scope.start(follow_link(self._page, url), replace="link")
            case SaveCode(source, language):
                self._scope.start(save_code(self._page, source, language), replace="save")
            case ChooseServer(near):
                self._page.servers_requested.emit(near)
            case ShowImage(image):
                self._scope.start(self._show_image(image), replace="image")
            case Decide() | Respond():
                self._answering.answer(action)
                self._page.take_focus()
            case _:
                assert_never(action)

    async def _show_image(self, image: ImagePart) -> None:
        await show_image(self._page, image, await self._history.do(Database.file, image.file))

    def ask(self, reply: Reply) -> None:
        """Have a reply of the conversation in sight answered."""
        self._replies.enqueue(self._conversation(), reply)
        self._following.show_refusal(reply)

    def change_text(self, message: Message, text: str) -> None:
        """Ask a question in other words, or let a reply read `text`."""
        if isinstance(message, Reply):
            self.rewrite(message, text)
        else:
            self.edit(message, text)

    def rewrite(self, reply: Reply, text: str) -> None:
        """Let a reply read `text`; as it was it stays as a version beside it."""
        conversation = self._conversation()
        edited = conversation.rewrite(reply, text)
        self._page.set_branch(conversation.branch)
        self._page.take_focus()
        self._scope.start(self._saver.save(conversation, edited))

    def retry(self, reply: Reply) -> None:
        """Send the turn of `reply` once more. What it had got stays, as a version beside the new one."""
        self._following.look_again(reply)
        if reply.parts:
            self.ask_again(reply)
            return
        reply.begin()
        self._page.message_changed(reply)
        self.ask(reply)

    def ask_again(self, reply: Reply) -> None:
        """Have the same question answered anew."""
        again = self._conversation().ask_again(reply)
        self._page.set_branch(self._conversation().branch)
        self.ask(again)

    def answer(self, question: UserMessage) -> None:
        """Have a question answered that has no reply, or another one."""
        reply = self._conversation().answer(question)
        self._page.set_branch(self._conversation().branch)
        self.ask(reply)

    def go_on(self, reply: Reply) -> None:
        """Have a reply that was cut off written on."""
        reply.go_on()
        self._page.message_changed(reply)
        self.ask(reply)

    def delete(self, message: Message) -> None:
        """Take a message and what follows it out of the chat; it can be undone."""
        conversation = self._conversation()
        self._replies.stop(conversation)
        gone = conversation.remove(message)
        self._show_again(conversation)
        self._mark_deleted(gone, deleted=True)

        def back() -> None:
            conversation.put_back(gone)
            self._show_again(conversation)
            self._mark_deleted(gone, deleted=False)

        self._undo.add(self._page.deleted_text(len(gone)), back)

    def branch_off(self, message: Message) -> None:
        """Go on in a copy of the chat that ends with `message`."""
        chat = self._conversation().chat
        if chat and message.id is not None:
            self._scope.start(self._branch_off(chat, message.id))

    def edit(self, question: UserMessage, text: str) -> None:
        """Ask `text` instead; what was asked and answered stays, as a version beside it."""
        turn = self._conversation().edit(question, text)
        self._page.set_branch(self._conversation().branch)
        self._page.take_focus()
        self.ask(turn.reply)

    def turn_over(self, message: Message, step: int) -> None:
        """Show the version of `message` that is `step` further on."""
        place = self._conversation().branch.index(message)
        if self._conversation().turn_over(message, step):
            self._page.set_branch(self._conversation().branch)
            self._page.transcript.focus_on(self._conversation().branch[place])
            self._keep_leaf()

    def _show_again(self, conversation: Conversation) -> None:
        if conversation is self._conversation():
            self._page.set_branch(conversation.branch)
            self._keep_leaf()

    def _mark_deleted(self, messages: list[Message], *, deleted: bool) -> None:
        numbers = [message.id for message in messages if message.id is not None]
        self._history.soon(self._report, Database.delete_messages, numbers, deleted=deleted)

    async def _branch_off(self, chat: Chat, message: int) -> None:
        copy = await self._history.do(Database.branch_off, chat.id, message, self._page.name_of_branch(chat.title))
        self._changed()
        await self._open_chat(copy.id)

    def _keep_leaf(self) -> None:
        leaf, chat = self._conversation().leaf, self._conversation().chat
        if chat and leaf and leaf.id is not None:
            self._history.soon(self._report, Database.set_leaf, chat.id, leaf.id)
