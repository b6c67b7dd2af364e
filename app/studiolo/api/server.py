"""Our extensions: spec section 8. They are announced, so that a client needs no trial and error."""

from pydantic import Field

from studiolo.api.base import Answer

API_VERSION = 1

LOAD_PROGRESS = "load_progress"
"""Capability: `POST /api/v1/models/load` with `Accept: text/event-stream` answers with the load's events."""

LOAD_IDENTIFIER = "load_identifier"
"""Capability: `POST /api/v1/models/load` takes an `identifier` for the instance."""

BROKEN_MODELS = "broken_models"
"""Capability: a model whose file can't be used is listed with an `error`."""


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
