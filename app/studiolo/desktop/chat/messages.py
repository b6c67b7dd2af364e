"""Messages as plain data: what the user said, and replies that grow."""

import json
import time
from dataclasses import dataclass
from enum import Enum

from studiolo.api.chat import (
    ChatResponse,
    ChatStats,
    InvalidToolCallItem,
    MessageItem,
    OutputItem,
    ReasoningItem,
    ToolCallItem,
)
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
    ToolCallApprovalRequired,
    ToolCallArguments,
    ToolCallElicitation,
    ToolCallFailure,
    ToolCallName,
    ToolCallProgress,
    ToolCallSettled,
    ToolCallStart,
    ToolCallSuccess,
)
from studiolo.api.mcp import provider_name
from studiolo.desktop.chat.calls import DENIED, Calls, ToolEvent
from studiolo.desktop.history.parts import Part, ReasoningPart, TextPart, ToolPart, parts_from_json, spoken
from studiolo.errors import AppError
from studiolo.thought_tags import ThoughtEnd

ROW_WEIGHT = 150
"""Of a table's row, beyond its characters."""


class Phase(Enum):
    """What a reply is waiting for."""

    QUEUED = "queued"
    SENDING = "sending"
    LOADING = "loading"
    READING = "reading"
    THINKING = "thinking"
    ANSWERING = "answering"
    ARGUING = "arguing"
    """It writes a tool's arguments."""
    CALLING = "calling"
    """A tool is at work."""
    ASKING = "asking"
    """A tool waits for the person."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What is going on now. `progress` is 0 to 1 or None where it can't be told; `since` is monotonic seconds."""

    phase: Phase
    since: float
    progress: float | None = None
    tool: str = ""


class MessageBase:
    """Parts, read from what lies on the disk when they are first asked for: most of a long chat is never looked at."""

    __slots__ = ("_parts", "_raw", "id", "parent", "version")

    def __init__(self, parts: list[Part] | None = None, *, raw: str = "[]") -> None:
        self._parts = parts
        self._raw = raw
        self.id: int | None = None
        """Return the message's id in the history; None until it is there."""
        self.parent: Message | None = None
        self.version = (1, 1)
        """Which one of how many there are in its place, from 1; right for a message in sight."""

    @property
    def parts(self) -> list[Part]:
        """Return what the message consists of; it is read when it is first needed."""
        if self._parts is None:
            self._parts, self._raw = parts_from_json(self._raw), ""
        return self._parts

    @parts.setter
    def parts(self, parts: list[Part]) -> None:
        self._parts = parts

    @property
    def size(self) -> int:
        """Return about how many characters the message has."""
        return len(self._raw) if self._parts is None else sum(len(part.text) for part in self._parts)

    @property
    def weight(self) -> int:
        """Return about as many characters as it is work to lay out: a table's row is more than its text."""
        if self._parts is None:
            return len(self._raw) + ROW_WEIGHT * self._raw.count("\\n|")
        return sum(len(part.text) + ROW_WEIGHT * part.text.count("\n|") for part in self._parts)

    @property
    def lines(self) -> int:
        """Return about how many lines the message has, without reading it for that."""
        if self._parts is None:
            return self._raw.count("\\n") + 1
        return sum(part.text.count("\n") + 1 for part in self._parts)

    @property
    def text(self) -> str:
        """Return what the message says, without its reasoning."""
        return spoken(self.parts)


class UserMessage(MessageBase):
    """What the user said."""

    __slots__ = ()


