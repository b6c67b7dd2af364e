"""Everything about downloads, wired: what the server's composition root and its routes need of it."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from studiolo.api.settings import ServerSettings
from studiolo.errors import AppError, OfflineError, RequestError
from studiolo.hub.catalog import CatalogKeeper
from studiolo.network.network import Network
from studiolo.paths import Paths
from studiolo.server.downloads.hub_catalog import Offers
from studiolo.server.downloads.jobs.job import Job
from studiolo.server.downloads.jobs.job_run import RuntimeMaker
from studiolo.server.downloads.jobs.journal import JobJournal
from studiolo.server.downloads.jobs.queue import DownloadQueue
from studiolo.server.downloads.sources import Sources
from studiolo.server.downloads.transfer.blocks import BlockJournal

logger = logging.getLogger(__name__)

_DAY = 86400.0


class DownloadService:
    """This has the queue, where files come from, and what is on offer.

    `on_incoming` hears which files are not complete yet, `tell` of files of ours that are damaged; `runtimes` makes
    runtimes of what is downloaded for them.
    """

    def __init__(
        self,
        paths: Paths,
        settings: Callable[[], ServerSettings],
        on_incoming: Callable[[frozenset[Path]], None],
        *,
        network: Network,
        runtimes: RuntimeMaker,
        tell: Callable[[str], None] = logger.error,
    ) -> None:
        self._settings = settings
        self._network = network
        self._settings_changed = asyncio.Event()
        self._journal = JobJournal(paths.data / "downloads.sqlite", tell=tell)
        self.blocks = BlockJournal(paths.data / "blocks.sqlite", tell=tell)
        self.catalog = CatalogKeeper(paths.data / "catalog.json", tell=tell)
        self.sources = Sources(paths.models, settings, self.catalog, network)
        self.queue = DownloadQueue(
            self._journal,
            self.blocks,
            settings,
            paths.models,
            sources=self.sources.of,
            renewed=self.sources.renewed,
            on_change=lambda: on_incoming(self.queue.incoming),
            runtimes=runtimes,
            permitted=self._permits,
        )
        self.offers = Offers(self.sources, self.catalog, self.queue, self.blocks, paths.models)

    async def run(self) -> None:
        """Fetch what is queued, and a newer catalog now and then, until cancelled."""
        refreshing = asyncio.create_task(self._refresh_catalog())
        try:
            await self.queue.run()
        finally:
            refreshing.cancel()
            await asyncio.wait([refreshing])
            await asyncio.to_thread(self.close)

    def settings_changed(self) -> None:
        """Have the catalog's upkeep and the queue go by the settings that are in force now."""
        self._settings_changed.set()
        self.queue.settings_changed()

    def _permits(self, job: Job) -> bool:
        try:
            return self.sources.permits(job)
        except RequestError:
            return True  # A job says by itself that the hub's address is none.

    async def _refresh_catalog(self) -> None:
        fetched = ""
        while True:
            address = self._settings().catalog_url
            if address and address != fetched:
                try:
                    await self.catalog.refresh(address, self._network)
                except OfflineError:
                    address = ""  # Asked again when that is over.
                except AppError as error:
                    logger.warning("%s (%s)", error, error.details)
            fetched = address
            self._settings_changed.clear()
            try:
                async with asyncio.timeout(_DAY):
                    await self._settings_changed.wait()
            except TimeoutError:
                fetched = ""

    def close(self) -> None:
        """Close the files, as `run` does at its end. Blocking; idempotent."""
        self._journal.close()
        self.blocks.close()
