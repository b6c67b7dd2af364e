"""Look for servers on the local network, where somebody asks for it. Blocking; nothing of it is an error."""

import ipaddress
import logging
import secrets
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import psutil

from studiolo.dns_sd import GROUP, MOST_BYTES, PORT, encode_query, read_answer

logger = logging.getLogger(__name__)

LOOK_SECONDS = 4.0
_ASK_EVERY_SECONDS = 1.0
_POLL_SECONDS = 0.2
_MOST_FOUND = 100
_MOST_MESSAGES = 2000
"""A flood of them ends the search."""


@dataclass(frozen=True)
class FoundServer:
    """A server that has answered. name: what it calls itself, a stranger's word. address: as of normalize_address."""

    name: str
    address: str


def find_servers(
    found: Callable[[FoundServer], None],
    stop: threading.Event,
    *,
    seconds: float = LOOK_SECONDS,
    group: tuple[str, int] = (GROUP, PORT),
    addresses: list[str] | None = None,
) -> None:
    """Ask for servers, and tell of each that answers once.

    Args:
        found: Called in this thread.
        stop: Ends the search early.
        seconds: How long it takes.
        group: Who is asked.
        addresses: Those of this machine from which it is asked; None for all of IPv4.
    """
    told: set[str] = set()
    number = secrets.randbelow(2**16)
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        sockets = []
        for address in own_addresses() if addresses is None else addresses:
            with suppress(OSError):
                sockets.append(stack.enter_context(_asking_from(address)))
                selector.register(sockets[-1], selectors.EVENT_READ)
        began, asked, messages = time.monotonic(), 0, 0
        while sockets and not stop.is_set() and messages < _MOST_MESSAGES:
            elapsed = time.monotonic() - began
            if elapsed >= seconds:
                return
            if elapsed >= asked * _ASK_EVERY_SECONDS:
                _ask(sockets, encode_query(number), group)
                asked += 1
            for key, _ in selector.select(min(_POLL_SECONDS, seconds - elapsed)):
                with suppress(OSError):
                    message, (host, *_) = key.fileobj.recvfrom(MOST_BYTES + 1)  # type: ignore[union-attr]
                    messages += 1
                    _tell(message, host, told, found)


def own_addresses() -> list[str]:
    """Return the IPv4 addresses of this machine on its networks; nobody else is on the loopback one."""
    addresses = []
    try:
        stats = psutil.net_if_stats()
        for name, entries in psutil.net_if_addrs().items():
            up = name not in stats or stats[name].isup
            addresses += [
                one.address
                for one in entries
                if up and one.family == socket.AF_INET and not ipaddress.ip_address(one.address).is_loopback
            ]
    except (OSError, ValueError, psutil.Error) as error:
        logger.info("the networks of this machine are not known: %s", error)
    return addresses


def _asking_from(address: str) -> socket.socket:
    """Raises OSError."""
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    try:
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        asking.bind((address, 0))
        asking.setblocking(False)
    except OSError:
        asking.close()
        raise
    return asking


def _ask(sockets: list[socket.socket], query: bytes, group: tuple[str, int]) -> None:
    for asking in sockets:
        with suppress(OSError):
            asking.sendto(query, group)


def _tell(message: bytes, host: str, told: set[str], found: Callable[[FoundServer], None]) -> None:
    """The answer's own machine is meant: nobody sends us to another one."""
    for service in read_answer(message):
        address = f"http://{ipaddress.IPv4Address(host)}:{service.port}"
        if address not in told and len(told) < _MOST_FOUND:
            told.add(address)
            found(FoundServer(service.name, address))
