"""What the window and its workers send each other: a line of JSON that tells how many bytes follow it."""

import json
from typing import Any, BinaryIO

_BYTES = "bytes"


def write_message(stream: BinaryIO, header: dict[str, Any], data: bytes = b"") -> None:
    """Send a message at once. Raises OSError where nobody reads any more."""
    stream.write(json.dumps(header | {_BYTES: len(data)}).encode() + b"\n")
    stream.write(data)
    stream.flush()


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """Wait for a message. Raises EOFError where the other side ended, also in the middle of one."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    header = json.loads(line)
    size = header.pop(_BYTES)
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return header, data
