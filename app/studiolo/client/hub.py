"""Where models come from, as one of our own servers sees it: an extension (capability hub)."""

from urllib.parse import quote, urlencode

from studiolo.api.hub import HubDetails, HubSearch, ModelPicks
from studiolo.client.client import Client

_HUB = "/api/v1/hub/models"
_PICKS = "/api/v1/hub/picks"


class HubApi:
    """The hub, searched by the server that a Client talks to. Raises what the Client raises."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def search(self, text: str, *, page: str | None = None, limit: int = 20) -> HubSearch:
        """Return the models of the catalog and the hub that have these words."""
        query = {"search": text, "limit": str(limit)} | ({"page": page} if page else {})
        return await self._client.request_json("GET", f"{_HUB}?{urlencode(query)}", HubSearch)

    async def details(self, name: str) -> HubDetails:
        """Return a repository, and which of its quantizations fit the server's machine."""
        return await self._client.request_json("GET", f"{_HUB}/{quote(name, safe='')}", HubDetails)

    async def picks(self) -> ModelPicks:
        """Return which models of the catalog suit the server's machine (capability model_picks)."""
        return await self._client.request_json("GET", _PICKS, ModelPicks)
