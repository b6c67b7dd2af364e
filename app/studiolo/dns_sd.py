"""Messages by which servers are found on a network (DNS-SD over multicast DNS, RFC 6762 and 6763): the few we need.

What is read comes from anybody on the network: its size, its records and the length of its names are bounded, and what
is not understood is nothing.
"""

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass

GROUP, PORT = "224.0.0.251", 5353
SERVICE = ("_studiolo", "_tcp", "local")
MOST_BYTES = 9000
"""Of a message (RFC 6762, section 17)."""

_HEADER = struct.Struct(">6H")
_RECORD = struct.Struct(">HHIH")
_QUESTION = struct.Struct(">HH")
_SERVER = struct.Struct(">3H")
_A, _PTR, _TXT, _SRV, _ANY = 1, 12, 16, 33, 255
_INTERNET = 1
_UNICAST = 0x8000
"""Of a question: the answer may come to who asks alone. Of a record: it is the only one of its kind."""
_RESPONSE, _AUTHORITATIVE = 0x8000, 0x0400
_MOST_RECORDS = 64
_MOST_NAME_BYTES, _MOST_LABEL_BYTES, _MOST_JUMPS = 255, 63, 16
_SECONDS = 120
"""How long an answer may be remembered; ten for who asked as an ordinary client (RFC 6762, section 6.7)."""
_SECONDS_UNICAST = 10

Name = tuple[str, ...]


class DnsMessageError(ValueError):
    """These bytes are not a message that we understand."""


@dataclass(frozen=True)
class ServiceQuery:
    """Somebody asks for our servers. `wants_unicast`: the answer need not go to everybody."""

    number: int
    wants_unicast: bool


@dataclass(frozen=True)
class FoundService:
    """A server that has answered: what it is called, and its port. Its machine is the one that the answer came from."""

    name: str
    port: int


def encode_query(number: int) -> bytes:
    """Return the question which servers there are; whoever answers sends the number back."""
    return _HEADER.pack(number, 0, 1, 0, 0, 0) + _encoded(SERVICE) + _QUESTION.pack(_PTR, _INTERNET | _UNICAST)


def read_query(message: bytes) -> ServiceQuery | None:
    """Return what is asked of us; None for a message that asks nothing of us, or is none."""
    try:
        number, flags, questions, *_ = _header(message)
        if flags & _RESPONSE:
            return None
        at = _HEADER.size
        for _ in range(min(questions, _MOST_RECORDS)):
            name, at = _name(message, at)
            kind, group = _unpacked(_QUESTION, message, at)
            at += _QUESTION.size
            if _same(name, SERVICE) and kind in (_PTR, _ANY):
                return ServiceQuery(number, bool(group & _UNICAST))
    except DnsMessageError:
        return None
    return None


def encode_answer(query: ServiceQuery, *, name: str, host: str, port: int, address: str, to_one: bool) -> bytes:
    """Return the answer to a query.

    Args:
        query: What was asked.
        name: What the server is called; cut to what fits.
        host: What its machine is called.
        port: Where it listens.
        address: Its IPv4 address on the network that is asked.
        to_one: Whether the answer goes to who asked alone, as an ordinary client.

    Returns:
        The message.
    """
    seconds = _SECONDS_UNICAST if to_one else _SECONDS
    unique = _INTERNET if to_one else _INTERNET | _UNICAST
    instance = (_fitting(name), *SERVICE)
    machine = (_fitting(host) or "studiolo", "local")
    records = [
        _record(SERVICE, _PTR, _INTERNET, seconds, _encoded(instance)),
        _record(instance, _SRV, unique, seconds, _SERVER.pack(0, 0, port) + _encoded(machine)),
        _record(instance, _TXT, unique, seconds, b"\x09txtvers=1"),
        _record(machine, _A, unique, seconds, ipaddress.IPv4Address(address).packed),
    ]
    questions = _encoded(SERVICE) + _QUESTION.pack(_PTR, _INTERNET) if to_one else b""
    head = _HEADER.pack(
        query.number if to_one else 0, _RESPONSE | _AUTHORITATIVE, 1 if questions else 0, 1, 0, len(records) - 1
    )
    return head + questions + b"".join(records)


