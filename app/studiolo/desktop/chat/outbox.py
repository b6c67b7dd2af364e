"""What was written while a reply was under way: it waits, can be changed, and is sent once the reply has ended."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from studiolo.desktop.chat.composing.waiting import Unsent
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.messages import Reply
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.widgets.undo import Undo


class Outbox:
    """Messages in line, by conversation.

    current: the conversation in sight. send: has a message asked. give_back: puts messages that are not sent after all
    back to where they were written.
    """

    def __init__(
        self,
        page: ChatPage,
        undo: Undo,
        *,
        current: Callable[[], Conversation],
        send: Callable[[Conversation, Unsent], None],
        give_back: Callable[[Conversation, Iterable[Unsent]], None],
    ) -> None:
        self._page = page
        self._undo = undo
        self._current = current
        self._send = send
        self._give_back = give_back
        self._waiting: defaultdict[Conversation, list[Unsent]] = defaultdict(list)
        page.waiting.edited.connect(self._edit)
        page.waiting.removed.connect(self._remove)

    def add(self, conversation: Conversation, message: Unsent) -> None:
        """Put a message at the end of the line."""
        self._waiting[conversation].append(message)
        self.show()

    @property
    def count(self) -> int:
        """Return all that wait."""
        return sum(map(len, self._waiting.values()))

    def of(self, conversation: Conversation) -> Sequence[Unsent]:
        """Return what waits in a conversation."""
        return tuple(self._waiting.get(conversation, ()))

    def show(self) -> None:
        """Show what waits in the conversation in sight."""
        self._page.waiting.show_messages(self._waiting.get(self._current(), ()))

    def settled(self, conversation: Conversation) -> None:
        """No reply is under way in it any more.

        The next message is sent, or all are given back if the last one was stopped or failed, since whoever wrote them
        may want to write something else now.
        """
        if not self._waiting.get(conversation):
            return
        last = conversation.leaf
        if isinstance(last, Reply) and (last.stopped or last.failure):
            self._return(conversation)
        else:
            message = self._waiting[conversation].pop(0)
            self.show()
            self._send(conversation, message)

    def return_all(self) -> None:
        """Nothing more is sent."""
        for conversation in list(self._waiting):
            self._return(conversation)

    def clear(self) -> None:
        """Forget everything: the conversations are gone, and what was to be sent in them."""
        self._waiting.clear()
        self.show()

    def _return(self, conversation: Conversation) -> None:
        messages = self._waiting.pop(conversation, [])
        self.show()
        if messages:
            self._give_back(conversation, messages)

    def _edit(self, message: Unsent) -> None:
        if self._take_out(message):
            self._give_back(self._current(), [message])

    def _remove(self, message: Unsent) -> None:
        conversation = self._current()
        if not self._take_out(message):
            return

        def back() -> None:
            # Meanwhile the reply may have ended, and nobody would send it.
            self._give_back(conversation, [message])

        self._undo.add(self._page.not_sent_text(), back)

    def _take_out(self, message: Unsent) -> bool:
        """False for one that was sent just now."""
        waiting = self._waiting[self._current()]
        if message not in waiting:
            return False
        waiting.remove(message)
        self.show()
        return True
