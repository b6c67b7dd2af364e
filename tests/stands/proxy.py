"""A proxy without the internet: it knows names that nobody has, asks for a password, and refuses on order."""

import base64
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

_PIECE = 65536


@dataclass
class StandProxy:
    """`names`: what hosts lead to. `asked`: the targets, oldest first. `refused`: a status that is answered instead.

    `user`, `password`: asked for where there is one.
    """

    address: str = ""
    names: dict[str, tuple[str, int]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    user: str = ""
    password: str = ""
    refused: int = 0
    connections: int = 0
    lines: list[socket.socket] = field(default_factory=list)

    @property
    def credentials(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


class _Handler(StreamRequestHandler):
    stand: StandProxy
    rbufsize = 0
    """What comes behind a head is passed on, and must not have been read with it."""

    def handle(self) -> None:
        self.stand.connections += 1
        self.stand.lines.append(self.connection)
        with suppress(OSError, ValueError):
            self._serve()

    def _serve(self) -> None:
        first = self.rfile.readline().decode()
        headers: list[tuple[str, str]] = []
        while (line := self.rfile.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
        method, target, version = first.split()
        self.stand.asked.append(target)
        given = next((value for name, value in headers if name.lower() == "proxy-authorization"), "")
        if self.stand.user and given != self.stand.credentials:
            self._answer(407)
        elif self.stand.refused:
            self._answer(self.stand.refused)
        elif method == "CONNECT":
            host, _, port = target.rpartition(":")
            with self._connect(host, int(port)) as far:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._pass_on(far)
        else:
            self._forward(method, target, version, headers)

    def _forward(self, method: str, target: str, version: str, headers: list[tuple[str, str]]) -> None:
        parts = urlsplit(target)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        kept = [(name, value) for name, value in headers if not name.lower().startswith(("proxy-", "connection"))]
        head = "".join(f"{name}: {value}\r\n" for name, value in [*kept, ("Connection", "close")])
        with self._connect(parts.hostname or "", parts.port or 80) as far:
            far.sendall(f"{method} {path} {version}\r\n{head}\r\n".encode())
            self._pass_on(far)

    def _connect(self, host: str, port: int) -> socket.socket:
        return socket.create_connection(self.stand.names.get(host, (host, port)), 5)

    def _pass_on(self, far: socket.socket) -> None:
        self.stand.lines.append(far)
        near = self.connection
        while True:
            ready, _, _ = select.select([near, far], [], [], 20)
            if not ready:
                return
            for one, other in ((near, far), (far, near)):
                if one in ready:
                    piece = one.recv(_PIECE)
                    if not piece:
                        return
                    other.sendall(piece)

    def _answer(self, status: int) -> None:
        self.wfile.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())


@contextmanager
def stand_proxy(**options: object) -> Iterator[StandProxy]:
    stand = StandProxy(**options)  # type: ignore[arg-type]
    handler = type("Handler", (_Handler,), {"stand": stand})
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        stand.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield stand
        finally:
            server.shutdown()
            thread.join(5)
            for line in stand.lines:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
