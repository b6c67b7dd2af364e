"""What is kept of one request: its entry in the log and, where bodies are kept, its texts, without secrets."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from studiolo.api.server import LoggedEvent, RequestDetails, RequestEntry, RequestHeader
from studiolo.logs import redact

_KEPT_TEXT = 20_000
"""Characters of a body or a reply."""
_MOST_LOOKED_AT = 2**20
_KEPT_BYTES = 128 * 1024
"""Of a body, without what is in _BASE64: more of it is not looked through for secrets, and so not kept."""
_PIECE = 64 * 1024
_MOST_EVENTS = 300
_MOST_EVENT_CHARACTERS = 60_000
_MOST_HEADERS = 64
_HEADER_CHARACTERS = 500

_BASE64 = re.compile(rb"([A-Za-z0-9+/=]{4})[A-Za-z0-9+/=]{2000,}")
"""Images, which are not kept: of each packet a few letters are left, so that it can be seen where one was."""

_IMAGE = re.compile(r"data:[^,\"\s]{0,200};base64,(?:[A-Za-z0-9+/=_-]|\\[nrt]|\s)+", re.IGNORECASE)

_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|key|password|credential|session", re.IGNORECASE)
_CUT = "…"


@dataclass(eq=False)
class RequestRecord:
    """A request while it is worked on and as long as it is kept.

    used: tokens of all the completions that it took: of the prompts, of the replies, of what was known already.
    """

    entry: RequestEntry
    in_full: bool = False
    query: str = ""
    request_headers: list[RequestHeader] = field(default_factory=list)
    answer_headers: list[RequestHeader] = field(default_factory=list)
    body_complete: bool = False
    answer: str | None = None
    stream: "StreamRecord | None" = None
    used: tuple[int, int, int] = (0, 0, 0)

    @property
    def weight(self) -> int:
        """Return the characters of all texts."""
        body = len(self.entry.body) if isinstance(self.entry.body, str) else 0
        events = self.stream.characters if self.stream else 0
        headers = sum(len(one.name) + len(one.value) for one in (*self.request_headers, *self.answer_headers))
        return body + len(self.entry.reply or "") + len(self.answer or "") + events + len(self.query) + headers

    def add_reply(self, text: str) -> None:
        """Add to what is kept of the reply, where bodies are kept."""
        if self.entry.body is not None and len(self.entry.reply or "") < _KEPT_TEXT:
            self.entry.reply = (self.entry.reply or "") + text

    def end(self) -> None:
        """Cut secrets out of what was only put together until now."""
        if self.entry.reply:
            self.entry.reply = without_secrets(self.entry.reply)
        if self.entry.error:
            self.entry.error = redact(self.entry.error)

    def forget_texts(self) -> None:
        """Keep the entry alone."""
        self.entry.body = self.entry.reply = self.answer = self.stream = None
        self.request_headers, self.answer_headers = [], []
        self.in_full = self.body_complete = False
        self.query = ""

    def details(self) -> RequestDetails:
        """Return all that is kept, as it may be told."""
        stream = self.stream
        withheld = stream is not None and stream.has_secrets
        entry = self.entry.model_dump(exclude={"reply", "error"})
        return RequestDetails(
            **entry,
            reply=without_secrets(self.entry.reply) if self.entry.reply else None,
            error=redact(self.entry.error) if self.entry.error else None,
            in_full=self.in_full,
            query=self.query,
            request_headers=self.request_headers,
            answer_headers=self.answer_headers,
            body_complete=self.body_complete,
            answer=self.answer,
            events=stream.events if stream and not withheld else [],
            events_skipped=stream.skipped if stream else 0,
            events_withheld=withheld,
        )


class StreamRecord:
    """The first events of a stream, taken from its bytes as they are sent."""

    def __init__(self) -> None:
        self.events: list[LoggedEvent] = []
        self.skipped = 0
        self.characters = 0
        self._rest = b""

    def add(self, content: bytes, seconds: float) -> None:
        """Take what is sent, so many seconds after the request came."""
        *frames, self._rest = (self._rest + content).split(b"\n\n")
        for frame in frames:
            if not frame.startswith(b":"):
                self._add(frame, seconds)
        if len(self._rest) > _KEPT_BYTES:
            self._rest = self._rest[:_KEPT_BYTES]

    def _add(self, frame: bytes, seconds: float) -> None:
        room = _MOST_EVENT_CHARACTERS - self.characters
        if len(self.events) >= _MOST_EVENTS or room <= 0:
            self.skipped += 1
            return
        text = without_secrets(_BASE64.sub(rb"\1", frame).decode(errors="replace"))[:room]
        self.characters += len(text)
        self.events.append(LoggedEvent(seconds=round(seconds, 3), text=text))

    @property
    def has_secrets(self) -> bool:
        """Return whether a secret is in the texts when they are put together again: a token of it in each event."""
        joined: dict[str, list[str]] = {}
        for event in self.events:
            data = "\n".join(line[5:] for line in event.text.split("\n") if line.startswith("data:"))
            try:
                _join(json.loads(data), "", joined)
            except (ValueError, RecursionError):
                continue
        return any((text := "".join(pieces)) != redact(text) for pieces in joined.values())


def _join(value: Any, place: str, joined: dict[str, list[str]]) -> None:
    if isinstance(value, str):
        joined.setdefault(place, []).append(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _join(inner, f"{place}.{key}", joined)
    elif isinstance(value, list):
        for inner in value:
            _join(inner, place, joined)


class KeptBody:
    """Of a body's bytes, as they come, so much as may be kept."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._seen = 0

    def add(self, content: bytes) -> None:
        """Add the next bytes of the body, with long base64 cut short; what is beyond the limit is dropped."""
        self._seen += len(content)
        if len(self._bytes) < _KEPT_BYTES:
            self._bytes.extend(_BASE64.sub(rb"\1", content))

    def add_all(self, content: bytes) -> None:
        """Add a whole body, a piece at a time."""
        for at in range(0, len(content), _PIECE):
            self.add(content[at : at + _PIECE])

    def text(self) -> tuple[str, bool]:
        """Return what was kept, without secrets, and whether that is the body as it came."""
        whole = self._bytes[:_KEPT_BYTES].decode(errors="replace")
        kept = without_secrets(whole)
        return kept, kept == whole and self._seen == len(self._bytes) and "\ufffd" not in kept


def kept_headers(raw: list[tuple[bytes, bytes]]) -> list[RequestHeader]:
    """Return headers as they may be kept."""
    return [_kept(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw[:_MOST_HEADERS]]


def _kept(name: str, value: str) -> RequestHeader:
    shown = _CUT if _SECRET_HEADER.search(name) else redact(value[:_HEADER_CHARACTERS])
    return RequestHeader(name=name[:_HEADER_CHARACTERS], value=shown)


def without_secrets(text: str) -> str:
    """Return `text` as it may be kept: tokens and images cut out, and not endless."""
    short = redact(_IMAGE.sub("[image]", text[:_MOST_LOOKED_AT])[: 2 * _KEPT_TEXT])
    return short if len(short) <= _KEPT_TEXT else f"{short[:_KEPT_TEXT]}… ({len(text)} characters)"
