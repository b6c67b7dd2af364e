"""Server-sent events: bytes in, events out, as the WHATWG's "interpretation of an event stream" says.

Bounded and linear: a line may be tens of megabytes long (an image), arrive in any pieces, and never end.
"""

import codecs
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from studiolo.errors import ProtocolError

MAX_EVENT_CHARACTERS = 64 * 2**20


@dataclass(frozen=True)
class ServerSentEvent:
    """`event` is "message" where the stream named none; `data` is the data lines joined by line feeds."""

    event: str
    data: str


class SseParser:
    """Takes a stream's bytes as they come, cut anywhere, and returns the events that they complete."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._line: list[str] = []
        self._data: list[str] = []
        self._event = ""
        self._pending = 0
        self._held = 0
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events that end within `chunk`. Raises ProtocolError for an event beyond all bounds."""
        return self._read(self._decoder.decode(chunk))

    def close(self) -> None:
        """End the stream: what was not completed by an empty line is dropped, as the standard has it."""
        self._decoder.reset()
        self._line, self._data, self._event, self._pending, self._held = [], [], "", 0, 0

    def _read(self, text: str) -> list[ServerSentEvent]:
        if self._after_cr and text:
            self._after_cr = False
            text = text.removeprefix("\n")
        if not text:
            return []
        if text.endswith("\r"):
            self._after_cr = True
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        events = []
        for line in lines[:-1]:
            self._line.append(line)
            if event := self._end_line("".join(self._line)):
                events.append(event)
            self._line, self._pending = [], 0
        if lines[-1]:
            self._line.append(lines[-1])
            self._pending += len(lines[-1])
            self._check_size()
        return events

    def _end_line(self, line: str) -> ServerSentEvent | None:
        if not line:
            return self._end_event()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._held += len(value) + 1
            self._data.append(value)
            self._check_size()
        elif field == "event":
            self._event = value
        return None

    def _end_event(self) -> ServerSentEvent | None:
        data, event = self._data, self._event
        self._data, self._event, self._held = [], "", 0
        return ServerSentEvent(event or "message", "\n".join(data)) if data else None

    def _check_size(self) -> None:
        if self._pending + self._held > MAX_EVENT_CHARACTERS:
            raise ProtocolError("The server sent an event that is too large to be one.")


async def read_events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[ServerSentEvent, None]:
    """Yield the events of a stream of bytes."""
    parser = SseParser()
    async for chunk in chunks:
        for event in parser.feed(chunk):
            yield event
    parser.close()
