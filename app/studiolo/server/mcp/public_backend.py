"""A network for httpx2 that has public addresses only: the address that was checked is the one that is connected to."""

from collections.abc import Iterable
from typing import Any

import httpcore2
from httpcore2 import AnyIOBackend

from studiolo.server.mcp.addresses import PrivateAddressError, Resolver, public_addresses, resolve


class PublicBackend(httpcore2.AsyncNetworkBackend):
    """Resolves each name anew for each connection, and connects to the very address that it judged.

    Names in `Host` and TLS are what they were: those are made above it.
    """

    def __init__(self, resolver: Resolver = resolve) -> None:
        self._resolver = resolver
        self._network = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect. Raises PrivateAddressError, which no retry changes, or httpcore2.ConnectError."""
        try:
            addresses = await public_addresses(host, port, self._resolver)
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} can't be resolved") from error
        failure: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.AsyncNetworkStream:
        """Raise PrivateAddressError: a socket of this computer is never public."""
        raise PrivateAddressError(path)

    async def sleep(self, seconds: float) -> None:
        """Sleep for so many seconds, as the network beneath does."""
        await self._network.sleep(seconds)
