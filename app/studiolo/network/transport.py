"""Transports of httpx that go by the network's rules: the way is asked for with each request."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import httpcore
import httpx

from studiolo.network.counting import CountedBackend, on_the_way
from studiolo.network.network import Network, Purpose, Way
from studiolo.network.proxies import ProxyServer

T = TypeVar("T")

_Key = tuple[ProxyServer | None, str]

USUAL_LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=15.0)


class Routes(Generic[T]):
    """A transport for each proxy, and for each file of extra certificates, that was needed so far."""

    def __init__(self, network: Network, purpose: Purpose, make: Callable[[ProxyServer | None], T]) -> None:
        """make: a transport; it is called in a thread, but for this machine."""
        self._network = network
        self._purpose = purpose
        self._make = make
        self._made: dict[_Key, T] = {}

    async def find(self, url: str) -> tuple[T, Way]:
        """Return what sends a request to an address. Raises OfflineError, RequestError."""
        way = await self._network.way(url, self._purpose)
        key = (way.proxy, self._network.choice.extra_certificates)
        if key not in self._made:
            # To read certificates takes a while; what stays on this machine needs none.
            made = self._make(None) if way.is_loopback else await asyncio.to_thread(self._make, way.proxy)
            self._made.setdefault(key, made)
        return self._made[key], way

    @property
    def all(self) -> list[T]:
        """Return all that were made, to be closed."""
        return list(self._made.values())


class NetworkTransport(httpx.AsyncBaseTransport):
    """Sends the requests of one client. certificates: whom to trust; asked when a transport is made."""

    def __init__(
        self,
        network: Network,
        purpose: Purpose,
        *,
        certificates: Callable[[], ssl.SSLContext],
        limits: httpx.Limits = USUAL_LIMITS,
    ) -> None:
        self._network = network
        self._certificates = certificates
        self._limits = limits
        self._routes = Routes(network, purpose, self._transport)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises OfflineError and RequestError beside what httpx raises."""
        transport, way = await self._routes.find(str(request.url))
        with on_the_way(way):
            return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in self._routes.all:
            await transport.aclose()

    def _transport(self, proxy: ProxyServer | None) -> httpx.AsyncHTTPTransport:
        context = self._certificates()
        transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
        backend: Any = CountedBackend(self._network, httpcore.AnyIOBackend())
        transport._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            proxy=proxy_for(httpcore.Proxy, proxy),
            max_connections=self._limits.max_connections,
            max_keepalive_connections=self._limits.max_keepalive_connections,
            keepalive_expiry=self._limits.keepalive_expiry,
            network_backend=backend,
        )
        return transport


def proxy_for(kind: Callable[..., T], proxy: ProxyServer | None) -> T | None:
    """Return a proxy as httpcore, or httpcore2, has it."""
    return kind(proxy.url, headers=list(proxy.headers.items())) if proxy else None


def plain_context() -> ssl.SSLContext:
    """Return a context that trusts nobody, for a client that never uses TLS.

    To load the authorities takes longer than a request to this machine.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
