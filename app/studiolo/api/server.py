"""Our own servers, as extensions: who answers, its tokens and its request log (spec section 8).

Extensions are announced, so that a client needs no trial and error. The settings of a server are in api.settings; the
shape of a token is that of spec section 6.
"""

from typing import Any, Literal

from pydantic import Field

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
    """`GET /api/v1/server/log` answers with this: the requests that are still kept, the oldest first.

    Requests for the log are not in it.
    """

    entries: list[RequestEntry] = Field(default_factory=list)
