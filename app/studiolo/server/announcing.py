"""Answers whoever looks for servers on the network, while that is wished and the network is served."""

import asyncio
import ipaddress
import logging
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import psutil

from studiolo.dns_sd import GROUP, PORT, encode_answer, read_query

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 2.0
_MOST_A_SECOND = 20
"""Answers: they are longer than the questions, and nobody shall be flooded with them in another's name."""


class Announcer:
    """wanted: whether it is wished, asked again and again. port: where the server listens."""

    def __init__(
        self, wanted: Callable[[], bool], port: int, *, name: str | None = None, listen: tuple[str, int] = ("", PORT)
    ) -> None:
        self._wanted = wanted
        self._port = port
        self._name = name or f"Studiolo on {socket.gethostname()}"
        self._listen = listen
        self._transport: asyncio.DatagramTransport | None = None
        self._failed = False

    @property
    def address(self) -> tuple[str, int] | None:
        """Return where it listens; None while it does not."""
        return self._transport.get_extra_info("sockname") if self._transport else None

    async def run(self) -> None:
        """Answer while that is wanted, until cancelled."""
        try:
            while True:
                wanted = self._wanted()
                if wanted and self._transport is None:
                    await self._open()
                elif not wanted:
                    self._close()
                    self._failed = False
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            self._close()

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            listener = await asyncio.to_thread(_listening, self._listen)
            self._transport, _ = await loop.create_datagram_endpoint(
                lambda: _Answering(self._port, self._name), sock=listener
            )
        except OSError as error:
            if not self._failed:  # Said once; it is tried again and again.
                logger.warning("this server can't be announced: %s", error)
            self._failed = True

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None


class _Answering(asyncio.DatagramProtocol):
    def __init__(self, port: int, name: str) -> None:
        self._port = port
        self._name = name
        self._second, self._answers = 0, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Those of datagrams are of that class in name only.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, message: bytes, asker: tuple[str, int]) -> None:
        query = read_query(message)
        if query is None or not _is_near(asker[0]) or not self._may_answer():
            return
        # An ordinary client asks from a port of its own, and hears nothing that is sent to all.
        to_one = asker[1] != PORT
        with suppress(OSError, ValueError):
            answer = encode_answer(
                query,
                name=self._name,
                host=socket.gethostname().partition(".")[0],
                port=self._port,
                address=_own_address_for(asker[0]),
                to_one=to_one,
            )
            self._transport.sendto(answer, asker if to_one or query.wants_unicast else (GROUP, PORT))

    def _may_answer(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._answers = second, 0
        self._answers += 1
        return self._answers <= _MOST_A_SECOND


def _listening(where: tuple[str, int]) -> socket.socket:
    """Return a socket that hears what is asked of all. Others on this machine may hear it as well. Raises OSError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        listener.bind(where)
        listener.setblocking(False)
        for entries in psutil.net_if_addrs().values():
            for one in entries:
                if one.family == socket.AF_INET:
                    with suppress(OSError):  # A network that knows no groups, or has been joined already.
                        membership = socket.inet_aton(GROUP) + socket.inet_aton(one.address)
                        listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    except (OSError, psutil.Error):
        listener.close()
        raise
    return listener


def _is_near(host: str) -> bool:
    """Return whether an address is of a local network: others have no business to ask (RFC 6762, section 11)."""
    address = ipaddress.ip_address(host)
    return address.is_private or address.is_link_local or address.is_loopback


def _own_address_for(host: str) -> str:
    """Return the address under which this machine is known to another. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
        route.connect((host, 9))
        return str(route.getsockname()[0])
