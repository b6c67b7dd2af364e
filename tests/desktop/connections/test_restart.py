"""Restarting the server of this computer: it comes back as what it was."""

import asyncio
import socket

import psutil

from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Connection, Lost, Ready, Starting, State
from studiolo.local_server import running_server, start_detached, stop
from studiolo.paths import app_paths
from studiolo.server.settings import ServerSettingsStore
from tests.stands.waiting import until


async def test_a_server_that_outlives_the_window_does_so_again() -> None:
    ServerSettingsStore(app_paths().config / "server.json").change({"port": 0})
    await asyncio.to_thread(start_detached)
    before = running_server(app_paths())
    assert before
    errors: list[BaseException] = []
    connection = Connection(app_paths(), errors.append)
    states: list[State] = []
    connection.changed.connect(lambda: states.append(connection.state))
    try:
        connection.open()
        await until(lambda: isinstance(connection.state, Ready))
        connection.restart()
        await until(lambda: states.count(Starting()) == 2 and isinstance(connection.state, Ready))
        after = running_server(app_paths())
        assert after
        assert after.pid != before.pid
        assert not psutil.pid_exists(before.pid) or psutil.Process(before.pid).status() == psutil.STATUS_ZOMBIE
        assert not connection.owned
        await connection.aclose()
        assert running_server(app_paths()) == after
    finally:
        await connection.aclose()
        await asyncio.to_thread(stop, app_paths())
    assert errors == []


async def test_a_server_of_another_machine_is_not_restarted() -> None:
    connection = Connection(app_paths(), lambda _: None, address="http://127.0.0.1:9")
    before = connection.state
    connection.restart()
    assert connection.state == before
    await connection.aclose()


async def test_a_server_that_does_not_come_back_is_told_with_the_reason() -> None:
    store = ServerSettingsStore(app_paths().config / "server.json")
    store.change({"port": 0})
    await asyncio.to_thread(start_detached)
    connection = Connection(app_paths(), lambda _: None)
    try:
        connection.open()
        await until(lambda: isinstance(connection.state, Ready))
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            await ServerApi(connection.client).change_settings({"port": port})
            connection.restart()
            state = await until(lambda: connection.state if isinstance(connection.state, Lost) else None)
            assert f"Port {port} is in use" in state.error.hint
    finally:
        await connection.aclose()
        await asyncio.to_thread(stop, app_paths())
