"""Bodies as JSON in UTF-8, however they were sent: packed, in another character set, with half a character in them.

What is read of them is quoted in errors, kept in files and sent to the engine, all of which are UTF-8. So this is done
to the bytes, once, before anybody reads them.
"""

import asyncio
import codecs
import json
import re
import zlib
from email.message import Message as Header

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studiolo.errors import RequestError
from studiolo.server.http.dialects import error_body
from studiolo.server.http.errors import CLIENT_LEFT
from studiolo.server.request_log import keeps_bodies, note, note_body

_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")
_PACKED = ("gzip", "x-gzip", "deflate")
_BESIDE_THE_LOOP = 2**20
"""Bytes: what takes longer than a few milliseconds is a thread's work."""

# Others that Python knows are no character sets, or take time that grows with the square of the length.
_CHARACTER_SETS = ("ascii", "utf-8", "utf-16", "utf-32", "iso8859", "cp125", "cp437", "cp850", "mac-", "koi8")
_ASIAN_SETS = ("gb", "big5", "shift_jis", "cp932", "euc_", "cp949")

_STATUSES = {"request_too_large": 413, "unsupported_encoding": 415, "unsupported_charset": 415}

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\[^u])|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_REPLACEMENT = rb"\ufffd"


class ReadBodies:
    """ASGI middleware. most_bytes: how much a body may hold once it is unpacked."""

    def __init__(self, app: ASGIApp, *, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY or not _is_json(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > self._most_bytes:
            await self._app(scope, receive, send)  # It refuses what says itself that it is too large.
            return
        received = await self._received(receive)
        if received is None:
            await JSONResponse({}, CLIENT_LEFT)(scope, receive, send)  # Nobody reads it; the log does.
            return
        headers = Headers(scope=scope)
        try:
            packing = headers.get("content-encoding", "").strip().lower()
            work = (received, packing, _charset(headers), self._most_bytes)
            slow = packing or len(received) > _BESIDE_THE_LOOP
            body = await asyncio.to_thread(readable, *work) if slow else readable(*work)
        except RequestError as error:
            note(error=error.message)
            answer = JSONResponse(error_body(error, scope["path"]), _STATUSES.get(error.code or "", 400))
            await answer(scope, receive, send)
            return
        if body != received:
            if keeps_bodies():
                note_body(body.decode())
            scope = _of_length(scope, len(body))
        del received, work
        await self._app(scope, _given(body, receive), send)

    async def _received(self, receive: Receive) -> bytes | None:
        """The body; one that is too large is cut one byte behind the limit, so that it is seen to be."""
        pieces, length = [], 0
        while length <= self._most_bytes:
            message = await receive()
            if message["type"] != "http.request":
                return None
            pieces.append(message.get("body", b""))
            length += len(pieces[-1])
            if not message.get("more_body"):
                break
        return b"".join(pieces)


def readable(body: bytes, packing: str, charset: str | None, most_bytes: int) -> bytes:
    """`body` unpacked, in UTF-8, and with U+FFFD for every half of a character. Raises RequestError."""
    if packing not in ("", "identity"):
        body = _unpacked(body, packing, most_bytes)
    if len(body) > most_bytes:
        raise _too_large(most_bytes)
    body = _as_utf8(body, charset)
    if _HALF.search(body):
        body = _ESCAPE.sub(lambda match: match[1] or _REPLACEMENT, body)
    return body


def _unpacked(body: bytes, packing: str, most_bytes: int) -> bytes:
    if packing not in _PACKED:
        raise RequestError(
            f"Bodies packed with '{packing[:40]}' are not read.",
            code="unsupported_encoding",
            hint="Send them plain, or with Content-Encoding: gzip.",
        )
    out = bytearray()
    try:
        while body:
            stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by the first bytes.
            out += stream.decompress(body, most_bytes + 1 - len(out))
            if len(out) > most_bytes:
                raise _too_large(most_bytes)
            if not stream.eof:
                raise zlib.error("it ends too early")
            body = stream.unused_data
    except zlib.error as error:
        raise RequestError(
            f"The body is not {packing}, as its Content-Encoding says: {error}.", code="invalid_encoding"
        ) from error
    return bytes(out)


def _as_utf8(body: bytes, charset: str | None) -> bytes:
    name = charset or json.detect_encoding(body)
    name = "utf-8" if name in ("ascii", "utf-8-sig") else name
    if name == "utf-8" and body.isascii():
        return body
    try:
        text = body.decode(name, "surrogatepass" if name.startswith("utf") else "strict")
        return text.removeprefix("\ufeff").encode()
    except UnicodeEncodeError:
        # Two halves that belong together are one character; a half alone is none.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()
    except UnicodeDecodeError as error:
        raise RequestError(
            f"The body is not {name.upper()}: byte {error.start} can't be.",
            code="invalid_json",
            hint="Send JSON in UTF-8, or name its character set in the Content-Type header.",
        ) from error


def _is_json(headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _charset(headers: Headers) -> str | None:
    header = Header()
    header["content-type"] = headers.get("content-type", "")
    name = header.get_content_charset()
    if name is None:
        return None
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = ""
    if not known.startswith((*_CHARACTER_SETS, *_ASIAN_SETS)):
        raise RequestError(
            f"The character set '{name[:40]}' is not known here.", code="unsupported_charset", hint="Send UTF-8."
        )
    return known


def _too_large(most_bytes: int) -> RequestError:
    return RequestError(f"The body has more than {most_bytes // 2**20} MiB.", code="request_too_large")


def _of_length(scope: Scope, length: int) -> Scope:
    headers = MutableHeaders(raw=list(scope["headers"]))
    del headers["content-encoding"]
    headers["content-length"] = str(length)
    return {**scope, "headers": headers.raw}


def _given(body: bytes, receive: Receive) -> Receive:
    whole: list[bytes] = [body]

    async def give() -> Message:
        if whole:
            return {"type": "http.request", "body": whole.pop(), "more_body": False}
        return await receive()

    return give
