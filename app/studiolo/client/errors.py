"""What can go wrong on the way to a server and back, as AppErrors."""

import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any, Literal

import httpx
from pydantic import ValidationError

from studiolo.api.errors import ErrorBody, ErrorInfo
from studiolo.api.network import OFFLINE
from studiolo.client.certificates import UnexpectedCertificate
from studiolo.errors import (
    AccessError,
    AppError,
    CertificateError,
    ContextOverflowError,
    EngineError,
    McpServerError,
    NotFoundError,
    OfflineError,
    ProtocolError,
    RequestError,
    UnreachableError,
    UnsupportedError,
)

UNEXPECTED_ENDPOINT = "Unexpected endpoint or method."
NOT_OUR_API = "Check that this is the address of a server that speaks the LM Studio API."

_MESSAGE_CHARACTERS = 2000
_DETAILS_BYTES = 300

_UNREACHABLE = "Check that the server runs and that the address is right."
_BROKEN = "Try again; if it happens again, check whether the server still runs."
_ADDRESS = "An address looks like http://localhost:1234."
_OURS = "This is a fault in the program."

# Every class of httpx's tree but its root is in here: a test walks it. The nearest entry above a class counts.
HTTPX_ERRORS: dict[type[Exception], tuple[type[AppError], str, str]] = {
    httpx.RequestError: (UnreachableError, "The request to {address} failed.", _BROKEN),
    httpx.TransportError: (UnreachableError, "The connection to {address} failed.", _BROKEN),
    httpx.TimeoutException: (UnreachableError, "{address} took too long.", _BROKEN),
    httpx.ConnectTimeout: (UnreachableError, "{address} does not answer.", _UNREACHABLE),
    httpx.ReadTimeout: (UnreachableError, "{address} took too long to answer.", _BROKEN),
    httpx.WriteTimeout: (UnreachableError, "{address} took too long to take the request.", _BROKEN),
    httpx.PoolTimeout: (UnreachableError, "Too many requests to {address} are under way.", "Try again in a moment."),
    httpx.NetworkError: (UnreachableError, "The connection to {address} was lost.", _BROKEN),
    httpx.ConnectError: (UnreachableError, "Nobody answers at {address}.", _UNREACHABLE),
    httpx.ReadError: (UnreachableError, "The connection to {address} was lost.", _BROKEN),
    httpx.WriteError: (UnreachableError, "The connection to {address} was lost.", _BROKEN),
    httpx.CloseError: (UnreachableError, "The connection to {address} was lost.", _BROKEN),
    httpx.ProtocolError: (ProtocolError, "{address} does not speak HTTP as it should.", NOT_OUR_API),
    httpx.LocalProtocolError: (RequestError, "The request to {address} could not be put together.", _OURS),
    httpx.RemoteProtocolError: (ProtocolError, "{address} does not speak HTTP as it should.", NOT_OUR_API),
    httpx.ProxyError: (UnreachableError, "The proxy does not connect to {address}.", "Check the proxy's settings."),
    httpx.UnsupportedProtocol: (RequestError, "{address} is not an address that can be asked.", _ADDRESS),
    httpx.DecodingError: (ProtocolError, "The answer of {address} is garbled.", NOT_OUR_API),
    httpx.TooManyRedirects: (ProtocolError, "{address} sends from one address to the next.", NOT_OUR_API),
    httpx.HTTPStatusError: (ProtocolError, "{address} refused the request.", NOT_OUR_API),
    httpx.InvalidURL: (RequestError, "{address} is not a valid address.", _ADDRESS),
    httpx.CookieConflict: (ProtocolError, "{address} sends contradictory cookies.", NOT_OUR_API),
    httpx.StreamError: (ProtocolError, "The answer of {address} could not be read.", _OURS),
    httpx.StreamConsumed: (ProtocolError, "The answer of {address} was read twice.", _OURS),
    httpx.StreamClosed: (ProtocolError, "The answer of {address} was read after its end.", _OURS),
    httpx.ResponseNotRead: (ProtocolError, "The answer of {address} was used before it was read.", _OURS),
    httpx.RequestNotRead: (ProtocolError, "The request to {address} was used before it was read.", _OURS),
}

_NO_SUCH_NAME = "Check the spelling, and that this machine is on the network."
_CERTIFICATE = "Check the address. You can choose to trust its certificate where the server is set up."
_ANOTHER = "If the server has a new certificate, look at it and trust that one. If not, somebody else may be answering."

# What a failed connection was caused by says more than the failure; the first that fits counts.
_CONNECT_CAUSES: tuple[tuple[type[Exception], type[AppError], str, str], ...] = (
    (UnexpectedCertificate, CertificateError, "{address} shows another certificate than the trusted one.", _ANOTHER),
    (ssl.SSLCertVerificationError, CertificateError, "The certificate of {address} is not trusted.", _CERTIFICATE),
    (ssl.SSLError, ProtocolError, "{address} does not speak https.", "Try it with http:// instead of https://."),
    (socket.gaierror, UnreachableError, "No machine is known by the name in {address}.", _NO_SUCH_NAME),
)

# h11's words for a connection that ended too early; all its other complaints are about what was sent.
_CUT_OFF = ("Server disconnected", "peer closed connection")


