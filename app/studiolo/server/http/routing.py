"""What the files of routes have in common."""

from typing import Any

from fastapi.responses import JSONResponse

from studiolo.api.base import Answer

EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
}
"""Says in the OpenAPI document that a route may answer with a stream of events."""


def json_answer(answer: Answer) -> JSONResponse:
    """Return the response that has `answer` as its body."""
    return JSONResponse(answer.model_dump(mode="json"))
