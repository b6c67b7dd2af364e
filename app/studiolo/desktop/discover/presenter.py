"""Between the page of models to be found, the server that is selected, and the hub."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, Signal

from studiolo.api.hub import HUB, HubChoice, HubDetails
from studiolo.api.settings import SETTINGS
from studiolo.client.administration import Administration
from studiolo.client.downloads import Downloads
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.dialogs import finished
from studiolo.desktop.discover.finders import Finder, LocalFinder, is_link
from studiolo.desktop.discover.page import DiscoverPage
from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.downloads.monitor import Monitor
from studiolo.desktop.settings.form import FormDialog, SettingsForm
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AppError
from studiolo.hub.catalog import CatalogKeeper


class DiscoverPresenter(QObject):
    """catalog: for servers that can't be asked. `download_shown` carries the Download that somebody wants to see."""

    download_shown = Signal(object)

    def __init__(
        self,
        page: DiscoverPage,
        servers: Servers,
        monitor: Monitor,
        catalog: CatalogKeeper,
        report: Report,
        *,
        name_of: Callable[[str], str],
    ) -> None:
        super().__init__()
        self._page = page
        self._servers = servers
        self._monitor = monitor
        self._local = LocalFinder(catalog)
        self._name_of = name_of
        self._scope = TaskScope(page, report)
        self._next: str | None = None
        self._words = ""
        self._ready_at: tuple[str, bool] | None = None
        """The server that was asked last, and whether it answered."""
        page.searched.connect(self._search)
        page.chosen.connect(self._show)
        page.more_wanted.connect(self._more)
        page.retried.connect(self._retry)
        page.panel.download_requested.connect(lambda choice: self._scope.start(self._download(choice), replace="start"))
        page.panel.shown_requested.connect(self.download_shown)
        page.panel.token_requested.connect(lambda: self._scope.start(self._ask_for_token(), replace="token"))
        servers.selected.changed.connect(self._server_changed)
        monitor.changed.connect(self._show_jobs)
        self._server_changed()

    async def aclose(self) -> None:
        await self._scope.aclose()

    @property
    def _finder(self) -> Finder:
        """Raises UnreachableError while the server does not answer."""
        client = self._servers.selected.client
        return Downloads(client) if HUB in self._servers.selected.capabilities else self._local

    @property
    def _server_name(self) -> str:
        return self._name_of(self._servers.selected_address)

    def _server_changed(self) -> None:
        state = self._servers.selected.state
        at = (self._servers.selected_address, isinstance(state, Ready))
        if isinstance(state, Lost):
            self._page.show_failure(f"{state.error.message} {state.error.hint}".strip())
            self._page.show_busy(False)
        if at == self._ready_at:
            return
        self._ready_at = at
        if not at[1]:
            return
        self._search(self._page.search.text())
        if self._page.panel.details is not None:
            self._show(self._page.panel.details.model.name)

    def _retry(self) -> None:
        if isinstance(self._servers.selected.state, Lost):
            self._servers.selected.retry()
        else:
            self._search(self._page.search.text())

    def _search(self, words: str) -> None:
        if not isinstance(self._servers.selected.state, Ready):
            self._page.show_busy(not isinstance(self._servers.selected.state, Lost))
            return
        self._words, self._next = words.strip(), None
        if is_link(words):
            self._scope.cancel("search")
            self._page.show_busy(False)
            self._page.look_at_panel()
            self._show(self._words)
            return
        self._page.show_busy(True)
        self._scope.start(self._find(None), replace="search", on_error=self._search_failed)

    def _more(self) -> None:
        if self._next and isinstance(self._servers.selected.state, Ready):
            page, self._next = self._next, None
            self._page.show_busy(True)
            self._scope.start(self._find(page), replace="search")

    async def _find(self, page: str | None) -> None:
        try:
            found = await self._finder.search(self._words, page=page)
        except AppError:
            self._page.show_busy(False)
            self._next = page
            raise
        self._next = found.next_page
        self._page.results.show(found.models, more=page is not None)
        self._page.show_busy(False)
        plain = HUB not in self._servers.selected.capabilities
        told = _tr("%1 only takes downloads: searched from this machine, so what fits is not known.")
        notes = [found.problem or "", told.replace("%1", self._server_name) if plain else ""]
        if page is None:
            self._page.show_found(problem=" ".join(note for note in notes if note))

    def _search_failed(self, error: BaseException) -> None:
        if not isinstance(error, AppError):
            raise error
        self._page.show_failure(f"{error.message} {error.hint}".strip())

    def _show(self, name: str) -> None:
        self._page.show_asking()
        self._scope.start(self._ask(name), replace="details", on_error=self._details_failed)

    async def _ask(self, name: str) -> None:
        details = await self._finder.details(name)
        settable = SETTINGS in self._servers.selected.capabilities
        self._page.show_details(details, server=self._server_name, settable=settable)
        self._show_jobs()

    def _details_failed(self, error: BaseException) -> None:
        if not isinstance(error, AppError):
            raise error
        self._page.show_details_failure(f"{error.message} {error.hint}".strip())

    async def _download(self, choice: HubChoice) -> None:
        details = self._page.panel.details
        if details is None:
            return
        address = self._servers.selected_address
        client = self._servers.selected.client
        model, quantization = _order(details, choice, plain=HUB not in self._servers.selected.capabilities)
        self._page.panel.download.setEnabled(False)
        try:
            info = await Downloads(client).start(model, quantization)
        finally:
            self._page.panel.download.setEnabled(True)
        if info.status == "already_downloaded":
            self._page.panel.show_remark(_tr("It is there already."))
            self._show(details.model.name)
            return
        if not info.url:
            info = info.model_copy(update={"url": details.page, "quantization": choice.quantization})
        self._monitor.note(address, info, model=details.model.name)
        self._page.panel.show_remark(info.remark)

    def _show_jobs(self, _changed: object = None) -> None:
        details = self._page.panel.details
        if details is None:
            return
        here = [job for job in self._monitor.downloads.values() if job.server == self._servers.selected_address]
        self._page.panel.show_jobs(
            {
                choice.name: job
                for choice in details.choices
                for job in here
                if choice.quantization and _is_of(job, details, choice)
            }
        )

    async def _ask_for_token(self) -> None:
        administration = Administration(self._servers.selected.client)
        form = SettingsForm(await administration.settings(), ("hub_token",))
        dialog = FormDialog(_tr("Access token for the hub"), form, self._page)
        if await finished(dialog) and dialog.changes:
            await administration.change_settings(dialog.changes)
            if self._page.panel.details is not None:
                self._show(self._page.panel.details.model.name)


def _order(details: HubDetails, choice: HubChoice, *, plain: bool) -> tuple[str, str | None]:
    """What to ask a server for. A plain one has a catalog of its own, so it is given the link."""
    if plain or choice.quantization is None or "://" in details.model.name:
        return details.page, choice.quantization or choice.name
    return f"{details.model.name}@{choice.quantization.lower()}", None


def _is_of(job: Download, details: HubDetails, choice: HubChoice) -> bool:
    same = job.quantization.lower() == (choice.quantization or "").lower()
    return same and (job.model in (details.model.name, details.repository) or job.url.startswith(details.page))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Discover", text)
