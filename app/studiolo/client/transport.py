"""The one place that builds httpx clients: addresses, time-outs, proxies, certificates, the token."""

import ipaddress
import re
import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from studiolo import __version__
from studiolo.client.certificates import SYSTEM, Certificate, open_context
from studiolo.errors import AccessError, RequestError
from studiolo.network.addresses import is_loopback as is_loopback
from studiolo.network.certificates import add_certificates
from studiolo.network.network import Network, Purpose
from studiolo.network.transport import NetworkTransport, plain_context

DEFAULT_PORT = 1234

# Writing is one step, however much there is to send: an image of 20 MB takes minutes on a slow line.
_QUESTION = httpx.Timeout(60.0, connect=5.0, write=300.0, pool=5.0)
QUESTION_TIMEOUT = _QUESTION
"""For what a server answers off-hand. All time-outs are in seconds, reading counts from the last byte."""
LOAD_TIMEOUT = httpx.Timeout(3600.0, connect=_QUESTION.connect, write=_QUESTION.write, pool=_QUESTION.pool)
"""For a load that is silent until it is done: a large model on a slow disk."""
ENDLESS_TIMEOUT = httpx.Timeout(None, connect=_QUESTION.connect, write=_QUESTION.write, pool=_QUESTION.pool)
"""For a reply: a model may think for as long as it likes, and the server's silence is not its death."""

# Servers drop idle connections after five seconds: a request sent at that very moment would be lost.
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=10, keepalive_expiry=2.0)

_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPALIVE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}

_HINT = "An address looks like localhost:1234 or https://models.example.org."
_HOST_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
_PASTED_ROUTE = re.compile(r"(/api)?/v1$")


def normalize_address(text: str) -> str:
    """Return `scheme://host[:port][/path]` for an address such as `localhost`, `10.0.0.5:1234` or `http://x/`.

    A plain http address without a port gets LM Studio's, 1234. The `/v1` of an OpenAI base URL is cut off. Raises
    RequestError for what is no address.
    """
    text = text.strip()
    url = text if "://" in text else f"http://{f'[{text}]' if _is_ip(text, 6) else text}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as error:
        raise RequestError(f"“{text}” is not an address.", hint=_HINT) from error
    if not text.isprintable() or any(char.isspace() for char in text):
        raise RequestError("An address has no spaces and no line breaks.", hint=_HINT)
    if parts.scheme not in ("http", "https") or not _is_host(host) or port == 0 or "//" in parts.path:
        raise RequestError(f"“{text}” is not the address of a server.", hint=_HINT)
    if parts.query or parts.fragment or "@" in parts.netloc:
        # Not repeated in the message: what stands before an @ may be a password.
        raise RequestError("There is more in this than an address.", hint=_HINT)
    port = port or (DEFAULT_PORT if parts.scheme == "http" else None)
    path = _PASTED_ROUTE.sub("", parts.path.rstrip("/"))
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}{path}"


def _is_ip(text: str, version: int | None = None) -> bool:
    try:
        return ipaddress.ip_address(text).version in (version, version or 4, version or 6)
    except ValueError:
        return False


def _is_host(host: str) -> bool:
    if _is_ip(host):
        return True
    return len(host) <= 253 and all(_HOST_LABEL.fullmatch(label) for label in host.removesuffix(".").split("."))


def open_client(
    address: str,
    token: str | None = None,
    *,
    certificate: Certificate = SYSTEM,
    context: ssl.SSLContext | None = None,
    network: Network | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Return a client for the server at `address` (as of normalize_address). The caller closes it.

    Proxies are those of the network, but never for this machine. Redirects are not followed: the token is meant for
    this address alone.

    Args:
        address: The server's.
        token: What is sent with each request.
        certificate: Which one of the server is trusted.
        context: How the server proves who it is, in place of a certificate.
        network: The way there; without one, that of the environment.
        transport: What carries the requests, in place of the network.

    Raises:
        AccessError: No header can hold the token.
        CertificateError: The certificate that is to be trusted can't be read.
    """
    headers = {"User-Agent": f"studiolo/{__version__}"}
    if token := (token or "").strip():
        if not (token.isascii() and token.isprintable()):
            raise AccessError(
                "The token has characters in it that no token has.", status=401, hint="Copy it again, all of it."
            )
        headers["Authorization"] = f"Bearer {token}"
    network = network or Network()
    return httpx.AsyncClient(
        base_url=address,
        headers=headers,
        timeout=QUESTION_TIMEOUT,
        trust_env=False,
        verify=plain_context(),
        transport=transport
        or NetworkTransport(
            network,
            Purpose("server"),
            certificates=_trust(address, certificate, context, network),
            limits=_LIMITS,
        ),
    )


def _trust(
    address: str, certificate: Certificate, context: ssl.SSLContext | None, network: Network
) -> Callable[[], ssl.SSLContext]:
    """Return what says whom to trust, asked for each way; a certificate that was chosen is read now.

    Raises CertificateError.
    """
    if context is None and not address.startswith("https:"):
        return plain_context
    if context is None and certificate == SYSTEM:
        return lambda: add_certificates(open_context(SYSTEM), network.choice.extra_certificates)
    chosen = context or open_context(certificate)
    return lambda: chosen


async def keep_alive(event: str, info: dict[str, Any]) -> None:
    """Have the system ask, on a silent connection, whether the other machine is there: httpcore's `trace` extension.

    Without it, a reply from a machine that was switched off would be waited for forever; so, for a minute.
    """
    if event != "connection.connect_tcp.complete":
        return
    connection = info["return_value"].get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if option := getattr(socket, name, None):
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
