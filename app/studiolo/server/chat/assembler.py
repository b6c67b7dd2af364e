"""From an engine's chunks to the contract's events: the order of spec section 2, kept in one place."""

from typing import Any

from studiolo.api import events
from studiolo.api.chat import STOP_REASONS, ChatResponse, ChatStats, MessageItem, OutputItem, ReasoningItem


class TurnAssembler:
    """Feed it chunks of a streamed chat completion; it returns the events they mean and keeps the turn's result."""

    def __init__(self, instance_id: str, load_seconds: float | None) -> None:
        self._instance_id = instance_id
        self._stats = ChatStats(model_load_time_seconds=load_seconds)
        self._items: list[ReasoningItem | MessageItem] = []
        self._pieces: list[str] = []
        self._reading_prompt = False

    def start(self) -> list[events.Event]:
        """Before the first chunk: the prompt is about to be read."""
        self._reading_prompt = True
        return [events.PromptProcessingStart()]

    def loaded_again(self, seconds: float) -> None:
        """The model was loaded again for this turn, which took so long."""
        self._stats.model_load_time_seconds = seconds

    def feed(self, chunk: dict[str, Any]) -> list[events.Event]:
        """The events of one chunk, in order, often none."""
        out: list[events.Event] = []
        if progress := chunk.get("prompt_progress"):
            out += self._prompt(progress)
        if usage := chunk.get("usage"):
            self._stats.input_tokens = usage["prompt_tokens"]
            self._stats.total_output_tokens = usage["completion_tokens"]
        if chunk.get("usage") and (timings := chunk.get("timings")):
            self._stats.tokens_per_second = timings["predicted_per_second"]
            self._stats.time_to_first_token_seconds = timings["prompt_ms"] / 1000
        for choice in chunk.get("choices", ()):
            self._stats.stop_reason = STOP_REASONS.get(choice.get("finish_reason") or "", self._stats.stop_reason)
            delta = choice.get("delta", {})
            if text := delta.get("reasoning_content"):
                self._stats.reasoning_output_tokens += 1
                out += self._text(ReasoningItem, text)
            if text := delta.get("content"):
                out += self._text(MessageItem, text)
        return out

    def finish(self) -> list[events.Event]:
        """Close what is open, after the last chunk or where the stream broke off."""
        return self._end_prompt() + self._end_item()

    def result(self) -> ChatResponse:
        """What was generated so far."""
        output: list[OutputItem] = [item for item in self._items if item.content]
        return ChatResponse(model_instance_id=self._instance_id, output=output, stats=self._stats)

    def _prompt(self, progress: dict[str, Any]) -> list[events.Event]:
        self._stats.input_tokens = progress["total"]
        return [events.PromptProcessingProgress(progress=progress["processed"] / max(1, progress["total"]))]

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

    def _end_item(self) -> list[events.Event]:
        if not self._pieces:
            return []
        item = self._items[-1]
        item.content = "".join(self._pieces)
        self._pieces = []
        return [events.MessageEnd() if isinstance(item, MessageItem) else events.ReasoningEnd()]
