"""What can go wrong on the way to a server and back, as AppErrors."""

import json

import httpx
from pydantic import ValidationError

from studiolo.api.errors import ErrorBody, ErrorInfo
from studiolo.errors import (
    AccessError,
    AppError,
    ContextOverflowError,
    EngineError,
    NotFoundError,
    ProtocolError,
    RequestError,
    UnreachableError,
    UnsupportedError,
)

UNEXPECTED_ENDPOINT = "Unexpected endpoint or method."

_UNREACHABLE = "Check that the server runs and that the address is right."
_BROKEN = "The connection broke. Try again."
_ADDRESS = "An address looks like http://localhost:1234."

# The nearest entry above an exception's class is the one that counts.
_HTTPX_ERRORS: dict[type[Exception], tuple[type[AppError], str, str]] = {
    httpx.ConnectError: (UnreachableError, "Nobody answers at {address}.", _UNREACHABLE),
    httpx.ConnectTimeout: (UnreachableError, "{address} does not answer.", _UNREACHABLE),
    httpx.PoolTimeout: (UnreachableError, "Too many requests to {address} are under way.", "Try again in a moment."),
    httpx.TimeoutException: (UnreachableError, "{address} took too long to answer.", "Try again."),
    httpx.ProxyError: (UnreachableError, "The proxy refused to connect to {address}.", "Check the proxy's settings."),
    httpx.NetworkError: (UnreachableError, "The connection to {address} was lost.", _BROKEN),
    httpx.RemoteProtocolError: (UnreachableError, "The connection to {address} was cut off.", _BROKEN),
    httpx.LocalProtocolError: (RequestError, "The request to {address} could not be sent.", "Check the token."),
    httpx.ProtocolError: (ProtocolError, "{address} does not speak HTTP as it should.", _UNREACHABLE),
    httpx.UnsupportedProtocol: (RequestError, "{address} is not an address that can be reached.", _ADDRESS),
    httpx.TransportError: (UnreachableError, "The connection to {address} failed.", _BROKEN),
    httpx.DecodingError: (ProtocolError, "The answer of {address} is garbled.", "Check what runs at that address."),
    httpx.TooManyRedirects: (ProtocolError, "{address} sends from one place to another.", _UNREACHABLE),
    httpx.HTTPStatusError: (ProtocolError, "{address} refused the request.", _UNREACHABLE),
    httpx.RequestError: (UnreachableError, "The request to {address} failed.", _BROKEN),
    httpx.InvalidURL: (RequestError, "{address} is not a valid address.", _ADDRESS),
    httpx.CookieConflict: (ProtocolError, "{address} sends contradictory cookies.", _UNREACHABLE),
    httpx.StreamError: (ProtocolError, "The answer of {address} was read after its end.", "Try again."),
}


def map_httpx_error(error: Exception, address: str) -> AppError:
    """The AppError for any exception that httpx raises. address: the server's, for the message."""
    for kind in type(error).__mro__:
        if kind in _HTTPX_ERRORS:
            make, message, hint = _HTTPX_ERRORS[kind]
            return make(message.format(address=address), hint=hint, details=f"{type(error).__name__}: {error}")
    raise error


def error_from_info(info: ErrorInfo, status: int | None = None) -> AppError:
    """The AppError that a server's error means (spec section 5). status: the HTTP status, None inside a stream."""
    message = info.message or "The server refused the request without a reason."
    if status in (401, 403):
        return AccessError(message, status=401 if status == 401 else 403, param=info.param, code=info.code)
    if info.type == "exceed_context_size_error":
        return ContextOverflowError(message, prompt_tokens=info.n_prompt_tokens or 0, context_length=info.n_ctx or 0)
    if info.type == "not_implemented":
        return UnsupportedError(message, param=info.param, code=info.code)
    if info.type == "job_not_found":
        return NotFoundError(message, what="job", param=info.param, code=info.code)
    if info.type == "model_not_found" or info.code == "model_not_found":
        return NotFoundError(message, what="model", param=info.param, code=info.code)
    if status == httpx.codes.NOT_FOUND or message.startswith(UNEXPECTED_ENDPOINT):
        return NotFoundError(message, what="endpoint")
    if info.type == "internal_error" or (status or 0) >= 500:
        return EngineError(message)
    return RequestError(message, param=info.param, code=info.code)


def error_from_answer(content: bytes, status: int, address: str) -> AppError:
    """The AppError for an answer whose status or body says that the request failed."""
    try:
        return error_from_info(ErrorBody.model_validate(json.loads(content)).error, status)
    except (ValueError, ValidationError):
        text = content[:300].decode(errors="replace")
        return ProtocolError(
            f"{address} answered with status {status} and no reason.",
            hint="Check that this is the address of a server that speaks the LM Studio API.",
            details=text,
        )
