"""Messages of a server as they come: bounded in size, and in how many notes of one kind there may be."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import anyio
from mcp.shared._stream_protocols import ReadStream
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCNotification, JSONRPCResponse

MOST_BYTES = 16 * 2**20
"""Of one message. A picture of a whole screen fits; nothing that a model could read is longer."""
_MANY_BYTES = 2**20
_MOST_PARTS = 200_000
_MOST_ELEMENTS = 1_000_000
_ENDS_BYTES = 4096
_NOTES_A_SECOND = 100
_DROPPED_AT_ONCE = 100
_PAUSE_SECONDS = 0.005
_NEVER_DROPPED = ("notifications/cancelled", "notifications/subscriptions/acknowledged")
_ID = re.compile(rb'"id"\s*:\s*("[^"\\]{0,100}"|-?\d{1,18})')
_ANSWER = re.compile(rb'"(?:result|error)"\s*:')

TOO_LARGE = f"sent more than {MOST_BYTES >> 20} MB at once"


@dataclass(frozen=True)
class TooLarge:
    """A line that is not read. `ends`: its first and its last bytes, where the id of a message stands."""

    ends: tuple[bytes, bytes]

    @property
    def id(self) -> int | str | None:
        """Return the id of the message as far as its ends show it; None where they do not."""
        return message_id(*self.ends)


class Census:
    """Counts what a message holds while it comes: a small text may make a large structure."""

    def __init__(self) -> None:
        self.size = self._parts = self._elements = 0

    def add(self, chunk: bytes) -> bool:
        """Take in the next bytes; False once it is more than is read."""
        self.size += len(chunk)
        self._parts += chunk.count(b"{") + chunk.count(b"[")
        self._elements += chunk.count(b",")
        if self.size <= _MANY_BYTES:
            return True
        return self.size <= MOST_BYTES and self._parts <= _MOST_PARTS and self._elements <= _MOST_ELEMENTS


class Lines:
    """Bytes to lines, in time that grows with the bytes alone, holding no more than one message."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._parts: list[bytes] = []
        self._census = Census()
        self._head = self._tail = b""
        self._too_large = False

    def feed(self, chunk: bytes) -> Iterator[bytes | TooLarge]:
        """Yield every line that ends in these bytes, without its end."""
        *whole, rest = chunk.split(b"\n")
        for piece in whole:
            self._add(piece)
            yield self._line()
        if rest:
            self._add(rest)

    def _add(self, piece: bytes) -> None:
        if not self._too_large and self._census.add(piece):
            self._parts.append(piece)
            return
        if not self._too_large:
            self._too_large = True
            self._head = b"".join(self._parts)[:_ENDS_BYTES] or piece[:_ENDS_BYTES]
            self._parts.clear()
        self._tail = (self._tail + piece)[-_ENDS_BYTES:]

    def _line(self) -> bytes | TooLarge:
        line = TooLarge((self._head, self._tail)) if self._too_large else b"".join(self._parts)
        self._begin()
        return line


def message_id(head: bytes, tail: bytes) -> int | str | None:
    """Return the id of an answer of which only the ends are there: before its result, or after it."""
    answer = _ANSWER.search(head)
    found = _ID.search(head, 0, answer.start() if answer else len(head))
    if found is None:
        found = next(reversed(list(_ID.finditer(tail))), None)
    if found is None:
        return None
    text = found.group(1).decode(errors="replace")
    return text[1:-1] if text.startswith('"') else int(text)


class Budget:
    """How many notes of each kind pass in a second. A few are as good as ten thousand."""

    def __init__(self, most: int = _NOTES_A_SECOND) -> None:
        self._most = most
        self._second = 0.0
        self._passed: dict[str, int] = {}

    def passes(self, kind: str) -> bool:
        """Return whether one more note of this kind passes within the present second, and count it if so."""
        now = time.monotonic()
        if now - self._second >= 1.0:
            self._second = now
            self._passed.clear()
        count = self._passed.get(kind, 0)
        if count >= self._most or len(self._passed) > self._most:
            return False
        self._passed[kind] = count + 1
        return True


class Flood:
    """Slows down the reading of what is dropped: whoever writes it waits, and everybody else goes on."""

    def __init__(self) -> None:
        self._dropped = 0

    async def more(self) -> None:
        """Count something that is dropped, and pause now and then."""
        self._dropped += 1
        if self._dropped % _DROPPED_AT_ONCE == 0:
            await asyncio.sleep(_PAUSE_SECONDS)


class Measured:
    """A stream of messages that leaves out notes above the budget, and reads slower meanwhile.

    mend: is given what a request was answered with, and may change it.
    """

    def __init__(
        self, stream: ReadStream[SessionMessage | Exception], mend: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        self._stream = stream
        self._mend = mend
        self._budget = Budget()
        self._flood = Flood()

    @property
    def last_context(self) -> object:
        """Return the context of whose request a message belongs to: the SDK runs what it starts for it within that."""
        return getattr(self._stream, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        """Return the next message that passes; those that are left out are waited over."""
        while True:
            item = await self._stream.receive()
            if self._passes(item):
                if self._mend and isinstance(item, SessionMessage) and isinstance(item.message, JSONRPCResponse):
                    self._mend(item.message.result)
                return item
            await self._flood.more()

    def _passes(self, item: SessionMessage | Exception) -> bool:
        if isinstance(item, Exception):
            return self._budget.passes("broken")
        message = item.message
        if not isinstance(message, JSONRPCNotification) or message.method in _NEVER_DROPPED:
            return True
        token = (message.params or {}).get("progressToken", "")
        return self._budget.passes(f"{message.method} {token}"[:200])

    async def aclose(self) -> None:
        """Close the stream that the messages come from."""
        await self._stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
