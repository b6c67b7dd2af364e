"""A server that answers with given bytes, whatever it is asked: for what no well-behaved server does."""

import asyncio
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_PIECE_SECONDS = 0.01
Answer = bytes | Sequence[bytes] | Callable[[str], bytes]


@dataclass
class RawServer:
    """`left` is set when a client has gone; `requests` are the first lines of what was asked, `received` all of it."""

    address: str
    left: asyncio.Event = field(default_factory=asyncio.Event)
    requests: list[str] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)


def response(body: bytes, *, status: int = 200, kind: str = "application/json", headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return (head + headers + "\r\n").encode() + body


@asynccontextmanager
async def raw_server(
    *answers: Answer,
    hang: bool = False,
    reset: bool = False,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
) -> AsyncIterator[RawServer]:
    """Each connection gets the next answer (the last one again and again) and is closed, or kept open if `hang`.

    An answer in several pieces is sent as several packets; one may be made of the first line of what was asked.
    `reset`: the connection is not closed but torn down.
    """
    waiting: list[Answer] = list(answers) or [b""]
    server = RawServer("")
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            await _receive(reader, server)
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            await _send(writer, answer(server.requests[-1]) if callable(answer) else answer)
            if hang:
                while await reader.read(4096):
                    pass
                server.left.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            server.left.set()
        finally:
            if reset:
                # To close with nothing to linger for sends a reset.
                connection = writer.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.close()
            tasks.discard(task)

    listener = await asyncio.start_server(serve, host, 0, ssl=tls, limit=2**20)
    scheme = "https" if tls else "http"
    server.address = f"{scheme}://{host}:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def _receive(reader: asyncio.StreamReader, server: RawServer) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    server.requests.append(head.split(b"\r\n")[0].decode())
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    body = await reader.readexactly(int(length[1])) if length else b""
    server.received.append(head + body)


async def _send(writer: asyncio.StreamWriter, answer: bytes | Sequence[bytes]) -> None:
    pieces = [answer] if isinstance(answer, bytes) else answer
    for index, piece in enumerate(pieces):
        if index:
            await asyncio.sleep(_PIECE_SECONDS)
        writer.write(piece)
        await writer.drain()
