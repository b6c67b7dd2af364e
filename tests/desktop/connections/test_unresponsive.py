"""A server of ours that does not answer: it is said so, and it can be ended from the window."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from studiolo.desktop.connections import connection as module
from studiolo.desktop.connections.connection import Connection, Lost, Ready
from studiolo.desktop.connections.server_button import ServerButton
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.local_server import OwnedServer, running_server, start_owned
from studiolo.paths import app_paths
from tests.stands.waiting import until


@pytest.fixture
async def frozen(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OwnedServer]:
    """A server that was started by somebody else, and is stopped as a debugger would."""
    monkeypatch.setattr(module, "_ANSWER_SECONDS", 0.3)
    server = await asyncio.to_thread(start_owned, app_paths())
    assert isinstance(server, OwnedServer)
    os.kill(server.state.pid, signal.SIGSTOP)
    yield server
    if server.process.poll() is None:
        os.kill(server.state.pid, signal.SIGCONT)
    await asyncio.to_thread(server.stop)


async def test_a_server_that_does_not_answer_is_named_and_replaced_when_asked(
    frozen: OwnedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studiolo.local_server._KILL_SECONDS", 0.2)
    errors: list[BaseException] = []
    connection = Connection(app_paths(), errors.append)
    connection.open()
    await until(lambda: isinstance(connection.state, Lost))
    assert isinstance(connection.state, Lost)
    assert connection.state.stuck == frozen.state.pid
    assert str(frozen.state.pid) in connection.state.error.message
    monkeypatch.setattr(module, "_ANSWER_SECONDS", 30.0)
    connection.replace_stuck()
    await until(lambda: isinstance(connection.state, Ready))
    fresh = running_server(app_paths())
    assert fresh
    assert fresh.pid != frozen.state.pid
    assert frozen.process.wait(10) < 0
    await connection.aclose()
    assert not errors


async def test_the_window_offers_to_end_it(frozen: OwnedServer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[BaseException] = []
    servers = Servers(app_paths(), errors.append)
    window = QWidget()
    qtbot.addWidget(window)
    button = ServerButton(servers, errors.append, window)
    servers.open()
    box = await until(lambda: next(iter(window.findChildren(QMessageBox)), None), "the question")
    assert box
    assert str(frozen.state.pid) in box.text()
    monkeypatch.setattr(module, "_ANSWER_SECONDS", 30.0)
    monkeypatch.setattr("studiolo.local_server._KILL_SECONDS", 0.2)
    [agree] = [one for one in box.buttons() if box.buttonRole(one) == QMessageBox.ButtonRole.AcceptRole]
    agree.click()
    await until(lambda: isinstance(servers.connection(OWN).state, Ready))
    assert frozen.process.wait(10) < 0
    await servers.aclose()
    button.deleteLater()
    assert not errors
    QApplication.processEvents()
