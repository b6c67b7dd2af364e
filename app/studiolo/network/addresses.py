"""Which hosts are this machine itself, and which an exception means."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_loopback_host(host: str) -> bool:
    """Return whether a host is this machine, reached without a network."""
    host = host.lower().strip("[]").removesuffix(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    ip = _ip_of(host)
    # To connect to 0.0.0.0 is to connect to this machine.
    return ip is not None and (ip.is_loopback or ip.is_unspecified)


def is_loopback(address: str) -> bool:
    """Return whether the host of an address (as of urlsplit) is this machine, reached without a network."""
    return is_loopback_host(urlsplit(address).hostname or "")


def is_excepted(host: str, exceptions: Iterable[str]) -> bool:
    """Return whether one of the exceptions means a host: a name and all below it, `*.name`, an address, a network."""
    host = host.lower().strip("[]").removesuffix(".")
    ip = _ip_of(host)
    return any(_means(exception.strip().lower(), host, ip) for exception in exceptions)


def is_exception(text: str) -> bool:
    """Return whether a text can be an exception: a name, `*.name`, an address or a network such as 10.0.0.0/8."""
    text = text.strip().lower()
    if "/" in text:
        return _network_of(text) is not None
    name = text.removeprefix("*").removeprefix(".")
    return text == "*" or _ip_of(text.strip("[]")) is not None or (bool(name) and _is_name(name))


def _means(exception: str, host: str, ip: _Ip | None) -> bool:
    if exception == "*":
        return True
    if "/" in exception:
        network = _network_of(exception)
        return ip is not None and network is not None and ip.version == network.version and ip in network
    if ip is not None:
        return ip == _ip_of(exception.strip("[]"))
    name = exception.removeprefix("*").removeprefix(".").removesuffix(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _is_name(text: str) -> bool:
    return len(text) <= 253 and all(letter.isalnum() or letter in "-_." for letter in text)


def _ip_of(text: str) -> _Ip | None:
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return mapped or ip


def _network_of(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