def map_httpx_error(error: Exception, address: str) -> AppError:
    """Return the AppError for any exception that httpx raises. address: the server's, for the message."""
    kind, message, hint = _described(error)
    return kind(message.format(address=address), hint=hint, details=f"{type(error).__name__}: {error}")


def _described(error: Exception) -> tuple[type[AppError], str, str]:
    if isinstance(error, httpx.ConnectError):
        for cause in _causes(error):
            for wanted, kind, message, hint in _CONNECT_CAUSES:
                if isinstance(cause, wanted):
                    return kind, message, hint
    if is_cut_off(error):
        return HTTPX_ERRORS[httpx.ReadError]
    for base in type(error).__mro__:
        if base in HTTPX_ERRORS:
            return HTTPX_ERRORS[base]
    raise error


def is_cut_off(error: Exception) -> bool:
    """Return whether `error`, of httpx, says that the server was there and then the connection broke."""
    if isinstance(error, httpx.RemoteProtocolError):
        return str(error).startswith(_CUT_OFF)
    return isinstance(error, httpx.ReadError | httpx.WriteError | httpx.CloseError)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else None
        error = error.__cause__ or error.__context__ or inner


_MCP_TYPES = ("mcp_connection_error", "plugin_connection_error")
_MISSING: dict[str | None, Literal["mcp server", "tool", "approval"]] = {
    "mcp_server_not_found": "mcp server",
    "tool_not_found": "tool",
    "approval_not_found": "approval",
}


def error_from_info(info: ErrorInfo, status: int | None = None) -> AppError:
    """Return the AppError that a server's error means (spec section 5).

    status: the HTTP status, None inside a stream.
    """
    message = info.message[:_MESSAGE_CHARACTERS] or "The server refused the request without a reason."
    param, code = info.param, info.code
    if code == OFFLINE:
        return OfflineError(message, code=OFFLINE)
    if status == 403:
        return AccessError(message, status=403, param=param, code=code, hint="It takes a permission on the server.")
    if status == 401 or code == "invalid_api_key":
        return AccessError(message, status=401, param=param, code=code, hint="Give an API token made on that server.")
    if "exceed_context_size_error" in (info.type, code) or code == "context_length_exceeded":
        return ContextOverflowError(
            message,
            prompt_tokens=info.n_prompt_tokens or 0,
            context_length=info.n_ctx or 0,
            hint="Shorten the chat, or load the model with a longer context.",
        )
    if info.type == "not_implemented":
        return UnsupportedError(message, param=param, code=code)
    if info.type in _MCP_TYPES:
        # The message names the server, and has the hint that goes with it.
        return McpServerError(message, server="", ephemeral=info.type == "mcp_connection_error")
    if code in _MISSING:
        return NotFoundError(message, what=_MISSING[code], param=param, code=code)
    if info.type == "job_not_found":
        return NotFoundError(message, what="job", param=param, code=code)
    if info.type == "runtime_not_found":
        return NotFoundError(message, what="runtime", param=param, code=code)
    if "model_not_found" in (info.type, code):
        return NotFoundError(message, what="model", param=param, code=code)
    if status == 404 or message.startswith(UNEXPECTED_ENDPOINT):
        return NotFoundError(message, what="endpoint", param=param, code=code)
    if info.type == "internal_error" or (status or 0) >= 500:
        return EngineError(message, hint="Try again.")
    return RequestError(message, param=param, code=code)


def error_from_answer(answer: httpx.Response, content: bytes, address: str) -> AppError:
    """Return the AppError for an answer whose status or body says that the request failed."""
    info = _error_info(content)
    if info is not None:
        return error_from_info(info, answer.status_code)
    return _bare_status_error(answer, content, address)


def _error_info(content: bytes) -> ErrorInfo | None:
    """Return what the API's own error body says; None if this is not one."""
    try:
        data: Any = json.loads(content)
        return ErrorBody.model_validate(data).error if isinstance(data, dict) and data.get("error") else None
    except (ValueError, RecursionError, ValidationError):
        return None


def _bare_status_error(answer: httpx.Response, content: bytes, address: str) -> AppError:
    """For what answers without the API's error body: a proxy in between, or a web server of another kind."""
    status, details = answer.status_code, content[:_DETAILS_BYTES].decode(errors="replace")
    if status in (401, 403):
        return AccessError(
            f"{address} asks for a permission (status {status}).",
            status=401 if status == 401 else 403,
            hint=NOT_OUR_API,
        )
    if status == 404:
        return NotFoundError(f"{address} does not know this request.", what="endpoint", hint=NOT_OUR_API)
    if status in (502, 503, 504):
        return UnreachableError(
            f"Something answers at {address}, but the server behind it does not (status {status}).",
            hint=_UNREACHABLE,
            details=details,
        )
    if answer.has_redirect_location:
        target = answer.headers["location"][:_DETAILS_BYTES]
        return ProtocolError(f"{address} sends us to {target}.", hint="Use that address instead.", details=details)
    if status >= 500:
        return EngineError(f"{address} failed (status {status}).", hint="Try again.", details=details)
    return ProtocolError(f"{address} answered with status {status} and no reason.", hint=NOT_OUR_API, details=details)
