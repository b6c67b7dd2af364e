"""Thoughts that a server left in the text of a reply, as `<think>…</think>` before it: told apart like any others.

Templates that a server does not know, and servers that know none, hand them on as the model wrote them. Some templates
begin the thought themselves, so that the reply has its end alone.
"""

import re
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

_TAGS = {"<think>": "</think>", "<thinking>": "</thinking>"}
_END_ALONE = re.compile(r"(?:\A|\n)[ \t]*</think(?:ing)?>[ \t]*(?:\n\s*|\Z)")
"""On a line of its own: words about the tag don't have it there."""
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_BEGINS_ANEW = (MessageStart, ToolCallStart)
_ENDS_TEXT = (MessageStart, MessageEnd, ToolCallStart, ReasoningStart, ReasoningDelta, ErrorEvent, ChatEnd)


async def with_thoughts_apart(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The events of a reply, with what its text begins with as reasoning where it is marked as that.

    Where there is only the end of a thought, the result at the end tells what was one.
    """
    apart = _Apart()
    async with aclosing(events):
        try:
            async for event in events:
                if isinstance(event, ChatEnd):
                    event = event.model_copy(update={"result": thoughts_apart(event.result)})
                for told in apart.feed(event):
                    yield told
        except Exception:
            for told in apart.rest():
                yield told
            raise


def thoughts_apart(response: ChatResponse) -> ChatResponse:
    """A whole answer, with what its messages begin with as reasoning where it is marked as that."""
    output: list[OutputItem] = []
    for item in response.output:
        known = bool(output) and isinstance(output[-1], ReasoningItem)
        output += [item] if known or not isinstance(item, MessageItem) else _told_apart(item)
    return response if output == response.output else response.model_copy(update={"output": output})


def _told_apart(item: MessageItem) -> list[OutputItem]:
    thought, text = _thought_and_text(item.content)
    if thought is None:
        return [item]
    told: list[OutputItem] = [ReasoningItem(content=thought)] if thought.strip() else []
    return [*told, item.model_copy(update={"content": text})] if text else told


def _thought_and_text(content: str) -> tuple[str | None, str]:
    begun = content.lstrip()
    for opening, closing in _TAGS.items():
        if begun.startswith(opening):
            thought, _, text = begun.removeprefix(opening).partition(closing)
            return thought, text
    found = _END_ALONE.search(content)
    if found and len(_FENCE.findall(content, 0, found.start())) % 2 == 0:
        return content[: found.start()], content[found.end() :]
    return None, content


class _Apart:
    """Holds back what may still become a tag, and nothing else."""

    def __init__(self) -> None:
        self._place: Literal["before", "within", "after"] = "before"
        self._held = ""
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
        held, self._held = self._held, ""
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
        for opening, closing in _TAGS.items():
            if begun.startswith(opening):
                self._place, self._closing = "within", closing
                self._held = begun.removeprefix(opening)
                return [ReasoningStart(), *self._within()]
        return [] if any(opening.startswith(begun) for opening in _TAGS) else self.rest()

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
