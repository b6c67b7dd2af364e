"""Proxy scripts (PAC files): fetched, kept for a while, and run in a small engine with limits of time and memory.

A script is a stranger's program. It sees the scheme and the host of what is asked for, never a path. It can look up
names, and nothing else of this machine.
"""

import http.client
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import psutil

from studiolo.errors import RequestError
from studiolo.files import read_small
from studiolo.network.proxies import ProxyServer, parse_proxy
from studiolo.network.script_functions import FUNCTIONS

Fetch = Callable[[str], bytes]
"""Gets what lies at an address. Blocking. Raises OSError, http.client.HTTPException."""

MOST_BYTES = 2**20
"""Of a script."""
_KEPT_SECONDS = 300.0
_RUN_SECONDS = 1
_MEMORY = 64 * 2**20
_STACK = 512 * 1024
_MOST_LOOKUPS = 8
"""A script that asks for more names than that in a row is given up."""


@dataclass(frozen=True)
class _Kept:
    source: str
    stamp: tuple[int, int] | None
    text: str
    at: float


class ProxyScripts:
    """Finds proxies by the script in force. Any thread may ask."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._kept: _Kept | None = None

    def find(self, source: str, scheme: str, host: str, *, user: str = "", password: str = "") -> ProxyServer | None:
        """Return the proxy for a host, None for none. Blocking.

        Args:
            source: The address or the path of the script.
            scheme: Of what is asked for, http or https.
            host: Whom it is asked of.
            user: What the proxy may ask for.
            password: And its password.

        Raises:
            RequestError: The script can't be had, does not work, or names no proxy that can be used.
        """
        answer = run_script(self._text(source), f"{scheme}://{host}/", host)
        for choice in answer.split(";"):
            kind, _, place = choice.strip().partition(" ")
            if kind.upper() == "DIRECT":
                return None
            if kind.upper() in ("PROXY", "HTTP"):
                return parse_proxy(place.strip(), user=user, password=password)
        raise _useless(f"it names no proxy that can be used: {answer[:100]}")

    def _text(self, source: str) -> str:
        with self._lock:
            kept, now = self._kept, time.monotonic()
            stamp = _stamp_of(source)
            if kept and (kept.source, kept.stamp) == (source, stamp) and now - kept.at < _KEPT_SECONDS:
                return kept.text
            try:
                content = self._content(source)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise _useless(f"it can't be read: {getattr(error, 'strerror', None) or error}") from error
            text = content.decode("utf-8-sig", "replace")
            self._kept = _Kept(source, stamp, text, now)
            return text

    def _content(self, source: str) -> bytes:
        if urlsplit(source).scheme in ("http", "https"):
            return self._fetch(source)
        return read_small(_path_of(source), MOST_BYTES)


def run_script(text: str, url: str, host: str) -> str:
    """Return what a script says of a host, such as `PROXY proxy:8080; DIRECT`. Blocking; names are looked up.

    Raises RequestError.
    """
    known: dict[str, str | None] = {}
    for _ in range(_MOST_LOOKUPS):
        answer, wanted = _evaluate(text, url, host, known)
        if not wanted:
            return answer
        known |= {name: _address_of(name) for name in wanted}
    raise _useless("it looks up too many names")


def _evaluate(text: str, url: str, host: str, known: dict[str, str | None]) -> tuple[str, list[str]]:
    """Return the answer, and the names that it would need to know first: Python is not called from within a script."""
    try:
        import quickjs
    except ImportError as error:
        raise _useless("this build of Studiolo can't run scripts") from error
    import json

    context = quickjs.Context()
    context.set_memory_limit(_MEMORY)
    context.set_max_stack_size(_STACK)
    context.set_time_limit(_RUN_SECONDS)
    try:
        context.eval(FUNCTIONS)
        context.eval(f"__begin({json.dumps(known)}, {json.dumps(_own_address())})")
        context.eval(text)
        answer = context.eval(f"__answer({json.dumps(url)}, {json.dumps(host)})")
        wanted = json.loads(context.eval("JSON.stringify(__wanted)"))
    except (quickjs.JSException, quickjs.StackOverflow, ValueError, RecursionError) as error:
        words = str(error).splitlines()
        raise _useless(f"it does not work: {words[0][:200]}" if words else "it does not work") from error
    names = [name for name in wanted if isinstance(name, str)] if isinstance(wanted, list) else []
    return str(answer), [name for name in names if name not in known][:_MOST_LOOKUPS]


def _address_of(name: str) -> str | None:
    try:
        return str(socket.getaddrinfo(name[:253], None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])
    except (OSError, UnicodeError):
        return None


def _own_address() -> str:
    found = (entry for entries in psutil.net_if_addrs().values() for entry in entries)
    addresses = [entry.address for entry in found if entry.family == socket.AF_INET]
    return next((address for address in addresses if not address.startswith("127.")), "127.0.0.1")


def _path_of(source: str) -> Path:
    parts = urlsplit(source)
    return Path(url2pathname(parts.path) if parts.scheme == "file" else source).expanduser()


def _stamp_of(source: str) -> tuple[int, int] | None:
    try:
        stat = _path_of(source).stat()
    except (OSError, ValueError, RuntimeError):
        return None
    return stat.st_mtime_ns, stat.st_size


def _useless(reason: str) -> RequestError:
    return RequestError(
        f"The proxy script can't be used: {reason}.",
        param="proxy_script",
        code="invalid_value",
        hint="Check the script's address in the settings, under Network, or choose the proxy by hand.",
    )
