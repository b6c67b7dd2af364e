"""What the files of routes have in common."""

from typing import Any

from fastapi import Response

from studiolo.api.base import Answer

EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
}
"""Says in the OpenAPI document that a route may answer with a stream of events."""


def json_answer(answer: Answer) -> Response:
    """Return the response that has `answer` as its body."""
    return Response(answer.model_dump_json(), media_type="application/json")
