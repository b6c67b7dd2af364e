"""The HTTP client of one server: public addresses only where it must be so, answers bounded, refusals remembered."""

import re
from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

import httpcore2
import httpx2

from studiolo import __version__
from studiolo.network.counting import CountedBackend, on_the_way
from studiolo.network.network import Network, Purpose
from studiolo.network.proxies import ProxyServer
from studiolo.network.transport import Routes, plain_context, proxy_for
from studiolo.server.mcp.addresses import Resolver, resolve
from studiolo.server.mcp.contract import ServerSpec
from studiolo.server.mcp.failures import unreachable
from studiolo.server.mcp.messages import TOO_LARGE, Census
from studiolo.server.mcp.public_backend import PublicBackend

_CONNECTIONS, _KEPT_CONNECTIONS, _KEPT_SECONDS = 20, 5, 15.0
_TIMEOUT = httpx2.Timeout(30.0, connect=10.0, read=None)
_OTHER_TRANSPORT = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.NOT_ACCEPTABLE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.NOT_IMPLEMENTED,
    }
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
_SIGN_IN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class TooLargeError(httpx2.StreamError):
    """A body beyond what is read. The SDK makes an error of the call of it."""

    def __init__(self) -> None:
        super().__init__(f"It {TOO_LARGE}.")


@dataclass
class Refusal:
    """How an endpoint answered a request last, as far as that was no success; 0 where it was one.

    denied: the credentials, maybe none, that it answered 401 to since its last success. Servers that speak one era of
    MCP alone refuse the other era's first request for a reason of their own, after they have said that a sign-in is
    wanted.
    """

    status: int = 0
    posted: bool = False
    denied: str | None = field(default=None, repr=False)

    @property
    def wants_sign_in(self) -> bool:
        """Return whether the answer was 401 or 403, or one before it was 401 and none a success since."""
        return self.denied is not None or self.status in _SIGN_IN

    def note(self, status: int, credentials: str = "") -> None:
        """Remember an answer by its status. credentials: those of the request, which may be others than before."""
        success = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
        self.status = 0 if success else status
        if status == HTTPStatus.UNAUTHORIZED:
            self.denied = credentials
        elif success or credentials not in ("", self.denied):
            # It has let these in: a token was renewed meanwhile, and what is wrong now is something else.
            self.denied = None

    @property
    def speaks_otherwise(self) -> bool:
        """Return whether it may speak the older transport, with a stream of events of its own."""
        return self.status in _OTHER_TRANSPORT

    @property
    def redirects(self) -> bool:
        """Return whether the answer sent the request elsewhere (a status from 300 to 399)."""
        return HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST


current_refusal: ContextVar[Refusal | None] = ContextVar("current_refusal", default=None)
"""Of the call on whose behalf a request is sent."""


class _Bounded(httpx2.AsyncByteStream):
    """A body of JSON, up to the size of one message."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        census = Census()
        async for chunk in self._stream:
            if not census.add(chunk):
                raise TooLargeError
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class McpTransport(httpx2.AsyncBaseTransport):
    """Sends the requests to one server, by the network's rules.

    One that must be public is connected to without a proxy: a proxy would resolve its name by itself.
    """

    def __init__(self, spec: ServerSpec, network: Network, resolver: Resolver) -> None:
        self._network = network
        self._inner: Any = httpcore2.AnyIOBackend() if spec.private else PublicBackend(resolver)
        self._direct = not spec.private
        self._routes = Routes(network, Purpose("mcp", spec.name.label), self._transport)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request. Raises OfflineError and RequestError beside what httpx2 raises."""
        transport, way = await self._routes.find(str(request.url))
        with on_the_way(replace(way, proxy=None) if self._direct else way):
            return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in self._routes.all:
            await transport.aclose()

    def _transport(self, proxy: ProxyServer | None) -> httpx2.AsyncHTTPTransport:
        context = self._network.certificates()
        transport = httpx2.AsyncHTTPTransport(verify=context, trust_env=False)
        backend: Any = CountedBackend(self._network, self._inner)
        transport._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context,
            proxy=None if self._direct else proxy_for(httpcore2.Proxy, proxy),
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_KEPT_CONNECTIONS,
            keepalive_expiry=_KEPT_SECONDS,
            network_backend=backend,
        )
        return transport


def make_client(
    spec: ServerSpec,
    refusal: Refusal,
    *,
    network: Network,
    auth: httpx2.Auth | None = None,
    headers: dict[str, str] | None = None,
    resolver: Resolver = resolve,
) -> httpx2.AsyncClient:
    """Return a client for one server.

    Args:
        spec: Where it is, and what is sent to it.
        refusal: Told of what the endpoint refuses while it is connected to.
        network: The way there.
        auth: Signs in to it.
        headers: Sent beside those of `spec`.
        resolver: Says what a name leads to, where it must be public.

    Raises:
        McpServerError: Its headers are none.
    """
    if not all(_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value) for name, value in spec.headers.items()):
        raise unreachable(spec.name, "has headers that can't be sent", hint="Check `headers`.", retryable=False)
    endpoint = httpx2.URL(spec.url or "")

    async def look(response: httpx2.Response) -> None:
        asked = response.request.url
        posted = response.request.method == "POST"
        # Beside its posts the newer transport asks for a stream of events, which many servers don't have.
        if (asked.host, asked.path) == (endpoint.host, endpoint.path) and (posted or not refusal.posted):
            refusal.posted = refusal.posted or posted
            credentials = response.request.headers.get("authorization", "")
            refusal.note(response.status_code, credentials)
            if (of_call := current_refusal.get()) is not None:
                of_call.note(response.status_code, credentials)
        if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            # It was asked not to: a few kilobytes may be gigabytes once they are unpacked.
            raise httpx2.DecodingError("It packs what it was asked to send plainly.", request=response.request)
        if not response.headers.get("content-type", "").lower().startswith("text/event-stream"):
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            response.stream = _Bounded(response.stream)

    return httpx2.AsyncClient(
        headers={
            "User-Agent": f"studiolo/{__version__}",
            **spec.headers,
            **(headers or {}),
            "Accept-Encoding": "identity",
        },
        timeout=_TIMEOUT,
        auth=auth,
        verify=plain_context(),
        trust_env=False,
        transport=McpTransport(spec, network, resolver),
        follow_redirects=False,
        event_hooks={"response": [look]},
    )
