"""Addresses of other servers, as people write them."""

import re
from urllib.parse import urlsplit

from studiolo.errors import RequestError
from studiolo.network.addresses import is_loopback_host
from studiolo.server.engine.upstream.wire import can_be_asked

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_NOT_IN_AN_ADDRESS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\\]")
_API = "/v1"
_OTHERS = re.compile(r"[^a-z0-9]+")
_MOST_ID = 40


def base_address(text: str) -> str:
    """Return the base of a server's API, such as `https://box.example/llm`, without a `/v1` at its end.

    Raises RequestError for what is no address of a server. A key within it would be in every log.
    """
    text = text.strip()
    whole = text if _SCHEME.match(text) else f"http://{text}"
    try:
        parts = urlsplit(whole)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _no_address(text) from error
    if parts.scheme not in ("http", "https") or not host or _NOT_IN_AN_ADDRESS.search(whole) or port == 0:
        raise _no_address(text)
    if not can_be_asked(whole):
        raise _no_address(text)
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise RequestError(
            "The address of a server has no user name, no password and nothing after a '?' or '#'.",
            param="address",
            code="invalid_value",
            hint="Give a key as its key.",
        )
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/').removesuffix(_API).rstrip('/')}"


def name_of(address: str) -> str:
    """Return what a machine is called that nobody gave a name: its host, and the port where there is one."""
    return urlsplit(address).netloc.removesuffix(":80" if address.startswith("http:") else ":443")


def id_of(name: str, taken: set[str]) -> str:
    """Return a name as it can stand in addresses and on command lines, and which nobody has yet."""
    wanted = _OTHERS.sub("-", name.lower()).strip("-")[:_MOST_ID].strip("-") or "server"
    number = 1
    while (candidate := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    return candidate


def is_open_to_listeners(address: str) -> bool:
    """Return whether a key that is sent there can be read on the way."""
    return address.startswith("http:") and not is_loopback_host(urlsplit(address).hostname or "")


def _no_address(text: str) -> RequestError:
    return RequestError(
        f"'{text[:100]}' is not the address of a server.",
        param="address",
        code="invalid_value",
        hint="It looks like http://192.168.1.5:8000, https://box.example/llm or http://[fd00::5]:8000.",
    )
