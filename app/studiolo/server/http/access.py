"""Who may ask: names and origins first, then tokens and what they permit.

A web page must not reach a loopback server by a name that it made point there (DNS rebinding), nor by a request that
the browser sends without asking. So the Host header must be a name of this machine, an address, or a name that nobody
can own, and an Origin that is not the server itself is refused unless CORS is on or the settings name it.
"""

import asyncio
import hmac
import ipaddress
import json
import re
import socket
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studiolo.api.server import SHOWN_CHARACTERS
from studiolo.api.settings import LONGEST_ORIGIN, ServerSettings
from studiolo.errors import AccessError
from studiolo.server.http.error_bodies import error_body
from studiolo.server.mcp.contract import NOBODY, Caller
from studiolo.server.tokens import Token, TokenStore, has_token_shape

IDENTITY = "studiolo.identity"
"""Key in the ASGI scope: the Token, or None where none was asked for."""
CALLER = "studiolo.caller"
"""Key in the ASGI scope: the Caller, known by a token or the local key even where none is asked for."""
ADMINISTERS = "studiolo.administers"
"""Key in the ASGI scope: whether whoever asks could do what takes the permission `admin`."""

_PUBLIC = ("/", "/lmstudio-greeting")
_LISTINGS = ("/api/v0/models", "/api/v1/models", "/v1/models")
"""Open to every token."""
# The first that matches counts. What is added below one of these folders needs a permission without anybody's doing.
_ADMIN = ("/api/v1/server/", "/api/v1/models/import", "/api/v1/runtimes", "/api/v1/upstreams")
_DOWNLOADS = ("/api/v1/models/download", "/api/v1/models/file", "/api/v1/hub")
_MODELS = ("/api/v1/models/",)
_OF_THE_DISK = re.compile(r"/api/v1/models/((import|move|verify|inventory)|details/.*|download/events)")
"""Routes that take or tell paths of the server's disk; `_LISTS_DOWNLOADS` does when it is read."""
_LISTS_DOWNLOADS = "/api/v1/models/download"
_CHAT = ("/api/v0/", "/api/v1/chat", "/v1/")
_MCP = "/api/v1/mcp"
_MCP_FILE = "/api/v1/mcp/file"
"""It may hold secrets."""
_MCP_USE = re.compile(
    r"/api/v1/mcp/(?:price|(?:approvals|elicitations)/[^/]+"
    r"|servers/[^/]+/(?:tools/.+/call|prompts/.+|resources/read))",
    re.DOTALL,
)
"""What is done with a server that is set up. Everything else that changes something takes the permission `admin`: what
a server is begins a program."""
_MCP_ANSWERS = ("/api/v1/mcp/approvals/", "/api/v1/mcp/elicitations/")
"""Whoever knows one of their ids was told it by the request that asks."""

_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")

FIRST_WAIT_SECONDS = 0.5
"""So long the first failure that is not free waits; each further one twice as long as the one before."""

# Nobody can own a name below these in the public DNS (RFC 6761, 6762, 8375, ICANN's .internal), so no stranger's page
# can make one point here: containers and virtual machines call their host host.docker.internal and the like.
_NOBODY_S = (".localhost", ".local", ".internal", ".localdomain", ".home.arpa")

_FREE_FAILURES = 5
_SLOWEST_SECONDS = 8.0
_REMEMBERED_ADDRESSES = 1024
_FORGIVEN_SECONDS = 600.0

_CORS_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "*, Authorization, Content-Type, X-Api-Key",
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Max-Age": "600",
}


def caller_of(request: Request) -> Caller:
    """Return who sends a request that AccessControl has let in."""
    caller: Caller = request.scope.get(CALLER, NOBODY)
    return caller


def may_administer(request: Request) -> bool:
    """Return whether who sends a request that AccessControl has let in could do what takes the permission `admin`."""
    return bool(request.scope.get(ADMINISTERS))


