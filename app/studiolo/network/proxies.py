"""Which proxy leads to an address: none, the system's, the one that is named, or what a PAC file says."""

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from studiolo.errors import RequestError
from studiolo.network.addresses import is_excepted, is_loopback_host
from studiolo.network.choice import NetworkChoice
from studiolo.network.desktop_proxies import DesktopProxies, desktop_proxies

_DEFAULT_PORT = 8080
_HINT = "It begins with http://, such as http://proxy.example.com:8080. SOCKS proxies are not supported."


@dataclass(frozen=True)
class ProxyServer:
    """A proxy that speaks HTTP, and is reached without TLS."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """Return its host and port, as they are told."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Return its address without a password."""
        return f"http://{self.place}"

    @property
    def headers(self) -> dict[str, str]:
        """Return the header that it knows its user by; none where it asks for no name."""
        if not self.user:
            return {}
        credentials = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return {"Proxy-Authorization": f"Basic {credentials}"}


def parse_proxy(text: str, *, user: str = "", password: str = "") -> ProxyServer:
    """Return the proxy at an address. Raises RequestError for one that can't be used."""
    refused = RequestError(
        f"“{_without_password(text)[:200]}” is not the address of a proxy that can be used.",
        param="proxy_address",
        code="invalid_value",
        hint=_HINT,
    )
    try:
        parts = urlsplit(text.strip() if "://" in text else f"http://{text.strip()}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise refused from None
    sound = host and host.isprintable() and not any(letter.isspace() for letter in host) and port != 0
    if parts.scheme != "http" or not sound or parts.path.strip("/") or parts.query or parts.fragment:
        raise refused
    return ProxyServer(
        host,
        port or _DEFAULT_PORT,
        unquote(parts.username or "") or user,
        unquote(parts.password or "") or password,
    )


def find_proxy(choice: NetworkChoice, scheme: str, host: str) -> ProxyServer | None:
    """Return the proxy for a host, None for none; not for the mode `script`. May block where the system asks for names.

    Raises RequestError for one that can't be used.
    """
    if is_loopback_host(host) or choice.proxy_mode == "none":
        return None
    if choice.proxy_mode == "manual":
        if not choice.proxy_address or is_excepted(host, choice.proxy_exceptions):
            return None
        return parse_proxy(choice.proxy_address, user=choice.proxy_user, password=choice.proxy_password)
    proxies = _named_proxies()
    if proxies:
        named = "" if proxy_bypass(host) else proxies.get(scheme) or proxies.get("all") or ""
    else:
        of_desktop = desktop_proxies()
        named = "" if is_excepted(host, _exceptions(of_desktop)) else of_desktop.of(scheme)
    return parse_proxy(named) if named else None


def script_in_force(choice: NetworkChoice) -> tuple[str, tuple[str, ...]]:
    """Return the script that says which proxy is used, and the hosts that it is not asked about; empty for none.

    May block where the desktop is asked.
    """
    if choice.proxy_mode == "script":
        return choice.proxy_script, choice.proxy_exceptions
    if choice.proxy_mode == "system" and not _named_proxies():
        of_desktop = desktop_proxies()
        return of_desktop.script, _exceptions(of_desktop)
    return "", ()


def is_proxy(text: str) -> bool:
    """Return whether a text is the address of a proxy, without a name or a password in it."""
    try:
        return not parse_proxy(text).user and "@" not in text
    except RequestError:
        return False


def _named_proxies() -> dict[str, str]:
    """Return the proxies that the environment names, or else the system; NO_PROXY alone names none."""
    return {scheme: address for scheme, address in getproxies().items() if scheme != "no"}


def _exceptions(of_desktop: DesktopProxies) -> tuple[str, ...]:
    return (*of_desktop.exceptions, *getproxies().get("no", "").split(","))


def _without_password(text: str) -> str:
    before, at, host = text.rpartition("@")
    return f"{before.partition('://')[0]}://…@{host}" if at and "://" in before else host
