"""Our own servers, as extensions: who answers, its tokens and its request log (spec section 8).

Extensions are announced, so that a client needs no trial and error. The settings of a server are in api.settings; the
shape of a token is that of spec section 6.
"""

from typing import Any, Literal

from pydantic import Field, model_validator

from studiolo.api.base import SHOWABLE, Answer, Request, absent

API_VERSION = 1

LOAD_PROGRESS = "load_progress"
"""Capability: `POST /api/v1/models/load` with `Accept: text/event-stream` answers with the load's events."""

LOAD_IDENTIFIER = "load_identifier"
"""Capability: `POST /api/v1/models/load` takes an `identifier` for the instance."""

BROKEN_MODELS = "broken_models"
"""Capability: a model whose file can't be used is listed with an `error`."""

TOKENS = "tokens"
"""Capability: tokens can be made, listed, edited and revoked."""

Permission = Literal["chat", "models", "downloads", "mcp", "admin"]
PERMISSIONS: tuple[Permission, ...] = ("chat", "models", "downloads", "mcp", "admin")
USUAL_PERMISSIONS: tuple[Permission, ...] = ("chat", "models", "downloads")

TOKEN_PATTERN = r"^sk-lm-[A-Za-z0-9]{8}:[A-Za-z0-9]{20}$"
SHOWN_CHARACTERS = 10

REQUEST_LOG = "request_log"
"""Capability: the log of requests can be read and followed."""

REQUEST_DETAILS = "request_details"
"""Capability: a request can be looked at by itself, and the log be followed in batches."""

USAGE = "usage"
"""Capability: what models were used for is counted by day, token and model."""

MOST_USAGE_DAYS = 400
"""So many days are kept of the usage."""


SERVER_STATUS = "server_status"
"""Capability: where the server listens and how busy it is can be read; it can take the port that it was to have."""


class ServerInfo(Answer):
    """`GET /api/v1/server`: who answers here, and what it can do beyond the documented API."""

    name: str = "studiolo"
    version: str = ""
    api_version: int = API_VERSION
    capabilities: list[str] = Field(default_factory=list)
    pid: int | None = None


class Greeting(Answer):
    """`GET /lmstudio-greeting`: how SDKs find a server."""

    lmstudio: bool = False


class ListeningStatus(Answer):
    """`GET /api/v1/server/status`: where a server listens, and how busy it is. `started_at` is ISO 8601 in UTC.

    `port` is the one that programs are best told. Where that is another than `wanted_port`, `port_holder` says who has
    the latter; None: it is free. `takes_wanted_port`: it is taken as soon as it is free. `network_hosts` are addresses
    of this machine under which others reach it while `on_network` is so. None: not known.
    """

    started_at: str = ""
    on_network: bool | None = None
    port: int | None = None
    wanted_port: int | None = None
    port_holder: str | None = None
    takes_wanted_port: bool = False
    network_hosts: list[str] = Field(default_factory=list)
    requests_running: int = 0
    requests_waiting: int = 0


class PortRequest(Request):
    """Whether the port that the server was to have is taken as soon as it is free."""

    take_when_free: bool


class TokenRequest(Request):
    """A new token. `expires_at` is ISO 8601 in UTC; None never expires."""

    name: str = Field(min_length=1, max_length=100, pattern=SHOWABLE)
    permissions: list[Permission] = Field(default_factory=lambda: list(USUAL_PERMISSIONS), min_length=1)
    expires_at: str | None = None


class TokenChange(Request):
    """What is to be another way; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=100, pattern=SHOWABLE)
    permissions: list[Permission] | None = Field(default=None, min_length=1)
    expires_at: str | None = None
    never_expires: bool = False


class TokenInfo(Answer):
    """A token as it is listed. `prefix` is its first ten characters; `token` is there once, when it is made."""

    id: str = ""
    name: str = ""
    prefix: str = ""
    permissions: list[str] = Field(default_factory=list)
    created_at: str = ""
    expires_at: str | None = None
    last_used_at: str | None = None
    token: str | None = absent()


class TokenList(Answer):
    """`GET /api/v1/server/tokens` answers with this; no token's text is in it."""

    tokens: list[TokenInfo] = Field(default_factory=list)


class RequestEntry(Answer):
    """One request, complete when `status` is there. Times are ISO 8601 in UTC; tokens are counts; seconds are seconds.

    `queue_position`: how many requests were ahead of it for a slot when it came to the model. `body` and `reply` only
    while the setting log_bodies is on, with tokens and images cut out. `program`: what the client calls itself.
    `place`: the other machine that answered, absent where this one did.
    """

    type: Literal["request"] = "request"
    id: int = 0
    time: str = ""
    method: str = ""
    route: str = ""
    address: str = ""
    program: str | None = None
    token_name: str | None = None
    model: str | None = None
    place: str | None = absent()
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
    """`GET /api/v1/server/log` answers with this: the requests that are still kept, the oldest first.

    Requests for the log are not in it.
    """

    entries: list[RequestEntry] = Field(default_factory=list)


class RequestBatch(Answer):
    """Several requests in one event of `GET /api/v1/server/log/stream?batched=true`, each as it is now, without texts.

    The first events have what is kept of the log. `skipped`: how many came that the follower was too slow for.
    """

    type: Literal["requests"] = "requests"
    entries: list[RequestEntry] = Field(default_factory=list)
    skipped: int = 0

    @model_validator(mode="before")
    @classmethod
    def _single_is_batch(cls, data: Any) -> Any:
        """Take the events of a server that does not send batches."""
        return {"entries": [data]} if isinstance(data, dict) and data.get("type") == "request" else data


class RequestHeader(Answer):
    """A header of a request or of its answer; what may be secret in it is cut out."""

    name: str = ""
    value: str = ""


class LoggedEvent(Answer):
    """An event of a stream, `seconds` after the request came."""

    seconds: float = 0.0
    text: str = ""


class RequestDetails(RequestEntry):
    """`GET /api/v1/server/log/{id}` answers with this: all that is kept of one request.

    What is beyond the entry is there only where the setting log_bodies was on (`in_full`). `body_complete`: the body
    is as it was sent, so that it can be sent again. `answer`: the body of an answer that was no stream. `events`: the
    first events of one that was; `events_skipped` further ones are not kept. `events_withheld`: none is told, because
    the answer has a secret in it.
    """

    in_full: bool = False
    query: str = ""
    request_headers: list[RequestHeader] = Field(default_factory=list)
    answer_headers: list[RequestHeader] = Field(default_factory=list)
    body_complete: bool = False
    answer: str | None = None
    events: list[LoggedEvent] = Field(default_factory=list)
    events_skipped: int = 0
    events_withheld: bool = False


class UsageEntry(Answer):
    """What one token (empty for none) and one model (empty for requests that got to none) were used for on a day.

    `day` is a date of the server's calendar. `requests` counts those that failed (`errors`), too; `input_tokens` those
    that were known already (`cached_tokens`).
    """

    day: str = ""
    token: str = ""
    model: str = ""
    requests: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


class UsageReport(Answer):
    """`GET /api/v1/server/usage` answers with this: the last days that had any, the oldest first.

    `today`: the server's date.
    """

    today: str = ""
    entries: list[UsageEntry] = Field(default_factory=list)
