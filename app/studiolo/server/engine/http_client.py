"""HTTP to our own child: one connection a request, nothing kept, nothing shared.

A general client costs more for each token than the rest of the server together, and what it has to offer (pools,
redirects, cookies, proxies) is not wanted between a process and its child. llama-server answers with HTTP/1.1 and
either a length or chunks (cpp-httplib).
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from studiolo.server.engine.encoding import encoded

_LINE_LIMIT = 64 * 2**20
"""Bytes: a chunk with the log probabilities of many tokens is one line."""
_PACKET = 256 * 1024

WireErrors = (OSError, EOFError, ValueError, asyncio.LimitOverrunError)
"""What it means when the child is gone, or talks nonsense."""


class EngineHttp:
    """The door of one engine. address: `unix:///path` or `http://host:port`; key: what its listener asks for."""

    def __init__(self, address: str, key: str) -> None:
        self.address = address
        self.key = key

    async def get(self, route: str) -> Any:
        """Return the JSON that a route answers with."""
        async with self.open("GET", route) as answer:
            return json.loads(await answer.read())

    @asynccontextmanager
    async def open(self, method: str, route: str, body: Any = None) -> AsyncIterator["EngineResponse"]:
        """Yield an answer whose body is still to be read; leaving closes the connection, which cancels the work."""
        reader, writer = await self._connect()
        try:
            content = await encoded(body)
            head = (
                f"{method} {route} HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n"
                f"Authorization: Bearer {self.key}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {sum(map(len, content))}\r\n\r\n"
            )
            await _send(writer, [head.encode(), *content])
            yield await EngineResponse.begin(reader)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        scheme, _, place = self.address.partition("://")
        if scheme == "unix":
            return await asyncio.open_unix_connection(place, limit=_LINE_LIMIT)
        host, _, port = place.rpartition(":")
        return await asyncio.open_connection(host, int(port), limit=_LINE_LIMIT)


class EngineResponse:
    """One answer. `status` is that of HTTP."""

    def __init__(self, reader: asyncio.StreamReader, status: int, length: int | None) -> None:
        self._reader = reader
        self._length = length
        self.status = status

    @classmethod
    async def begin(cls, reader: asyncio.StreamReader) -> "EngineResponse":
        """Read the head. Raises EOFError if there is none, ValueError for what is no HTTP."""
        status = int((await _line(reader)).split(b" ", 2)[1])
        headers: dict[bytes, bytes] = {}
        while line := (await _line(reader)).strip():
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
            return cls(reader, status, None)
        return cls(reader, status, int(headers.get(b"content-length", b"0")))

    async def read(self) -> bytes:
        """Return the whole body."""
        return b"".join([piece async for piece in self._pieces()])

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """Yield the body's lines as they come, without their ends."""
        rest = b""
        async for piece in self._pieces():
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line.removesuffix(b"\r")
        if rest:
            yield rest

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        if self._length is not None:
            yield await self._reader.readexactly(self._length)
            return
        while size := int(await _line(self._reader), 16):
            yield (await self._reader.readexactly(size + 2))[:-2]


async def _send(writer: asyncio.StreamWriter, pieces: list[bytes]) -> None:
    """One packet where that is enough; what is large is not copied as a whole."""
    pieces.reverse()
    while pieces:
        packet = pieces.pop()
        while pieces and len(packet) + len(pieces[-1]) <= _PACKET:
            packet += pieces.pop()
        writer.write(packet)
        await writer.drain()


async def _line(reader: asyncio.StreamReader) -> bytes:
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise EOFError("The engine closed the connection.")
    return line
