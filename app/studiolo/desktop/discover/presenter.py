"""Between the page of models to be found, the server that is selected, and the hub."""

from collections.abc import Callable
from pathlib import PurePath

from PySide6.QtCore import QObject, Signal

from studiolo.api.downloads import DOWNLOAD_FILES, DownloadInfo
from studiolo.api.hub import HUB, HubChoice, HubDetails
from studiolo.api.network import OFFLINE
from studiolo.api.runtimes import RUNTIMES
from studiolo.api.settings import SETTINGS
from studiolo.client.downloads import DownloadsApi, selection_of
from studiolo.client.hub import HubApi
from studiolo.client.runtimes import RuntimesApi
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.discover.finders import LocalFinder, ModelFinder, is_link
from studiolo.desktop.discover.page import DiscoverPage
from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.downloads.monitor import Monitor
from studiolo.desktop.language import translate
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AppError, OfflineError, UnsupportedError
from studiolo.hub.catalog import CatalogKeeper

_PUBLIC_HUB = "https://huggingface.co"


class DiscoverPresenter(QObject):
    """catalog: for servers that can't be asked. `show_requested` carries the Download that somebody wants to see."""

    show_requested = Signal(object)
    online_requested = Signal()

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
        super().__init__(page)
        self._page = page
        self._servers = servers
        self._monitor = monitor
        self._local = LocalFinder(catalog, servers.network)
        self._name_of = name_of
        self._scope = TaskScope(page, report)
        self._next: str | None = None
        self._words = ""
        self._starting: set[tuple[str, str]] = set()
        """Pages of repositories, and names of their choices, whose download is being asked for."""
        self._ready_at: tuple[str, bool] | None = None
        """The server that was asked last, and whether it answered."""
        page.searched.connect(self._search)
        page.chosen.connect(self._show)
        page.more_requested.connect(self._more)
        page.retry_requested.connect(self._retry)
        page.online_requested.connect(lambda: self._scope.start(self._go_online(), replace="online"))
        page.panel.download_requested.connect(self._begin)
        page.panel.show_requested.connect(self.show_requested)
        servers.selected.changed.connect(self._server_changed)
        monitor.changed.connect(self._show_jobs)
        monitor.ended.connect(self._download_ended)
        self._server_changed()

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._scope.aclose()

    @property
    def _finder(self) -> ModelFinder:
        """Return who is asked. Raises UnreachableError while the server does not answer."""
        client = self._servers.selected.client
        return HubApi(client) if HUB in self._servers.selected.capabilities else self._local

    @property
    def _server_name(self) -> str:
        return self._name_of(self._servers.selected_address)

    def _server_changed(self) -> None:
        state = self._servers.selected.state
        at = (self._servers.selected_address, isinstance(state, Ready))
        same = self._ready_at is not None and self._ready_at[0] == at[0]
        if isinstance(state, Lost):
            if not (same and self._page.results.models):
                # What is shown stays: it is said above the page that the server does not answer.
                self._page.show_failure(f"{state.error.message} {state.error.hint}".strip())
            self._page.show_busy(False)
        elif same and not at[1]:
            return  # It is only asked whether it is still there.
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
            self._page.list.choose_none()
            self._page.look_at_panel()
            self._show(self._words)
            return
        if self._page.shows_problem:
            self._page.show_nothing()
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
        told = translate("Discover", "%1 only takes downloads: searched from this machine, so what fits is not known.")
        notes = [found.problem or "", told.replace("%1", self._server_name) if plain else ""]
        if page is None:
            offline = found.problem_code == OFFLINE
            self._page.show_found(problem=" ".join(note for note in notes if note), offline=offline)

    def _search_failed(self, error: BaseException) -> None:
        if not isinstance(error, AppError):
            raise error
        offline = isinstance(error, OfflineError)
        self._page.show_failure(f"{error.message} {error.hint}".strip(), offline=offline)

    async def _go_online(self) -> None:
        if SETTINGS in self._servers.selected.capabilities:
            await ServerApi(self._servers.selected.client).change_settings({"offline": False})
        self.online_requested.emit()
        self._search(self._page.search.text())

    def _show(self, name: str) -> None:
        self._page.show_asking()
        self._scope.start(self._ask(name), replace="details", on_error=self._details_failed)

    async def _ask(self, name: str) -> None:
        details = await self._finder.details(name)
        settable = SETTINGS in self._servers.selected.capabilities
        self._page.panel.table.show_cards(await self._cards_bytes())
        self._page.show_details(details, server=self._server_name, settable=settable)
        self._show_starting()
        self._show_jobs()

    async def _cards_bytes(self) -> int:
        """Return the memory of the cards that models run on at the server; 0 where it does not tell of any."""
        selected = self._servers.selected
        if RUNTIMES not in selected.capabilities:
            return 0
        try:
            known = await RuntimesApi(selected.client).runtimes()
        except AppError:
            return 0  # Models can be found all the same.
        used = next((one for one in known.runtimes if one.in_use), None)
        return sum(one.total_bytes or 0 for one in used.devices if one.kind == "gpu") if used else 0

    def _details_failed(self, error: BaseException) -> None:
        if not isinstance(error, AppError):
            raise error
        self._page.show_details_failure(f"{error.message} {error.hint}".strip())

    def _begin(self, choice: HubChoice) -> None:
        details = self._page.panel.details
        if details is not None:
            self._starting.add((details.page, choice.name))
            self._show_starting()
            self._scope.start(self._download(details, choice))

    async def _download(self, details: HubDetails, choice: HubChoice) -> None:
        address = self._servers.selected_address
        try:
            info = await self._start(address, details, choice)
        finally:
            self._starting.discard((details.page, choice.name))
            self._show_starting()
        if info.job_id:
            if not info.url:
                info = info.model_copy(update={"url": details.page, "quantization": choice.quantization})
            self._monitor.note(address, info, model=details.model.name)
        if self._page.panel.details is not details or address != self._servers.selected_address:
            return  # Somebody looks at another model by now.
        there = info.status == "already_downloaded"
        self._page.panel.show_remark(translate("Discover", "It is there already.") if there else info.remark)
        if there:
            self.refresh()

    async def _start(self, address: str, details: HubDetails, choice: HubChoice) -> DownloadInfo:
        downloads = DownloadsApi(self._servers.client(address))
        selection = selection_of(details, choice)
        if selection and DOWNLOAD_FILES in self._servers.selected.capabilities:
            return await downloads.start(details.model.name, selection=selection)
        return await downloads.start(*_link_of(details, choice))

    def refresh(self) -> None:
        """Ask anew what there is of the model in sight, which stays in sight meanwhile."""
        details = self._page.panel.details
        if details is not None and isinstance(self._servers.selected.state, Ready):
            self._scope.start(self._ask(details.model.name), replace="details", on_error=self._details_failed)

    def _download_ended(self, job: Download) -> None:
        details = self._page.panel.details
        if details and job.server == self._servers.selected_address and _is_from(job, details):
            self.refresh()

    def _show_starting(self) -> None:
        details = self._page.panel.details
        names = frozenset(name for page, name in self._starting if details and page == details.page)
        self._page.panel.show_starting(names)

    def _show_jobs(self, _changed: object = None) -> None:
        """Where the server tells what is there, complete ones are left out: what they brought may be gone by now."""
        details = self._page.panel.details
        if details is None:
            return
        plain = HUB not in self._servers.selected.capabilities
        jobs = [
            job
            for job in self._monitor.downloads.values()
            if job.server == self._servers.selected_address
            and (plain or job.group != "done")
            and _is_from(job, details)
        ]
        self._page.panel.show_jobs(
            {choice.name: job for choice in details.choices for job in jobs if _is_of(job, details, choice)}
        )


