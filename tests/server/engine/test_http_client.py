"""HTTP to the child, against a listener that answers what a test tells it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from studiolo.server.engine.http_client import EngineHttp, WireErrors
from tests.stands.waiting import until


@asynccontextmanager
async def answering(*pieces: bytes, gone: asyncio.Event | None = None) -> AsyncIterator[tuple[EngineHttp, list[bytes]]]:
    """A listener that reads a request and sends `pieces` one by one; `gone` is set when its client leaves."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)  # The reader, on the same loop, has this one before the next is sent.
        if gone:
            await reader.read()
            gone.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield EngineHttp(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "secret"), asked


async def test_chunks_may_be_cut_anywhere() -> None:
    whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\none\ntwo\r\n6\r\n\r\n\xc3\xa4th\r\n0\r\n\r\n"
    for step in (1, 5, 1000):
        pieces = [whole[at : at + step] for at in range(0, len(whole), step)]
        async with answering(*pieces) as (wire, asked), wire.open("POST", "/v1/x", {"a": 1}) as answer:
            assert answer.status == 200
            assert [line async for line in answer.lines()] == [b"one", b"two", "äth".encode()]
    assert b"POST /v1/x HTTP/1.1\r\n" in asked[0]
    assert b"Authorization: Bearer secret\r\n" in asked[0]


async def test_a_body_with_a_length() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{", b'"a": 1}') as (wire, _):
        assert await wire.get("/x") == {"a": 1}


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"HTTP/1.1 200 OK\r\nContent-Le",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",),
        (b"not http at all\r\n\r\n",),
    ],
)
async def test_whatever_breaks_is_one_of_the_wire_s_errors(pieces: tuple[bytes, ...]) -> None:
    async with answering(*pieces) as (wire, _):
        with pytest.raises(WireErrors):
            async with wire.open("GET", "/x") as answer:
                await answer.read()


async def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(WireErrors):
        await EngineHttp(f"unix://{tmp_path}/none.sock", "k").get("/x")


async def test_leaving_early_closes_the_connection() -> None:
    gone = asyncio.Event()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n"
    async with answering(head, gone=gone) as (wire, _):
        async with wire.open("GET", "/x") as answer:
            async for line in answer.lines():
                assert line == b"one"
                break
        await until(gone.is_set)
