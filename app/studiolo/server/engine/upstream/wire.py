"""HTTP to another server, by the rules of the network: proxy, certificates, ledger; nothing of it goes round them."""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from studiolo import __version__
from studiolo.network.network import Network, Purpose
from studiolo.network.transport import NetworkTransport, plain_context
from studiolo.server.engine.encoding import encoded
from studiolo.server.engine.upstream.errors import UpstreamError, cut_reply, unreachable
from studiolo.server.engine.upstream.hops import VIA

_CONNECT_SECONDS = 10.0
_SILENT_SECONDS = 600.0
"""So long a server may say nothing: it may have to load the model first, and read a long prompt."""
# Most servers close a connection that is idle for five seconds: what is sent at that moment is lost.
_LIMITS = httpx.Limits(max_connections=512, max_keepalive_connections=16, keepalive_expiry=4.0)
_MOST_LINE = 8 * 2**20
_MOST_BODY = 64 * 2**20
"""Bytes of an answer that is not streamed: the vectors of many texts."""
_MOST_ERROR = 2**20
_SENDABLE = re.compile(r"[\x21-\x7e]+")
_LEAST_CUT = 6
"""Characters of a key that is cut out of what a server says; a shorter one would be found in any text."""

ReadKey = Callable[[], Awaitable[str | None]]


@dataclass(frozen=True)
class WireReply:
    """A whole answer. `data` is what its JSON means, None for what is none."""

    status: int
    content: bytes
    retry_after: str | None = None

    @property
    def data(self) -> Any:
        """Return what the JSON means; None for what is none."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None


def can_be_asked(address: str) -> bool:
    """Return whether HTTP can have an address: not `256.1.1.1`, nor names with signs that no domain has."""
    try:
        httpx.URL(address)
    except httpx.InvalidURL:
        return False
    return True


class UpstreamWire:
    """The way to one server. place: its name and address, for errors. key: read when something is sent."""

    def __init__(self, address: str, *, place: str, subject: str, key: ReadKey, network: Network) -> None:
        self._address = address
        self._place = place
        self._key = key
        self._http = httpx.AsyncClient(
            headers={"User-Agent": f"studiolo/{__version__}", "Accept-Encoding": "identity", VIA: "1"},
            timeout=httpx.Timeout(_SILENT_SECONDS, connect=_CONNECT_SECONDS, pool=_CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
            verify=plain_context(),
            transport=NetworkTransport(
                network,
                Purpose("upstream", subject),
                certificates=network.certificates if address.startswith("https:") else plain_context,
                limits=_LIMITS,
            ),
        )

    async def fetch(self, method: str, route: str, body: Any = None, *, seconds: float = _SILENT_SECONDS) -> WireReply:
        """Return a whole answer, whatever its status. seconds: between two packets. Raises UpstreamError."""
        async with self.open(method, route, body, seconds=seconds) as answer:
            return WireReply(answer.status, await answer.read(_MOST_BODY), answer.retry_after)

    @asynccontextmanager
    async def open(
        self, method: str, route: str, body: Any = None, *, seconds: float = _SILENT_SECONDS
    ) -> AsyncIterator["UpstreamAnswer"]:
        """Yield an answer whose body is still to be read; leaving closes it, which cancels the work there.

        Raises UpstreamError where nobody answers, AppErrors where the network's rules say no.
        """
        headers = {"Content-Type": "application/json"} if body is not None else {}
        key = await self._key()
        if key:
            if not _SENDABLE.fullmatch(key):  # The file or the keyring was changed by hand.
                raise UpstreamError(
                    f"The key of {self._place} has signs that can't be sent.",
                    hint="Give it another key: `studiolo upstream add` with the same name replaces it.",
                    retryable=False,
                )
            headers["Authorization"] = f"Bearer {key}"
        content = b"".join(await encoded(body)) if body is not None else None
        timeout = httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS), pool=_CONNECT_SECONDS)
        request = self._http.build_request(
            method, f"{self._address}{route}", headers=headers, content=content, timeout=timeout
        )
        try:
            response = await self._http.send(request, stream=True)
        except httpx.HTTPError as error:
            raise unreachable(self._place, error) from error
        except RuntimeError as error:
            if not self._http.is_closed:
                raise
            raise UpstreamError(f"{self._place} was removed or set up otherwise.", details=str(error)) from error
        try:
            yield UpstreamAnswer(response, self._place, key)
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close all connections; whatever still runs over them ends with an UpstreamError."""
        await self._http.aclose()


class UpstreamAnswer:
    """One answer of a server. `status` is that of HTTP."""

    def __init__(self, response: httpx.Response, place: str, key: str | None) -> None:
        self._response = response
        self._place = place
        self._key = key
        self.status = response.status_code

    @property
    def retry_after(self) -> str | None:
        """Return how long the server asks to wait, as it says it."""
        text: str | None = self._response.headers.get("retry-after")
        return text

    @property
    def is_stream(self) -> bool:
        """Return whether it is a stream of events, or does not say what it is."""
        kind = self._response.headers.get("content-type", "text/event-stream")
        return bool(kind.startswith(("text/event-stream", "text/plain")))

    async def read(self, most: int = _MOST_ERROR) -> bytes:
        """Return the body. Raises UpstreamError for one of more than `most` bytes, or that breaks off."""
        pieces, size = list[bytes](), 0
        async with aclosing(self._pieces()) as body:
            async for piece in body:
                size += len(piece)
                if size > most:
                    raise UpstreamError(f"{self._place} answers with more than can be taken.", retryable=False)
                pieces.append(piece)
        return self.without_key(b"".join(pieces))

    def without_key(self, content: bytes) -> bytes:
        """Return what the server says without the key that it was sent: some quote the one that they refuse."""
        if self._key is None or len(self._key) < _LEAST_CUT:
            return content
        return content.replace(self._key.encode(), "…".encode())

    async def events(self) -> AsyncGenerator[bytes, None]:
        """Yield the data of each event, as it comes. Raises UpstreamError where the body breaks off."""
        rest = b""
        async with aclosing(self._pieces()) as body:
            async for piece in body:
                *lines, rest = (rest + piece).split(b"\n")
                if len(rest) > _MOST_LINE:
                    raise UpstreamError(f"{self._place} answers with more than can be taken.", retryable=False)
                for line in lines:
                    if line.startswith(b"data:"):
                        yield line[5:].strip()
        if rest.startswith(b"data:"):
            yield rest[5:].strip()

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        try:
            async for piece in self._response.aiter_bytes():
                yield piece
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise cut_reply(self._place, f"{type(error).__name__}: {error}") from error
