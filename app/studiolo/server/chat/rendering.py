"""From an engine's chunks to the events of dialects that send one item after the other."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from studiolo.server.engine.chunk import Chunk, TokenCounts

Event = dict[str, Any]


@dataclass(frozen=True)
class OutputPiece:
    """A bit of output. A tool call's first piece has its `name` and `call_id`; `text` of a call is JSON."""

    kind: Literal["reasoning", "text", "call"]
    text: str
    number: int = 0
    name: str = ""
    call_id: str = ""
    logprobs: list[dict[str, Any]] = field(default_factory=list)


def pieces(chunk: Chunk) -> Iterator[OutputPiece]:
    """Yield what a chunk of a chat completion adds to the output, in order."""
    for choice in chunk.choices:
        if choice.reasoning:
            yield OutputPiece("reasoning", choice.reasoning)
        if choice.text:
            yield OutputPiece("text", choice.text, logprobs=(choice.logprobs or {}).get("content") or [])
        for call in choice.calls:
            yield OutputPiece("call", call.arguments, number=call.number or 0, name=call.name, call_id=call.id)


class Rendering(ABC):
    """Feed it chunks: one item is open at a time, and a piece of another kind closes it.

    `finish_reason` is the engine's (stop, length, tool_calls), `usage` its counts of tokens, once they are known.
    """

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.usage = TokenCounts()
        self._open: tuple[str, int] | None = None

    def feed(self, chunk: Chunk) -> list[Event]:
        """Return the events of one chunk, often none."""
        out: list[Event] = []
        for piece in pieces(chunk):
            if (piece.kind, piece.number) != self._open:
                out += self.close()
                self._open = (piece.kind, piece.number)
                out += self.opened(piece)
            if piece.text:
                out += self.added(piece)
        for choice in chunk.choices:
            self.finish_reason = choice.finish_reason or self.finish_reason
        self.usage = chunk.usage or self.usage
        return out

    def close(self) -> list[Event]:
        """End the item that is open, if one is."""
        if self._open is None:
            return []
        self._open = None
        return self.closed()

    @abstractmethod
    def opened(self, piece: OutputPiece) -> list[Event]:
        """Return the events that begin the item which this piece is the first of."""
        ...

    @abstractmethod
    def added(self, piece: OutputPiece) -> list[Event]:
        """Return the events that add a piece's text to the item that is open."""
        ...

    @abstractmethod
    def closed(self) -> list[Event]:
        """Return the events that end the item that is open."""
        ...
