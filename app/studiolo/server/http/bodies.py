"""Bodies of requests: read, measured, parsed and checked, without holding up anybody else.

Whatever is sent, the event loop is held for milliseconds and a body takes no more than three times its size, or 64 MiB:
it is counted as it comes (`body_census`), large ones are parsed in a thread, and the first thing that is wrong ends it
(`body_rules`). What arrives at a route is the checked model; the bytes are gone by then.
"""

import asyncio
import json
import re
from collections.abc import Callable, Coroutine
from email.message import Message as Head
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json

from studiolo.api.chat import ChatRequest
from studiolo.api.errors import ErrorInfo
from studiolo.api.openai import DialectRequest, EmbeddingRequest
from studiolo.server.http.body_census import BodyCensus
from studiolo.server.http.body_rules import BodyRules

MOST_BYTES = 100 * 2**20
"""Of a body that carries a conversation, with its images, or texts to embed."""
MOST_PLAIN_BYTES = 2**20
"""Of any other."""
_LARGE = (ChatRequest, DialectRequest, EmbeddingRequest)
_AT_ONCE = 64 * 1024
"""Bytes: smaller bodies are checked faster than a thread would begin."""
_PIECE = 2**20
_BOM = b"\xef\xbb\xbf"
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""Half of a letter that takes two escapes, as JSON has it."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class BodyError(Exception):
    """A body that can't be used; `status` is that of the answer."""

    def __init__(self, info: ErrorInfo, status: int = 400) -> None:
        super().__init__(info.message)
        self.info = info
        self.status = status


class CheckedRoute(APIRoute):
    """A route whose body is read by us. What it declares of its body stays what the OpenAPI document says."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        if self.body_field is None:
            return handler
        kind = self.body_field.field_info.annotation
        rules = BodyRules(kind)
        most = MOST_BYTES if isinstance(kind, type) and issubclass(kind, _LARGE) else MOST_PLAIN_BYTES

        async def checked(request: Request) -> Response:
            body = await _checked_body(request, rules, most)
            return await handler(_CheckedRequest(request, body))

        return checked


class _CheckedRequest(Request):
    """Gives FastAPI a body that is checked already: a model passes its own validation as it is."""

    def __init__(self, request: Request, model: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._json = model
        self._body = b"{}"  # Only has to be there: the real one is no longer needed.

    async def json(self) -> Any:
        return self._json


async def _checked_body(request: Request, rules: BodyRules, most: int) -> Any:
    """The model that a body of `most` bytes makes. Raises BodyError."""
    _check_type(request.headers.get("content-type", ""))
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length[:20]) > MOST_BYTES:
        raise _too_large(f"The body has {int(length[:20])} bytes; {most} are the most.")
    census = BodyCensus()
    raw, counted = await _read(request, census, most)
    if len(raw) <= _AT_ONCE:
        return _made(raw, counted, census, rules)
    return await asyncio.to_thread(_made, raw, counted, census, rules)


def _check_type(content_type: str) -> None:
    head = Head()
    head["content-type"] = content_type
    kind = head.get_content_type() if content_type else ""
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        named = content_type.split(";")[0].strip().lower()[:80]
        message = f"The body must be JSON: send it as Content-Type: application/json, not '{named}'."
        raise BodyError(_refused("unsupported_media_type", message), 415)


async def _read(request: Request, census: BodyCensus, most: int) -> tuple[bytearray, int]:
    """A body, and how much of it was counted. Raises BodyError at its end: who is still sending sees no answer."""
    raw, counted, received = bytearray(), 0, 0
    problem = ""
    async for chunk in request.stream():
        received += len(chunk)
        if received > MOST_BYTES:
            raise _too_large(problem)
        if problem:
            continue
        raw += chunk
        if len(raw) - counted >= _PIECE:
            await asyncio.to_thread(census.feed, bytes(raw[counted:]))
            counted = len(raw)
        if problem := census.problem or (f"A body may have {most} bytes at most." if received > most else ""):
            raw.clear()
    if problem:
        raise _too_large(problem)
    return raw, counted


def _made(raw: bytearray, counted: int, census: BodyCensus, rules: BodyRules) -> Any:
    """Raises BodyError."""
    census.feed(bytes(raw[counted:]))
    if census.problem:
        raise _too_large(census.problem)
    if not raw or raw.isspace():
        raise BodyError(_refused("invalid_json", "The body is empty; JSON is expected."))
    content = bytes(raw).removeprefix(_BOM)  # The parser would copy a bytearray while it works.
    raw.clear()
    data = _parsed(content)
    del content
    model, problem = rules.check(data)
    if problem:
        raise BodyError(problem)
    return model


def _parsed(raw: bytes) -> Any:
    """Raises BodyError."""
    try:
        return from_json(raw)
    except ValueError as error:
        text = str(error)
        if _HALF.search(raw) and len(raw) <= _PIECE:
            return _repaired(raw)
        if "recursion" in text:
            text = "it is nested too deep"
        raise BodyError(_refused("invalid_json", f"The body is not JSON: {text[:200]}.")) from error


def _repaired(raw: bytes) -> Any:
    """JSON with halves of surrogate pairs, as programs send that cut a text inside an emoji. Raises BodyError."""
    try:
        return _without_halves(json.loads(raw))
    except (ValueError, RecursionError) as error:
        raise BodyError(_refused("invalid_json", f"The body is not JSON: {str(error)[:200]}.")) from error


def _without_halves(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_halves(item) for item in value]
    if isinstance(value, dict):
        return {_without_halves(key): _without_halves(item) for key, item in value.items()}
    return value


def _too_large(problem: str) -> BodyError:
    return BodyError(_refused("body_too_large", problem or f"A body may have {MOST_BYTES} bytes at most."), 413)


def _refused(code: str, message: str) -> ErrorInfo:
    return ErrorInfo(message=message, type="invalid_request", code=code)