class AccessControl:
    """ASGI middleware. local_key: a secret that lets this machine's own programs of the same user do everything."""

    def __init__(
        self, app: ASGIApp, *, settings: Callable[[], ServerSettings], tokens: TokenStore, local_key: str
    ) -> None:
        self._app = app
        self._settings = settings
        self._tokens = tokens
        self._local_key = local_key
        self._failures = _Failures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is not permitted and a browser's preflight; pass others on, with their caller in the scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        try:
            self._check_host(headers)
            self._check_origin(origin, headers)
            if origin and self._admits(origin):
                send = _with_cors(send, origin)
                if scope["method"] == "OPTIONS":
                    await _answer(send, 204, b"")
                    return
            scope[IDENTITY] = token = await self._identify(scope, headers)
            caller = self._caller(headers, token)
            scope[CALLER], scope[ADMINISTERS] = caller, self._administers(scope, headers, caller)
        except AccessError as error:
            await _answer(send, error.status, json.dumps(error_body(error, scope["path"])).encode())
            return
        await self._app(scope, receive, send)

    def _check_host(self, headers: Headers) -> None:
        host = headers.get("host")
        if host is None:
            return  # A browser always names one, so this is a program; HTTP/1.0 has none.
        name = _name_of(host)
        own = {"localhost", socket.gethostname().lower()}
        if name in own or name.endswith(_NOBODY_S) or _is_address(name):
            return
        if name and any(_is_meant(name, pattern) for pattern in self._settings().allowed_hosts):
            return
        raise AccessError(
            f"The server does not answer to the name '{(name or host)[:80]}'.",
            status=403,
            code="host_not_allowed",
            hint="Use its address, or add the name to the setting allowed_hosts: there *.ts.net stands for every name "
            "that ends in .ts.net.",
        )

    def _check_origin(self, origin: str | None, headers: Headers) -> None:
        if origin is None or self._admits(origin) or origin.partition("://")[2] == headers.get("host"):
            return
        raise AccessError(
            f"Web pages and programs of the origin '{origin[:80]}' may not use this server.",
            status=403,
            code="origin_not_allowed",
            hint="If they should, add the origin to the setting allowed_origins (a * stands for any characters), or "
            "switch CORS on for all of them.",
        )

    def _admits(self, origin: str) -> bool:
        if len(origin) > LONGEST_ORIGIN:
            return False
        settings = self._settings()
        asked = origin.strip().lower().rstrip("/")
        return settings.cors or any(_is_origin(asked, pattern) for pattern in settings.allowed_origins)

    async def _identify(self, scope: Scope, headers: Headers) -> Token | None:
        """The token of a request that may go on, None where none is needed. Raises AccessError."""
        path = scope["path"]
        permission = permission_for(scope["method"], path)
        needed = self._settings().require_authentication and path not in _PUBLIC
        if not needed and not _needs_proof(scope, headers, permission):
            return None
        text = _token_of(headers)
        if self._is_local_key(text):
            return None
        address = (scope.get("client") or ("", 0))[0]
        token = self._tokens.check(text) if text and has_token_shape(text) else None
        if token is None:
            if text:  # Else nothing was guessed.
                await asyncio.sleep(self._failures.add(address))
            raise _unauthorized(text)
        self._failures.forget(address)
        if permission and not token.allows(permission):
            raise AccessError(
                f"The token '{token.name}' lacks the permission '{permission}'.",
                status=403,
                code="permission_denied",
                hint="Edit the token's permissions, or use another.",
            )
        return token

    def _caller(self, headers: Headers, token: Token | None) -> Caller:
        """Who sends a request that may go on. token: the one that it was let in by."""
        if token is not None:
            return Caller(token)
        text = _token_of(headers)
        if self._is_local_key(text):
            return Caller(local=True)
        # Where none is asked for, a token opens nothing, but says who asks; a wrong one is ignored.
        found = self._tokens.check(text) if text and has_token_shape(text) else None
        return Caller(found) if found else NOBODY

    def _administers(self, scope: Scope, headers: Headers, caller: Caller) -> bool:
        if caller.local or (caller.token and caller.token.allows("admin")):
            return True
        return not self._settings().require_authentication and not _needs_proof(scope, headers, "admin")

    def _is_local_key(self, text: str | None) -> bool:
        return text is not None and hmac.compare_digest(text.encode(), self._local_key.encode())