def _link_of(details: HubDetails, choice: HubChoice) -> tuple[str, str | None]:
    """Return what a server is asked for that can't be told the files: a link, and a quantization.

    It has a catalog of its own, and knows the hub by its public name (spec section 4). Raises UnsupportedError for what
    can't be said to it.
    """
    if not _is_alone(details, choice):
        raise UnsupportedError(
            translate("Discover", "Several files here are called %1.").replace("%1", choice.quantization or ""),
            hint=translate("Discover", "This server can't be told which of them is wanted."),
        )
    return f"{_PUBLIC_HUB}/{details.repository}", choice.quantization or choice.name


def _is_alone(details: HubDetails, choice: HubChoice) -> bool:
    """Return whether its quantization names one choice."""
    return [one.quantization for one in details.choices].count(choice.quantization) == 1


def _is_from(job: Download, details: HubDetails) -> bool:
    """Return whether the job is of this repository."""
    same = job.url == details.page or job.url.startswith(f"{details.page}/")
    return same or job.model in (details.model.name, details.repository)


def _is_of(job: Download, details: HubDetails, choice: HubChoice) -> bool:
    """Return whether a job of this repository brings this choice."""
    if not _is_alone(details, choice):
        return PurePath(job.path).name.startswith(PurePath(choice.name).name)
    return job.quantization.lower() == (choice.quantization or "").lower()
