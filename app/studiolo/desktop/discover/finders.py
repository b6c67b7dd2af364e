"""Who is asked what there is: the server, which knows what fits it, or, for a server that can't be asked, the hub."""

import asyncio
from typing import Protocol

from studiolo.api.hub import HubChoice, HubDetails, HubSearch
from studiolo.errors import AppError, NotFoundError, RequestError
from studiolo.hub.catalog import CatalogKeeper
from studiolo.hub.huggingface import HuggingFace, endpoint_in_force, token_in_force
from studiolo.hub.links import parse_model_name
from studiolo.hub.search import model_from_catalog, model_from_hub, search
from studiolo.network.network import Network, Purpose

UNKNOWN = "unknown"
"""What is said of memory and state where the server does not tell."""


class ModelFinder(Protocol):
    """Both raise AppErrors."""

    async def search(self, text: str, *, page: str | None = None, limit: int = 20) -> HubSearch:
        """Return the catalog's models first; for no words its picks."""

    async def details(self, name: str) -> HubDetails:
        """Return what the hub says of a model. name: a model's name or a link."""


class LocalFinder:
    """Asks the catalog and the hub from this machine: of the server's memory and disk it knows nothing."""

    def __init__(self, catalog: CatalogKeeper, network: Network) -> None:
        self._catalog = catalog
        self._network = network

    async def search(self, text: str, *, page: str | None = None, limit: int = 20) -> HubSearch:
        """Look in the catalog and at the hub. Raises AppErrors."""
        offline = self._network.refusal(endpoint_in_force(), Purpose("hub"))
        loaded = await self._catalog.current()
        return await search(loaded, self._hub, text, page=page, limit=limit, memory=0, offline=offline)

    async def details(self, name: str) -> HubDetails:
        """Return what a repository offers. Raises AppErrors."""
        wanted = parse_model_name(name, endpoint_in_force())
        catalog = (await self._catalog.current()).catalog
        entry = None if wanted.link else catalog.find(wanted.name)
        async with self._hub() as hub:
            repository = await hub.repository((entry and entry.repository) or wanted.name, wanted.revision)
            try:
                description = await hub.card(repository)
            except AppError:
                description = ""
        choices = await asyncio.to_thread(lambda: repository.choices)
        return HubDetails(
            model=model_from_catalog(entry, 0) if entry else model_from_hub(repository),
            description=description,
            repository=repository.id,
            page=f"{hub.endpoint}/{repository.id}",
            choices=[
                HubChoice(
                    name=choice.name,
                    quantization=choice.quantization,
                    size_bytes=choice.size_bytes,
                    files=len(choice.files),
                    vision=choice.vision,
                    memory=UNKNOWN,
                    state=UNKNOWN,
                )
                for choice in choices
            ],
        )

    def _hub(self) -> HuggingFace:
        return HuggingFace(endpoint_in_force(), token_in_force(), network=self._network)


def is_link(text: str) -> bool:
    """Return whether a text names one repository by its address, rather than words to search for."""
    text = text.strip()
    if "://" not in text and not text.lower().startswith(("huggingface.co/", "hf.co/")):
        return False
    try:
        parse_model_name(text, endpoint_in_force())
    except (RequestError, NotFoundError):
        return "://" in text
    return True
