"""What is being written and not sent yet: kept with its chat, or beside all of them for one that is not there yet."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from studiolo.desktop.chat.composing.presenter import Composing
from studiolo.desktop.chat.composing.waiting import Unsent
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.store import History
from studiolo.desktop.tasks import Report, TaskScope

_DRAFT = "draft"


class Drafts:
    """conversation: the one in sight. composing: who has what goes with the drafts."""

    def __init__(
        self,
        page: ChatPage,
        history: History,
        scope: TaskScope,
        composing: Composing,
        report: Report,
        *,
        conversation: Callable[[], Conversation],
    ) -> None:
        self._page = page
        self._history = history
        self._composing = composing
        self._report = report
        self._conversation = conversation
        self._new = ""
        page.drafted.connect(self.keep)
        scope.start(self._read())

    def of(self, conversation: Conversation) -> str:
        """What was being written in it."""
        return conversation.chat.draft if conversation.chat else self._new

    def keep(self) -> None:
        """What is being written in the conversation in sight."""
        conversation = self._conversation()
        draft = self._page.composer.text
        if draft != self.of(conversation):
            self._keep(conversation, draft)

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
            self._keep(conversation, _joined([*texts, self.of(conversation)]))
            self._composing.put_aside(conversation, attachments)

    def _keep(self, conversation: Conversation, draft: str) -> None:
        if chat := conversation.chat:
            conversation.chat = replace(chat, draft=draft)
            self._history.soon(self._report, Database.set_draft, chat.id, draft)
        else:
            self._new = draft
            self._history.soon(self._report, Database.set_note, _DRAFT, draft)

    async def _read(self) -> None:
        """What was being written when the window was closed."""
        draft = await self._history.do(Database.note, _DRAFT)
        if isinstance(draft, str) and self._conversation().chat is None and not self._page.composer.text:
            self._new = draft
            self._page.set_draft(draft)


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(filter(None, texts))
