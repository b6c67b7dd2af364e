"""Where the offers of the start page come from. Imported when there is somebody to make one to: it takes its time."""

from pathlib import Path

from studiolo.api.hub import MODEL_PICKS, ModelPick, ModelPicks
from studiolo.client.hub import HubApi
from studiolo.desktop.connections.servers import Selected
from studiolo.desktop.start.offers import ModelOffer, ModelOffers, Room
from studiolo.errors import AppError, NotFoundError
from studiolo.hub.catalog import CatalogKeeper
from studiolo.hub.picks import Machine, model_picks

_PUBLIC_HUB = "https://huggingface.co"


async def find_offers(server: Selected, catalog_file: Path) -> ModelOffers:
    """Return what suits a server's machine, by its word; where it can't tell, by the catalog alone.

    catalog_file: where a catalog of one's own would be. Raises AppErrors of the server.
    """
    if MODEL_PICKS in server.capabilities:
        try:
            return _offers_from(await HubApi(server.client).picks())
        except NotFoundError:
            pass  # It may be another program by now.
    return _offers_from(model_picks((await CatalogKeeper(catalog_file).current()).catalog, Machine()))


async def refine_offer(server: Selected, offer: ModelOffer) -> ModelOffer:
    """Return an offer with what the hub says of it; where that can't be asked, what the catalog says stays."""
    try:
        return offer.with_details(await HubApi(server.client).details(offer.name))
    except AppError:
        return offer


async def link_of(offer: ModelOffer, catalog_file: Path) -> str:
    """Return what a server is asked for that has a catalog of its own: it knows the hub by its public name."""
    entry = (await CatalogKeeper(catalog_file).current()).catalog.find(offer.name)
    repository = entry.repository if entry else None
    return f"{_PUBLIC_HUB}/{repository}" if repository else offer.name


def _offers_from(told: ModelPicks) -> ModelOffers:
    room = Room(told.memory_total_bytes, told.memory_free_bytes, told.disk_free_bytes, told.disk_room_bytes)
    models = tuple(_offer_from(pick) for pick in told.picks)
    return ModelOffers(models, max(0, told.catalog_models - len(models)), room)


def _offer_from(pick: ModelPick) -> ModelOffer:
    model = pick.model
    return ModelOffer(
        role=pick.role,
        name=model.name,
        title=model.title or model.name,
        sentence=model.sentence or "",
        capabilities=frozenset(model.capabilities),
        size=model.size_bytes or 0,
        memory=pick.memory,
        memory_bytes=pick.memory_bytes,
        fits_disk=pick.fits_disk,
        licence=model.license or "",
    )
