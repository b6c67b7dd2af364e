"""Who may ask: names and origins first, then tokens and what they permit.

A web page must not reach a loopback server by a name that it made point there (DNS rebinding), nor by a request that
the browser sends without asking. So the Host header must be a name of this machine, an address, or a name that nobody
can own, and an Origin that is not the server itself is refused unless CORS is on.
"""

import asyncio
import hmac
import ipaddress
import json
import socket
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studiolo.api.settings import ServerSettings
from studiolo.api.tokens import SHOWN_CHARACTERS
from studiolo.errors import AccessError
from studiolo.server.http.dialects import error_body
from studiolo.server.tokens import Token, TokenStore, has_token_shape

IDENTITY = "studiolo.identity"
"""Key in the ASGI scope: the Token, or None where none was asked for."""

_PUBLIC = ("/lmstudio-greeting",)
_LISTINGS = ("/api/v1/models", "/v1/models")
"""Open to every token."""
# The first that matches counts. What is added below one of these folders needs a permission without anybody's doing.
_ADMIN = ("/api/v1/server/", "/api/v1/models/import")
_DOWNLOADS = ("/api/v1/models/download", "/api/v1/models/file", "/api/v1/hub")
_MODELS = ("/api/v1/models/",)
_CHAT = ("/api/v1/chat", "/v1/")

# Nobody can own a name below these in the public DNS (RFC 6761, 6762, 8375, ICANN's .internal), so no stranger's page
# can make one point here: containers and virtual machines call their host host.docker.internal and the like.
_NOBODY_S = (".localhost", ".local", ".internal", ".localdomain", ".home.arpa")

FIRST_WAIT_SECONDS = 0.5
"""So long the first failure that is not free waits; each further one twice as long as the one before."""
_FREE_FAILURES = 5
_SLOWEST_SECONDS = 8.0
_REMEMBERED_ADDRESSES = 1024
_FORGIVEN_SECONDS = 600.0

_CORS_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "*, Authorization, Content-Type, X-Api-Key",
    "Access-Control-Max-Age": "600",
}


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
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        try:
            self._check_host(headers)
            self._check_origin(origin, headers)
            if origin and self._settings().cors:
                send = _with_cors(send, origin)
                if scope["method"] == "OPTIONS":
                    await _answer(send, 204, b"")
                    return
            scope[IDENTITY] = await self._identify(scope, headers)
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
        if origin is None or self._settings().cors or origin.partition("://")[2] == headers.get("host"):
            return
        raise AccessError(
            f"Web pages of '{origin[:80]}' may not use this server.",
            status=403,
            code="origin_not_allowed",
            hint="Switch CORS on in the server's settings if they should.",
        )

    async def _identify(self, scope: Scope, headers: Headers) -> Token | None:
        """The token of a request that may go on, None where none is needed. Raises AccessError."""
        path = scope["path"]
        permission = _permission(scope["method"], path)
        needed = self._settings().require_authentication and path not in _PUBLIC
        # Whoever is let in without a token from the network is not let in to change that.
        needed = needed or (permission == "admin" and not _is_loopback(scope))
        if not needed:
            return None
        text = _token_of(headers)
        if text and hmac.compare_digest(text.encode(), self._local_key.encode()):
            return None
        address = (scope.get("client") or ("", 0))[0]
        token = self._tokens.check(text) if text and has_token_shape(text) else None
        if token is None:
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


def _permission(method: str, path: str) -> str | None:
    if method == "DELETE" and path.startswith("/api/v1/models"):
        return "models"
    if path.rstrip("/") in _LISTINGS:
        return None
    for prefixes, permission in ((_ADMIN, "admin"), (_DOWNLOADS, "downloads"), (_MODELS, "models"), (_CHAT, "chat")):
        if path.startswith(prefixes):
            return permission
    return None


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


def _is_loopback(scope: Scope) -> bool:
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
