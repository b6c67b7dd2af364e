"""The one way out of a process: what may leave, through which proxy, trusted by which certificates, and what did."""

import asyncio
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import truststore

from studiolo.api.network import OFFLINE, PurposeKind
from studiolo.errors import OfflineError
from studiolo.network.addresses import is_excepted, is_loopback_host
from studiolo.network.certificates import add_certificates
from studiolo.network.choice import NetworkChoice
from studiolo.network.ledger import ConnectionLedger, LedgerLine
from studiolo.network.proxies import ProxyServer, find_proxy, script_in_force

if TYPE_CHECKING:
    from studiolo.network.scripts import ProxyScripts

_SCRIPT_SECONDS = 10.0
_SCRIPT_BYTES = 2**20
_PORTS = {"http": 80, "https": 443}
_ADDED: frozenset[PurposeKind] = frozenset({"server", "peer", "upstream"})
"""Those are reached while the machine is offline by choice: somebody added each of them by its address."""


@dataclass(frozen=True)
class Purpose:
    """Why something is connected to. subject: what for, such as a model; no address and no secret."""

    kind: PurposeKind
    subject: str = ""


_SCRIPT = Purpose("proxy_script")


@dataclass(frozen=True)
class Way:
    """How a host is reached: the proxy, None for none, and why."""

    host: str
    port: int
    purpose: Purpose
    proxy: ProxyServer | None = None

    @property
    def is_loopback(self) -> bool:
        """Return whether it does not leave this machine."""
        return self.proxy is None and is_loopback_host(self.host)


class Network:
    """What a process may reach. Every connection asks for its way here and is entered in the ledger.

    choice: what is in force; it is asked each time.
    """

    def __init__(
        self, choice: Callable[[], NetworkChoice] = NetworkChoice, ledger: ConnectionLedger | None = None
    ) -> None:
        self._choice = choice
        self.ledger = ledger or ConnectionLedger()
        self._scripts: ProxyScripts | None = None
        self._lock = threading.Lock()

    @property
    def choice(self) -> NetworkChoice:
        """Return what is in force."""
        return self._choice()

    def permits(self, url: str, purpose: Purpose) -> bool:
        """Return whether an address may be connected to now."""
        return self._permits(urlsplit(url).hostname or "", purpose)

    def refusal(self, url: str, purpose: Purpose) -> OfflineError | None:
        """Return why an address may not be connected to now; None where it may."""
        return None if self.permits(url, purpose) else offline_error(urlsplit(url).hostname or "")

    def find_way(self, url: str, purpose: Purpose) -> Way:
        """Return how an address is reached. Blocking, where a system or a script has to be asked.

        Raises:
            OfflineError: Nothing may leave.
            RequestError: The proxy can't be used.
        """
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        if not self._permits(host, purpose):
            self._block(host, port, purpose)
            raise offline_error(host)
        return Way(host, port, purpose, self._proxy(parts.scheme, host))

    async def way(self, url: str, purpose: Purpose) -> Way:
        """Return how an address is reached; see find_way."""
        if is_loopback_host(urlsplit(url).hostname or ""):
            return self.find_way(url, purpose)
        return await asyncio.to_thread(self.find_way, url, purpose)

    def enter(self, way: Way) -> LedgerLine | None:
        """Enter a connection that is about to be opened; None for what stays on this machine.

        Raises OfflineError: Since the way was found, somebody chose that nothing may leave.
        """
        if way.is_loopback:
            return None
        if not self._permits(way.host, way.purpose):
            self._block(way.host, way.port, way.purpose)
            raise offline_error(way.host)
        line = self.ledger.begin(
            way.host,
            way.port,
            way.purpose.kind,
            subject=way.purpose.subject,
            via=way.proxy.place if way.proxy else "",
            permitted=self._is_added(way.host, way.purpose),
        )
        if not self._permits(way.host, way.purpose):
            # Whoever enforces a choice of this very moment may not have seen the line.
            line.cut()
        return line

    def certificates(self) -> ssl.SSLContext:
        """Return whom to trust: whom the system trusts, and the extra file. Blocking. Raises RequestError for that."""
        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return add_certificates(context, self.choice.extra_certificates)

    def enforce(self) -> None:
        """Cut what is open and may not be any more; called when what is in force has changed."""
        if self.choice.offline:
            for line in self.ledger.open_lines:
                if not line.permitted:
                    line.cut()

    def _permits(self, host: str, purpose: Purpose) -> bool:
        return not self.choice.offline or self._is_added(host, purpose)

    def _block(self, host: str, port: int, purpose: Purpose) -> None:
        self.ledger.block(host, port, purpose.kind, subject=purpose.subject)

    @staticmethod
    def _is_added(host: str, purpose: Purpose) -> bool:
        return is_loopback_host(host) or purpose.kind in _ADDED

    def _proxy(self, scheme: str, host: str) -> ProxyServer | None:
        choice = self.choice
        script, exceptions = ("", ()) if is_loopback_host(host) else script_in_force(choice)
        if not script or is_excepted(host, exceptions):
            return find_proxy(choice, scheme, host) if choice.proxy_mode != "script" else None
        if "://" in script and not script.startswith("file:") and not self.permits(script, _SCRIPT):
            return None  # Servers that were added are reached without the script, which would have to be fetched.
        return self._find_by_script(script, scheme, host)

    def _find_by_script(self, script: str, scheme: str, host: str) -> ProxyServer | None:
        # The engine for scripts is of no use to those who have none.
        from studiolo.network.scripts import ProxyScripts

        with self._lock:
            self._scripts = self._scripts or ProxyScripts(self._fetch_script)
        choice = self.choice
        if choice.proxy_mode != "script":
            # The desktop's script names proxies that nobody gave the password for.
            return self._scripts.find(script, scheme, host)
        return self._scripts.find(script, scheme, host, user=choice.proxy_user, password=choice.proxy_password)

    def _fetch_script(self, url: str) -> bytes:
        """Get a proxy script, which no proxy leads to. Blocking. Raises OSError, http.client.HTTPException."""
        from studiolo.network.counting import open_blocking

        parts = urlsplit(url)
        way = Way(parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0), _SCRIPT)
        connection = open_blocking(self, way, secure=parts.scheme == "https", timeout=_SCRIPT_SECONDS)
        try:
            connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
            answer = connection.getresponse()
            if answer.status != HTTPStatus.OK:
                raise OSError(f"its server answers with status {answer.status}")
            return answer.read(_SCRIPT_BYTES)
        finally:
            connection.close()


def offline_error(host: str) -> OfflineError:
    """Return the error for a host that is not asked as nothing may leave."""
    return OfflineError(
        f"You are offline by choice, so {host or 'it'} was not asked.",
        code=OFFLINE,
        hint="Switch “Work offline” off in the settings, under Privacy.",
    )
