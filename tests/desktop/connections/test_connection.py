"""The connection, with real servers."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.desktop.connections import connection as module
from studiolo.desktop.connections.connection import Connection, Lost, Ready, Starting, State, Stopped
from studiolo.errors import AccessError, AppError, UnreachableError
from studiolo.local_server import OwnedServer, running_server, start_owned
from studiolo.paths import app_paths
from tests.stands.serving import serving
from tests.stands.waiting import until

_FIRST_REQUEST = """
import asyncio, sys, threading, time
from studiolo.client.client import Client
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.warm_up import warm_client
from studiolo.errors import UnreachableError

async def ask():
    async with Client("127.0.0.1:1") as client:
        try:
            await ServerApi(client).info()
        except UnreachableError:
            pass

if sys.argv[1] == "warm":
    thread = threading.Thread(target=warm_client)
    thread.start()
    thread.join()
began = time.thread_time()
asyncio.run(ask())
print(time.thread_time() - began)
"""


class Watched:
    """A connection and all it has gone through."""

    def __init__(self, address: str | None = None) -> None:
        self.errors: list[BaseException] = []
        self.connection = Connection(app_paths(), self.errors.append, address=address)
        self.states: list[State] = []
        self._seen = 0
        self.connection.changed.connect(lambda: self.states.append(self.connection.state))

    @property
    def kinds(self) -> list[type]:
        return [type(state) for state in self.states]

    async def becomes(self, kind: type) -> None:
        """Wait until it has become this since it last became what was waited for; it may be another by now."""
        await until(lambda: kind in self.kinds[self._seen :], f"the state {kind.__name__}")
        self._seen = self.kinds.index(kind, self._seen) + 1

    async def has_become(self, kind: type, times: int) -> None:
        await until(lambda: self.kinds.count(kind) == times)

    def server(self) -> psutil.Process:
        state = running_server(app_paths())
        assert state
        return psutil.Process(state.pid)


@pytest.fixture
def started_here() -> Callable[[], list[psutil.Process]]:
    """Tells the processes that the test started: other tests may share servers, and Python keeps trackers."""
    before = set(psutil.Process().children())
    return lambda: [child for child in psutil.Process().children() if child not in before]


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    watched = Watched()
    yield watched
    await watched.connection.aclose()
    assert watched.errors == []


async def found_server() -> OwnedServer:
    server = await asyncio.to_thread(start_owned, app_paths())
    assert isinstance(server, OwnedServer)
    return server


async def test_it_starts_a_server_and_ends_it(watched: Watched) -> None:
    connection = watched.connection
    assert connection.state == Stopped()
    with pytest.raises(UnreachableError):
        _ = connection.client
    connection.open()
    await watched.becomes(Starting)
    with pytest.raises(UnreachableError):
        _ = connection.client
    await watched.becomes(Ready)
    server = watched.server()
    info = await ServerApi(connection.client).info()
    assert info is not None
    assert info.pid == server.pid
    await connection.aclose()
    await connection.aclose()
    assert watched.kinds == [Starting, Ready, Stopped]
    assert not server.is_running()


async def test_it_uses_a_running_server_and_leaves_it_alone(watched: Watched) -> None:
    server = await found_server()
    watched.connection.open()
    await watched.becomes(Ready)
    assert watched.connection.state == Ready(server.state.address)
    await watched.connection.aclose()
    assert running_server(app_paths()) == server.state
    await asyncio.to_thread(server.stop)


async def test_a_killed_server_is_lost_and_started_again(watched: Watched) -> None:
    watched.connection.open()
    await watched.becomes(Ready)
    former = watched.server()
    former.kill()
    await watched.becomes(Lost)
    lost = watched.connection.state
    assert isinstance(lost, Lost)
    assert lost.error.retryable
    with pytest.raises(UnreachableError):
        _ = watched.connection.client
    await watched.becomes(Ready)
    assert watched.server().pid != former.pid
    assert await ServerApi(watched.connection.client).info()
    assert watched.kinds == [Starting, Ready, Lost, Starting, Ready]


async def test_a_server_that_keeps_dying_is_not_started_for_ever(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BACK_OFF_SECONDS", 0.1)
    watched.connection.open()
    for deaths in (1, 2):
        await watched.becomes(Ready)
        watched.server().kill()
        await watched.has_become(Lost, deaths)
    await asyncio.sleep(0.5)
    assert watched.kinds == [Starting, Ready, Lost, Starting, Ready, Lost]
    watched.connection.retry()
    await watched.becomes(Ready)


async def test_a_stable_server_that_dies_is_always_started_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BACK_OFF_SECONDS", 0.1)
    monkeypatch.setattr(module, "_STABLE_SECONDS", 0.0)
    watched.connection.open()
    for readies in (1, 2, 3):
        await watched.has_become(Ready, readies)
        watched.server().kill()
    await watched.has_become(Ready, 4)


async def test_where_a_found_server_ends_one_is_started(watched: Watched) -> None:
    server = await found_server()
    watched.connection.open()
    await watched.becomes(Ready)
    await asyncio.to_thread(server.stop)
    await watched.becomes(Lost)
    await watched.becomes(Ready)
    assert watched.server().ppid() == os.getpid()
    assert watched.server().pid != server.process.pid


async def test_retry_asks_a_living_server_again_and_keeps_owning_it(watched: Watched) -> None:
    watched.connection.open()
    await watched.becomes(Ready)
    server = watched.server()
    watched.connection.retry()
    watched.connection.retry()
    await until(lambda: watched.kinds == [Starting, Ready, Starting, Ready])
    assert watched.server().pid == server.pid
    await watched.connection.aclose()
    assert not server.is_running()


async def test_a_server_that_hangs_is_lost_until_it_answers_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.connection.open()
    await watched.becomes(Ready)
    hanging = watched.server()
    hanging.suspend()
    monkeypatch.setattr(module, "_ANSWER_SECONDS", 0.3)
    watched.connection.retry()
    await watched.becomes(Lost)
    assert isinstance(watched.connection.state, Lost)
    assert "does not answer" in watched.connection.state.error.message
    hanging.resume()
    watched.connection.retry()
    await watched.becomes(Ready)
    assert watched.server().pid == hanging.pid


async def test_a_retry_while_the_server_dies_starts_another(watched: Watched) -> None:
    watched.connection.open()
    await watched.becomes(Ready)
    dying = watched.server()
    dying.suspend()
    watched.connection.retry()
    await watched.becomes(Starting)
    dying.kill()
    await watched.becomes(Ready)
    assert watched.server().pid != dying.pid
    assert Lost not in watched.kinds


async def test_closing_while_the_server_starts_leaves_none(
    watched: Watched, started_here: Callable[[], list[psutil.Process]]
) -> None:
    watched.connection.open()
    children = await until(started_here)
    await watched.connection.aclose()
    assert not [child for child in children if child.is_running()]
    assert watched.kinds == [Starting, Stopped]


async def test_a_server_that_cannot_start_is_lost_with_its_own_words(watched: Watched, application_home: Path) -> None:
    (application_home / "run").write_text("a file where the folder should be")
    watched.connection.open()
    await watched.becomes(Lost)
    assert isinstance(watched.connection.state, Lost)
    assert str(application_home / "run") in str(watched.connection.state.error)
    (application_home / "run").unlink()
    watched.connection.retry()
    await watched.becomes(Ready)


async def test_with_an_address_no_process_is_started(started_here: Callable[[], list[psutil.Process]]) -> None:
    async with serving() as server:
        watched = Watched(server.address)
        watched.connection.open()
        await watched.becomes(Ready)
        assert watched.connection.state == Ready(server.address)
        assert await ModelsApi(watched.connection.client).list_models() is not None
        await watched.connection.aclose()
    assert started_here() == []


async def test_with_an_address_where_nobody_answers_it_is_lost_until_somebody_does(
    started_here: Callable[[], list[psutil.Process]],
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        watched = Watched(f"http://127.0.0.1:{nobody.getsockname()[1]}")
        watched.connection.open()
        await watched.becomes(Lost)
        assert isinstance(watched.connection.state, Lost)
        assert isinstance(watched.connection.state.error, UnreachableError)
    assert started_here() == []
    await watched.connection.aclose()


async def test_what_is_no_address_is_lost_too() -> None:
    watched = Watched("http://")
    watched.connection.open()
    await watched.becomes(Lost)
    assert isinstance(watched.connection.state, Lost)
    assert isinstance(watched.connection.state.error, AppError)
    assert watched.errors == []
    await watched.connection.aclose()


async def test_a_server_that_asks_for_tokens_lets_its_own_window_in(watched: Watched) -> None:
    app_paths().config.mkdir(parents=True)
    (app_paths().config / "server.json").write_text('{"require_authentication": true}')
    watched.connection.open()
    await watched.becomes(Ready)
    await ModelsApi(watched.connection.client).list_models()
    async with Client(watched.connection.client.address) as stranger:
        with pytest.raises(AccessError):
            await ModelsApi(stranger).list_models()


async def test_warming_takes_the_first_requests_price_off_the_window() -> None:
    async def seconds(how: str) -> float:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _FIRST_REQUEST, how, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        return float(output)

    assert await seconds("warm") < await seconds("cold") / 2
