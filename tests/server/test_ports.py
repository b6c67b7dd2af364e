"""The port that a server was to have, and the one that it got."""

import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from studiolo.api.server import ListeningStatus
from studiolo.errors import RequestError
from studiolo.local_server import running_server
from studiolo.paths import app_paths
from studiolo.server.ports import EVERYWHERE, Listening, network_hosts
from studiolo.server.settings import ServerSettingsStore
from tests.stands.server_process import server_process
from tests.stands.waiting import wait_until


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    """A port that somebody else has."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other


def test_a_server_takes_its_port_when_it_is_free_and_keeps_the_other(taken: socket.socket) -> None:
    wanted = taken.getsockname()[1]
    ServerSettingsStore(app_paths().config / "server.json").change({"port": wanted})
    with server_process("--any-port") as (_, state), httpx.Client(timeout=30) as http:
        first = state.address

        def status() -> ListeningStatus:
            return ListeningStatus.model_validate(http.get(f"{first}/api/v1/server/status").raise_for_status().json())

        told = status()
        assert (told.wanted_port, told.port, told.on_network) == (wanted, state.port, False)
        assert told.port != wanted
        assert told.port_holder
        assert not told.takes_wanted_port
        answer = http.put(f"{first}/api/v1/server/port", json={"take_when_free": True})
        assert answer.json()["takes_wanted_port"] is True
        taken.close()
        wait_until(lambda: status().port == wanted, "the port")
        assert http.get(f"http://127.0.0.1:{wanted}/lmstudio-greeting").json() == {"lmstudio": True}
        after = wait_until(lambda: (now := running_server(app_paths())) and now.port == wanted and now, "the file")
        assert after.pid == state.pid
        assert status().port_holder is None
        refused = http.put(f"{first}/api/v1/server/port", json={"take_when_free": True})
        assert refused.status_code == 400


def test_who_has_the_port_is_told_only_while_somebody_has_it(taken: socket.socket) -> None:
    place = Listening("127.0.0.1", 1, wanted=taken.getsockname()[1])
    assert "process" in (place.find_holder() or "")
    taken.close()
    assert place.find_holder() is None


async def test_the_port_is_tried_off_the_event_loop(monkeypatch: pytest.MonkeyPatch, taken: socket.socket) -> None:
    asked: list[threading.Thread] = []

    def holder_of(port: int) -> str:
        asked.append(threading.current_thread())
        taken.close()
        return "somebody"

    async def listen(listeners: list[socket.socket]) -> None:
        for listener in listeners:
            listener.close()

    monkeypatch.setattr("studiolo.server.ports.holder_of", holder_of)
    place = Listening("127.0.0.1", 1, wanted=taken.getsockname()[1])
    place.take_wanted(take=True)
    assert await place.move(listen, every_seconds=0.001)
    assert asked
    assert threading.main_thread() not in asked


def test_where_any_port_would_do_there_is_none_to_take() -> None:
    with pytest.raises(RequestError, match="has the port"):
        Listening(EVERYWHERE, 4711, wanted=0).take_wanted(take=True)


def test_this_machine_alone_is_no_network() -> None:
    assert not [host for host in network_hosts() if host.startswith("127.")]
