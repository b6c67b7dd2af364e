"""Where models come from: search at the hub and in the catalog, and what a repository offers. An extension."""

from collections.abc import Callable

from fastapi import APIRouter

from studiolo.api.base import EXTENSION
from studiolo.api.hub import HubDetails, HubSearch, ModelPicks
from studiolo.api.settings import ServerSettings
from studiolo.server.downloads.hub_catalog import Offers
from studiolo.server.http.bodies import CheckedRoute
from studiolo.server.http.error_bodies import NATIVE_ERRORS


def hub_routes(offers: Offers, settings: Callable[[], ServerSettings]) -> APIRouter:
    """Return the routes under `/api/v1/hub`, over what `offers` finds."""
    router = APIRouter(prefix="/api/v1/hub", responses=NATIVE_ERRORS, route_class=CheckedRoute)

    @router.get("/models", openapi_extra=EXTENSION)
    async def search(search: str = "", page: str | None = None, limit: int = 20) -> HubSearch:
        """Models of the catalog and the hub that have these words."""
        return await offers.search(search, page=page, limit=max(1, min(limit, 100)))

    @router.get("/models/{name:path}", openapi_extra=EXTENSION)
    async def details(name: str) -> HubDetails:
        """A repository, and which of its quantizations fit this machine."""
        return await offers.details(name, settings())

    @router.get("/picks", openapi_extra=EXTENSION)
    async def picks() -> ModelPicks:
        """Models of the catalog that suit this machine, for somebody who has none yet."""
        return await offers.picks(settings())

    return router
