"""The one place that builds httpx clients: addresses, time-outs, proxies, certificates, the token."""

import ipaddress
import ssl
from urllib.parse import urlsplit

import httpx

from studiolo import __version__
from studiolo.errors import AccessError, RequestError

DEFAULT_PORT = 1234

_CONNECT_SECONDS = 5.0
_HINT = "An address looks like localhost:1234 or https://models.example.org."


def normalize_address(text: str) -> str:
    """`localhost`, `10.0.0.5:1234` or `http://x/` as `scheme://host:port`. Raises RequestError for what is none."""
    text = text.strip()
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise RequestError(f"'{text}' is not an address.", hint=_HINT) from error
    if parts.scheme not in ("http", "https") or not host or any(char.isspace() for char in url):
        raise RequestError(f"'{text}' is not an address of a server.", hint=_HINT)
    if parts.query or parts.fragment or parts.username:
        raise RequestError(f"'{text}' has more in it than an address.", hint=_HINT)
    shown = f"[{host}]" if ":" in host else host
    number = port or (None if parts.scheme == "https" else DEFAULT_PORT)
    return f"{parts.scheme}://{shown}{f':{number}' if number else ''}{parts.path.rstrip('/')}"


def is_loopback(address: str) -> bool:
    """Whether `address` (as of normalize_address) is this machine by its loopback interface."""
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def open_client(
    address: str, token: str | None = None, *, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client for the server at `address` (as of normalize_address). The caller closes it.

    Raises AccessError for a token that no header can hold.

    No time-out on reading: a model may think for minutes, and the server's silence is not its death.
    """
    if token and not (token.isascii() and token.isprintable()):
        raise AccessError("The API token has characters that no token has.", status=401, hint="Copy it once more.")
    headers = {"User-Agent": f"studiolo/{__version__}"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return httpx.AsyncClient(
        base_url=address,
        headers=headers,
        timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
        # Loading the certificates takes longer than a loopback request; without TLS nobody asks for them.
        verify=ssl.create_default_context() if address.startswith("https:") else False,
        trust_env=not is_loopback(address),
        transport=transport,
    )
