"""Where a browser comes back to after a sign-in: a server for one answer, on this machine's loopback address only."""

import asyncio
import contextlib
import hmac
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

_MOST_HEAD = 16_384
_HEAD_SECONDS = 10.0
PATH = "/callback"

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Studiolo</title>
<style>body {{ font: 1.1rem system-ui, sans-serif; display: grid; place-items: center; height: 90vh }}
@media (prefers-color-scheme: dark) {{ body {{ background: #1e1e1e; color: #ddd }} }}</style></head>
<body><main><h1>{title}</h1><p>{text}</p></main></body></html>
"""


@dataclass(frozen=True)
class BrowserAnswer:
    """What the browser brought: a code, or the name of an error. `issuer` is whom it says that it comes from."""

    code: str
    state: str
    issuer: str | None = None
    error: str | None = None


class SignInPage:
    """Bound when it is entered. An answer with a state that was not expected is refused, and waited on beyond.

    port: one that a client of one's own is registered with; 0 for any. Entering raises OSError where it is taken.
    """

    def __init__(self, port: int = 0) -> None:
        self._wanted_port = port
        self._server: asyncio.Server | None = None
        self._answer: asyncio.Future[BrowserAnswer] = asyncio.get_running_loop().create_future()
        self._state: str | None = None

    async def __aenter__(self) -> "SignInPage":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._wanted_port, limit=_MOST_HEAD)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server:
            self._server.close()
        if not self._answer.done():
            self._answer.cancel()

    @property
    def address(self) -> str:
        """Return the address that the browser is sent back to."""
        assert self._server
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{PATH}"

    def expect(self, state: str) -> None:
        """Take the answer that carries this state, and no other."""
        self._state = state

    async def answer(self) -> BrowserAnswer:
        """Wait for it."""
        return await self._answer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                status, title, text = self._take(head.partition(b"\r\n")[0].decode("latin-1"))
                page = _PAGE.format(title=title, text=text).encode()
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(page)}\r\n"
                    "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n"
                    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
                    "Connection: close\r\n\r\n".encode()
                    + page
                )
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # It was no browser, or one that went away.
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _take(self, line: str) -> tuple[str, str, str]:
        """What to answer to the first line of a request: status, title and text of the page."""
        method, _, rest = line.partition(" ")
        try:
            parts = urlsplit(rest.rpartition(" ")[0])
            query = {name: values[0] for name, values in parse_qs(parts.query, max_num_fields=50).items()}
        except ValueError:
            return "400 Bad Request", "This is no sign-in", "Try to sign in again."
        if method != "GET" or parts.path != PATH:
            return "404 Not Found", "There is nothing here", "Try to sign in again."
        state = query.get("state", "")
        if self._state is None or not hmac.compare_digest(state.encode(), self._state.encode()):
            return "400 Bad Request", "This is not the sign-in that was begun", "Try to sign in again."
        error = query.get("error")
        if not error and not query.get("code"):
            return "400 Bad Request", "This is no sign-in", "Try to sign in again."
        if not self._answer.done():
            self._answer.set_result(BrowserAnswer(query.get("code", ""), state, query.get("iss"), error))
        if error:
            return "200 OK", "You are not signed in", "The sign-in was refused. You can close this tab."
        return "200 OK", "Back to Studiolo", "You can close this tab."
