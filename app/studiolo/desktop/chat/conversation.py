"""A conversation: a tree of messages, of which one branch is in sight."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from studiolo.api.chat import ChatStats
from studiolo.desktop.chat.messages import Message, Reply, Turn, UserMessage
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.chat.tool_choice import ToolChoice
from studiolo.desktop.history.parts import FilePart, ImagePart, Part, TextPart
from studiolo.desktop.history.records import Chat, StoredMessage
from studiolo.errors import AppError


class Conversation:
    """`chat`: where it is kept; None until it is. `branch`: the messages in sight, from the first on."""

    def __init__(self, chat: Chat | None = None) -> None:
        self.chat = chat
        self.settings = ChatSettings()
        self.tools = ToolChoice()
        self.branch: list[Message] = []
        self._children: defaultdict[Message | None, list[Message]] = defaultdict(list)

    @classmethod
    def of(cls, chat: Chat, stored: Mapping[int, StoredMessage]) -> "Conversation":
        """Return a conversation as it is kept. A message whose predecessor is gone stands at the beginning."""
        conversation = cls(chat)
        messages: dict[int, Message] = {}
        for number, one in stored.items():
            message = _message(one)
            parent = messages.get(one.parent) if one.parent is not None else None
            conversation._place(message, parent)
            messages[number] = message
        leaf = messages.get(chat.leaf) if chat.leaf is not None else None
        conversation._show(leaf or (messages[max(messages)] if messages else None))
        return conversation

    @property
    def kept(self) -> dict[str, Any]:
        """Return what the history keeps of it beside its messages."""
        return self.settings.changed | self.tools.kept

    @property
    def leaf(self) -> Message | None:
        """Return the last message of the branch in sight, if there is one."""
        return self.branch[-1] if self.branch else None

    @property
    def turns(self) -> list[Turn]:
        """Return the questions in sight with their replies; one without is left out."""
        pairs = zip(self.branch, self.branch[1:], strict=False)
        return [Turn(one, two) for one, two in pairs if isinstance(one, UserMessage) and isinstance(two, Reply)]

    def ask(self, content: str | list[Part]) -> Turn:
        """Return a new turn at the end of the branch."""
        return self._ask(content, self.leaf)

    def edit(self, question: UserMessage, text: str) -> Turn:
        """Ask otherwise; what was asked and answered before is a version beside it. Its attachments stay."""
        kept: list[Part] = [part for part in question.parts if isinstance(part, ImagePart | FilePart)]
        return self._ask([*kept, TextPart(text)], question.parent)

    def ask_again(self, reply: Reply) -> Reply:
        """Return another reply to the same question, beside `reply`."""
        return self._reply_to(reply.parent)

    def rewrite(self, reply: Reply, text: str) -> Reply:
        """Return a version of a reply that reads `text`; its reasoning and tools stay."""
        kept: list[Part] = [part for part in reply.parts if not isinstance(part, TextPart)]
        edited = Reply([*kept, TextPart(text)])
        edited.model, edited.server, edited.stats = reply.model, reply.server, reply.stats
        edited.edited = True
        self.insert(edited, reply.parent)
        return edited

    def answer(self, question: UserMessage) -> Reply:
        """Return a reply to a question that has none in sight."""
        return self._reply_to(question)

    def insert(self, message: Message, parent: Message | None) -> None:
        """Add a version of which the branch in sight is the end from now on."""
        self._place(message, parent)
        self._show(message)

    def turn_over(self, message: Message, step: int) -> bool:
        """Show the version `step` after this one; of what follows it, the latest. False if there is none."""
        beside = self._beside(message)
        place = beside.index(message) + step
        if not 0 <= place < len(beside):
            return False
        self.show(beside[place])
        return True

    def show(self, message: Message) -> None:
        """Show the branch through `message`, and from there on the latest."""
        if message in self.branch:
            return
        while children := self._children.get(message):
            message = children[-1]
        self._show(message)

    def remove(self, message: Message) -> list[Message]:
        """Take `message` and what follows it out; the latest of its versions is shown instead. What was taken out."""
        gone = list(self._below(message))
        beside = self._children[message.parent]
        beside.remove(message)
        if message in self.branch:
            self._show(message.parent)
            if beside:
                self.show(beside[-1])
        return gone

    def put_back(self, messages: list[Message]) -> None:
        """Undo `remove`."""
        first = messages[0]
        beside = self._children[first.parent]
        beside.append(first)
        beside.sort(key=lambda one: one.id or 0)
        self.show(messages[-1] if not self._children.get(messages[-1]) else first)

    def before(self, message: Message) -> list[Message]:
        """Return the branch that leads to `message`, without it."""
        path: list[Message] = []
        parent = message.parent
        while parent is not None:
            path.append(parent)
            parent = parent.parent
        return path[::-1]

    def everything(self) -> Iterator[Message]:
        """Yield every message of every branch."""
        for first in self._children.get(None, ()):
            yield from self._below(first)

    def find(self, number: int) -> Message | None:
        """Return the message that has this number in the history."""
        return next((message for message in self.everything() if message.id == number), None)

    def _ask(self, content: str | list[Part], parent: Message | None) -> Turn:
        question = UserMessage([TextPart(content)] if isinstance(content, str) else content)
        self._place(question, parent)
        return Turn(question, self._reply_to(question))

    def _reply_to(self, parent: Message | None) -> Reply:
        reply = Reply()
        reply.begin()
        self.insert(reply, parent)
        return reply

    def _place(self, message: Message, parent: Message | None) -> None:
        message.parent = parent
        self._children[parent].append(message)

    def _show(self, leaf: Message | None) -> None:
        self.branch = [*self.before(leaf), leaf] if leaf is not None else []
        for message in self.branch:
            beside = self._children[message.parent]
            message.version = self._version(message) if len(beside) > 1 else (1, 1)

    def _beside(self, message: Message) -> list[Message]:
        kind = type(message)
        return [one for one in self._children[message.parent] if isinstance(one, kind)]

    def _version(self, message: Message) -> tuple[int, int]:
        beside = self._beside(message)
        return beside.index(message) + 1, len(beside)

    def _below(self, message: Message) -> Iterator[Message]:
        waiting = [message]
        while waiting:
            one = waiting.pop()
            yield one
            waiting.extend(reversed(self._children.get(one, ())))


def _message(stored: StoredMessage) -> Message:
    if stored.role == "user":
        message: Message = UserMessage(raw=stored.raw)
    else:
        message = _reply(stored)
    message.id = stored.id
    return message


def _reply(stored: StoredMessage) -> Reply:
    reply = Reply(raw=stored.raw)
    details = stored.details
    reply.model = stored.model
    reply.server = str(details.get("server", ""))
    reply.response_id = details["response_id"] if isinstance(details.get("response_id"), str) else None
    reply.system_prompt = str(details.get("system_prompt", ""))
    reply.whole = details.get("whole") is True
    reply.without_tools = details.get("without_tools") is True
    reply.edited = details.get("edited") is True
    reply.stopped = stored.state == "stopped"
    reply.interrupted = stored.state in ("interrupted", "growing")
    if isinstance(stats := details.get("stats"), dict):
        try:
            reply.stats = ChatStats.model_validate(stats)
        except ValueError:
            reply.stats = None
    if stored.state == "failed":
        error = details.get("error")
        told = (
            {key: str(error.get(key, "")) for key in ("message", "hint", "details")} if isinstance(error, dict) else {}
        )
        message = told.pop("message", "") or "The reply failed."
        reply.failure = AppError(message, retryable=True, **told)
    return reply


def details_of(reply: Reply) -> dict[str, object]:
    """Return what the history keeps of a reply beside its parts."""
    details: dict[str, object] = {"server": reply.server}
    if reply.system_prompt:
        details["system_prompt"] = reply.system_prompt
    if reply.whole:
        details["whole"] = True
    if reply.without_tools:
        details["without_tools"] = True
    if reply.edited:
        details["edited"] = True
    if reply.response_id:
        details["response_id"] = reply.response_id
    if reply.stats:
        details["stats"] = reply.stats.model_dump(mode="json", exclude_none=True)
    if reply.failure:
        error = reply.failure
        details["error"] = {"message": error.message, "hint": error.hint, "details": error.details}
    return details
