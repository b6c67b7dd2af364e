"""Every failure as an error body: AppErrors, refused bodies, unknown routes, mistakes of ours."""

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from studiolo.api.errors import ErrorInfo
from studiolo.errors import AppError
from studiolo.server.http.dialects import error_body, shaped, status_of
from studiolo.server.request_log import note

logger = logging.getLogger(__name__)

CLIENT_LEFT = 499
"""What nginx calls a client that left before it was answered."""

_ENUM_ERRORS = ("literal_error", "enum")
_UNION_ERRORS = ("union_tag_invalid", "union_tag_not_found")


def install_error_handlers(app: FastAPI) -> None:
    """Make every failure of `app` an error body of the contract."""
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_body)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_exception_handler(Exception, _on_unexpected)


async def _on_app_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)
    note(error=error.message)
    path = request.url.path
    return JSONResponse(error_body(error, path), status_of(error, path))


async def _on_invalid_body(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != "application/json" and not content_type.endswith("+json"):
        info = ErrorInfo(
            message=f"The body must be JSON: send it as Content-Type: application/json, not '{content_type}'.",
            type="invalid_request",
            code="unsupported_media_type",
        )
        return _answer(info, 415, request)
    return _answer(_invalid(error.errors()), 400, request)


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code in (404, 405):
        message = f"Unexpected endpoint or method. ({request.method} {request.url.path})"
        return JSONResponse({"error": message}, 404)
    code, message = "invalid_value", str(error.detail)
    if error.status_code == 413:
        code = "request_too_large"
    elif isinstance(error.__cause__, RecursionError):
        code, message = "invalid_json", "The body is nested too deeply."
    elif error.__cause__ is not None:
        # What a parser stumbles over beside its grammar, such as a number of thousands of digits.
        code, message = "invalid_json", f"The body can't be read as JSON: {error.__cause__}"
    return _answer(ErrorInfo(message=message, type="invalid_request", code=code), error.status_code, request)


async def _on_disconnect(request: Request, error: Exception) -> Response:
    return Response(status_code=CLIENT_LEFT)  # Nobody reads it; the log does.


async def _on_unexpected(request: Request, error: Exception) -> JSONResponse:
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    info = ErrorInfo(message="Something unexpected went wrong in the server. Its log says more.", type="internal_error")
    return _answer(info, 500, request)


def _answer(info: ErrorInfo, status: int, request: Request) -> JSONResponse:
    note(error=info.message)
    return JSONResponse(shaped(info, status, request.url.path), status)


def _invalid(problems: Sequence[Any]) -> ErrorInfo:
    """The first problem of a body, named the way real servers name it."""
    unknown = [problem for problem in problems if problem["type"] == "extra_forbidden"]
    others = [problem for problem in problems if problem["type"] != "extra_forbidden"]
    # A union reports every member that did not fit: the one that came furthest is the one that was meant.
    problem = max(others, key=lambda item: len(item["loc"])) if others else unknown[0]
    param = _param(problem["loc"])
    kind = problem["type"]
    code, message = "invalid_value", f"Invalid value for '{param}': {problem['msg']}."
    if kind == "json_invalid":
        code, message, param = "invalid_json", f"The body is not JSON: {problem['ctx']['error']}.", ""
    elif kind == "extra_forbidden":
        names = ", ".join(f"'{_param(item['loc'])}'" for item in unknown)
        code, message = "unrecognized_keys", f"Unrecognized key(s) in the body: {names}."
    elif kind == "missing" and param:
        code, message = "missing_required_parameter", f'"{param}" is required'
    elif kind == "missing":
        code, message = "invalid_json", "The body is empty; JSON is expected."
    elif kind in _ENUM_ERRORS:
        code = "invalid_enum_value"
    elif kind in _UNION_ERRORS:
        code = "invalid_union"
    return ErrorInfo(message=message, type="invalid_request", param=param or None, code=code)


def _param(location: tuple[str | int, ...]) -> str:
    """`("body", "input", "list[…]", 0, "text", "content")` as `input.0.content`: pydantic names union members, too."""
    parts = [str(part) for part in location[1:] if isinstance(part, int) or part.isidentifier()]
    return ".".join(part for part in parts if part not in _UNION_MEMBERS)


_UNION_MEMBERS = frozenset({"str", "int", "text", "message", "image", "plugin", "ephemeral_mcp"})
