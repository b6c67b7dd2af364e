"""Nobody is held up by a client that neither asks nor takes its answer, nor by an engine that is dead."""

import asyncio
import errno
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from studiolo.paths import app_paths
from studiolo.server import listening
from studiolo.server.engine import pulse
from studiolo.server.listening import HttpServer, LoopComplaints
from studiolo.server.ports import bind_listener
from tests.stands.plain_http import http_client
from tests.stands.serving import serving
from tests.stands.tiny_model import write_tiny_llama
from tests.stands.waiting import LIMIT_SECONDS, until


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("HEAD", 0.3), ("BODY", 0.3), ("WRITE", 0.3), ("_LOOK", 0.05)):
        monkeypatch.setattr(listening, f"{name}_SECONDS", seconds)


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    listener = bind_listener("127.0.0.1", 0, any_port=False)
    server = HttpServer(app, grace_seconds=1)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serving


class Slots:
    """An application that counts who is being served, and sends without end."""

    def __init__(self) -> None:
        self.taken = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.taken += 1
        try:
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                more = message.get("more_body", False)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            endless = scope["path"] == "/endless"
            gone = asyncio.ensure_future(receive())
            while endless and not gone.done():
                await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
                await asyncio.sleep(0)
            gone.cancel()
            await send({"type": "http.response.body", "body": b"done"})
        finally:
            self.taken -= 1


async def test_clients_that_never_read_give_their_slots_back() -> None:
    slots = Slots()
    async with served(slots) as port:
        writers = []
        for _ in range(4):
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            writers.append(writer)
        await until(lambda: slots.taken == 4)
        await until(lambda: slots.taken == 0, "the slots to be free")
        async with httpx.AsyncClient(timeout=LIMIT_SECONDS) as http:
            assert (await http.get(f"http://127.0.0.1:{port}/")).text == "done"
        for writer in writers:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def test_a_client_that_reads_slowly_keeps_its_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "WRITE_SECONDS", 2.0)
    slots = Slots()
    async with served(slots) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=65536)
        writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(40):
            assert await reader.read(262144)
            await asyncio.sleep(0.06)
        assert slots.taken == 1
        writer.transport.abort()
        await until(lambda: slots.taken == 0)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_a_client_that_does_not_finish_asking_is_given_up(begun: bytes) -> None:
    slots = Slots()
    async with served(slots) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        await until(lambda: slots.taken == 0)


async def test_a_client_whose_head_comes_byte_by_byte_is_given_up() -> None:
    async with served(Slots()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def drip() -> None:
            writer.write(b"GET / HTTP/1.1\r\nX: ")
            while not writer.is_closing():
                writer.write(b"x")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        dripping.cancel()
        writer.close()


async def test_a_reply_that_takes_long_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        asked.set()
        await asyncio.sleep(1.0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"late"})

    async with served(slow) as port, httpx.AsyncClient(timeout=LIMIT_SECONDS) as http:
        assert (await http.get(f"http://127.0.0.1:{port}/")).text == "late"


def test_that_no_connection_can_be_taken_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    complain = LoopComplaints()
    for _ in range(1000):
        complain(loop, {"message": "socket.accept() out of system resource", "exception": OSError(errno.EMFILE, "x")})
    assert len(caplog.records) == 1
    complain(loop, {"message": "another", "exception": ValueError("y")})
    assert "another" in caplog.text
    loop.close()


def test_the_limit_of_descriptors_is_raised() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    program = (
        "import resource; from studiolo.server.listening import allow_many_connections\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (256, {hard}))\n"
        "allow_many_connections(); print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) == min(hard, 16384)


async def test_a_server_out_of_descriptors_answers_again() -> None:
    """Half-open connections used to hold them for good."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    idle = []
    async with served(Slots()) as port:
        used = max(int(name) for name in os.listdir("/proc/self/fd"))
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(LoopComplaints())
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + 40, hard))
        try:
            for _ in range(19):
                idle.append(socket.create_connection(("127.0.0.1", port)))
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            async with httpx.AsyncClient(timeout=20) as http:
                assert (await http.get(f"http://127.0.0.1:{port}/")).text == "done"
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for one in idle:
                one.close()


async def test_an_engine_that_hangs_is_told_of_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("SILENT", 0.3), ("_LOOK", 0.1), ("_ANSWER", 0.3)):
        monkeypatch.setattr(pulse, f"{name}_SECONDS", seconds)
    write_tiny_llama(app_paths().models / "tiny" / "tiny" / "tiny.gguf")
    body = {"model": "tiny/tiny", "input": "x", "max_output_tokens": 20, "stream": True}
    async with serving() as server, http_client(server.address, timeout=60) as http:
        await http.post("/api/v1/models/load", json={"model": "tiny/tiny"})
        [instance] = server.pool.instances
        os.kill(instance.engine.pid, signal.SIGSTOP)
        answer = await http.post("/api/v1/chat", json=body)
        assert "showed no sign of life" in answer.text
        assert "loaded anew" in answer.text
        again = await http.post("/api/v1/chat", json=body | {"max_output_tokens": 2, "stream": False})
        assert again.status_code == 200
