"""Search over the catalog and the hub at once, as the API tells it."""

from collections.abc import Callable

from studiolo.api.hub import HubModel, HubSearch
from studiolo.errors import AppError, OfflineError
from studiolo.hub.catalog import CatalogModel, LoadedCatalog
from studiolo.hub.filenames import display_name
from studiolo.hub.huggingface import HuggingFace, Repository


async def search(
    loaded: LoadedCatalog,
    hub: Callable[[], HuggingFace],
    text: str,
    *,
    page: str | None,
    limit: int,
    memory: int,
    offline: OfflineError | None = None,
) -> HubSearch:
    """Return the catalog first. A hub that can't be reached is a problem only where the catalog has nothing either.

    memory: bytes of the machine that a model is to run on, 0 if not known; the catalog's picks for it come first where
    nothing is searched for. offline: why the hub will not be asked. Raises AppErrors of the hub.
    """
    known = [] if page else loaded.catalog.search(text)
    models = [model_from_catalog(entry, memory) for entry in known]
    problem = None if page else loaded.problem
    if not text.strip():
        models.sort(key=lambda model: not model.recommended)
        told = problem or (str(offline) if offline else None)
        return HubSearch(models=models, problem=told, problem_code=offline.code if offline else None)
    try:
        async with hub() as entered:
            found = await entered.search(text, limit=limit, page=page)
    except AppError as error:
        if not models:
            raise
        return HubSearch(models=models, problem=str(error), problem_code=getattr(error, "code", None))
    repositories = {entry.repository for entry in known}
    models += [
        # As a link where the catalog means something else by the same name.
        model_from_hub(repository, f"{entered.endpoint}/" if loaded.catalog.find(repository.id) else "")
        for repository in found.repositories
        if repository.id not in repositories
    ]
    return HubSearch(models=models, next_page=found.next_page, problem=problem)


def model_from_catalog(entry: CatalogModel, memory: int) -> HubModel:
    """Return a catalog's model as a search tells of it; memory: bytes, which decide whether it is recommended."""
    return HubModel(
        name=entry.id,
        source="catalog",
        title=entry.name,
        sentence=entry.sentence,
        parameters=entry.parameters,
        size_bytes=entry.size_bytes,
        capabilities=entry.capabilities,
        license=entry.license,
        recommended=entry.recommended_gb is not None and entry.recommended_gb * 1e9 <= memory,
    )


def model_from_hub(repository: Repository, prefix: str = "") -> HubModel:
    """Return a repository of the hub as a model. prefix: put before the name."""
    return HubModel(
        name=prefix + repository.id,
        title=display_name(repository.id.partition("/")[2]),
        downloads=repository.downloads,
        likes=repository.likes,
        updated=repository.updated,
        license=repository.license,
        gated=repository.gated,
    )
