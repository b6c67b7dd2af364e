"""Why a reply ended: the engine has one word for a limit that was reached and for a context that was full."""

from collections.abc import AsyncGenerator
from typing import Any

from studiolo.api.chat import CONTEXT_FULL
from studiolo.server.engine.chunk import Chunk

_LENGTH = "length"


async def with_context_told(chunks: AsyncGenerator[Chunk, None], limit: Any) -> AsyncGenerator[Chunk, None]:
    """Yield the chunks, with CONTEXT_FULL as the finish_reason of a reply that ended before its limit for want of room.

    limit: tokens that the request allows a reply; None or below 0: as many as there is room for. The engine's counts
    come right behind the end that they tell of, so it waits for them.
    """
    ended: Chunk | None = None
    async for chunk in chunks:
        if ended is not None:
            yield _told(ended, chunk, limit)
            ended = None
        if chunk.ended_by(_LENGTH):
            if chunk.usage:
                chunk = _told(chunk, chunk, limit)
            else:
                ended = chunk
                continue
        yield chunk
    if ended is not None:
        yield ended


def _told(ended: Chunk, counted: Chunk, limit: Any) -> Chunk:
    if counted.usage is None or (isinstance(limit, int) and 0 <= limit <= counted.usage.completion_tokens):
        return ended
    return ended.with_finish_reason(_LENGTH, CONTEXT_FULL)
