"""What can be downloaded, for somebody who chooses: search, quantizations, and whether they fit this machine."""

import asyncio
import logging
from pathlib import Path

import psutil

from studiolo.api.hub import HubChoice, HubDetails, HubSearch, ModelPicks
from studiolo.api.settings import ServerSettings
from studiolo.errors import AppError, RequestError
from studiolo.hub.catalog import CatalogKeeper
from studiolo.hub.choices import Choice
from studiolo.hub.filenames import is_projector
from studiolo.hub.huggingface import Repository, endpoint_in_force
from studiolo.hub.links import parse_model_name
from studiolo.hub.memory import memory_verdict, needed_bytes
from studiolo.hub.picks import Machine, model_picks
from studiolo.hub.search import model_from_catalog, model_from_hub, search
from studiolo.server.downloads.disk import free_bytes
from studiolo.server.downloads.jobs.job_run import received_files
from studiolo.server.downloads.jobs.queue import DownloadQueue
from studiolo.server.downloads.sources import Sources, chosen
from studiolo.server.downloads.transfer.blocks import BlockJournal

logger = logging.getLogger(__name__)


class Offers:
    """Raises AppErrors of the hub."""

    def __init__(
        self, sources: Sources, catalog: CatalogKeeper, queue: DownloadQueue, blocks: BlockJournal, folder: Path
    ) -> None:
        self._sources = sources
        self._catalog = catalog
        self._queue = queue
        self._blocks = blocks
        self._folder = folder

    async def search(self, text: str, *, page: str | None, limit: int) -> HubSearch:
        """Return what the catalog and the hub have."""
        loaded = await self._catalog.current()
        memory = psutil.virtual_memory().total
        try:
            offline = self._sources.refusal()
        except RequestError:
            offline = None  # The search says by itself that the hub's address is none.
        return await search(loaded, self._sources.hub, text, page=page, limit=limit, memory=memory, offline=offline)

    async def picks(self, settings: ServerSettings) -> ModelPicks:
        """Return which models of the catalog suit this machine; the hub is not asked."""
        catalog = (await self._catalog.current()).catalog
        memory = psutil.virtual_memory()
        free = await asyncio.to_thread(free_bytes, self._folder)
        return model_picks(catalog, Machine(memory.total, memory.available, free, int(settings.disk_reserve_gb * 1e9)))

    async def details(self, text: str, settings: ServerSettings) -> HubDetails:
        """Return what a name or a link offers."""
        endpoint = endpoint_in_force(settings.hub_endpoint)
        name = parse_model_name(text, endpoint)
        repository, entry = await self._sources.find(name)
        try:
            preferred = settings.preferred_quantization
            usual, note = chosen(repository, name.quantization, name.file, preferred=preferred)
        except RequestError:
            if name.quantization or not repository.choices:
                raise
            usual, note = repository.choices[0], ""
        memory = psutil.virtual_memory()
        free = await asyncio.to_thread(free_bytes, self._folder)
        room = free - int(settings.disk_reserve_gb * 1e9)
        choices = []
        for choice in repository.choices:
            needed = needed_bytes(choice.size_bytes)
            state, received = await self._state(repository, choice)
            choices.append(
                HubChoice(
                    name=choice.name,
                    quantization=choice.quantization,
                    size_bytes=choice.size_bytes,
                    files=len(choice.files),
                    paths=[file.path for file in choice.files],
                    vision=choice.vision,
                    usual=choice is usual or choice == usual,
                    memory=memory_verdict(needed, free=memory.available, total=memory.total),
                    memory_bytes=needed,
                    fits_disk=choice.size_bytes - received <= room,
                    state=state,
                    received_bytes=received,
                )
            )
        return HubDetails(
            model=model_from_catalog(entry, memory.total) if entry else model_from_hub(repository),
            description=await self._card(repository),
            repository=repository.id,
            revision=repository.revision,
            page=f"{endpoint}/{repository.id}",
            choices=choices,
            remark=note,
            memory_total_bytes=memory.total,
            memory_free_bytes=memory.available,
            disk_free_bytes=free,
        )

    async def _card(self, repository: Repository) -> str:
        try:
            async with self._sources.hub() as hub:
                return await hub.card(repository)
        except AppError as error:
            logger.info("no description of %s: %s", repository.id, error)
            return ""

    async def _state(self, repository: Repository, choice: Choice) -> tuple[str, int]:
        """Return how much of a choice is on the disk, in a word and in bytes."""
        try:
            job = self._sources.job(repository, choice, model="")
        except RequestError:
            return "absent", 0  # It can't be downloaded, and says so when it is asked for.
        files = await asyncio.to_thread(received_files, job, self._blocks)
        received = sum(files.values())
        # Its projector may be that of another quantization which is there.
        begun = any(count for target, count in files.items() if not is_projector(target))
        if self._queue.is_fetching(job):
            return "downloading", received
        return "downloaded" if received >= job.total_bytes else "partial" if begun else "absent", received
