"""An answer as it came: its status, its headers, and its text bit by bit."""

import codecs
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import httpx


class RawAnswer:
    """What a server answers to a request that somebody has written by hand."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return self._answer.status_code

    @property
    def reason(self) -> str:
        """Return what the status is called."""
        return self._answer.reason_phrase

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Return the headers, in the order in which they came."""
        return list(self._answer.headers.multi_items())

    @property
    def content_type(self) -> str:
        """Return the type of the content in lower case, without its parameters."""
        return str(self._answer.headers.get("content-type", "")).partition(";")[0].strip().lower()

    async def texts(self) -> AsyncGenerator[str, None]:
        """Yield the text as it comes. What is no UTF-8 is marked."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        # Typed as an iterator by httpx, but a generator.
        async with aclosing(cast("AsyncGenerator[bytes, None]", self._answer.aiter_bytes())) as chunks:
            async for chunk in chunks:
                if text := decoder.decode(chunk):
                    yield text
        if rest := decoder.decode(b"", final=True):
            yield rest
