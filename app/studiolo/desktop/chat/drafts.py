"""What is being written and not sent yet: kept with its chat, or beside all of them for one that is not there yet.

What waits to be sent is kept as a part of the draft, so that a program that is killed gives it back.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from studiolo.desktop.chat.composing.presenter import ComposerPresenter
from studiolo.desktop.chat.composing.reading import Attachment
from studiolo.desktop.chat.composing.waiting import Unsent
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.history.attached import attached, keep_attached
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.parts import ImagePart
from studiolo.desktop.history.store import History
from studiolo.desktop.tasks import Report, TaskScope

_DRAFT = "draft"


class Drafts:
    """conversation: the one in sight.

    composing: who has what goes with the drafts. waiting: the messages of a conversation that are in line.
    """

    def __init__(
        self,
        page: ChatPage,
        history: History,
        scope: TaskScope,
        composing: ComposerPresenter,
        report: Report,
        *,
        conversation: Callable[[], Conversation],
        waiting: Callable[[Conversation], Sequence[Unsent]],
    ) -> None:
        self._page = page
        self._history = history
        self._composing = composing
        self._report = report
        self._conversation = conversation
        self._waiting = waiting
        self._new = ""
        self._begun: Conversation | None = None
        """The conversation that is not there yet, and has a draft."""
        self._scope = scope
        self._texts: dict[int | None, str] = {}
        """What is on the disk, by the numbers of chats."""
        self._attached: dict[int | None, tuple[Attachment, ...]] = {}
        page.drafted.connect(self.keep)
        scope.start(self._read())

    def of(self, conversation: Conversation) -> str:
        """Return what was being written in it."""
        return conversation.chat.draft if conversation.chat else self._new

    def keep(self) -> None:
        """Keep what is being written in the conversation in sight, and waits in it."""
        composer = self._page.composer
        self._keep(self._conversation(), composer.text, composer.attachments)

    def keep_of(self, conversation: Conversation) -> None:
        """Do as `keep`, for a conversation that need not be in sight."""
        if conversation is self._conversation():
            self.keep()
        else:
            self._keep(conversation, self.of(conversation), self._composing.aside(conversation))

    def give_back(self, conversation: Conversation, messages: Iterable[Unsent]) -> None:
        """Messages that are not sent after all are being written in their conversation again."""
        texts = [message.text for message in messages]
        attachments = [one for message in messages for one in message.attachments]
        if conversation is self._conversation():
            composer = self._page.composer
            self._page.set_draft(_joined([*texts, composer.text]))
            composer.tray.set_attachments([*attachments, *composer.attachments])
            self._page.take_focus()
            self.keep()
        else:
            self._composing.put_aside(conversation, attachments)
            self._keep(conversation, _joined([*texts, self.of(conversation)]), self._composing.aside(conversation))

    def enter(self) -> None:
        """Another conversation is in sight: what was to go with its draft when the program ended goes with it again."""
        conversation = self._conversation()
        if conversation.chat and conversation.chat.id not in self._attached:
            self._scope.start(self._read_attached(conversation), replace="attached")

    def forget(self) -> None:
        """Hear that the chats are others than before."""
        self._new = ""
        self._texts.clear()
        self._attached.clear()

    def _keep(self, conversation: Conversation, draft: str, attachments: Sequence[Attachment]) -> None:
        chat = conversation.chat
        if chat is None:
            self._new, self._begun = draft, conversation
        elif chat.draft != draft:
            conversation.chat = replace(chat, draft=draft)
        if chat and conversation is self._begun:
            self._begun, self._new = None, ""
            self._write_text(None, "", "")
            self._write_attached(None, [])
        number = chat.id if chat else None
        waiting = self._waiting(conversation)
        self._write_text(number, _joined([*(message.text for message in waiting), draft]), chat.draft if chat else "")
        self._write_attached(number, [*(one for message in waiting for one in message.attachments), *attachments])

    def _write_text(self, number: int | None, text: str, before: str) -> None:
        if text == self._texts.get(number, before):
            return
        self._texts[number] = text
        if number is None:
            self._history.soon(self._report, Database.set_note, _DRAFT, text)
        else:
            self._history.soon(self._report, Database.set_draft, number, text)

    def _write_attached(self, number: int | None, attachments: Sequence[Attachment]) -> None:
        known = self._attached.get(number)
        # What was not read yet must not be taken for none.
        if tuple(attachments) == (known or ()):
            return
        self._attached[number] = tuple(attachments)
        images = {
            one.part.file: one.data
            for one in attachments
            if isinstance(one.part, ImagePart) and one.data is not None and one not in (known or ())
        }
        self._history.soon(self._report, keep_attached, number, [one.part for one in attachments], images)

    async def _read(self) -> None:
        """What was being written when the window was closed."""
        draft = await self._history.do(Database.note, _DRAFT)
        if self._conversation().chat is None:
            if isinstance(draft, str) and not self._page.composer.text:
                self._new = self._texts[None] = draft
                self._begun = self._conversation()
                self._page.set_draft(draft)
            await self._read_attached(self._conversation())

    async def _read_attached(self, conversation: Conversation) -> None:
        number = conversation.chat.id if conversation.chat else None
        kept = await self._history.do(attached, number)
        attachments = [await self._composing.again(part, data) for part, data in kept]
        if number in self._attached:
            return  # Meanwhile something else goes with it.
        self._attached[number] = tuple(attachments)
        if not attachments:
            return
        if conversation is self._conversation():
            tray = self._page.composer.tray
            tray.set_attachments([*attachments, *self._page.composer.attachments])
        else:
            self._composing.put_aside(conversation, attachments)


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(filter(None, texts))
