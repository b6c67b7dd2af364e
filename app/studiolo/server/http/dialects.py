"""Errors in the shape of the dialect that was spoken: ours (spec section 5), OpenAI's, Anthropic's."""

from typing import Any

from studiolo.api.errors import ErrorBody, ErrorInfo
from studiolo.errors import AccessError, AppError, NotFoundError, RequestError
from studiolo.server.chat.turn import error_info
from studiolo.server.http.sse import encode_data

_ANTHROPIC = "/v1/messages"
_OPENAI = "/v1/"
_MODELS = "/v1/models"

# docs.anthropic.com, Errors.
_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
}


def status_of(error: AppError, path: str) -> int:
    """The HTTP status that goes with an error on a route."""
    if isinstance(error, AccessError):
        return error.status
    if isinstance(error, NotFoundError):
        # OpenAI's routes answer 400 for a model that a request names and that is not there (spec section 5).
        named = error.what == "model" and _is_openai(path) and not path.startswith(_MODELS)
        return 400 if named else 404
    return 400 if isinstance(error, RequestError) else 500


def error_body(error: AppError, path: str) -> dict[str, Any]:
    """The body that tells of an error on a route."""
    return shaped(error_info(error), status_of(error, path), path)


def shaped(info: ErrorInfo, status: int, path: str) -> dict[str, Any]:
    """An error in the words of the dialect that `path` belongs to."""
    if path.startswith(_ANTHROPIC):
        kind = _ANTHROPIC_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": info.message}}
    if _is_openai(path):
        kind = "server_error" if status >= 500 else "invalid_request_error"
        return {"error": {"message": info.message, "type": kind, "param": info.param, "code": info.code}}
    return ErrorBody(error=info).model_dump()


def error_frame(error: AppError, path: str) -> bytes:
    """An error in the middle of a dialect's stream."""
    return encode_data(error_body(error, path), named=path.startswith(_ANTHROPIC))


def _is_openai(path: str) -> bool:
    return path.startswith(_OPENAI) and not path.startswith(_ANTHROPIC)
