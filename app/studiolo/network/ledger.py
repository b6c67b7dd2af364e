"""The ledger of connections: each in a line of a file when it is opened, and again when it ends. Bounded, and private.

It has no paths, queries or headers: they may be anybody's secrets.
"""

import json
import logging
import os
import secrets
import socket
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studiolo.api.network import ConnectionEntry, ConnectionResult
from studiolo.files import write_atomically
from studiolo.redaction import redact

logger = logging.getLogger(__name__)

MOST_ENTRIES = 2000
_MOST_OF_SERVERS = 500
_MOST_FILE_BYTES = 2 * 2**20
_MOST_TEXT = 200
"""Characters of a subject or an error."""
_SAME_SECONDS = 60.0
"""What is blocked again within that time is not entered again: programs retry."""


class LedgerLine:
    """A connection that is open, with what came and went so far."""

    def __init__(self, ledger: "ConnectionLedger", entry: ConnectionEntry, *, permitted: bool) -> None:
        self._ledger = ledger
        self._began = time.monotonic()
        self.entry = entry
        self.permitted = permitted
        self._socket: Any = None
        self._is_cut = False
        self.sent = 0
        self.received = 0

    @property
    def socket(self) -> Any:
        """Return what is shut down to cut it; None until it is connected."""
        return self._socket

    @socket.setter
    def socket(self, connected: Any) -> None:
        self._socket = connected
        if self._is_cut:
            # That was said while it was being connected.
            shut_down(connected)

    def close(self) -> None:
        """Say that it ended. Idempotent."""
        self._end("closed")

    def fail(self, error: BaseException) -> None:
        """Say that it never came to be, or broke."""
        self._end("failed", _reason(error))

    def cut(self) -> None:
        """End it, whoever uses it, from any thread; where it is still being connected, as soon as it is."""
        self._is_cut = True
        if self._socket is not None:
            shut_down(self._socket)

    def as_it_is(self) -> ConnectionEntry:
        """Return what is known of it by now."""
        if self.entry.result != "open":
            return self.entry
        return self.entry.model_copy(
            update={
                "sent_bytes": self.sent,
                "received_bytes": self.received,
                "seconds": round(time.monotonic() - self._began, 3),
            }
        )

    def _end(self, result: ConnectionResult, error: str = "") -> None:
        if self.entry.result == "open":
            self.entry = self.as_it_is().model_copy(update={"result": result, "error": error})
            self._ledger.keep(self)


def shut_down(connected: Any) -> None:
    """Have whoever reads of a socket, or writes to it, come to its end; from any thread."""
    with suppress(OSError):
        if isinstance(connected, socket.socket):
            # What a socket of TLS has by that name forgets its keys first: what is read then is still encrypted.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)
        else:
            connected.shutdown(socket.SHUT_RDWR)


