"""Large answers as JSON, made a little at a time: the encoder holds up everybody until it is done."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

_WAYS = frozenset({"response", "output", "item", "part", "choices", "content", "logprobs", "top_logprobs"})
"""Of the dialects' answers, to where lists lie that have an entry for every token."""
_AT_ONCE_SECONDS = 0.005
_TOKEN = "token"


async def whole_answer(answer: dict[str, Any]) -> Response:
    """Return the response with an answer of OpenAI's dialect."""
    return Response(await encoded(answer), media_type="application/json")


async def encoded(answer: dict[str, Any]) -> bytes:
    """Return the JSON of an answer or an event of OpenAI's dialect."""
    pieces = []
    until = time.monotonic() + _AT_ONCE_SECONDS
    for piece in _pieces(answer):
        pieces.append(piece)
        if time.monotonic() > until:
            await asyncio.sleep(0)
            until = time.monotonic() + _AT_ONCE_SECONDS
    return "".join(pieces).encode()


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and _TOKEN not in value and not _WAYS.isdisjoint(value):
        for number, (name, one) in enumerate(value.items()):
            yield f"{',' if number else '{'}{_json(name)}:"
            if name in _WAYS:
                yield from _pieces(one)
            else:
                yield _json(one)
        yield "}"
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, one in enumerate(value):
            yield "," if number else "["
            yield from _pieces(one)
        yield "]"
    else:
        yield _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
