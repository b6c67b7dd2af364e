"""The way to the hub, hop by hop, as a person would test it: the first that fails is named, with what to do about it."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from studiolo.api.network import HopKind, HopState, NetworkHop
from studiolo.errors import OfflineError, RequestError
from studiolo.network.hop_connection import HopConnection, HopFailure, describe_failure
from studiolo.network.network import Network, Purpose, Way

T = TypeVar("T")

_HOP_SECONDS = 15.0
_PURPOSE = Purpose("test")
_LISTING = "/api/models?filter=gguf&full=true&limit=1"
_ANSWERS = {
    HTTPStatus.UNAUTHORIZED: (
        "The hub does not accept the token.",
        "Make a new one at the hub, and set it as the hub's token.",
    ),
    HTTPStatus.FORBIDDEN: (
        "The hub refuses this.",
        "Check the hub's token. A company's network may refuse the hub, too.",
    ),
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: (
        "The proxy wants a user name and a password.",
        "Set them beside the proxy's address.",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: ("The hub wants fewer requests.", "Wait some minutes. A token allows for more."),
}


async def diagnose(network: Network, endpoint: str, token: str | None) -> AsyncGenerator[NetworkHop, None]:
    """Yield each hop when it begins and when it ended; the last one that failed is the end of the way.

    endpoint: the hub's address; token: what it knows its user by. Closing the generator closes what is open.
    """
    first = _Leg(network, endpoint + _LISTING, _headers(token))
    async with aclosing(first.walk()) as hops:
        async for hop in hops:
            yield hop
    file = _file_of(first.body)
    if first.failed or file is None:
        return
    # Files are kept elsewhere, and a network may permit the hub and not that place.
    second = _Leg(network, f"{endpoint}/{file}", _headers(token), method="HEAD", known=first.way)
    async with aclosing(second.walk_quietly()) as hops:
        async for hop in hops:
            yield hop
    target = urljoin(second.url, second.location) if second.location else ""
    if not target or urlsplit(target).netloc == urlsplit(endpoint).netloc:
        return
    yield NetworkHop(kind="redirect", target=urlsplit(target).hostname or "", state="passed", seconds=second.seconds)
    third = _Leg(network, target, {"Range": "bytes=0-0"}, any_answer=True)
    async with aclosing(third.walk()) as hops:
        async for hop in hops:
            yield hop


class _Leg:
    """The way to one address. `body` and `location` are what it answered."""

    def __init__(
        self,
        network: Network,
        url: str,
        headers: dict[str, str],
        *,
        method: str = "GET",
        any_answer: bool = False,
        known: Way | None = None,
    ) -> None:
        self.url = url
        self.way = known
        self.failed = False
        self.body = b""
        self.location = ""
        self.seconds = 0.0
        self._network = network
        self._headers = headers
        self._method = method
        self._any_answer = any_answer
        self._host = urlsplit(url).hostname or ""
        self._secure = urlsplit(url).scheme == "https"
        self._hop = NetworkHop()
        self._detail = ""
        self._began = 0.0

    async def walk(self) -> AsyncGenerator[NetworkHop, None]:
        """Yield the hops of the way until one fails."""
        for step in (self._choose, self._connect):
            async with aclosing(step()) as hops:
                async for hop in hops:
                    yield hop
            if self.failed:
                return

    async def walk_quietly(self) -> AsyncGenerator[NetworkHop, None]:
        """Walk a way that was walked before, and yield only what fails."""
        began = time.monotonic()
        async with aclosing(self.walk()) as hops:
            async for hop in hops:
                if hop.state == "failed":
                    yield hop
        self.seconds = round(time.monotonic() - began, 3)

    async def _choose(self) -> AsyncGenerator[NetworkHop, None]:
        try:
            self.way = await self._network.way(self.url, _PURPOSE)
        except OfflineError as error:
            yield self._fail("offline", error.message, error.hint)
        except RequestError as error:
            yield self._fail("proxy", error.message, error.hint)
        else:
            if self.way.proxy:
                yield NetworkHop(kind="proxy", target=self.way.proxy.place, state="passed")

    async def _connect(self) -> AsyncGenerator[NetworkHop, None]:
        assert self.way
        near = self.way.proxy.host if self.way.proxy else self._host
        place = self.way.proxy.place if self.way.proxy else f"{self._host}:{self.way.port}"
        connection = HopConnection(self._network, self.way)
        try:
            steps: list[tuple[HopKind, str, Callable[[], Awaitable[str]]]] = [
                ("dns", near, connection.resolve),
                ("tcp", place, connection.connect),
            ]
            if self._secure and self.way.proxy:
                steps.append(("proxy_tunnel", place, connection.open_tunnel))
            if self._secure:
                steps.append(("tls", self._host, connection.start_tls))
            steps.append(("http", self._host, lambda: self._ask(connection)))
            for kind, target, step in steps:
                yield self._begin(kind, target)
                yield await self._end(step)
                if self.failed:
                    return
        finally:
            connection.close()

    async def _ask(self, connection: HopConnection) -> str:
        """Return what the host answered, in words. Raises HopFailure."""
        status, headers, self.body = await connection.ask(self._method, self.url, self._headers)
        self.location = headers.get("location", "")
        if self._any_answer and status != HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return f"{status}"
        if status in _ANSWERS:
            raise HopFailure(*_ANSWERS[HTTPStatus(status)])
        if status >= HTTPStatus.BAD_REQUEST:
            raise HopFailure(f"It answers with status {status}.", "Check the hub's address, or try again later.")
        if self._method == "GET" and status == HTTPStatus.OK and _listing(self.body) is None:
            raise HopFailure(
                "It does not answer as a hub does.",
                "Check the hub's address. A network that wants a sign-in first answers in the hub's place, too.",
            )
        return f"{status}"

    def _begin(self, kind: HopKind, target: str) -> NetworkHop:
        self._began = time.monotonic()
        self._hop = NetworkHop(kind=kind, target=target)
        return self._hop

    async def _end(self, step: Callable[[], Awaitable[str]]) -> NetworkHop:
        try:
            async with asyncio.timeout(_HOP_SECONDS):
                return self._ended("passed", await step())
        except HopFailure as failure:
            told, hint = failure.told, failure.hint
        except TimeoutError:
            told, hint = f"Nothing came within {_HOP_SECONDS:.0f} seconds.", "A firewall may hold it back."
        except (OSError, ssl.SSLError) as error:
            told, hint = describe_failure(error, proxied=bool(self.way and self.way.proxy))
        return self._ended("failed", told, hint)

    def _ended(self, state: HopState, detail: str, hint: str = "") -> NetworkHop:
        self.failed = state == "failed"
        seconds = round(time.monotonic() - self._began, 3)
        return self._hop.model_copy(update={"state": state, "seconds": seconds, "detail": detail, "hint": hint})

    def _fail(self, kind: HopKind, detail: str, hint: str) -> NetworkHop:
        self.failed = True
        return NetworkHop(kind=kind, target=self._host, state="failed", detail=detail, hint=hint)


def _headers(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _listing(body: bytes) -> list[Any] | None:
    with suppress(ValueError, RecursionError):
        found = json.loads(body)
        return found if isinstance(found, list) else None
    return None


def _file_of(body: bytes) -> str | None:
    """Return the path of some model's file at the hub; None where the listing has none."""
    for entry in _listing(body) or []:
        name, files = (entry.get("id"), entry.get("siblings")) if isinstance(entry, dict) else (None, None)
        for file in files if isinstance(files, list) else []:
            path = file.get("rfilename") if isinstance(file, dict) else None
            if isinstance(name, str) and isinstance(path, str) and path.endswith(".gguf"):
                return f"{quote(name)}/resolve/main/{quote(path)}"
    return None
