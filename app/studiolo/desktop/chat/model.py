"""A conversation as plain data: turns, and in each the user's message and the reply with its parts."""

import time
from dataclasses import dataclass, field
from enum import Enum

from studiolo.api.chat import ChatResponse, ChatStats, MessageItem, ReasoningItem
from studiolo.api.events import (
    ChatEnd,
    Event,
    MessageDelta,
    ModelLoadEnd,
    ModelLoadProgress,
    ModelLoadStart,
    PromptProcessingEnd,
    PromptProcessingProgress,
    PromptProcessingStart,
    ReasoningDelta,
    ReasoningStart,
)
from studiolo.errors import AppError


@dataclass(slots=True)
class TextPart:
    """What the user wrote, or what the model said."""

    text: str = ""


@dataclass(slots=True)
class ReasoningPart:
    """What the model thought before it spoke."""

    text: str = ""


Part = TextPart | ReasoningPart


class Phase(Enum):
    """What a reply is waiting for."""

    SENDING = "sending"
    LOADING = "loading"
    READING = "reading"
    THINKING = "thinking"
    ANSWERING = "answering"


@dataclass(frozen=True, slots=True)
class Activity:
    """What is going on now. `progress` is 0 to 1 or None where it can't be told; `since` is monotonic seconds."""

    phase: Phase
    since: float
    progress: float | None = None


@dataclass(slots=True, eq=False)
class UserMessage:
    parts: list[Part]

    @property
    def text(self) -> str:
        return spoken(self.parts)


@dataclass(slots=True, eq=False)
class Reply:
    """The model's side of a turn, growing as events arrive. At most one of `activity` and an end is there:
    `stats` (it finished), `stopped` (the user ended it) or `failure` (it broke; what came before is kept)."""

    parts: list[Part] = field(default_factory=list)
    activity: Activity | None = None
    stats: ChatStats | None = None
    failure: AppError | None = None
    stopped: bool = False
    response_id: str | None = None
    """What a next turn continues from, where the server keeps it."""

    @property
    def text(self) -> str:
        return spoken(self.parts)

    def begin(self) -> None:
        """Forget what an earlier attempt left, and wait for the server."""
        self.parts = []
        self.stats = self.failure = self.response_id = None
        self.stopped = False
        self._enter(Phase.SENDING)

    def apply(self, event: Event) -> None:
        """Take in one event of the stream. Events that say nothing new to a reader are passed over."""
        match event:
            case ModelLoadStart():
                self._enter(Phase.LOADING, 0.0)
            case ModelLoadProgress():
                self._enter(Phase.LOADING, event.progress)
            case PromptProcessingStart():
                self._enter(Phase.READING, 0.0)
            case PromptProcessingProgress():
                self._enter(Phase.READING, event.progress)
            case ModelLoadEnd() | PromptProcessingEnd():
                self._enter(Phase.SENDING)
            case ReasoningStart():
                self._enter(Phase.THINKING)
            case ReasoningDelta():
                self._enter(Phase.THINKING)
                self._extend(ReasoningPart, event.content)
            case MessageDelta():
                self._enter(Phase.ANSWERING)
                self._extend(TextPart, event.content)
            case ChatEnd():
                self._end(event.result)
            case _:
                pass

    def _end(self, result: ChatResponse) -> None:
        self.activity = None
        self.stats = result.stats
        self.response_id = result.response_id
        if not self.parts:
            # A server that doesn't stream tells everything at once.
            for item in result.output:
                if isinstance(item, ReasoningItem | MessageItem):
                    self.parts.append((ReasoningPart if item.type == "reasoning" else TextPart)(item.content))

    def stop(self) -> None:
        """The user ended it."""
        self.activity = None
        self.stopped = True

    def fail(self, error: AppError) -> None:
        self.activity = None
        self.failure = error

    def _enter(self, phase: Phase, progress: float | None = None) -> None:
        since = self.activity.since if self.activity and self.activity.phase is phase else time.monotonic()
        self.activity = Activity(phase, since, progress)

    def _extend(self, kind: type[TextPart] | type[ReasoningPart], text: str) -> None:
        if not self.parts or not isinstance(self.parts[-1], kind):
            self.parts.append(kind())
        self.parts[-1].text += text


Message = UserMessage | Reply


@dataclass(slots=True, eq=False)
class Turn:
    question: UserMessage
    reply: Reply


class Conversation:
    """Turns in order. Kept in memory only."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []

    def ask(self, text: str) -> Turn:
        turn = Turn(UserMessage([TextPart(text)]), Reply())
        turn.reply.begin()
        self.turns.append(turn)
        return turn

    def continued_from(self, turn: Turn) -> str | None:
        """The response that `turn` goes on from: that of the last turn before it which the server kept."""
        before = self.turns[: self.turns.index(turn)]
        return next((earlier.reply.response_id for earlier in reversed(before) if earlier.reply.response_id), None)

    def turn_of(self, reply: Reply) -> Turn:
        """The turn that `reply` belongs to. Raises LookupError for one that is no part of this conversation."""
        for turn in reversed(self.turns):
            if turn.reply is reply:
                return turn
        raise LookupError("the reply belongs to another conversation")


def spoken(parts: list[Part]) -> str:
    """The text of a message without the reasoning before it."""
    return "\n\n".join(part.text for part in parts if isinstance(part, TextPart))
