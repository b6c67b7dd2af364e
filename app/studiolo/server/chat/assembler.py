"""From an engine's chunks to the contract's events: the order of spec section 2, kept in one place."""

from collections.abc import Sequence
from typing import Any

from studiolo.api import events
from studiolo.api.chat import (
    STOP_REASONS,
    ChatResponse,
    ChatStats,
    InvalidToolCallItem,
    MessageItem,
    OutputItem,
    ReasoningItem,
    ToolCallItem,
)
from studiolo.server.chat.tool_calls import CallCollector, ModelCall
from studiolo.server.chat.written_chunks import WrittenChunks
from studiolo.server.engine.chunk import CallDelta, Chunk, PromptProgress, Timings, TokenCounts
from studiolo.server.mcp.contract import Toolset


class TurnAssembler:
    """Feed it chunks of streamed chat completions; it returns the events they mean and keeps the turn's result.

    A turn has a completion for each round of tools. `toolset` is what the model may call.
    """

    def __init__(self, instance_id: str, load_seconds: float | None) -> None:
        self.toolset: Toolset | None = None
        self._instance_id = instance_id
        self._stats = ChatStats(model_load_time_seconds=load_seconds)
        self._items: list[ReasoningItem | MessageItem | ToolCallItem | InvalidToolCallItem] = []
        self._pieces: list[str] = []
        self._reading_prompt = False
        self._collector = CallCollector()
        self._written: WrittenChunks | None = None
        self._first_of_round = 0
        self._rounds = _Rounds()

    @property
    def calls(self) -> list[ModelCall]:
        """Return those of the last completion."""
        return self._collector.calls

    def message(self) -> dict[str, Any]:
        """Return the last completion as a message in OpenAI's form, with llama.cpp's `reasoning_content`."""
        message: dict[str, Any] = {"role": "assistant", "content": self._said(MessageItem)}
        if reasoning := self._said(ReasoningItem):
            message["reasoning_content"] = reasoning
        if self.calls:
            message["tool_calls"] = [call.message() for call in self.calls]
        return message

    def remark(self, text: str) -> list[events.Event]:
        """Return the events of something that this server says at the end of a reply, as a message of its own."""
        out = self._text(MessageItem, text)
        return out + self._end_item()

    def start(self, *, calls: bool = True) -> list[events.Event]:
        """Begin a completion, before its first chunk: the prompt is about to be read.

        calls: whether tools may be called, so that what is written as a call is one.
        """
        self._reading_prompt = True
        self._collector = CallCollector()
        self._first_of_round = len(self._items)
        self._written = WrittenChunks(self._knows) if calls and self.toolset and self.toolset.tools else None
        self._rounds.begin()
        return [events.PromptProcessingStart()]

    def add(self, item: ToolCallItem | InvalidToolCallItem) -> None:
        """Add what became of a call, after the events of it."""
        self._items.append(item)

    def loaded_again(self, seconds: float) -> None:
        """Hear that the model was loaded again for this turn, and how long that took."""
        self._stats.model_load_time_seconds = seconds

    def left_out(self, messages: int) -> None:
        """Hear how many messages of the conversation the last prompt of the turn was without."""
        self._stats.left_out_messages = messages

    def feed(self, chunk: Chunk) -> list[events.Event]:
        """Return the events of one chunk, in order, often none."""
        if self._written is not None:
            chunk = self._written.feed(chunk)
        out: list[events.Event] = []
        if chunk.progress:
            out += self._prompt(chunk.progress)
        if chunk.usage:
            self._rounds.end(chunk.usage, chunk.timings)
            self._rounds.tell(self._stats)
            if chunk.is_estimated:
                self._stats.estimated = True
        for choice in chunk.choices:
            self._stats.stop_reason = STOP_REASONS.get(choice.finish_reason or "", self._stats.stop_reason)
            if choice.reasoning:
                self._stats.reasoning_output_tokens += 1
                out += self._text(ReasoningItem, choice.reasoning)
            if choice.text:
                out += self._text(MessageItem, choice.text)
            if choice.calls:
                out += self._calls(choice.calls)
        return out

    def finish(self) -> list[events.Event]:
        """Close what is open, after the last chunk or where the stream broke off."""
        out = self._end_prompt()
        if self._written is not None:
            out += self.feed(self._written.rest())
        return out + self._end_item()

    def result(self) -> ChatResponse:
        """Return what was generated so far."""
        kept = (ToolCallItem, InvalidToolCallItem)
        output: list[OutputItem] = [item for item in self._items if isinstance(item, kept) or item.content]
        return ChatResponse(model_instance_id=self._instance_id, output=output, stats=self._stats)

    def _prompt(self, progress: PromptProgress) -> list[events.Event]:
        self._stats.input_tokens = max(0, progress.total - self._rounds.output_tokens)
        return [events.PromptProcessingProgress(progress=progress.processed / max(1, progress.total))]

    def _end_prompt(self) -> list[events.Event]:
        was_reading, self._reading_prompt = self._reading_prompt, False
        return [events.PromptProcessingEnd()] if was_reading else []

    def _text(self, kind: type[ReasoningItem] | type[MessageItem], text: str) -> list[events.Event]:
        out = self._end_prompt()
        if not self._pieces or not isinstance(self._items[-1], kind):
            out += self._end_item()
            self._items.append(kind())
            out.append(events.MessageStart() if kind is MessageItem else events.ReasoningStart())
        self._pieces.append(text)
        out.append(events.MessageDelta(content=text) if kind is MessageItem else events.ReasoningDelta(content=text))
        return out

    def _knows(self, name: str) -> bool:
        return self.toolset is not None and self.toolset.find(name) is not None

    def _calls(self, deltas: Sequence[CallDelta]) -> list[events.Event]:
        out = self._end_prompt() + self._end_item()
        for call in self._collector.feed(deltas):
            offered = self.toolset.find(call.name) if self.toolset else None
            name = offered.tool.name if offered else call.name
            provider = offered.tool.server.provider if offered else None
            out += [events.ToolCallStart(tool=name, provider_info=provider), events.ToolCallName(tool_name=name)]
        return out

    def _said(self, kind: type[ReasoningItem] | type[MessageItem]) -> str:
        said = self._items[self._first_of_round :]
        return "".join(item.content for item in said if isinstance(item, kind))

    def _end_item(self) -> list[events.Event]:
        if not self._pieces:
            return []
        item = self._items[-1]
        assert isinstance(item, ReasoningItem | MessageItem)
        item.content = "".join(self._pieces)
        self._pieces = []
        return [events.MessageEnd() if isinstance(item, MessageItem) else events.ReasoningEnd()]


class _Rounds:
    """The figures of a turn from those of its completions.

    Each prompt has all that came before it: what the model wrote is counted as output, and once.
    """

    def __init__(self) -> None:
        self.output_tokens = 0
        """Of the completions before the one that runs."""
        self._prompt_tokens = 0
        self._now = 0
        self._seconds = self._speed = 0.0
        self._first_seconds: float | None = None

    def begin(self) -> None:
        self.output_tokens += self._now
        self._now = 0

    def end(self, usage: TokenCounts, timings: Timings | None) -> None:
        self._prompt_tokens, self._now = usage.prompt_tokens, usage.completion_tokens
        if timings:
            self._speed = timings.predicted_per_second
            self._seconds += self._now / self._speed if self._speed else 0.0
            if self._first_seconds is None:
                self._first_seconds = timings.prompt_ms / 1000

    def tell(self, stats: ChatStats) -> None:
        stats.input_tokens = max(0, self._prompt_tokens - self.output_tokens)
        stats.total_output_tokens = self.output_tokens + self._now
        several = self.output_tokens and self._seconds
        stats.tokens_per_second = stats.total_output_tokens / self._seconds if several else self._speed
        if self._first_seconds is not None:
            stats.time_to_first_token_seconds = self._first_seconds
