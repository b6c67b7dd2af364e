"""Servers on the network are found where that is wished, and only there."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from studiolo.api.settings import ServerSettings
from studiolo.client.finding import FoundServer, find_servers
from studiolo.dns_sd import encode_query, read_answer
from studiolo.server import announcing
from studiolo.server.announcing import Announcer
from tests.stands.waiting import until

HERE = "127.0.0.1"


@asynccontextmanager
async def announcer(wanted: list[bool], port: int = 4321) -> AsyncIterator[Announcer]:
    """On a port of its own: the group's may be another program's."""
    one = Announcer(lambda: wanted[0], port, name="Studiolo on tower", listen=(HERE, 0))
    task = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        task.cancel()
        await asyncio.wait([task])


async def found_at(address: tuple[str, int], *, seconds: float = 5.0) -> list[FoundServer]:
    found: list[FoundServer] = []
    stop = threading.Event()

    def take(server: FoundServer) -> None:
        found.append(server)
        stop.set()

    await asyncio.to_thread(find_servers, take, stop, seconds=seconds, group=address, addresses=[HERE])
    return found


def test_it_is_off_unless_somebody_wants_it() -> None:
    assert ServerSettings().announce is False


async def test_a_server_that_is_announced_is_found_by_its_own_address() -> None:
    async with announcer([True]) as one:
        address = await until(lambda: one.address)
        assert await found_at(address) == [FoundServer("Studiolo on tower", "http://127.0.0.1:4321")]


async def test_it_is_announced_as_long_as_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcing, "_LOOK_SECONDS", 0.02)
    wanted = [False]
    async with announcer(wanted) as one:
        await asyncio.sleep(0)
        assert one.address is None
        wanted[0] = True
        address = await until(lambda: one.address)
        wanted[0] = False
        await until(lambda: one.address is None)
        assert await found_at(address, seconds=0.3) == []


async def test_noise_is_not_answered_and_nobody_is_flooded() -> None:
    async with announcer([True]) as one:
        address = await until(lambda: one.address)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.setblocking(False)
            asker.bind((HERE, 0))
            for message in (b"", b"\0" * 12, b"\xff" * 500, bytes(9000)):
                asker.sendto(message, address)
            for number in range(200):
                asker.sendto(encode_query(number), address)
                await asyncio.sleep(0)
            asker.sendto(encode_query(1), address)
            answers: list[bytes] = []
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(10):
                answers.append(await loop.sock_recv(asker, 9000))
            await asyncio.sleep(0.1)  # What more there is has come by then: it is all within this machine.
            while True:
                try:
                    answers.append(asker.recv(9000))
                except BlockingIOError:
                    break
    assert 0 < len(answers) <= 2 * announcing._MOST_A_SECOND
    assert all(read_answer(one) for one in answers)


def test_only_the_local_network_may_ask() -> None:
    assert all(announcing._is_near(host) for host in ("127.0.0.1", "192.168.1.5", "10.0.0.1", "169.254.3.4"))
    assert not announcing._is_near("8.8.8.8")
