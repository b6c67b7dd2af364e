"""A connection that fetches ranges: blocking, for a thread of its own, and ended from any other.

Not httpx: at the speed of a disk, a general client's work on each piece costs more than all the rest.
"""

import http.client
from typing import Self
from urllib.parse import urljoin, urlsplit

from studiolo import __version__
from studiolo.hub.huggingface import origin
from studiolo.network.counting import open_blocking
from studiolo.network.ledger import shut_down
from studiolo.network.network import Network, Purpose, Way

LineErrors = (OSError, http.client.HTTPException)
"""What may be raised by every method for a network that fails."""

_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 5


class RangeConnection:
    """Requests one after the other, the connection kept while the origin stays the same.

    `token` goes to the origin of `home` and to no other. timeout: seconds without a byte, until a request fails.
    network, purpose: the way there, and why. Beside LineErrors a request may raise OfflineError, and RequestError for
    a proxy or certificates of no use.
    """

    def __init__(self, home: str, token: str | None, *, timeout: float, network: Network, purpose: Purpose) -> None:
        self._home = origin(home)
        self._token = token
        self._timeout = timeout
        self._network = network
        self._purpose = purpose
        self._origin: tuple[str, str, int | None] | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._way: Way | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def request(
        self, method: str, url: str, headers: dict[str, str], *, follow: bool = True
    ) -> http.client.HTTPResponse:
        """Return the answer, its body still to be read; redirects are followed. Raises LineErrors."""
        for _ in range(_MAX_REDIRECTS):
            try:
                answer = self._ask(method, url, headers)
                target = answer.getheader("Location")
                if not follow or answer.status not in _REDIRECTS or not target:
                    return answer
                answer.read(2**16)
                url = urljoin(url, target)
            except ValueError as error:
                raise http.client.HTTPException(f"there is no address {url[:200]!r}") from error
        raise http.client.HTTPException("too many redirects")

    def drop(self) -> None:
        """Close the connection, for what was not read of the last answer will never be."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def abort(self) -> None:
        """End whatever is under way, from another thread, for good."""
        self._closed = True
        self.interrupt()

    def interrupt(self) -> None:
        """Have the request that is under way fail, from another thread; the next one begins with a new connection."""
        connection = self._connection
        if connection is not None and connection.sock is not None:
            shut_down(connection.sock)

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        if self._closed:
            raise OSError("closed")
        target = origin(url)
        if target != self._origin:
            self.drop()
        self._origin = target
        fresh = self._connection is None
        if self._connection is None:
            self._connection = self._open(url)
        parts = urlsplit(url)
        place = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"User-Agent": f"studiolo/{__version__}", "Accept-Encoding": "identity", **headers}
        if self._way and self._way.proxy and parts.scheme == "http":
            place = url
            sent |= self._way.proxy.headers
        if self._token and target == self._home:
            sent["Authorization"] = f"Bearer {self._token}"
        try:
            self._connection.request(method, place, headers=sent)
            return self._connection.getresponse()
        except LineErrors:
            self.drop()
            if fresh or self._closed:
                raise
        # A kept connection may have been closed by the other side while nobody looked.
        return self._ask(method, url, headers)

    def _open(self, url: str) -> http.client.HTTPConnection:
        self._way = self._network.find_way(url, self._purpose)
        return open_blocking(self._network, self._way, secure=urlsplit(url).scheme == "https", timeout=self._timeout)
