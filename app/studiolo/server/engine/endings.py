"""Why a reply ended: the engine has one word for a limit that was reached and for a context that was full."""

from collections.abc import AsyncGenerator
from typing import Any

from studiolo.api.chat import CONTEXT_FULL
from studiolo.server.engine.chunk import Chunk

_LENGTH = "length"


async def with_context_told(
    chunks: AsyncGenerator[Chunk, None], limit: Any, room: int | None = None
) -> AsyncGenerator[Chunk, None]:
    """Yield the chunks, with CONTEXT_FULL as the finish_reason of a reply that ended before its limit for want of room.

    limit: tokens that the request allows a reply; None or below 0: as many as there is room for. room: tokens of the
    context of an engine that may have a limit of its own, 0 where nobody says; None for one that has none. The engine's
    counts come right behind the end that they tell of, so it waits for them.
    """
    ended: Chunk | None = None
    async for chunk in chunks:
        if ended is not None:
            yield _told(ended, chunk, limit, room)
            ended = None
        if chunk.ended_by(_LENGTH):
            if chunk.usage:
                chunk = _told(chunk, chunk, limit, room)
            else:
                ended = chunk
                continue
        yield chunk
    if ended is not None:
        yield ended


def _told(ended: Chunk, counted: Chunk, limit: Any, room: int | None) -> Chunk:
    if counted.usage is None or (isinstance(limit, int) and 0 <= limit <= counted.usage.completion_tokens):
        return ended
    # One token short of it there is no room for another one.
    if room is not None and not 0 < room <= counted.usage.prompt_tokens + counted.usage.completion_tokens + 1:
        return ended
    return ended.with_finish_reason(_LENGTH, CONTEXT_FULL)
