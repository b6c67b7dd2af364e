"""Servers of HTTP that misbehave, one at each path; without any SDK."""

import asyncio
import gzip
import json
from typing import Any

from starlette.types import Receive, Scope, Send

SECRET = "token-that-nobody-may-read-1234"
TOO_LARGE = 20 << 20


TERSE: dict[str, dict[str, Any]] = {
    "server/discover": {
        "supportedVersions": ["2026-07-28"],
        "capabilities": {"tools": {}, "prompts": {}, "resources": {}},
        "serverInfo": {"name": "terse", "version": "1"},
    },
    "tools/list": {"tools": [{"name": "act", "inputSchema": {"type": "object"}}]},
    "tools/call": {"content": [{"type": "text", "text": "done"}]},
    "prompts/list": {"prompts": [{"name": "greet"}]},
    "prompts/get": {"messages": [{"role": "user", "content": {"type": "text", "text": "hello"}}]},
    "resources/list": {"resources": [{"uri": "a:b", "name": "b"}]},
    "resources/read": {"contents": [{"uri": "a:b", "text": "note"}]},
}
"""What a server of the newest revision answers that leaves out all that may be assumed."""


class BadWeb:
    """An application. asked: the paths that were asked for, methods: what of MCP. elsewhere: where it redirects to."""

    def __init__(self, elsewhere: str = "") -> None:
        self._elsewhere = elsewhere
        self.asked: list[str] = []
        self.methods: list[str] = []
        self.gone = self.tired = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        self.asked.append(path)
        message = await _message(receive)
        self.methods.append(message.get("method", ""))
        if path == "/redirect":
            await _answer(send, 307, b"", location=self._elsewhere)
        elif path == "/refuses":
            await _answer(send, 401, f"Your token {SECRET} is wrong.".encode(), **{"www-authenticate": SECRET})
        elif path == "/tires" and self.tired and message.get("method") in ("tools/list", "tools/call", "prompts/list"):
            await _answer(send, 401, b"")
        elif path == "/broken":
            await _answer(send, 500, f"{SECRET}: internal error".encode())
        elif path == "/terse":
            await _json(send, message.get("id"), TERSE.get(message.get("method", ""), {}))
        elif path == "/packed" and message.get("method") != "initialize":
            packed = gzip.compress(b" " * (200 << 20), 1)
            await _answer(send, 200, packed, **{"content-type": "application/json", "content-encoding": "gzip"})
        elif message.get("method") == "tools/call":
            await self._call(path, message, send)
        else:
            await self._listed(message, send)

    async def _listed(self, message: dict[str, Any], send: Send) -> None:
        number, method = message.get("id"), message.get("method")
        if method == "initialize":
            about = {"name": "bad", "version": "0"}
            result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": about}
            await _json(send, number, result, **{"mcp-session-id": "1"})
        elif method == "tools/list":
            await _json(send, number, {"tools": [{"name": "act", "inputSchema": {"type": "object"}}]})
        elif number is None:
            await _answer(send, 202 if method else 405, b"")
        else:
            await _answer(send, 404, b"")

    async def _call(self, path: str, message: dict[str, Any], send: Send) -> None:
        number = message["id"]
        if path == "/large":
            await _json(send, number, {"content": [{"type": "text", "text": "x" * TOO_LARGE}]})
        elif path == "/large-event":
            result = {"content": [{"type": "text", "text": "x" * TOO_LARGE}]}
            body = f"data: {json.dumps({'jsonrpc': '2.0', 'id': number, 'result': result})}\n\n"
            await _answer(send, 200, body.encode(), **{"content-type": "text/event-stream"})
        elif path == "/nonsense":
            await _answer(send, 200, b'{"jsonrpc":"2.0","id":', **{"content-type": "application/json"})
        elif path == "/echoes":
            error = {"code": -32000, "message": f"The key {SECRET} has no quota."}
            await _answer(send, 200, json.dumps({"jsonrpc": "2.0", "id": number, "error": error}).encode(), **_JSON)
        elif path == "/forgets" and not self.gone:
            self.gone = True
            await _answer(send, 404, b"")
        elif path == "/hangs":
            await asyncio.sleep(60)
        elif path == "/vanishes":
            raise ConnectionAbortedError
        else:
            await _json(send, number, {"content": [{"type": "text", "text": "done"}]})


_JSON = {"content-type": "application/json"}


async def _message(receive: Receive) -> dict[str, Any]:
    body = b""
    while True:
        part = await receive()
        body += part.get("body", b"")
        if not part.get("more_body"):
            break
    return json.loads(body) if body else {}


async def _json(send: Send, number: object, result: dict[str, Any], **headers: str) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": number, "result": result}).encode()
    await _answer(send, 200, body, **_JSON, **headers)


async def _answer(send: Send, status: int, body: bytes, **headers: str) -> None:
    listed = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": body})
