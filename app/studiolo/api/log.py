"""The request log, as an extension: `GET /api/v1/server/log` and, as events, `/api/v1/server/log/stream`."""

from typing import Any, Literal

from pydantic import Field

from studiolo.api.base import Answer

REQUEST_LOG = "request_log"
"""Capability: the log of requests can be read and followed."""


class RequestEntry(Answer):
    """One request, complete when `status` is there. Times are ISO 8601 in UTC; tokens are counts; seconds are seconds.

    `queue_position`: how many requests were ahead of it for a slot when it came to the model. `body` and `reply` only
    while the setting log_bodies is on, with tokens and images cut out.
    """

    type: Literal["request"] = "request"
    id: int = 0
    time: str = ""
    method: str = ""
    route: str = ""
    address: str = ""
    token_name: str | None = None
    model: str | None = None
    status: int | None = None
    seconds: float | None = None
    queue_position: int | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    time_to_first_token_seconds: float | None = None
    tokens_per_second: float | None = None
    error: str | None = None
    body: Any = None
    reply: str | None = None


class RequestLog(Answer):
    """`GET /api/v1/server/log` answers with this: the requests that are still kept, the oldest first."""

    entries: list[RequestEntry] = Field(default_factory=list)
