"""A request's body as JSON, also where it is large: Python's threads wait for each other while one of them encodes."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from pydantic_core import to_json

from studiolo.server.apart import apart

_LARGE = 2**20
"""Bytes that are encoded in a few milliseconds."""
_NUMBERS = frozenset({int, float, bool, type(None)})


async def encoded(body: Any) -> list[bytes]:
    """Return the JSON of `body`, in pieces."""
    if body is None:
        return []
    if await apart(lambda: size_of(body)) < _LARGE:
        return [json.dumps(body).encode()]
    return await asyncio.to_thread(lambda: list(pieces(body)))


def size_of(value: Any) -> int:
    """Return about how many bytes of JSON `value` makes, from below."""
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, dict):
        return sum([len(key) + 3 + size_of(item) for key, item in value.items()])
    if isinstance(value, list):
        return 2 * len(value) if only_numbers(value) else sum([1 + size_of(item) for item in value])
    return 1


def only_numbers(values: list[Any]) -> bool:
    """Return whether there is nothing in a list but numbers, such as the tokens of a prompt."""
    return _NUMBERS.issuperset(map(type, values))


def pieces(value: Any) -> Iterator[bytes]:
    """Yield the JSON of a value, in pieces of about a megabyte at most, so that nobody waits long for this thread."""
    if isinstance(value, str) and len(value) > _LARGE:
        yield b'"'
        for at in range(0, len(value), _LARGE):
            yield to_json(value[at : at + _LARGE])[1:-1]
        yield b'"'
    elif isinstance(value, dict) and size_of(value) > _LARGE:
        for number, (key, item) in enumerate(value.items()):
            yield (b"," if number else b"{") + to_json(key) + b":"
            yield from pieces(item)
        yield b"}"
    elif isinstance(value, list) and value and not only_numbers(value) and size_of(value) > _LARGE:
        for number, item in enumerate(value):
            yield b"," if number else b"["
            yield from pieces(item)
        yield b"]"
    else:
        yield to_json(value, inf_nan_mode="constants")
