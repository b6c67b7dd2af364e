"""Thoughts that a server left in the text of a reply, as `<think>…</think>` before it: told apart like any others.

Templates that a server does not know, and servers that know none, hand them on as the model wrote them.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Literal

from studiolo.api.chat import ChatResponse, MessageItem, OutputItem, ReasoningItem
from studiolo.api.events import (
    ChatEnd,
    ErrorEvent,
    Event,
    MessageDelta,
    MessageEnd,
    MessageStart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    ToolCallStart,
)
from studiolo.thought_tags import TAGS, parted

_BEGINS_ANEW = (MessageStart, ToolCallStart)
_ENDS_TEXT = (MessageStart, MessageEnd, ToolCallStart, ReasoningStart, ReasoningDelta, ErrorEvent, ChatEnd)


async def with_thoughts_apart(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """Yield the events of a reply, with the thoughts that its text begins with told apart as reasoning."""
    apart = _Apart()
    async with aclosing(events):
        try:
            async for event in events:
                if isinstance(event, ChatEnd):
                    event = event.model_copy(update={"result": with_output_apart(event.result)})
                for told in apart.feed(event):
                    yield told
        except Exception:
            for told in apart.rest():
                yield told
            raise


def with_output_apart(response: ChatResponse) -> ChatResponse:
    """Return a whole answer with its thoughts told apart, as in a stream."""
    output: list[OutputItem] = []
    for item in response.output:
        if not isinstance(item, MessageItem):
            output.append(item)
            continue
        knows = bool(output) and isinstance(output[-1], ReasoningItem)
        thought, said = _marked(item.content) or (not knows and parted(item.content)) or ("", item.content)
        output += [ReasoningItem(content=thought)] if thought else []
        output += [MessageItem(content=said)] if said else []
    return response.model_copy(update={"output": output})


def _marked(text: str) -> tuple[str, str] | None:
    apart = _Apart()
    events = [*apart.feed(MessageDelta(content=text)), *apart.rest()]
    if not any(isinstance(event, ReasoningStart) for event in events):
        return None
    thought = "".join(event.content for event in events if isinstance(event, ReasoningDelta))
    return thought, "".join(event.content for event in events if isinstance(event, MessageDelta))


class _Apart:
    """Holds back what may still become a tag, and nothing else."""

    def __init__(self) -> None:
        self._place: Literal["before", "within", "after"] = "before"
        self._held = ""
        self._blank: list[str] = []
        self._closing = ""

    def feed(self, event: Event) -> list[Event]:
        if isinstance(event, MessageDelta):
            return self._said(event.content)
        told: list[Event] = self.rest() if isinstance(event, _ENDS_TEXT) else []
        if isinstance(event, _BEGINS_ANEW):
            self._place = "before"
        elif isinstance(event, ReasoningStart | ReasoningDelta):
            self._place = "after"  # This server knows what is a thought.
        return [*told, event]

    def rest(self) -> list[Event]:
        """What was held back when the text ended."""
        held, self._held = "".join(self._blank) + self._held, ""
        self._blank = []
        within, self._place = self._place == "within", "after"
        if within:
            return [*([ReasoningDelta(content=held)] if held else []), ReasoningEnd()]
        return [MessageDelta(content=held)] if held else []

    def _said(self, text: str) -> list[Event]:
        if self._place == "after":
            return [MessageDelta(content=text)]
        self._held += text
        return self._within() if self._place == "within" else self._before()

    def _before(self) -> list[Event]:
        begun = self._held.lstrip()
        self._blank.append(self._held[: len(self._held) - len(begun)])
        self._held = begun
        if not begun:
            return []
        for opening, closing in TAGS.items():
            if begun.startswith(opening):
                self._place, self._closing = "within", closing
                self._held, self._blank = begun.removeprefix(opening), []
                return [ReasoningStart(), *self._within()]
        return [] if any(opening.startswith(begun) for opening in TAGS) else self.rest()

    def _within(self) -> list[Event]:
        thought, ended, text = self._held.partition(self._closing)
        if ended:
            self._held = ""
            self._place = "after"
            told: list[Event] = [ReasoningDelta(content=thought)] if thought else []
            return [*told, ReasoningEnd(), *([MessageDelta(content=text)] if text else [])]
        kept = next((n for n in range(len(self._closing) - 1, 0, -1) if thought.endswith(self._closing[:n])), 0)
        certain = thought[: len(thought) - kept]
        self._held = thought[len(certain) :]
        return [ReasoningDelta(content=certain)] if certain else []
