"""From an engine's chunks to the events of dialects that send one item after the other."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from studiolo.server.chat.inference import Chunk

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
    for choice in chunk.get("choices", ()):
        delta = choice.get("delta", {})
        if text := delta.get("reasoning_content"):
            yield OutputPiece("reasoning", text)
        if text := delta.get("content"):
            yield OutputPiece("text", text, logprobs=(choice.get("logprobs") or {}).get("content") or [])
        for call in delta.get("tool_calls", ()):
            function = call.get("function", {})
            yield OutputPiece(
                "call",
                function.get("arguments") or "",
                number=call["index"],
                name=function.get("name") or "",
                call_id=call.get("id") or "",
            )


class Rendering(ABC):
    """Feed it chunks: one item is open at a time, and a piece of another kind closes it.

    `finish_reason` is the engine's (stop, length, tool_calls), `usage` its counts of tokens, once they are known.
    """

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.usage: dict[str, Any] = {}
        self._open: tuple[str, int] | None = None

    @property
    def reasoning_tokens(self) -> int:
        """Return how many tokens of the completion were reasoning, 0 as long as the engine has not said so."""
        count: int = self.usage.get("completion_tokens_details", {}).get("reasoning_tokens", 0)
        return count

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
        for choice in chunk.get("choices", ()):
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
        self.usage = chunk.get("usage") or self.usage
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