def read_answer(message: bytes) -> list[FoundService]:
    """Return the servers that a message tells of; none for one that tells of none, or is no message."""
    names: list[Name] = []
    ports: dict[Name, int] = {}
    try:
        for name, kind, start, end in _records(message):
            if kind == _PTR and _same(name, SERVICE):
                instance, _ = _name(message, start)
                names.append(instance)
            elif kind == _SRV and end - start > _SERVER.size:
                ports[_lowered(name)] = _unpacked(_SERVER, message, start)[2]
    except DnsMessageError:
        return []
    found = []
    for instance in names:
        port = ports.get(_lowered(instance), 0)
        if port and len(instance) == len(SERVICE) + 1 and _same(instance[1:], SERVICE):
            found.append(FoundService(_shown(instance[0]), port))
    return found


def _header(message: bytes) -> tuple[int, ...]:
    if len(message) > MOST_BYTES:
        raise DnsMessageError("too long")
    return _unpacked(_HEADER, message, 0)


def _records(message: bytes) -> Iterator[tuple[Name, int, int, int]]:
    """Yield the name and the kind of each record, and where its data begins and ends."""
    _, flags, questions, *counts = _header(message)
    if not flags & _RESPONSE:
        return
    at = _HEADER.size
    for _ in range(min(questions, _MOST_RECORDS)):
        _, at = _name(message, at)
        at += _QUESTION.size
    for _ in range(min(sum(counts), _MOST_RECORDS)):
        name, at = _name(message, at)
        kind, _, _, length = _unpacked(_RECORD, message, at)
        at += _RECORD.size
        if at + length > len(message):
            raise DnsMessageError("a record ends beyond the message")
        yield name, kind, at, at + length
        at += length


def _name(message: bytes, at: int) -> tuple[Name, int]:
    """Return a name, and where what follows it begins."""
    labels: list[str] = []
    size, jumps, following = 0, 0, -1
    while True:
        if at >= len(message):
            raise DnsMessageError("a name ends beyond the message")
        length = message[at]
        if length & 0xC0 == 0xC0:
            to = _unpacked(struct.Struct(">H"), message, at)[0] & 0x3FFF
            following = at + 2 if following < 0 else following
            jumps += 1
            # Only backwards: a name that leads to itself would have no end.
            if to >= at or jumps > _MOST_JUMPS:
                raise DnsMessageError("a name leads in a circle")
            at = to
            continue
        if length & 0xC0:
            raise DnsMessageError("a label of an unknown kind")
        if not length:
            return tuple(labels), (at + 1 if following < 0 else following)
        size += length + 1
        if size > _MOST_NAME_BYTES or at + 1 + length > len(message):
            raise DnsMessageError("a name is too long")
        labels.append(message[at + 1 : at + 1 + length].decode("utf-8", errors="replace"))
        at += 1 + length


def _unpacked(form: struct.Struct, message: bytes, at: int) -> tuple[int, ...]:
    if at < 0 or at + form.size > len(message):
        raise DnsMessageError("too short")
    return form.unpack_from(message, at)


def _record(name: Name, kind: int, group: int, seconds: int, data: bytes) -> bytes:
    return _encoded(name) + _RECORD.pack(kind, group, seconds, len(data)) + data


def _encoded(name: Name) -> bytes:
    labels = (label.encode() for label in name)
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _fitting(label: str) -> str:
    """Return as much of a text as a label can hold."""
    return label.encode()[:_MOST_LABEL_BYTES].decode(errors="ignore")


def _lowered(name: Name) -> Name:
    return tuple(label.lower() for label in name)


def _same(one: Name, other: Name) -> bool:
    return _lowered(one) == _lowered(other)


def _shown(label: str) -> str:
    return "".join(char for char in label if char.isprintable()).strip()
