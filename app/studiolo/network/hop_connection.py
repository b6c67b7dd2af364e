"""One connection that is opened step by step, so that each step can be told of."""

import asyncio
import socket
import ssl
from contextlib import suppress
from urllib.parse import urlsplit

import h11

from studiolo import __version__
from studiolo.errors import OfflineError
from studiolo.network.ledger import LedgerLine
from studiolo.network.network import Network, Way

_MOST_BYTES = 2 * 2**20
"""Of an answer."""
_PIECE = 64 * 1024
_REFUSED_TUNNELS = {
    403: ("The proxy refuses the way to this host.", "Ask whoever runs the proxy to permit it."),
    407: ("The proxy wants a user name and a password, or others than these.", "Set them beside the proxy's address."),
}


class HopFailure(Exception):
    """A step that failed for a reason that is known. `told`: what happened; `hint`: what to do."""

    def __init__(self, told: str, hint: str) -> None:
        super().__init__(told)
        self.told = told
        self.hint = hint


class HopConnection:
    """A way, walked by hand. Each step returns what was found, in words.

    It raises HopFailure, OSError, or, where it opens a connection, OfflineError.
    """

    def __init__(self, network: Network, way: Way) -> None:
        self._network = network
        self._way = way
        self._addresses: list[str] = []
        self._line: LedgerLine | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def _near(self) -> tuple[str, int]:
        proxy = self._way.proxy
        return (proxy.host, proxy.port) if proxy else (self._way.host, self._way.port)

    async def resolve(self) -> str:
        """Find the addresses of the name."""
        host, port = self._near
        # To look up a name is to ask somebody, too.
        self._line = self._network.enter(self._way)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            if self._line:
                self._line.fail(error)
            raise
        self._addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        return ", ".join(self._addresses[:3])

    async def connect(self) -> str:
        """Connect to the first address that answers."""
        self._line = self._line or self._network.enter(self._way)
        failure: OSError | None = None
        for address in self._addresses:
            try:
                reader, writer = await asyncio.open_connection(address, self._near[1])
            except OSError as error:
                failure = failure or error
                continue
            self._reader, self._writer = reader, writer
            if self._line:
                self._line.socket = writer.get_extra_info("socket")
            return address
        failure = failure or OSError("it has no address")
        if self._line:
            self._line.fail(failure)
        raise failure

    async def open_tunnel(self) -> str:
        """Ask the proxy for the way to the host."""
        host = f"[{self._way.host}]" if ":" in self._way.host else self._way.host
        headers = {"Host": f"{host}:{self._way.port}"} | (self._way.proxy.headers if self._way.proxy else {})
        status, _, _ = await self._exchange("CONNECT", f"{host}:{self._way.port}", headers, with_body=False)
        if status in _REFUSED_TUNNELS:
            raise HopFailure(*_REFUSED_TUNNELS[status])
        if not 200 <= status < 300:
            raise HopFailure(f"The proxy answers with status {status}.", "It may not reach the host itself.")
        return ""

    async def start_tls(self) -> str:
        """Speak TLS with the host; of a certificate that is not trusted, the issuer is told."""
        assert self._writer
        context = await asyncio.to_thread(self._network.certificates)
        try:
            await self._writer.start_tls(context, server_hostname=self._way.host)
        except ssl.SSLCertVerificationError as error:
            raise await self._distrust(error) from error
        cipher = self._writer.get_extra_info("cipher")
        return str(cipher[1]) if cipher else ""

    async def ask(self, method: str, url: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of an answer."""
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {
            "Host": parts.netloc.rpartition("@")[2],
            "User-Agent": f"studiolo/{__version__}",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        if self._way.proxy and parts.scheme == "http":
            target = url
            sent |= self._way.proxy.headers
        return await self._exchange(method, target, sent)

    def close(self) -> None:
        """Close the connection, however far it came."""
        if self._writer is not None:
            with suppress(OSError):
                self._writer.close()
        if self._line:
            self._line.close()

    async def _exchange(
        self, method: str, target: str, headers: dict[str, str], *, with_body: bool = True
    ) -> tuple[int, dict[str, str], bytes]:
        assert self._reader
        assert self._writer
        protocol = h11.Connection(h11.CLIENT)
        request = h11.Request(method=method, target=target, headers=list(headers.items()))
        data = (protocol.send(request) or b"") + (protocol.send(h11.EndOfMessage()) or b"")
        self._writer.write(data)
        await self._writer.drain()
        if self._line:
            self._line.sent += len(data)
        status, answered, body = 0, dict[str, str](), bytearray()
        while True:
            try:
                event = protocol.next_event()
            except h11.RemoteProtocolError as error:
                raise HopFailure("It answers, but not in HTTP.", "Check the address.") from error
            if event is h11.NEED_DATA:
                piece = await self._reader.read(_PIECE)
                if self._line:
                    self._line.received += len(piece)
                protocol.receive_data(piece)
            elif isinstance(event, h11.Response):
                status = event.status_code
                answered = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in event.headers}
                if not with_body:
                    return status, answered, b""
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > _MOST_BYTES:
                    return status, answered, bytes(body)
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed) or event is h11.PAUSED:
                return status, answered, bytes(body)

    async def _distrust(self, error: ssl.SSLCertVerificationError) -> HopFailure:
        issuer = await self._issuer()
        reason = getattr(error, "verify_message", "") or "it can't be verified"
        told = f"The certificate of {self._way.host} is not trusted: {reason}."
        if not issuer:
            return HopFailure(told, "Check this computer's date, and the address.")
        return HopFailure(
            f"{told} It was issued by “{issuer}”.",
            "If that is your company's proxy or virus scanner, add its certificate under Extra certificates.",
        )

    async def _issuer(self) -> str:
        """Return who issued the certificate that is not trusted. It takes a connection of its own."""
        again = HopConnection(self._network, self._way)
        again._addresses = self._addresses
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            await again.connect()
            if self._way.proxy:
                await again.open_tunnel()
            assert again._writer
            await again._writer.start_tls(context, server_hostname=self._way.host)
            shown = again._writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            return await asyncio.to_thread(_issuer_of, shown)
        except (OSError, HopFailure, OfflineError):
            return ""
        finally:
            again.close()


def describe_failure(error: Exception, *, proxied: bool) -> tuple[str, str]:
    """Return what a failure of the network means, and what to do about it. proxied: it was on the way to a proxy."""
    who = "The proxy" if proxied else "The host"
    if isinstance(error, socket.gaierror):
        hint = "Check the proxy's address." if proxied else "Check the address, and this computer's network."
        return "No machine is known by this name.", hint
    if isinstance(error, ssl.SSLError):
        return "It does not speak TLS as it should.", "Check the address: it may be one of http:// alone."
    if isinstance(error, ConnectionRefusedError):
        return f"{who} refuses the connection.", "Check the port, and that it runs."
    if isinstance(error, ConnectionError):
        return f"{who} closed the connection.", "A firewall may have done so."
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"{who} can't be reached: {words}.", "Check this computer's network, and its firewall."


def _issuer_of(shown: bytes | None) -> str:
    # Imported for somebody whose certificate fails, and for nobody else.
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    if not shown:
        return ""
    issuer = x509.load_der_x509_certificate(shown).issuer
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if named := issuer.get_attributes_for_oid(kind):
            return str(named[0].value)[:200]
    return issuer.rfc4514_string()[:200]
