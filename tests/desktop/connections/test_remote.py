"""A server elsewhere that goes away: it is asked again by itself, ever more rarely, and at once when that is wished."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.desktop.connections import remote
from studiolo.desktop.connections.connection import Connection, Lost, Ready, Starting
from studiolo.errors import ProtocolError, UnreachableError
from studiolo.paths import app_paths
from tests.stands.raw_http import raw_server, response
from tests.stands.serving import serving
from tests.stands.waiting import stays, until

NEVER = (3600.0,)
INFO = response(b'{"name": "studiolo", "capabilities": []}')


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Connection]:
    errors: list[BaseException] = []
    connection = Connection(app_paths(), errors.append, address=address)
    connection.open()
    try:
        yield connection
    finally:
        await connection.aclose()
    assert errors == []


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def test_it_is_asked_again_after_longer_and_longer_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "BACK_OFF_SECONDS", (0.02, 0.04, 0.08))
    waits: list[float] = []

    async with connected(f"http://127.0.0.1:{free_port()}") as connection:

        def note() -> None:
            state = connection.state
            if isinstance(state, Lost) and state.due is not None:
                waits.append(state.due - time.monotonic())
                assert state.again

        connection.changed.connect(note)
        await until(lambda: len(waits) == 5)
    for wait, usual in zip(waits, (0.02, 0.04, 0.08, 0.08, 0.08), strict=True):
        assert 0.75 * usual < wait < 1.25 * usual, "a fifth more or less"


def test_the_waits_double_up_to_a_minute() -> None:
    assert remote.BACK_OFF_SECONDS == (1, 2, 4, 8, 16, 32, 60)


async def test_it_comes_back_by_itself_with_the_client_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "BACK_OFF_SECONDS", (0.05,))
    async with AsyncExitStack() as running:
        server = await running.enter_async_context(serving())
        async with connected(server.address) as connection:
            await until(lambda: isinstance(connection.state, Ready))
            client = connection.client
            seen: list[type] = []
            connection.changed.connect(lambda: seen.append(type(connection.state)))
            await running.aclose()
            with pytest.raises(UnreachableError):
                await ModelsApi(client).list_models()
            assert seen == [Starting], "nothing more is sent before it is known whether it is there"
            await until(lambda: isinstance(connection.state, Lost))
            async with serving(port=int(server.address.rpartition(":")[2])):
                await until(lambda: isinstance(connection.state, Ready))
                assert connection.client is client


async def test_trying_now_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "BACK_OFF_SECONDS", NEVER)
    port = free_port()
    async with connected(f"http://127.0.0.1:{port}") as connection:
        await until(lambda: isinstance(connection.state, Lost) and connection.state.due)
        async with serving(port=port):
            connection.try_now()
            await until(lambda: isinstance(connection.state, Ready))


async def test_it_is_missed_though_nobody_asks_it_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "BACK_OFF_SECONDS", NEVER)
    monkeypatch.setattr(remote, "_SILENT_SECONDS", 0.05)
    async with raw_server(INFO) as server, connected(server.address) as connection:
        await until(lambda: isinstance(connection.state, Ready))
        await until(lambda: any("/lmstudio-greeting" in line for line in server.requests))
        await stays(lambda: isinstance(connection.state, Ready))
    async with AsyncExitStack() as running:
        silent = await running.enter_async_context(raw_server(INFO))
        async with connected(silent.address) as connection:
            await until(lambda: isinstance(connection.state, Ready))
            await running.aclose()
            await until(lambda: isinstance(connection.state, Lost))


async def test_what_still_runs_is_not_cut_because_another_request_failed() -> None:
    go_on = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if b"/log/stream" in asked:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
            writer.write(b'data: {"id": 1}\n\n')
            await writer.drain()
            await go_on.wait()
            writer.write(b'data: {"id": 2}\n\n')
        elif b"/api/v1/models" not in asked:  # Those are asked for in vain: the connection breaks.
            writer.write(INFO)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, connected(address) as connection:
        await until(lambda: isinstance(connection.state, Ready))
        events = ServerApi(connection.client).follow_log()
        assert (await anext(events)).id == 1
        seen: list[type] = []
        connection.changed.connect(lambda: seen.append(type(connection.state)))
        with pytest.raises(UnreachableError):
            await ModelsApi(connection.client).list_models()
        await until(lambda: seen == [Starting, Ready])
        go_on.set()
        assert (await anext(events)).id == 2
        await events.aclose()


async def test_what_asking_again_can_not_cure_is_not_asked_again() -> None:
    page = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n<a>"
    async with raw_server(page) as server, connected(server.address) as connection:
        await until(lambda: isinstance(connection.state, Lost))
        assert isinstance(connection.state, Lost)
        assert isinstance(connection.state.error, ProtocolError)
        assert not connection.state.again
        asked = len(server.requests)
        connection.try_now()
        await stays(lambda: len(server.requests) == asked)
