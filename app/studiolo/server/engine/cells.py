"""The context that the requests of one instance share: who may begin, and who gives way.

llama.cpp keeps one pool of cells for all slots (kv_unified: half again as fast for several clients). When it is full,
it fails every request at once. So requests wait here, first come, first served, until what they are expected to need
is free; and when one needs more than was expected, the latest of them gives way before the engine fails them all.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_MARGIN = 32
"""Cells: the engine is some tokens ahead of what has been read here."""
_USUAL_REPLY = 512
"""Tokens that are expected of a reply without a limit."""
_CHARACTERS_PER_TOKEN = 3.5
_IMAGE_TOKENS = 300


class Claim:
    """One request's share, in cells. `displaced`: it has to give way; `generated`: some of its reply was read."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.displaced = False
        self.generated = 0
        self._prompts: dict[int, int] = {}

    @property
    def prompt(self) -> int:
        """Tokens of the prompt, as far as the engine has told."""
        return sum(self._prompts.values())

    @property
    def used(self) -> int:
        """What it holds by now, by the engine's count; 0 before it has begun."""
        return self.prompt + self.generated

    def read(self, chunk: dict[str, Any]) -> None:
        """Take note of a chunk."""
        choices = chunk.get("choices", ())
        if progress := chunk.get("prompt_progress"):
            self._prompts[choices[0]["index"] if choices else 0] = progress["total"]
        else:
            self.generated += len(choices)


class Cells:
    """`size`: how many cells there are."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._claims: list[Claim] = []
        self._line: deque[tuple[Claim, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def claim(self, expected: int) -> AsyncIterator[Claim]:
        """A share of `expected` cells, once they are free; a request that is alone always has its turn."""
        claim = Claim(min(expected, self._size))
        await self._turn(claim)
        try:
            yield claim
        finally:
            self._claims.remove(claim)
            self._admit()

    def read(self, claim: Claim, chunk: dict[str, Any]) -> None:
        """Take note of what `claim`'s request was sent; where room runs out, the latest request is displaced."""
        claim.read(chunk)
        staying = [other for other in self._claims if not other.displaced]
        if len(staying) > 1 and sum(other.used for other in staying) > self._size - _MARGIN:
            staying[-1].displaced = True

    async def _turn(self, claim: Claim) -> None:
        if not self._line and self._fits(claim):
            self._claims.append(claim)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append((claim, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if claim in self._claims:
                self._claims.remove(claim)
            else:
                self._line.remove((claim, turn))
            self._admit()
            raise

    def _admit(self) -> None:
        while self._line and self._fits(self._line[0][0]):
            claim, turn = self._line.popleft()
            self._claims.append(claim)
            turn.set_result(None)

    def _fits(self, claim: Claim) -> bool:
        taken = sum(max(other.expected, other.used) for other in self._claims)
        return not self._claims or taken + claim.expected <= self._size - _MARGIN


def expected_tokens(body: dict[str, Any]) -> int:
    """What a request in OpenAI's words is likely to need, prompt and reply together."""
    characters, images = _measured(body.get("messages") or body.get("prompt"))
    limit = body.get("max_tokens")
    reply = limit if isinstance(limit, int) and limit > 0 else _USUAL_REPLY
    return int(characters / _CHARACTERS_PER_TOKEN) + images * _IMAGE_TOKENS + reply


def _measured(value: Any) -> tuple[int, int]:
    """Characters of text and number of images, wherever they are inside."""
    if isinstance(value, str):
        return (0, 1) if value.startswith("data:image/") else (len(value), 0)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    pairs = [_measured(item) for item in inner]
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
