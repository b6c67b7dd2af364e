"""Where a server listens: the port that it was to have, the one that it got, and the way from one to the other."""

import asyncio
import contextlib
import errno
import logging
import socket
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import psutil

from studiolo.errors import AppError, RequestError

logger = logging.getLogger(__name__)

EVERYWHERE = "0.0.0.0"
TRY_SECONDS = 2.0


class Listening:
    """Where a server listens. The defaults are for one that nobody knows this of.

    Args:
        host: The address that it is bound to; EVERYWHERE for all of IPv4.
        port: The one that it got.
        wanted: The one that it was to have; 0 for any.
    """

    def __init__(self, host: str = "", port: int = 0, wanted: int = 0) -> None:
        self.host = host
        self.port = port
        self.wanted = wanted
        self.started = datetime.now(UTC)
        self._taking = asyncio.Event()

    @property
    def has_other_port(self) -> bool:
        """Return whether it listens on another port than it was to."""
        return bool(self.wanted and self.port and self.wanted != self.port)

    @property
    def takes_wanted(self) -> bool:
        """Return whether it takes the port that it was to have as soon as that is free."""
        return self.has_other_port and self._taking.is_set()

    def take_wanted(self, *, take: bool) -> None:
        """Take the port that it was to have when it is free, or stay where it is. Raises RequestError."""
        if not self.has_other_port:
            raise RequestError("The server has the port that it was to have.", code="invalid_value")
        if take:
            self._taking.set()
        else:
            self._taking.clear()

    async def move(
        self, listen: Callable[[list[socket.socket]], Awaitable[None]], *, every_seconds: float = TRY_SECONDS
    ) -> bool:
        """Wait until the wanted port is free, if somebody asks for that, and listen there too. Return whether it does.

        The first port stays open: programs that know it go on.
        """
        while self.has_other_port:
            await self._taking.wait()
            try:
                # Where it is in use, all processes are asked for who has it.
                listener = await asyncio.to_thread(bind_listener, self.host, self.wanted, any_port=False)
            except AppError:
                await asyncio.sleep(every_seconds)
                continue
            await listen([listener, *also_on_ipv6(self.wanted)])
            logger.info("listening on port %d as well, which is free now", self.wanted)
            self.port = self.wanted
            return True
        return False

    def find_holder(self) -> str | None:
        """Return who has the port that this server was to have; None where it has it, or it is free. Blocking."""
        if not self.has_other_port:
            return None
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            if sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((self.host, self.wanted))
            return None
        return holder_of(self.wanted)


def bind_listener(host: str, port: int, *, any_port: bool) -> socket.socket:
    """Return a listening socket; with any_port on a free port if the wanted one is in use. Raises AppError."""
    # asyncio switches Nagle's algorithm off only where the protocol is named: else each small answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES) and any_port:
            return bind_listener(host, 0, any_port=False)
        if error.errno == errno.EADDRINUSE:
            raise AppError(
                f"Port {port} is in use by {holder_of(port)}.", hint="End that program, or choose another with --port."
            ) from error
        raise AppError(f"Port {port} can't be used: {error.strerror}.", hint="Choose another with --port.") from error
    return listener


def also_on_ipv6(port: int) -> list[socket.socket]:
    """Return a listening socket on the other loopback address: programs take `localhost` for either.

    None where that can't be.

    The network is served by IPv4 alone: an address of IPv6 is often one that the whole internet can reach.
    """
    listener: socket.socket | None = None
    try:
        listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("::1", port))
        listener.listen(128)
    except OSError as error:
        if listener:
            listener.close()
        logger.warning("not listening on [::1]:%d: %s", port, error)
        return []
    return [listener]


def network_hosts() -> list[str]:
    """Return the addresses under which other machines may reach this one. Blocking."""
    try:
        stats = psutil.net_if_stats()
        found = psutil.net_if_addrs()
    except (OSError, psutil.Error):
        return []
    hosts = [
        address.address
        for name, addresses in found.items()
        if name not in stats or stats[name].isup
        for address in addresses
        if address.family is socket.AF_INET and not address.address.startswith(("127.", "169.254."))
    ]
    return list(dict.fromkeys(hosts))


def holder_of(port: int) -> str:
    """Return who listens on `port`, as far as this user may know. Blocking."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            own = tuple(connection.laddr)
            if connection.status == psutil.CONN_LISTEN and port in own and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "another program"