class _Failures:
    """Failed attempts by address: the first few are free, each further one waits longer."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def add(self, address: str) -> float:
        """Count a failure; the seconds to wait before it is answered."""
        count, last = self._counts.pop(address, (0, 0.0))
        now = time.monotonic()
        count = 1 if now - last > _FORGIVEN_SECONDS else count + 1
        self._counts[address] = (count, now)
        while len(self._counts) > _REMEMBERED_ADDRESSES:
            self._counts.popitem(last=False)
        further = count - _FREE_FAILURES
        return min(_SLOWEST_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(16, further - 1)) if further > 0 else 0.0

    def forget(self, address: str) -> None:
        self._counts.pop(address, None)


def _name_of(host: str) -> str:
    """The name in a Host header, in lower case and without the dot that may end it; "" if there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _is_meant(name: str, pattern: str) -> bool:
    pattern = pattern.strip().lower().removesuffix(".")
    if pattern.startswith("*.") and len(pattern) > 2:
        return name.endswith(pattern[1:])
    return name == (_name_of(pattern) or pattern)


def _is_origin(origin: str, pattern: str) -> bool:
    """A * is any characters; "null", which pages without an origin send, must be named: anybody can be that."""
    pattern = pattern.strip().lower().rstrip("/")
    if origin == "null" or "*" not in pattern:
        return bool(pattern) and origin == pattern
    # No regular expression: with several stars it tries every way to divide what a stranger sends.
    first, *inner, last = pattern.split("*")
    at, end = len(first), len(origin) - len(last)
    if not (origin.startswith(first) and origin.endswith(last) and at <= end):
        return False
    for piece in inner:
        found = origin.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def permission_for(method: str, path: str) -> str | None:
    """Return the permission that a token must have for a route; None for one that takes none, or no token."""
    if method == "DELETE" and path.startswith("/api/v1/models"):
        return "models"
    if path in _LISTINGS:
        return None
    if path.startswith(_MCP):
        return _mcp_permission(method, path)
    for prefixes, permission in ((_ADMIN, "admin"), (_DOWNLOADS, "downloads"), (_MODELS, "models"), (_CHAT, "chat")):
        if path.startswith(prefixes):
            return permission
    return None


def _mcp_permission(method: str, path: str) -> str:
    reads = method in ("GET", "HEAD") and path != _MCP_FILE
    uses = method == "POST" and _MCP_USE.fullmatch(path)
    return "mcp" if reads or uses else "admin"


def _token_of(headers: Headers) -> str | None:
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and text.strip():
        return text.strip()
    return headers.get("x-api-key") or None


def _unauthorized(text: str | None) -> AccessError:
    if not text:
        return AccessError(
            "An API token is required.",
            status=401,
            code="invalid_api_key",
            hint="Send it as the header 'Authorization: Bearer <token>'.",
        )
    shown = text[:SHOWN_CHARACTERS]
    problem = "is not known, or has expired" if has_token_shape(text) else "does not have the shape of an API token"
    return AccessError(f"The API token '{shown}…' {problem}.", status=401, code="invalid_api_key")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _needs_proof(scope: Scope, headers: Headers, permission: str | None) -> bool:
    """Whether a request takes a token even where none is asked for.

    It changes who is let in, or what is kept, or tells where on the disk that is. Whoever is let in without one, from
    the network or from a web page, is not let in to that.
    """
    # Whatever is done with an MCP server may begin its program.
    if permission == "admin" or (permission == "mcp" and not scope["path"].startswith(_MCP_ANSWERS)):
        return _is_foreign_page(headers) or not _is_from_here(scope, headers)
    path = scope["path"]
    deletes = permission == "models" and scope["method"] == "DELETE"
    lists = path == _LISTS_DOWNLOADS and scope["method"] in ("GET", "HEAD")
    return bool(deletes or lists or _OF_THE_DISK.fullmatch(path)) and _is_foreign_page(headers)


def _is_foreign_page(headers: Headers) -> bool:
    """Whether a browser asks for a page that is not the server's own."""
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        return True
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _is_from_here(scope: Scope, headers: Headers) -> bool:
    """Whether a request comes from this machine, and not by way of a proxy on it."""
    # What these say is never believed, only that somebody else may be behind them.
    if any(name in headers for name in _FORWARDED):
        return False
    address = (scope.get("client") or ("", 0))[0]
    return not address or (_is_address(address) and ipaddress.ip_address(address).is_loopback)


def _with_cors(send: Send, origin: str) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message.get("headers", [])))
            headers["Access-Control-Allow-Origin"] = origin
            headers["Vary"] = "Origin"
            for name, value in _CORS_HEADERS.items():
                headers[name] = value
            message = {**message, "headers": headers.raw}
        await send(message)

    return send_with_headers


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
