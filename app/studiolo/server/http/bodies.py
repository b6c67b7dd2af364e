"""Bodies of requests: read, measured, parsed and checked, without holding up anybody else.

Whatever is sent, the event loop is held for milliseconds and a body takes no more than three times its size, or 64 MiB:
it is counted as it comes (`body_census`), large ones are parsed in a thread, and the first thing that is wrong ends it
(`body_rules`). What arrives at a route is the checked model; the bytes are gone by then.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.routing import compile_path

from studiolo.api.chat import ChatRequest
from studiolo.api.errors import ErrorInfo
from studiolo.api.openai import DialectRequest, EmbeddingRequest
from studiolo.errors import RequestError
from studiolo.server.apart import AT_ONCE, apart, note_size
from studiolo.server.body_census import MOST_WIDE_TEXT, BodyCensus
from studiolo.server.chat.turn import error_info
from studiolo.server.http.body_rules import BodyRules
from studiolo.server.http.encodings import charset_of, readable
from studiolo.server.request_log import note_readable

MOST_BYTES = 100 * 2**20
"""Of a body that carries a conversation, with its images, or texts to embed."""
MOST_PLAIN_BYTES = 2**20
"""Of any other."""
_LARGE = (ChatRequest, DialectRequest, EmbeddingRequest)
_PIECE = 2**20
_BOM = b"\xef\xbb\xbf"
_STATUSES = {"request_too_large": 413, "unsupported_encoding": 415, "unsupported_charset": 415}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Endpoint = Callable[..., Any]


class BodyError(Exception):
    """A body that can't be used; `status` is that of the answer."""

    def __init__(self, info: ErrorInfo, status: int = 400) -> None:
        super().__init__(info.message)
        self.info = info
        self.status = status


class CheckedRoute(APIRoute):
    """A route whose body is read by us. What it declares of its body stays what the OpenAPI document says.

    FastAPI makes its validators when it is asked or described first, and not when the server starts: most routes are
    never asked, and all of them together are a good part of what a start takes.
    """

    def __init__(self, path: str, endpoint: Endpoint, **declared: Any) -> None:
        """Know what tells whether a request is meant. `declared` is what APIRoute takes."""
        self._make: Callable[[], None] | None = partial(super().__init__, path, endpoint, **declared)
        self.path, self.endpoint = path, endpoint
        self.methods = {method.upper() for method in declared["methods"]}
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)

    def __getattr__(self, name: str) -> Any:
        # Only what is not there yet comes here.
        if name.startswith("__") or (make := self.__dict__.get("_make")) is None:
            raise AttributeError(name)
        make()
        self._make = None
        return getattr(self, name)

    def get_route_handler(self) -> Handler:
        """Return FastAPI's handler behind one that reads and checks the body; without a body, FastAPI's alone."""
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
    encoding = _encoding(request.headers)
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length[:20]) > MOST_BYTES:
        raise _too_large(f"The body has {int(length[:20])} bytes; {most} are the most.")
    if encoding:
        # How much it is shows when it is unpacked.
        raw, _ = await _read(request, None, min(most, MOST_WIDE_TEXT))
        note_size(AT_ONCE + 1)
        return await apart(lambda: _made(raw, 0, BodyCensus(), rules, encoding, most))
    census = BodyCensus()
    raw, counted = await _read(request, census, most)
    note_size(len(raw))
    return await apart(lambda: _made(raw, counted, census, rules))


def _encoding(headers: Headers) -> tuple[str, str | None] | None:
    """How a body is packed and its character set, where it is not just JSON in UTF-8. Raises BodyError."""
    content_type = headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        message = f"The body must be JSON: send it as Content-Type: application/json, not '{kind[:80]}'."
        raise BodyError(_refused("unsupported_media_type", message), 415)
    packing = headers.get("content-encoding", "").strip().lower()
    try:
        charset = charset_of(content_type)
    except RequestError as error:
        raise _unreadable(error) from error
    plain = packing in ("", "identity") and charset in (None, "utf-8", "ascii")
    return None if plain else (packing, charset)


async def _read(request: Request, census: BodyCensus | None, most: int) -> tuple[bytearray, int]:
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
        if census and len(raw) - counted >= _PIECE:
            await asyncio.to_thread(census.feed, bytes(raw[counted:]))
            counted, problem = len(raw), census.problem
        if received > most:
            problem = f"A body may have {most} bytes at most."
        if problem:
            raw.clear()
    if problem:
        raise _too_large(problem)
    return raw, counted


def _made(
    raw: bytearray,
    counted: int,
    census: BodyCensus,
    rules: BodyRules,
    encoding: tuple[str, str | None] | None = None,
    most: int = MOST_BYTES,
) -> Any:
    """The model. encoding: as `_encoding` has it; most: bytes once it is unpacked. Raises BodyError."""
    try:
        content = readable(bytes(raw), *encoding, most) if encoding else bytes(raw)
    except RequestError as error:
        raise _unreadable(error) from error
    if encoding:
        note_readable(content)
    raw.clear()  # The parser would copy a bytearray while it works.
    for at in range(counted, len(content), _PIECE):
        census.feed(content[at : at + _PIECE])
    if census.problem:
        raise _too_large(census.problem)
    content = content.removeprefix(_BOM)
    if not content or content.isspace():
        raise BodyError(_refused("invalid_json", "The body is empty; JSON is expected."))
    data = _parsed(content)
    del content
    model, problem = rules.check(data)
    if problem:
        raise BodyError(problem)
    return model


def _parsed(content: bytes) -> Any:
    """Return the JSON of a body. Raises BodyError."""
    try:
        return from_json(content)
    except ValueError as error:
        if repaired := _repaired(content):
            note_readable(repaired)
            return _parsed(repaired)
        text = "it is nested too deep" if "recursion" in str(error) else str(error)[:200]
        raise BodyError(_refused("invalid_json", f"The body is not JSON: {text}.")) from error


def _repaired(content: bytes) -> bytes | None:
    """What may be JSON after all: in another of its encodings, or with halves of characters. Raises BodyError."""
    if len(content) > MOST_WIDE_TEXT:
        return None
    try:
        fresh = readable(content, "", None, MOST_BYTES)
    except RequestError as error:
        raise _unreadable(error) from error
    return fresh if fresh != content else None


def _unreadable(error: RequestError) -> BodyError:
    return BodyError(error_info(error), _STATUSES.get(error.code or "", 400))


def _too_large(problem: str) -> BodyError:
    return BodyError(_refused("request_too_large", problem or f"A body may have {MOST_BYTES} bytes at most."), 413)


def _refused(code: str, message: str) -> ErrorInfo:
    return ErrorInfo(message=message, type="invalid_request", code=code)
