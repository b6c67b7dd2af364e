"""A server that answers with given bytes, whatever it is asked: for what no well-behaved server does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class RawServer:
    """`left` is set when a client has gone; `requests` are the first lines of what was asked."""

    address: str
    left: asyncio.Event = field(default_factory=asyncio.Event)
    requests: list[str] = field(default_factory=list)


def response(body: bytes, *, status: int = 200, kind: str = "application/json", headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return (head + headers + "\r\n").encode() + body


@asynccontextmanager
async def raw_server(*answers: bytes, hang: bool = False) -> AsyncIterator[RawServer]:
    """Each connection gets the next answer (the last one again and again) and is closed, or kept open if `hang`."""
    waiting = list(answers) or [b""]
    server = RawServer("")
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            server.requests.append(head.split(b"\r\n")[0].decode())
            writer.write(waiting.pop(0) if len(waiting) > 1 else waiting[0])
            await writer.drain()
            if hang:
                while await reader.read(4096):
                    pass
                server.left.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            server.left.set()
        finally:
            writer.close()
            tasks.discard(task)

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    server.address = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
