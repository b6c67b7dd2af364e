"""The context that the requests of one instance share: who may begin, and who gives way.

llama.cpp keeps one pool of cells for all slots (kv_unified: half again as fast for several clients). When it is full,
it fails every request at once. So requests wait here, first come, first served, until what they need is free; and when
replies without a limit outgrow what was kept for them, one of them gives way before the engine fails them all.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from studiolo.errors import BusyError, ContextOverflowError, RequestError
from studiolo.server.engine.chunk import Chunk
from studiolo.server.engine.encoding import only_numbers

_MARGIN = 32
"""Cells: the engine is some tokens ahead of what has been read here."""
_USUAL_REPLY = 512
"""Tokens that are kept for a reply without a limit."""
_TEMPLATE_TOKENS = 256
_MESSAGE_TOKENS = 8
"""What a chat template adds at most, once and around each message."""
_IMAGE_TOKENS = 1024
_BYTES_OF_TOKEN = 256
"""At most: the longest tokens of vocabularies are runs of spaces."""


@dataclass(frozen=True)
class TokenDemand:
    """Tokens: `text` of a prompt at most, its `images` as an estimate, and what is kept for the reply.

    `least`: what one of its prompts has in any case.
    """

    text: int
    images: int
    reply: int
    prompts: int = 1
    least: int = 0

    @property
    def prompt(self) -> int:
        """Return how many tokens the whole prompt takes at most, text and images."""
        return self.text + self.images

    def check(self, size: int) -> None:
        """Raise ContextOverflowError for a prompt that can't fit `size` cells, whatever its tokens are.

        The engine would find that out, too, once it had read all of it.
        """
        if self.least > size:
            raise context_overflow(self.least, size)

    @classmethod
    def of(cls, body: dict[str, Any]) -> "TokenDemand":
        """Return the demand of a request in OpenAI's words, if each byte were a token; of embeddings, too."""
        prompt = body.get("messages") or body.get("prompt") or body.get("input")
        tokens = isinstance(prompt, list) and only_numbers(prompt)
        size, images = (len(prompt), 0) if tokens and prompt else _measured(prompt)
        more, _ = _measured(body.get("tools"))
        messages = 1 if tokens or not isinstance(prompt, list) else len(prompt)
        prompts = 1 if "messages" in body else max(1, messages)
        limit = body.get("max_tokens")
        reply = limit if isinstance(limit, int) and limit > 0 else _USUAL_REPLY
        text = size + more + _TEMPLATE_TOKENS + messages * _MESSAGE_TOKENS
        # Each message of a chat has a token at least. Templates take time with the square of their number.
        least = size if tokens else max(size // _BYTES_OF_TOKEN // prompts, messages if "messages" in body else 0)
        return cls(text, images * _IMAGE_TOKENS, prompts * reply, prompts, least)


class Reservation:
    """One request's share, in cells.

    `prompt`: what its prompt takes, at most until the engine has told; `generated`: tokens of its reply that were read;
    `used`: what it holds by now, by the engine's count; `displaced`: it has to give way; `refused`: the engine had no
    cells for it, so that its end frees none.
    """

    def __init__(self, need: TokenDemand) -> None:
        self._need = need
        self._prompts: dict[int, int] = {}
        self.prompt = need.prompt
        self.generated = 0
        self.used = 0
        self.displaced = False
        self.refused = False

    @property
    def taken(self) -> int:
        """Return what it holds or will."""
        return self.prompt + max(self._need.reply, self.generated)

    def read(self, chunk: Chunk) -> None:
        """Take note of a chunk."""
        choices = chunk.choices
        if chunk.progress:
            self._prompts[choices[0].number if choices else 0] = chunk.progress.total
            told = sum(self._prompts.values())
            self.used = told + self.generated
            if len(self._prompts) >= self._need.prompts:
                self.prompt = told
        elif not chunk.opens:
            self.generated += len(choices)
            self.used += len(choices)


class ContextBudget:
    """`size`: how many cells there are."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._claims: list[Reservation] = []
        self._line: deque[tuple[Reservation, asyncio.Future[None]]] = deque()
        self._released = asyncio.Event()

    @asynccontextmanager
    async def claim(self, need: TokenDemand) -> AsyncIterator[Reservation]:
        """Yield a share, once it is free; a request that is alone always has its turn."""
        claim = Reservation(need)
        await self._turn(claim)
        try:
            yield claim
        finally:
            self._claims.remove(claim)
            self._admit()
            if not claim.refused:
                self._released.set()
                self._released = asyncio.Event()

    async def wait_for_release(self, seconds: float) -> None:
        """Wait until a request that had a share gives it back, and for so many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._released.wait()

    def fits_now(self, need: TokenDemand) -> bool:
        """Return whether a claim would be granted now."""
        return not self._line and self._fits(Reservation(need))

    def observe(self, claim: Reservation, chunk: Chunk) -> None:
        """Take note of what `claim`'s request was sent.

        Where room runs out, a request is displaced: the latest of those whose reply nobody has seen, else the latest.
        """
        prompt = claim.prompt
        claim.read(chunk)
        if claim.prompt < prompt:
            self._admit()
        if sum([other.used for other in self._claims]) <= self._size - _MARGIN:
            return
        staying = [other for other in self._claims if not other.displaced]
        if len(staying) > 1 and sum(other.used for other in staying) > self._size - _MARGIN:
            unseen = [other for other in staying if not other.generated]
            (unseen or staying)[-1].displaced = True

    async def _turn(self, claim: Reservation) -> None:
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

    def _fits(self, claim: Reservation) -> bool:
        taken = sum(other.taken for other in self._claims)
        return not self._claims or taken + claim.taken <= self._size - _MARGIN


class CellsTakenError(RequestError):
    """The engine has no cells for a request that it has not begun: others may have just ended, or it is too large."""


def context_is_shared() -> BusyError:
    """Return what a request is told that could not have its share."""
    return BusyError(
        "The requests that this model answers at once have filled the context that they share.",
        hint="Try again when fewer run at once, or load the model with a larger context length.",
    )


def context_overflow(tokens: int, context: int, *, what: str = "prompt") -> ContextOverflowError:
    """Return what a request is told that would not fit if it were alone. `what`: of which the tokens are."""
    return ContextOverflowError(
        f"The {what} has {tokens} tokens, which exceeds the available context size ({context} tokens).",
        prompt_tokens=tokens,
        context_length=context,
        hint=f"Shorten the {what}, or load the model with a larger context length if it can have one.",
    )


def _measured(value: Any) -> tuple[int, int]:
    """Return bytes of text and number of images, wherever they are inside.

    A token by its number is as much as a byte.
    """
    if isinstance(value, str):
        if value.startswith("data:image/"):
            return 0, 1
        return len(value) if value.isascii() else len(value.encode(errors="replace")), 0
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if not isinstance(value, list):
        return int(value is not None), 0
    if only_numbers(value):
        return len(value), 0
    pairs = [_measured(item) for item in value]
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
