"""Who answers here: the greeting, and what we offer beyond the documented API (spec section 8)."""

import os

from fastapi import APIRouter

from studiolo import __version__
from studiolo.api.server import BROKEN_MODELS, LOAD_PROGRESS, Greeting, ServerInfo

_EXTENSION = {"x-extension": True}


def extension_routes() -> APIRouter:
    router = APIRouter()

    @router.get("/lmstudio-greeting")
    async def greeting() -> Greeting:
        """How official SDKs find a server; never needs a token."""
        return Greeting(lmstudio=True)

    @router.get("/api/v1/server", openapi_extra=_EXTENSION)
    async def server() -> ServerInfo:
        """Who answers here and what it can do."""
        return ServerInfo(version=__version__, capabilities=[LOAD_PROGRESS, BROKEN_MODELS], pid=os.getpid())

    return router
