"""Between the start page, the server that is talked to, and a download: whether it is shown, and where it leads."""

import asyncio
import importlib
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studiolo.api.hub import HUB
from studiolo.api.models import IMPORT_MODELS
from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.language import translate
from studiolo.desktop.loading.choices import ModelChoice
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.start.fetch import ModelFetch
from studiolo.desktop.start.offers import FoundModels, ModelOffer, ModelOffers, found_among, has_own
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AccessError, AppError, StorageError

if TYPE_CHECKING:
    from studiolo.desktop.start.page import StartPage

_OLD_SECONDS = 60.0
"""So long what a machine has free is taken as it was told."""


class StartPresenter(QObject):
    """Shows the page while the server that is talked to has no model but the trial one, until it is skipped.

    Signals:
        page_changed: Carries the page to be shown in the place of the greeting; None for the greeting.
        chat_requested: Carries the Download whose model is to be talked to.
        model_chosen: Carries the key of a model that is to be talked to.
        models_expected: The server may have other models than before.
        discover_requested: All models are to be seen.
        server_requested: Another server is to be added.
    """

    page_changed = Signal(object)
    chat_requested = Signal(object)
    model_chosen = Signal(str)
    models_expected = Signal()
    discover_requested = Signal()
    server_requested = Signal()

    def __init__(
        self,
        servers: Servers,
        fetch: ModelFetch,
        settings: DesktopSettingsStore,
        catalog_file: Path,
        report: Report,
        *,
        name_of: Callable[[str], str],
        parent: QObject,
    ) -> None:
        """Wait for `take_models`.

        Args:
            servers: The one that is selected is offered models for.
            fetch: Downloads one.
            settings: Keep whether the page was skipped.
            catalog_file: Where a catalog of one's own would be, for servers that can't be asked.
            report: Hears of what has no place on the page.
            name_of: What a server is called, by its address.
            parent: Owns this.
        """
        super().__init__(parent)
        self._servers = servers
        self._fetch = fetch
        self._settings = settings
        self._catalog_file = catalog_file
        self._asked = -_OLD_SECONDS
        """When it was asked last what can be offered."""
        self._report = report
        self._name_of = name_of
        self._scope = TaskScope(self, report)
        self._page: StartPage | None = None
        self._shown = False
        self._over = False
        """The page was left for good in this run."""
        self._address = servers.selected_address
        self._choices: list[ModelChoice] | None = None
        self._offers = ModelOffers()
        self._subject: ModelOffer | None = None
        servers.selected.changed.connect(self._server_changed)
        settings.changed.connect(self._settings_changed)
        fetch.changed.connect(self._show_fetch)
        fetch.already_downloaded.connect(self.models_expected)

    @property
    def shown(self) -> bool:
        """Return whether the page is in the place of the greeting."""
        return self._shown

    @property
    def page(self) -> "StartPage | None":
        """Return the page, if it was ever shown."""
        return self._page

    @property
    def subject(self) -> ModelOffer | None:
        """Return the model that the card shows."""
        return self._subject

    @property
    def found(self) -> FoundModels:
        """Return what other programs keep on the server's machine."""
        return found_among(self._choices or ())

    def take_models(self, choices: Iterable[ModelChoice]) -> None:
        """Hear which models the server has that is talked to."""
        self._choices = list(choices)
        self._decide()

    async def aclose(self) -> None:
        """End what goes on; downloads go on at their server."""
        await self._scope.aclose()

    def _server_changed(self) -> None:
        if self._servers.selected_address != self._address:
            self._address = self._servers.selected_address
            self._choices, self._offers, self._subject = None, ModelOffers(), None
            self._asked = -_OLD_SECONDS
            self._scope.cancel("import")
            self._fetch.reset()
        self._decide()

    def _settings_changed(self, names: frozenset[str]) -> None:
        if "show_start_page" in names:
            self._over = False
            self._decide()

    def _decide(self) -> None:
        """Show the page, or the greeting."""
        wanted = self._is_wanted()
        if wanted:
            self._current_page().show_found(self.found.count, self.found.programs)
        if wanted != self._shown:
            self._shown = wanted
            self.page_changed.emit(self._page if wanted else None)
            if self._page is not None:
                self._page.order_tabs()
        # The models are told of after each reply.
        if wanted and self._fetch.idle and time.monotonic() - self._asked > _OLD_SECONDS:
            self._ask()

    def _is_wanted(self) -> bool:
        if self._choices is None or self._over or not self._settings.current.show_start_page:
            return False
        # A model that came by the page is told of there, before it is one of many.
        return not self._fetch.idle or not has_own(self._choices)

    def _current_page(self) -> "StartPage":
        """Return the page, as it is for the server that is talked to."""
        page = self._page = self._page or self._make_page()
        own = self._address == OWN
        files = own and IMPORT_MODELS in self._servers.selected.capabilities
        page.show_place("" if own else self._name_of(self._address), files=files)
        return page

    def _make_page(self) -> "StartPage":
        # Of no use to those who have a model, which is nearly everybody at nearly every start.
        from studiolo.desktop.start.page import StartPage

        page, fetch = StartPage(), self._fetch
        page.card.download_requested.connect(self._begin)
        page.card.retry_requested.connect(self._retry)
        page.card.chat_requested.connect(self._chat)
        page.card.discover_requested.connect(self.discover_requested)
        page.card.transfer.pause_requested.connect(fetch.pause)
        page.card.transfer.resume_requested.connect(fetch.resume)
        page.card.transfer.cancel_requested.connect(fetch.cancel)
        page.found.used.connect(self._use_found)
        page.file_requested.connect(lambda: self._scope.start(self._import(), replace="import"))
        page.file_strip.cancel_requested.connect(lambda: self._scope.cancel("import"))
        page.server_requested.connect(self.server_requested)
        page.skipped.connect(self._leave)
        page.retry_requested.connect(self._ask)
        return page

    def _ask(self) -> None:
        if isinstance(self._servers.selected.state, Ready):
            self._asked = time.monotonic()
            self._scope.start(self._find(), replace="offers", on_error=self._not_found)

    async def _find(self) -> None:
        await asyncio.to_thread(importlib.import_module, "studiolo.desktop.start.finding")
        from studiolo.desktop.start.finding import find_offers, refine_offer

        self._offers = await find_offers(self._servers.selected, self._catalog_file)
        if not self._offers.models:
            text = translate("Start", "The catalog has no model that can chat. Discover finds others.")
            self._current_page().show_problem(text)
            return
        if self._fetch.idle:
            self._subject = self._offers.models[0]
        self._show_fetch()
        self._fetch.watch_for(offer.name for offer in self._offers.models)
        offer = self._subject
        if self._fetch.idle and offer and HUB in self._servers.selected.capabilities:
            refined = await refine_offer(self._servers.selected, offer)
            if self._subject is offer and self._fetch.idle:
                self._subject = refined
                self._show_fetch()

    def _not_found(self, error: BaseException) -> None:
        if not isinstance(error, AppError):
            self._report(error)
        elif isinstance(error, AccessError):
            text = translate(
                "Start", "Your token for %1 does not allow downloads. Ask whoever runs it for another one."
            )
            self._current_page().show_problem(text.replace("%1", self._name_of(self._address)))
        else:
            self._current_page().show_problem(str(error))

    def _show_fetch(self) -> None:
        """Show the model in the card, and how far its download is."""
        if self._page is None or self._subject is None:
            return
        if self._fetch.model and self._fetch.model != self._subject.name:
            self._subject = next(one for one in self._offers.models if one.name == self._fetch.model)
        card, job = self._page.card, self._fetch.job
        if job is not None and not self._subject.quantization:
            # It was asked for before the hub had answered.
            self._subject = replace(self._subject, quantization=job.quantization)
        self._page.show_offers(self._offers, self._subject)
        if self._fetch.failure:
            card.show_failure(str(self._fetch.failure))
        elif self._fetch.idle:
            card.show_offer()
        elif job is None:
            card.show_starting()
        elif job.group == "done":
            card.show_done()
        elif job.group == "failed":
            card.show_failure(f"{job.message} {job.hint}".strip())
        else:
            card.show_job(job)

    def _begin(self, offer: ModelOffer) -> None:
        self._subject = offer
        self._fetch.begin(offer)

    def _retry(self) -> None:
        if self._fetch.job is not None:
            self._fetch.retry()
        elif self._subject is not None:
            self._fetch.begin(self._subject)

    def _chat(self) -> None:
        if job := self._fetch.job:
            self.chat_requested.emit(job)
        self._leave()

    def _use_found(self) -> None:
        if best := self.found.best(self._offers.room.memory_free):
            self.model_chosen.emit(best.key)
        self._leave()

    async def _import(self) -> None:
        from studiolo.desktop.start.importing import import_chosen_file

        key = await import_chosen_file(self._current_page().file_strip, self._servers.selected.client)
        if key:
            self.model_chosen.emit(key)
            self._leave()

    def _leave(self) -> None:
        """Show the greeting from now on, in later runs as well."""
        try:
            self._settings.change(show_start_page=False)
        except StorageError as error:
            self._report(error)
        self._over = True
        self._fetch.reset()
        self._decide()
