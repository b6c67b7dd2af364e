"""What was asked and how it went: a bounded log in memory that can be followed live."""

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncGenerator
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import count
from typing import Any

from studiolo.api.server import RequestEntry
from studiolo.logs import redact

KEPT_ENTRIES = 1000
_KEPT_TEXT = 20_000
"""Characters of a body or a reply."""
_MOST_LOOKED_AT = 2**20
_KEPT_BYTES = 128 * 1024
"""Of a body, without what is in _BASE64: more of it is not looked through for secrets, and so not kept."""
_PIECE = 64 * 1024
_WAITING_EVENTS = 1000

_BASE64 = re.compile(rb"([A-Za-z0-9+/=]{4})[A-Za-z0-9+/=]{2000,}")
"""Images, which are not kept: of each packet a few letters are left, so that it can be seen where one was."""

_IMAGE = re.compile(r"data:[^,\"\s]{0,200};base64,(?:[A-Za-z0-9+/=_-]|\\[nrt]|\s)+", re.IGNORECASE)

_current: ContextVar[RequestEntry | None] = ContextVar("request_entry", default=None)


class RequestLogbook:
    """The last requests, oldest first. What does not fit any more is forgotten."""

    def __init__(self) -> None:
        self._entries: deque[RequestEntry] = deque(maxlen=KEPT_ENTRIES)
        self._numbers = count(1)
        self._followers: set[asyncio.Queue[RequestEntry]] = set()

    @property
    def entries(self) -> list[RequestEntry]:
        """Return the requests that are kept, oldest first, those under way among them."""
        return list(self._entries)

    def begin(self, method: str, route: str, address: str) -> RequestEntry:
        """Enter a request; `note` adds to it from wherever it is being worked on."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry = RequestEntry(id=next(self._numbers), time=now, method=method, route=redact(route), address=address)
        self._entries.append(entry)
        _current.set(entry)
        self._tell(entry)
        return entry

    def end(self, entry: RequestEntry, *, status: int, seconds: float) -> None:
        """Complete the entry of a request that has ended, without the secrets in its texts, and tell followers."""
        entry.status, entry.seconds = status, round(seconds, 4)
        if entry.reply:
            entry.reply = without_secrets(entry.reply)
        if entry.error:
            entry.error = redact(entry.error)
        self._tell(entry)

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

    def _tell(self, entry: RequestEntry) -> None:
        for queue in self._followers:
            if not queue.full():
                queue.put_nowait(entry.model_copy())


def note(**facts: Any) -> None:
    """Add facts to the entry of the request that this code is working on, if it is working on one."""
    if entry := _current.get():
        for name, value in facts.items():
            setattr(entry, name, value)


def note_body(body: Any) -> None:
    """Keep a request's body, without tokens and images."""
    note(body=without_secrets(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)))


class KeptBody:
    """Of a body's bytes, as they come, so much as may be kept."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, content: bytes) -> None:
        """Add the next bytes of the body, with long base64 cut short; what is beyond the limit is dropped."""
        if len(self._bytes) < _KEPT_BYTES:
            self._bytes.extend(_BASE64.sub(rb"\1", content))

    def note(self) -> None:
        """Enter what was kept, as text, with the request that is being handled."""
        note_body(self._bytes[:_KEPT_BYTES].decode(errors="replace"))


def note_readable(content: bytes) -> None:
    """Keep a body as it can be read, in place of the packed one, where bodies are kept."""
    entry = _current.get()
    if entry is None or entry.body is None:
        return
    kept = KeptBody()
    for at in range(0, len(content), _PIECE):
        kept.add(content[at : at + _PIECE])
    kept.note()


def note_reply(text: str) -> None:
    """Add to what is kept of a reply, where bodies are kept."""
    entry = _current.get()
    if entry and entry.body is not None and len(entry.reply or "") < _KEPT_TEXT:
        entry.reply = (entry.reply or "") + text


def without_secrets(text: str) -> str:
    """Return `text` as it may be kept: tokens and images cut out, and not endless."""
    short = redact(_IMAGE.sub("[image]", text[:_MOST_LOOKED_AT])[: 2 * _KEPT_TEXT])
    return short if len(short) <= _KEPT_TEXT else f"{short[:_KEPT_TEXT]}… ({len(text)} characters)"
