"""What was asked and how it went: a bounded log in memory that can be followed live."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import count
from typing import Any

from studiolo.api.server import RequestBatch, RequestDetails, RequestEntry
from studiolo.errors import NotFoundError
from studiolo.logs import redact
from studiolo.server.request_record import KeptBody, RequestRecord

KEPT_ENTRIES = 1000
KEPT_CHARACTERS = 32 * 2**20
"""Of the texts of all requests together."""
TOGETHER_SECONDS = 0.1
"""How often a follower in batches is told at most."""
_WAITING_EVENTS = 1000
_WAITING_ENTRIES = 2000
_MOST_IN_BATCH = 250

_current: ContextVar[RequestRecord | None] = ContextVar("request_record", default=None)


class RequestLogbook:
    """The last requests, oldest first. What does not fit any more is forgotten.

    on_end: hears of each request that has ended.
    """

    def __init__(self, on_end: Callable[[RequestRecord], None] = lambda _: None) -> None:
        self._records: deque[RequestRecord] = deque()
        self._most = KEPT_ENTRIES
        self._characters = 0
        self._on_end = on_end
        self._numbers = count(1)
        self._followers: set[asyncio.Queue[RequestEntry]] = set()
        self._batched: set[_Waiting] = set()

    @property
    def entries(self) -> list[RequestEntry]:
        """Return the requests that are kept, oldest first, those under way among them."""
        return [record.entry for record in self._records]

    def details(self, entry_id: int) -> RequestDetails:
        """Return all that is kept of one request. Raises NotFoundError."""
        record = next((one for one in reversed(self._records) if one.entry.id == entry_id), None)
        if record is None:
            raise NotFoundError(
                f"No request has the number {entry_id} in the log.",
                what="request",
                hint=f"The last {self._most} requests are kept, as long as the server runs.",
            )
        return record.details()

    def begin(self, method: str, route: str, address: str, program: str | None = None) -> RequestRecord:
        """Enter a request; `note` adds to it from wherever it is being worked on."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry = RequestEntry(
            id=next(self._numbers), time=now, method=method, route=redact(route), address=address, program=program
        )
        record = RequestRecord(entry)
        self._records.append(record)
        if len(self._records) > self._most:
            # One that is still under way has not been weighed.
            gone = self._records.popleft()
            self._characters -= gone.weight if gone.entry.status is not None else 0
        _current.set(record)
        self._tell(entry)
        return record

    def end(self, record: RequestRecord, *, status: int, seconds: float) -> None:
        """Complete the record of a request that has ended, without the secrets in its texts, and tell followers."""
        record.end()
        if self._records and record.entry.id >= self._records[0].entry.id:
            self._characters += record.weight
        record.entry.status, record.entry.seconds = status, round(seconds, 4)
        self._make_room()
        self._tell(record.entry)
        self._on_end(record)

    async def follow(self) -> AsyncGenerator[RequestEntry, None]:
        """Yield every request from now on, when it begins and when it ends.

        A follower that falls behind misses some.
        """
        queue: asyncio.Queue[RequestEntry] = asyncio.Queue(_WAITING_EVENTS)
        self._followers.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._followers.discard(queue)

    async def follow_in_batches(self) -> AsyncGenerator[RequestBatch, None]:
        """Yield what is kept, and then what is new, many requests at once where many come; without texts."""
        waiting = _Waiting(self.entries)
        self._batched.add(waiting)
        try:
            while True:
                yield waiting.take()
                if not waiting.entries:
                    await asyncio.sleep(TOGETHER_SECONDS)
                    await waiting.news.wait()
        finally:
            self._batched.discard(waiting)

    def _make_room(self) -> None:
        """Forget texts of the oldest requests, as long as all take too much memory."""
        for record in self._records:
            if self._characters <= KEPT_CHARACTERS:
                return
            if record.entry.status is not None:
                self._characters -= record.weight
                record.forget_texts()

    def _tell(self, entry: RequestEntry) -> None:
        for waiting in self._batched:
            waiting.add(entry)
        for queue in self._followers:
            if not queue.full():
                queue.put_nowait(entry.model_copy())


class _Waiting:
    """What a follower is still to be told: each request once, as it is by then."""

    def __init__(self, entries: list[RequestEntry]) -> None:
        self.entries = {entry.id: entry for entry in entries}
        self.skipped = 0
        self.news = asyncio.Event()

    def add(self, entry: RequestEntry) -> None:
        if entry.id not in self.entries and len(self.entries) >= _WAITING_ENTRIES:
            del self.entries[next(iter(self.entries))]
            self.skipped += 1
        self.entries[entry.id] = entry
        self.news.set()

    def take(self) -> RequestBatch:
        ids = list(self.entries)[:_MOST_IN_BATCH]
        entries = [self.entries.pop(one).model_copy(update={"body": None, "reply": None}) for one in ids]
        skipped, self.skipped = self.skipped, 0
        if not self.entries:
            self.news.clear()
        return RequestBatch(entries=entries, skipped=skipped)


def note(**facts: Any) -> None:
    """Add facts to the entry of the request that this code is working on, if it is working on one."""
    if record := _current.get():
        for name, value in facts.items():
            setattr(record.entry, name, value)


def note_usage(input_tokens: int, output_tokens: int, cached_tokens: int | None) -> None:
    """Enter what a completion took: the entry has that of the last one, what is counted by day that of all together.

    cached_tokens: None where nobody says.
    """
    if record := _current.get():
        before = record.used
        record.used = (before[0] + input_tokens, before[1] + output_tokens, before[2] + (cached_tokens or 0))
        note(input_tokens=input_tokens, output_tokens=output_tokens, cached_tokens=cached_tokens)


def note_body(kept: KeptBody) -> None:
    """Enter what was kept of a body with the request that is being handled."""
    if record := _current.get():
        record.entry.body, record.body_complete = kept.text()


def note_readable(content: bytes) -> None:
    """Keep a body as it can be read, in place of the packed one, where bodies are kept."""
    record = _current.get()
    if record is None or record.entry.body is None:
        return
    kept = KeptBody()
    kept.add_all(content)
    note_body(kept)


def note_reply(text: str) -> None:
    """Add to what is kept of a reply, where bodies are kept."""
    if record := _current.get():
        record.add_reply(text)
