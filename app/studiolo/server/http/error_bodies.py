"""Errors in the shape of the dialect that was spoken: ours (spec section 5), OpenAI's, Anthropic's."""

from typing import Any

from studiolo.api.errors import ErrorBody, ErrorInfo
from studiolo.errors import (
    AccessError,
    AppError,
    BusyError,
    McpServerError,
    NotFoundError,
    ProtocolError,
    RequestError,
    ToolError,
    UnreachableError,
)
from studiolo.server.chat.turn import CONTEXT_OVERFLOW, error_info
from studiolo.server.http.sse import DONE, encode_data

_ANTHROPIC = "/v1/messages"
_OPENAI = ("/v1/", "/api/v0/")
_MODELS = ("/v1/models", "/api/v0/models")

Responses = dict[int | str, dict[str, Any]]
_STATUSES = {
    400: "The request can't be carried out as it stands",
    401: "A token is required",
    403: "The token lacks a permission, or a web page asks",
    404: "Nothing of that name is here",
    413: "The body is too large",
    415: "The body is no JSON",
    500: "The model's process or the server failed",
    502: "The hub or an MCP server does not answer, or not as one does",
    503: "The model has too much to do at once",
}

# docs.anthropic.com, Errors.
_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    503: "overloaded_error",
}


_PROMPTS = {"chat/completions": "messages", "completions": "prompt"}
"""Which parameter of OpenAI's routes is too long where the context overflows; elsewhere it is `input`."""

_MOST_PATH = 200
"""Characters of an unknown one that its refusal shows."""

_TEXT = {"type": "string"}
_MAYBE = {"type": ["string", "null"]}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def status_for(error: AppError, path: str) -> int:
    """Return the HTTP status that goes with an error on a route."""
    if isinstance(error, AccessError):
        return error.status
    if isinstance(error, NotFoundError):
        # OpenAI's routes answer 400 for a model that a request names and that is not there (spec section 5).
        named = error.what == "model" and _is_openai(path) and not path.startswith(_MODELS)
        return 400 if named else 404
    if isinstance(error, BusyError):
        return 503
    if isinstance(error, McpServerError) and error.ephemeral:
        return 400
    if isinstance(error, UnreachableError | ProtocolError | McpServerError | ToolError):
        return 502
    return 400 if isinstance(error, RequestError) else 500


def error_body(error: AppError, path: str) -> dict[str, Any]:
    """Return the body that tells of an error on a route."""
    return body_for(error_info(error), status_for(error, path), path)


def body_for(info: ErrorInfo, status: int, path: str) -> dict[str, Any]:
    """Return an error in the words of the dialect that `path` belongs to."""
    if path.startswith(_ANTHROPIC):
        kind = _ANTHROPIC_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": _anthropic_message(info)}}
    if _is_openai(path):
        info = _overflow_as_openai(info, path)
        kind = "server_error" if status >= 500 else "invalid_request_error"
        return {"error": {"message": info.message, "type": kind, "param": info.param, "code": info.code}}
    return ErrorBody(error=info).model_dump()


def unknown_route(method: str, path: str) -> dict[str, Any]:
    """Return the body of a 404: in LM Studio's words, and where a dialect can be told by the path, in its shape."""
    shown = path if len(path) <= _MOST_PATH else f"{path[:_MOST_PATH]}…"
    message = f"Unexpected endpoint or method. ({method} {shown})"
    if path.startswith(_ANTHROPIC) or _is_openai(path):
        return body_for(ErrorInfo(message=message, type="invalid_request", code="unknown_url"), 404, path)
    return {"error": message}


def _anthropic_message(info: ErrorInfo) -> str:
    """What Claude Code and its like know an overflow by, and read the numbers from."""
    if info.type != CONTEXT_OVERFLOW:
        return info.message
    return f"prompt is too long: {info.n_prompt_tokens} tokens > {info.n_ctx} maximum. {info.message}"


def _overflow_as_openai(info: ErrorInfo, path: str) -> ErrorInfo:
    """An overflow by OpenAI's code, which says of which parameter it is."""
    if info.type != CONTEXT_OVERFLOW:
        return info
    route = path.removeprefix("/v1/").removeprefix("/api/v0/")
    return info.model_copy(update={"code": "context_length_exceeded", "param": _PROMPTS.get(route, "input")})


def error_frame(error: AppError, path: str) -> bytes:
    """Return the frame of an error in the middle of a dialect's stream, which ends with it."""
    told = encode_data(error_body(error, path), named=path.startswith(_ANTHROPIC))
    return told + DONE if _is_openai(path) else told


def error_responses(schema: dict[str, Any]) -> Responses:
    """Return every status of a failure for the OpenAPI document, with the schema of the dialect's error."""
    content = {"application/json": {"schema": schema}}
    return {status: {"description": text, "content": content} for status, text in _STATUSES.items()}


NATIVE_ERRORS = error_responses(_object(error=ErrorInfo.model_json_schema(mode="serialization")))
OPENAI_ERRORS = error_responses(_object(error=_object(message=_TEXT, type=_TEXT, param=_MAYBE, code=_MAYBE)))
ANTHROPIC_ERRORS = error_responses(_object(type={"const": "error"}, error=_object(type=_TEXT, message=_TEXT)))


def _is_openai(path: str) -> bool:
    return path.startswith(_OPENAI) and not path.startswith(_ANTHROPIC)
