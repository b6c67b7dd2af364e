"""Requests that name the whole address, as to a proxy: `GET http://host/path` (RFC 9112, section 3.2.2)."""

from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

_SCHEMES = (b"http://", b"https://")


class WholeAddresses:
    """ASGI middleware: such a request is one for its path, and its address counts instead of the Host header."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; one that names a whole address has its path alone, and the address as its Host header."""
        if scope["type"] == "http" and scope.get("raw_path", b"").lower().startswith(_SCHEMES):
            scope = _with_path_alone(scope)
        await self._app(scope, receive, send)


def _with_path_alone(scope: Scope) -> Scope:
    try:
        parts = urlsplit(scope["raw_path"].decode("latin-1"))
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return scope
    path = parts.path or "/"
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {
        **scope,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "headers": [*headers, (b"host", host.encode("latin-1"))],
    }
