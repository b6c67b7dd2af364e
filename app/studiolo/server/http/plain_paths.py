"""One spelling for every path, before anybody judges or routes it.

Programs put addresses together from parts, and end up with a slash too many at either end.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class PlainPaths:
    """ASGI middleware: `//v1/models/` is `/v1/models`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with one slash at the beginning of its path and none at the end."""
        if scope["type"] == "http":
            plain = "/" + scope["path"].strip("/")
            if plain != scope["path"]:
                scope = {**scope, "path": plain, "raw_path": b"/" + (scope.get("raw_path") or b"").strip(b"/")}
        await self._app(scope, receive, send)
