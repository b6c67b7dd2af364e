"""Which addresses of MCP servers are private: on this machine, on the local network, or a cloud's own.

A name is judged by all that it resolves to, and what is refused here is refused again where it is connected to
(`public_backend.py`): a name may lead elsewhere the second time.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import psutil

from studiolo.server.mcp.contract import ServerName
from studiolo.server.mcp.failures import private_address, unreachable

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Awaitable[list[str]]]
"""All addresses of a name. Raises OSError where it has none."""

_SECONDS = 10.0
_LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa", "lan")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_REFUSED = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",
            "100.64.0.0/10",
            "168.63.129.16/32",  # Azure's own, of every machine there
            "192.0.0.0/24",
            "192.88.99.0/24",  # relays to IPv6 that nobody runs any more
            "198.18.0.0/15",
            "2001::/23",
            "2001:db8::/32",
            "3fff::/20",
        ),
    )
)


class PrivateAddressError(Exception):
    """A name that leads to a private address, now that it is connected to."""


def is_private(address: str | Address) -> bool:
    """Return whether an IP address is anything but one of the public internet; what is no address is private as well.

    An address of IPv6 that carries one of IPv4 (mapped, NAT64, 6to4, Teredo) is judged by that one, too.
    """
    try:
        found = ipaddress.ip_address(address) if isinstance(address, str) else address
    except ValueError:
        return True
    if isinstance(found, IPv6Address):
        if found.scope_id is not None:
            return True
        found = IPv6Address(int(found))
        if (mapped := found.ipv4_mapped) is not None:
            return is_private(mapped)
        if found in _NAT64:
            return is_private(IPv4Address(int(found) & 0xFFFFFFFF))
        if found not in _GLOBAL_UNICAST:
            return True
        if (carried := found.sixtofour) is not None:
            # What Python says of these networks changed with its version 3.13.
            return is_private(carried)
    return (
        not found.is_global
        or found.is_multicast
        or found.is_reserved
        or any(found in network for network in _REFUSED if network.version == found.version)
    )


def own_addresses() -> set[str]:
    """Return the addresses of this machine's interfaces: a public one leads here as well."""
    families = (socket.AF_INET, socket.AF_INET6)
    return {
        entry.address.split("%")[0]
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in families
    }


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system, which knows odd spellings of numbers as well. Raises OSError."""
    async with asyncio.timeout(_SECONDS):
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def public_addresses(host: str, port: int, resolver: Resolver = resolve) -> list[str]:
    """Return all addresses of a name, if all of them are public.

    Raises:
        PrivateAddressError: One is not.
        OSError: There is none.
    """
    found = await resolver(host, port)
    if not found:
        raise OSError(f"{host} has no address")
    own = own_addresses()
    if any(is_private(address) or address in own for address in found):
        raise PrivateAddressError(host)
    return found


def check_http(url: str, server: ServerName) -> None:
    """Check that an address is one of HTTP. Raises McpServerError where it is none at all."""
    _host_and_port(url, server)


def check_spelling(url: str, server: ServerName) -> None:
    """Judge an address by what it says, without asking the network.

    Raises:
        McpServerError: It is no address of HTTP, or one that names this machine or a private network.
    """
    host, _port = _host_and_port(url, server)
    name = host.rstrip(".").lower()
    if any(name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES):
        raise private_address(server)
    literal = _literal(name)
    if literal is not None and (is_private(literal) or literal in own_addresses()):
        raise private_address(server)


def _host_and_port(url: str, server: ServerName) -> tuple[str, int]:
    wrong = unreachable(server, "has an address that is none of HTTP", hint="It begins with https://.", retryable=False)
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise wrong
    return parts.hostname, port


def _literal(name: str) -> str | None:
    """The IP address that a name spells, also as one number, in hex or in octal; None for a name proper."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    if name.rpartition(".")[2].startswith("0x") or name.rpartition(".")[2].isdigit():
        try:
            return str(IPv4Address(socket.inet_aton(name)))
        except (OSError, ValueError):
            return None
    return None
