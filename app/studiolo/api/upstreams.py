"""Other servers whose models are used as if they ran here: extensions under `/api/v1/upstreams`."""

from typing import Literal

from pydantic import Field

from studiolo.api.base import SHOWABLE, Answer, Request, absent
from studiolo.api.errors import ErrorInfo
from studiolo.api.lenient import Whole
from studiolo.api.models import ReasoningCapability

UPSTREAMS = "upstreams"
"""Capability: models of other servers are listed and used as this server's own."""

MOST_ADDRESS = 2000
MOST_KEY = 4096
"""Characters."""

Dialect = Literal["studiolo", "lm_studio", "llama.cpp", "vllm", "openai"]
"""Whose words a server speaks beside those that all share; openai: nothing else is known of it."""

UpstreamState = Literal["ready", "away", "unknown"]
"""away: it did not answer when it was asked last. unknown: it was not asked since this server began."""


class UpstreamModelInfo(Answer):
    """A model of another server.

    Attributes:
        id: What it is called there.
        key: What it is called here.
        kind: "llm" or "embedding".
        context_length: Tokens; null where nobody says.
        tools: Whether it may be offered tools; null where that was not tried.
        vision: Whether it reads images; null likewise.
        reasoning: What its thinking can be set to, where its server says.
        counts: Whether its streams end with the counts of tokens; null where that was not tried.
        notes: What was found out and is worth knowing, in sentences.
    """

    id: str = ""
    key: str = ""
    kind: str = "llm"
    publisher: str = ""
    context_length: int | None = None
    tools: bool | None = None
    vision: bool | None = None
    reasoning: ReasoningCapability | None = absent()
    counts: bool | None = None
    notes: list[str] = Field(default_factory=list)


class UpstreamInfo(Answer):
    """Another server.

    Attributes:
        id: What routes and commands call it.
        name: That of its machine, as the models are listed with.
        address: Where its API is, without the `/v1`.
        prefix: What the names of its models begin with here.
        context_length: Tokens, where a person said what the server does not.
        has_key: Whether it is sent a key.
        engine: What runs there and its version, as far as it tells.
        dialect: A Dialect.
        state: An UpstreamState.
        problem: Why it is away, and what to do about it.
        bare_routes: Whether its routes stand without the `/v1` before them.
        checked_at: When it was looked at in full last, ISO 8601 in UTC.
        busy: How many requests it works on for this server.
        models: Those that it has.
        notes: What is worth knowing of it, in sentences.
    """

    id: str = ""
    name: str = ""
    address: str = ""
    prefix: str = ""
    context_length: int | None = None
    has_key: bool = False
    engine: str = ""
    dialect: str = "openai"
    bare_routes: bool = False
    state: str = "unknown"
    problem: str | None = None
    checked_at: str | None = None
    busy: int = 0
    models: list[UpstreamModelInfo] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)


class UpstreamList(Answer):
    """`GET /api/v1/upstreams`."""

    upstreams: list[UpstreamInfo] = Field(default_factory=list)


class UpstreamRequest(Request):
    """`POST /api/v1/upstreams`: a server to be added.

    address: With or without `/v1`; without a scheme it is http. name: The machine's, else it is taken from the address.
    key: Sent as a bearer token, and kept in the keyring. context_length: Tokens, where the server does not say.
    """

    address: str = Field(min_length=1, max_length=MOST_ADDRESS)
    name: str | None = Field(default=None, min_length=1, max_length=60, pattern=SHOWABLE)
    prefix: str = Field(default="", max_length=60, pattern=r"^[^\s@\x00-\x1f\x7f-\x9f]*$")
    key: str | None = Field(default=None, min_length=1, max_length=MOST_KEY, pattern=r"^[\x21-\x7e]+$")
    context_length: Whole | None = Field(default=None, ge=1, le=1 << 31)


class UpstreamChange(Request):
    """`PATCH /api/v1/upstreams/{id}`: what is given is changed.

    An empty key is forgotten, and so is the key of a server whose address is changed without another key.
    context_length: 0 for what the server says.
    """

    address: str | None = Field(default=None, min_length=1, max_length=MOST_ADDRESS)
    name: str | None = Field(default=None, min_length=1, max_length=60, pattern=SHOWABLE)
    prefix: str | None = Field(default=None, max_length=60, pattern=r"^[^\s@\x00-\x1f\x7f-\x9f]*$")
    key: str | None = Field(default=None, max_length=MOST_KEY, pattern=r"^[\x21-\x7e]*$")
    context_length: Whole | None = Field(default=None, ge=0, le=1 << 31)


class UpstreamCheckRequest(Request):
    """`POST /api/v1/upstreams/{id}/check` takes this: there is nothing to choose."""


class UpstreamCheckEvent(Answer):
    """What a check streams: `check.step`, with what is tried now, and last `check.result` or `error`.

    Attributes:
        type: One of these three.
        step: "server", "chat", "tools", "images" or "embeddings".
        model: Of which model, as its server calls it.
        result: The server, as it was found.
        error: Why it could not be looked at.
    """

    type: str
    step: str | None = absent()
    model: str | None = absent()
    result: UpstreamInfo | None = absent()
    error: ErrorInfo | None = absent()
