"""The way to the hub, hop by hop: the first that fails is named, with what to do about it."""

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
_MODELS = "/api/models"
_LISTING = f"{_MODELS}?filter=gguf&limit=1"
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
    name = _name_in(_json_of(first.body))
    if first.failed or name is None:
        return
    began = time.monotonic()
    target = await _place_of_files(network, endpoint, quote(name), token)
    if not target or urlsplit(target).netloc == urlsplit(endpoint).netloc:
        return
    # A network may permit the hub and not the place where its files are.
    seconds = round(time.monotonic() - began, 3)
    yield NetworkHop(kind="redirect", target=urlsplit(target).hostname or "", state="passed", seconds=seconds)
    kept = _Leg(network, target, {"Range": "bytes=0-0"}, any_answer=True)
    async with aclosing(kept.walk()) as hops:
        async for hop in hops:
            yield hop


async def _place_of_files(network: Network, endpoint: str, name: str, token: str | None) -> str:
    """Return the address that the hub redirects to for a file of a repository; empty where it does not."""
    about = _Leg(network, f"{endpoint}{_MODELS}/{name}", _headers(token))
    await about.walk_to_end()
    path = _file_in(_json_of(about.body))
    if not path:
        return ""
    file = _Leg(network, f"{endpoint}/{name}/resolve/main/{quote(path)}", _headers(token), method="HEAD")
    await file.walk_to_end()
    return urljoin(file.url, file.location) if file.location else ""


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
    ) -> None:
        self.url = url
        self.way: Way | None = None
        self.failed = False
        self.body = b""
        self.location = ""
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

    async def walk_to_end(self) -> None:
        """Walk the way and tell of no hop."""
        async with aclosing(self.walk()) as hops:
            async for _hop in hops:
                pass

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
        if self._method == "GET" and status == HTTPStatus.OK and _json_of(self.body) is None:
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
        except OfflineError as error:
            told, hint = error.message, error.hint
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


def _json_of(body: bytes) -> Any:
    """Return what a hub's answer holds; None for what is none."""
    with suppress(ValueError, RecursionError):
        return json.loads(body)
    return None


def _name_in(listing: Any) -> str | None:
    """Return the name of some repository that is listed."""
    first = listing[0] if isinstance(listing, list) and listing else None
    name = first.get("id") if isinstance(first, dict) else None
    return name if isinstance(name, str) else None


def _file_in(repository: Any) -> str | None:
    """Return the path of some model's file in a repository."""
    files = repository.get("siblings") if isinstance(repository, dict) else None
    for file in files if isinstance(files, list) else []:
        path = file.get("rfilename") if isinstance(file, dict) else None
        if isinstance(path, str) and path.endswith(".gguf"):
            return path
    return None
