"""Where the server listens."""

import contextlib
import socket
from collections.abc import Iterator

import httpx
import pytest

from studiolo.server.ports import also_on_ipv6, bind_listener
from tests.stands.server_process import server_process
from tests.stands.waiting import LIMIT_SECONDS


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_both_addresses_of_this_machine_are_answered() -> None:
    with server_process() as (_, state):
        for host in ("127.0.0.1", "[::1]", "localhost"):
            assert (
                httpx.get(f"http://{host}:{state.port}/api/v1/server", timeout=LIMIT_SECONDS).json()["pid"] == state.pid
            )


@contextlib.contextmanager
def closed(sockets: list[socket.socket]) -> Iterator[list[socket.socket]]:
    yield sockets
    for one in sockets:
        one.close()


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_a_port_that_is_taken_on_the_other_address_is_left_to_its_holder() -> None:
    with closed([bind_listener("127.0.0.1", 0, any_port=False)]) as [listener]:
        port = listener.getsockname()[1]
        with closed(also_on_ipv6(port)) as first, closed(also_on_ipv6(port)) as second:
            assert (len(first), second) == (1, [])
