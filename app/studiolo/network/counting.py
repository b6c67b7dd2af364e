"""Connections that are counted: beneath httpx and the like, which two libraries of one make share, and http.client."""

import contextlib
import http.client
import io
import socket
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from studiolo.network.ledger import LedgerLine
from studiolo.network.network import Network, Way

current_way: ContextVar[Way | None] = ContextVar("current_way", default=None)
"""Of the request on whose behalf a connection is opened: beneath a proxy only the proxy's address is seen."""


class CountedBackend:
    """A network for httpcore and httpcore2, whose interfaces are the same: each connection is entered and counted.

    inner: what connects. Whoever uses it sets `current_way`.
    """

    def __init__(self, network: Network, inner: Any) -> None:
        self._network = network
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Any:
        """Connect. Raises what the inner network raises, and OfflineError."""
        way = current_way.get()
        if way is None:
            raise RuntimeError("a connection is opened that nobody knows the purpose of")
        line = self._network.enter(way)
        try:
            stream = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        except BaseException as error:
            if line:
                line.fail(error)
            raise
        if line is None:
            return stream
        line.socket = stream.get_extra_info("socket")
        return _CountedStream(stream, line)

    async def connect_unix_socket(self, *_: Any, **__: Any) -> Any:
        """Raise RuntimeError: nothing here is reached by one."""
        raise RuntimeError("no socket of this machine is connected to by HTTP")

    async def sleep(self, seconds: float) -> None:
        """Sleep for so many seconds, as the network beneath does."""
        await self._inner.sleep(seconds)


class _CountedStream:
    def __init__(self, stream: Any, line: LedgerLine) -> None:
        self._stream = stream
        self._line = line

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = await self._stream.read(max_bytes, timeout)
        self._line.received += len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)
        self._line.sent += len(buffer)

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            self._line.close()

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_CountedStream":
        try:
            stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException as error:
            self._line.fail(error)
            raise
        return _CountedStream(stream, self._line)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _CountedRaw(io.RawIOBase):
    """What is read of a socket, counted. A buffer that asks for much gets it at one go.

    `is_last`: no other answer comes on the connection, which ends with this one.
    """

    def __init__(self, raw: Any, line: LedgerLine) -> None:
        self._raw = raw
        self._line = line
        self.is_last = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count: int | None = self._raw.readinto(buffer)
        self._line.received += count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
        if self.is_last:
            self._line.close()


class _CountedResponse(http.client.HTTPResponse):
    counted: _CountedRaw | None = None

    def count(self, line: LedgerLine) -> None:
        self.counted = _CountedRaw(self.fp.detach(), line)
        self.fp = io.BufferedReader(self.counted)

    def end_line(self) -> bool:
        """Have the connection's line end with the body; return False where that was read, or there is none."""
        if self.counted is None or self.counted.closed:
            return False
        self.counted.is_last = True
        return True


class _Counted(http.client.HTTPConnection):
    """Mixed into the two kinds of connections; `way` and `network` are set before it connects."""

    network: Network
    way: Way
    line: LedgerLine | None = None
    _is_answering = False
    _last: _CountedResponse | None = None

    def connect(self) -> None:
        self.line = self.network.enter(self.way)
        if self.line:
            self.response_class = self._counted_response  # type: ignore[assignment]
        try:
            super().connect()
        except BaseException as error:
            self._end(error)
            raise
        if self.line:
            self.line.socket = self.sock

    def send(self, data: Any) -> None:
        super().send(data)
        if self.line and isinstance(data, bytes):
            self.line.sent += len(data)

    def getresponse(self) -> http.client.HTTPResponse:
        response = None
        self._is_answering = True
        try:
            response = super().getresponse()
            return response
        finally:
            self._is_answering = False
            if self.sock is None:
                self._hand_over(response)

    def close(self) -> None:
        super().close()
        if self._is_answering:
            return
        last, self._last = self._last, None
        if last:
            last.close()
        self._end()

    def _hand_over(self, response: http.client.HTTPResponse | None) -> None:
        """Leave the line to an answer that no other comes after: it is closed here before its body was read."""
        if isinstance(response, _CountedResponse) and response.end_line():
            self.line, self._last = None, response
        else:
            self._end()

    def _end(self, error: BaseException | None = None) -> None:
        line, self.line = self.line, None
        if line:
            line.fail(error) if error else line.close()

    def _counted_response(self, sock: socket.socket, *arguments: Any, **options: Any) -> http.client.HTTPResponse:
        response = _CountedResponse(sock, *arguments, **options)
        if self.line:
            response.count(self.line)
        return response


class _CountedHttp(_Counted, http.client.HTTPConnection):
    pass


class _CountedHttps(_Counted, http.client.HTTPSConnection):
    pass


def open_blocking(network: Network, way: Way, *, secure: bool, timeout: float) -> http.client.HTTPConnection:
    """Return a connection of http.client that is not connected yet. Raises RequestError for certificates of no use.

    secure: TLS is spoken with the host; beneath a proxy through a tunnel.
    """
    near, port = (way.proxy.host, way.proxy.port) if way.proxy else (way.host, way.port)
    connection: _Counted
    if secure:
        connection = _CountedHttps(near, port, timeout=timeout, context=network.certificates())
        if way.proxy:
            connection.set_tunnel(way.host, way.port, way.proxy.headers)
    else:
        connection = _CountedHttp(near, port, timeout=timeout)
    connection.network, connection.way = network, way
    return connection


@contextlib.contextmanager
def on_the_way(way: Way) -> Any:
    """Let connections that are opened within be for a way."""
    token = current_way.set(way)
    try:
        yield
    finally:
        current_way.reset(token)
