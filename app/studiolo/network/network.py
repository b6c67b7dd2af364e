"""The one way out of a process: what may leave, through which proxy, trusted by which certificates, and what did."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import truststore

from studiolo.api.network import OFFLINE, PurposeKind
from studiolo.errors import OfflineError
from studiolo.network.addresses import is_loopback_host
from studiolo.network.certificates import add_certificates
from studiolo.network.choice import NetworkChoice
from studiolo.network.ledger import ConnectionLedger, LedgerLine
from studiolo.network.proxies import ProxyServer, find_proxy

_PORTS = {"http": 80, "https": 443}
_ADDED: frozenset[PurposeKind] = frozenset({"server", "peer"})
"""Those are reached while the machine is offline by choice: somebody added each of them by its address."""


@dataclass(frozen=True)
class Purpose:
    """Why something is connected to. subject: what for, such as a model; no address and no secret."""

    kind: PurposeKind
    subject: str = ""


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
            self.ledger.block(host, port, purpose.kind, subject=purpose.subject)
            raise offline_error(host)
        return Way(host, port, purpose, self._proxy(parts.scheme, host))

    async def way(self, url: str, purpose: Purpose) -> Way:
        """Return how an address is reached; see find_way."""
        if is_loopback_host(urlsplit(url).hostname or ""):
            return self.find_way(url, purpose)
        return await asyncio.to_thread(self.find_way, url, purpose)

    def enter(self, way: Way) -> LedgerLine | None:
        """Enter a connection that is about to be opened; None for what stays on this machine."""
        if way.is_loopback:
            return None
        return self.ledger.begin(
            way.host,
            way.port,
            way.purpose.kind,
            subject=way.purpose.subject,
            via=way.proxy.place if way.proxy else "",
            permitted=self._is_added(way.host, way.purpose),
        )

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

    @staticmethod
    def _is_added(host: str, purpose: Purpose) -> bool:
        return is_loopback_host(host) or purpose.kind in _ADDED

    def _proxy(self, scheme: str, host: str) -> ProxyServer | None:
        return find_proxy(self.choice, scheme, host)


def offline_error(host: str) -> OfflineError:
    """Return the error for a host that is not asked as nothing may leave."""
    return OfflineError(
        f"You are offline by choice, so {host or 'it'} was not asked.",
        code=OFFLINE,
        hint="Switch “Work offline” off in the settings, under Privacy.",
    )