class ConnectionLedger:
    """What is kept of connections. Any thread may use it; a disk that fails costs lines of the file, nothing else."""

    def __init__(self, file: Path | None = None) -> None:
        """file: None keeps nothing beyond this process."""
        self._file = file
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, ConnectionEntry] = OrderedDict()
        self._open: dict[str, LedgerLine] = {}
        self._blocked: dict[tuple[str, int, str], float] = {}
        self._loaded = file is None
        self._complained = False

    def begin(
        self, host: str, port: int, purpose: str, *, subject: str = "", via: str = "", permitted: bool = False
    ) -> LedgerLine:
        """Enter a connection that is about to be opened. permitted: also while the machine is offline by choice."""
        entry = _entry(host, port, purpose, subject, result="open", via=via)
        line = LedgerLine(self, entry, permitted=permitted)
        with self._lock:
            self._open[entry.id] = line
            self._enter(entry)
        return line

    def block(self, host: str, port: int, purpose: str, *, subject: str = "") -> None:
        """Enter that a connection was not opened."""
        now = time.monotonic()
        with self._lock:
            key = (host, port, purpose)
            if now - self._blocked.get(key, -_SAME_SECONDS) < _SAME_SECONDS:
                return
            if len(self._blocked) > MOST_ENTRIES:
                self._blocked.clear()
            self._blocked[key] = now
            self._enter(_entry(host, port, purpose, subject, result="blocked"))

    def keep(self, line: LedgerLine) -> None:
        """Enter how a connection ended."""
        with self._lock:
            if self._open.pop(line.entry.id, None) is not None:
                self._enter(line.entry)

    @property
    def open_lines(self) -> list[LedgerLine]:
        """Return the connections that are open now."""
        with self._lock:
            return list(self._open.values())

    def entries(self) -> list[ConnectionEntry]:
        """Return all that is kept, the newest first. Blocking: the file is read where it was not yet."""
        with self._lock:
            self._load()
            known = dict(self._entries) | {name: line.as_it_is() for name, line in self._open.items()}
        return list(reversed(known.values()))

    def clear(self) -> None:
        """Forget all that ended. Blocking."""
        with self._lock:
            self._entries.clear()
            self._blocked.clear()
            self._loaded = True
            for name, line in self._open.items():
                self._entries[name] = line.entry
            self._rewrite()

    def _enter(self, entry: ConnectionEntry) -> None:
        self._entries[entry.id] = entry
        self._trim()
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
            descriptor = os.open(self._file, flags, 0o600)
            try:
                os.write(descriptor, _line_of(entry))
                large = os.fstat(descriptor).st_size > _MOST_FILE_BYTES
            finally:
                os.close(descriptor)
        except OSError as error:
            self._complain(error)
            return
        if large:
            self._load()
            self._rewrite()

    def _load(self) -> None:
        if self._loaded or self._file is None:
            return
        self._loaded = True
        found: OrderedDict[str, ConnectionEntry] = OrderedDict()
        for line in _last_lines(self._file):
            if entry := _parsed(line):
                found[entry.id] = entry
        for name, entry in found.items():
            if entry.result == "open" and name not in self._open:
                # The process that had it open did not come to say how it ended.
                found[name] = entry.model_copy(update={"result": "closed"})
        found.update(self._entries)
        self._entries = found
        self._trim()

    def _trim(self) -> None:
        """Forget the oldest. Servers are asked every few seconds: those lines must not push out all others."""
        over = len(self._entries) - MOST_ENTRIES
        if over <= 0:
            return
        # A file brings thousands at once, on the event loop: all of them are looked at a single time.
        usual = [name for name, entry in self._entries.items() if entry.purpose == "server"]
        for name in usual[: min(over, max(0, len(usual) - _MOST_OF_SERVERS))]:
            del self._entries[name]
        while len(self._entries) > MOST_ENTRIES:
            self._entries.popitem(last=False)

    def _rewrite(self) -> None:
        if self._file is None:
            return
        try:
            content = b"".join(map(_line_of, self._entries.values()))
            write_atomically(self._file, content, private=True, durable=False)
        except OSError as error:
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            logger.warning("the ledger of connections can't be kept: %s", error)
        self._complained = True


def _entry(
    host: str, port: int, purpose: str, subject: str, *, result: ConnectionResult, via: str = ""
) -> ConnectionEntry:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return ConnectionEntry(
        id=secrets.token_hex(6),
        time=now,
        host=host[:253],
        port=port,
        purpose=purpose,
        subject=redact(subject[:_MOST_TEXT]),
        via=via,
        result=result,
    )


def _reason(error: BaseException) -> str:
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    kind = type(error).__name__
    return redact(f"{kind}: {words}" if words else kind)[:_MOST_TEXT]


def _line_of(entry: ConnectionEntry) -> bytes:
    return json.dumps(entry.model_dump(exclude_defaults=True)).encode() + b"\n"


def _last_lines(file: Path) -> list[bytes]:
    try:
        if not file.is_file():
            return []
        with file.open("rb") as opened:
            size = opened.seek(0, os.SEEK_END)
            opened.seek(max(0, size - 2 * _MOST_FILE_BYTES))
            return opened.read(2 * _MOST_FILE_BYTES).splitlines()
    except OSError as error:
        logger.warning("the ledger of connections can't be read: %s", error)
        return []


def _parsed(line: bytes) -> ConnectionEntry | None:
    """Return what a line says; None for a part of one, and for what is none."""
    try:
        entry = ConnectionEntry.model_validate(json.loads(line))
    except (ValueError, RecursionError):
        return None
    return entry if entry.id else None
