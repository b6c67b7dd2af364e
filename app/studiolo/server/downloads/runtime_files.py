"""What is asked of the servers that have runtimes, beside the files themselves: how large one is, and newer lists."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from studiolo.errors import AppError, ProtocolError, RequestError, UnreachableError
from studiolo.network.network import Network, Purpose
from studiolo.server.downloads.transfer.connection import LineErrors, RangeConnection

T = TypeVar("T")

_WHOLE, _PART = 200, 206
_PATIENCE_SECONDS = 30.0
_ALL_SECONDS = 120.0


class RuntimeFiles:
    """Asks once, and waits for nobody for long. network: the way there."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def size_of(self, url: str) -> int:
        """Return the size of a file in bytes. Raises AppErrors."""
        return await self._ask(url, lambda line: _size(line, url))

    async def content_of(self, url: str, most: int) -> bytes:
        """Return what a small file holds. Raises AppErrors, and ProtocolError for one of more than `most` bytes."""
        if not _is_of_the_web(url):
            raise RequestError(f"'{url[:200]}' is no address of the web.", param="address", code="invalid_value")
        return await self._ask(url, lambda line: _content(line, url, most))

    async def _ask(self, url: str, work: Callable[[RangeConnection], T]) -> T:
        purpose = Purpose("runtime")
        line = RangeConnection(url, None, timeout=_PATIENCE_SECONDS, network=self._network, purpose=purpose)

        def carry_out() -> T:
            with line:
                return work(line)

        try:
            async with asyncio.timeout(_ALL_SECONDS):
                return await asyncio.to_thread(carry_out)
        except AppError:
            raise
        except (TimeoutError, *LineErrors) as error:
            raise UnreachableError(
                f"{_place(url)} can't be reached.",
                hint="Check the network, or try again later.",
                details=f"{type(error).__name__}: {error}",
            ) from error
        finally:
            line.abort()


def _is_of_the_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _place(url: str) -> str:
    """Return whose address it is, without the name and password that it may have."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _size(line: RangeConnection, url: str) -> int:
    """One byte is asked for, and of how many it is one: a signed address is good for GET, and not always for HEAD."""
    answer = line.request("GET", url, {"Range": "bytes=0-0"})
    told = answer.getheader("Content-Range" if answer.status == _PART else "Content-Length", "").rpartition("/")[2]
    line.drop()
    if answer.status not in (_WHOLE, _PART) or not (told.isascii() and told.isdigit() and int(told)):
        raise _refused(url, answer.status)
    return int(told)


def _content(line: RangeConnection, url: str, most: int) -> bytes:
    answer = line.request("GET", url, {})
    if answer.status != _WHOLE:
        raise _refused(url, answer.status)
    content = answer.read(most + 1)
    if len(content) > most:
        raise ProtocolError(f"What lies at {url} is too large.", hint="It is no list of runtimes.")
    return content


def _refused(url: str, status: int) -> ProtocolError:
    parts = urlsplit(url)
    return ProtocolError(
        f"{_place(url)} does not give {parts.path.rpartition('/')[2]} (status {status}).",
        hint="Try again later, or with a newer list of runtimes.",
    )