class Reply(MessageBase):
    """The model's side of a turn, growing as events arrive.

    At most one of `activity` and an end is there: `stats` (it finished), `stopped` (the user ended it), `interrupted`
    (Studiolo ended meanwhile) or `failure` (it broke; what came before is kept).
    """

    __slots__ = (
        "_thought_end",
        "activity",
        "calls",
        "edited",
        "failure",
        "interrupted",
        "model",
        "response_id",
        "server",
        "stats",
        "stopped",
        "system_prompt",
        "whole",
        "without_tools",
    )

    def __init__(self, parts: list[Part] | None = None, *, raw: str = "[]") -> None:
        super().__init__(parts if parts is not None or raw != "[]" else [], raw=raw)
        self._thought_end = ThoughtEnd()
        self.activity: Activity | None = None
        self.calls = Calls()
        """Tools that it has called and that have not answered yet."""
        self.stats: ChatStats | None = None
        self.failure: AppError | None = None
        self.stopped = False
        self.interrupted = False
        self.response_id: str | None = None
        """What a next turn continues from, where the server keeps it."""
        self.model = ""
        self.server = ""
        """Whose `response_id` it is."""
        self.system_prompt = ""
        """With which it was asked for."""
        self.edited = False
        """It reads as the user wrote it; the server has another."""
        self.whole = False
        """The server was sent all of the conversation, since it had not kept what came before."""
        self.without_tools = False
        """It was gone on with in the middle of its words, where none can be called."""

    def begin(self) -> None:
        """Forget what an earlier attempt left, and wait for the server."""
        self.parts = []
        self._thought_end = ThoughtEnd()
        self.stats = self.failure = self.response_id = None
        self.stopped = self.interrupted = self.whole = self.edited = self.without_tools = False
        self._enter(Phase.QUEUED)

    @property
    def unfinished(self) -> bool:
        """Return whether it ended before the model did, and has words or results of tools to go on from."""
        if self.activity or not (self.stopped or self.interrupted):
            return False
        return bool(self.text) or any(isinstance(part, ToolPart) for part in self.parts)

    def go_on(self) -> None:
        """Wait for the server again, with what has been said."""
        self.stats = self.failure = self.response_id = None
        self.stopped = self.interrupted = self.without_tools = False
        self._enter(Phase.QUEUED)

    def send(self) -> None:
        """Hear that the reply's turn has come."""
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
                self._take_thought_apart(whole=False)
            case (
                ToolCallStart()
                | ToolCallName()
                | ToolCallArguments()
                | ToolCallSuccess()
                | ToolCallFailure()
                | ToolCallProgress()
                | ToolCallApprovalRequired()
                | ToolCallElicitation()
                | ToolCallSettled()
            ):
                self._take_call(event)
            case ChatEnd():
                self._end(event.result)
            case _:
                pass

    def _take_call(self, event: ToolEvent) -> None:
        """Say what goes on: a call that waits for the person first, then one that runs."""
        call = self.calls.take(event, self.parts)
        if call is None:
            return
        waiting = next((one for one in self.calls if one.ask), None)
        running = call if self.calls.of(call.part) else next(reversed(list(self.calls)), None)
        if waiting:
            self._enter(Phase.ASKING, tool=waiting.part.name)
        elif running:
            share = running.done / running.total if running.total else None
            self._enter(
                Phase.CALLING if running.told else Phase.ARGUING,
                min(1.0, max(0.0, share)) if share is not None else None,
                tool=running.part.name,
            )
        else:
            self._enter(Phase.SENDING)

    def _end(self, result: ChatResponse) -> None:
        self._rest()
        self.stats = result.stats
        self.response_id = result.response_id
        told = [part for part in map(_part_of, result.output) if part]
        if not self.parts:
            # A server that doesn't stream tells everything at once.
            self.parts[:] = told

    def stop(self) -> None:
        """Hear that the person ended the reply."""
        self._rest()
        self.stopped = True

    def fail(self, error: AppError) -> None:
        """Hear that no more of the reply comes, and why."""
        self._rest()
        self.failure = error

    def _rest(self) -> None:
        """Nothing goes on any more."""
        self._take_thought_apart(whole=True)
        self.activity = None
        self.calls.end()

    def _take_thought_apart(self, *, whole: bool) -> None:
        """What was said last may turn out to be a thought, by the tag after it."""
        said = self.parts[-1] if self.parts else None
        before = self.parts[-2] if len(self.parts) > 1 else None
        if not isinstance(said, TextPart) or isinstance(before, ReasoningPart):
            return
        if found := self._thought_end.parted(said.text, whole=whole):
            thought, rest = found
            told = [ReasoningPart(thought)] if thought.strip() else []
            self.parts[-1:] = [*told, *([TextPart(rest)] if rest else [])]
            self._thought_end = ThoughtEnd()

    def _enter(self, phase: Phase, progress: float | None = None, *, tool: str = "") -> None:
        now = time.monotonic()
        before = self.activity
        since = before.since if before and before.phase is phase else now
        if before and before.phase is Phase.THINKING and phase is not Phase.THINKING:
            self._thought(now - before.since)
        self.activity = Activity(phase, since, progress, tool)

    def _thought(self, seconds: float) -> None:
        last = self.parts[-1] if self.parts else None
        if isinstance(last, ReasoningPart):
            last.seconds = seconds

    def _extend(self, kind: type[TextPart] | type[ReasoningPart], text: str) -> None:
        last = self.parts[-1] if self.parts else None
        if not isinstance(last, kind):
            last = kind()
            self.parts.append(last)
            self._thought_end = ThoughtEnd()
        # Python makes a string longer in its place where nothing else holds it: else each delta copies all before it.
        said, last.text = last.text, ""
        said += text
        last.text = said


Message = UserMessage | Reply


def _part_of(item: OutputItem) -> Part | None:
    match item:
        case ReasoningItem():
            return ReasoningPart(item.content)
        case MessageItem():
            return TextPart(item.content)
        case ToolCallItem():
            arguments = json.dumps(item.arguments, ensure_ascii=False)
            server, failed = provider_name(item.provider_info), bool(item.is_error)
            return ToolPart(item.tool, arguments, item.output, failed=failed, server=server)
        case InvalidToolCallItem():
            arguments = json.dumps(item.metadata.arguments or {}, ensure_ascii=False)
            server = provider_name(item.metadata.provider_info)
            denied = "never" if item.metadata.type == DENIED else ""
            name = item.metadata.tool_name
            return ToolPart(name, arguments, item.reason, failed=True, server=server, approval=denied)
    return None


@dataclass(slots=True, eq=False)
class Turn:
    """A question, and the reply to it."""

    question: UserMessage
    reply: Reply
