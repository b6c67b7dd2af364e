"""The pages beside the chat, and what they have to do with each other.

Each is imported and made when it is looked at first: whoever only chats pays for none.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from studiolo.api.models import MANAGE_MODELS
from studiolo.client.models import ModelsApi
from studiolo.desktop.actions.catalog import OPEN_RUNTIMES
from studiolo.desktop.chat.presenter import ChatPresenter
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.downloads.cancelling import Cancelling
from studiolo.desktop.downloads.commands import DownloadCommands
from studiolo.desktop.downloads.jobs import Download, JobKey
from studiolo.desktop.downloads.monitor import Monitor
from studiolo.desktop.downloads.status import DownloadStatus
from studiolo.desktop.language import translate
from studiolo.desktop.models.downloaded_model import key_in_inventory, key_in_listing
from studiolo.desktop.runtimes.fallback import FallbackNotice
from studiolo.desktop.settings.sections import DOWNLOADS as SETTINGS_OF_DOWNLOADS
from studiolo.desktop.settings.sections import MODELS as SETTINGS_OF_MODELS
from studiolo.desktop.settings.sections import NETWORK
from studiolo.desktop.settings.sections import SERVER as SETTINGS_OF_SERVER
from studiolo.desktop.shell.navigation import CHAT, DISCOVER, DOWNLOADS, MODELS, RUNTIMES, SERVER, TOOLS
from studiolo.desktop.shell.window import MainWindow
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AppError, NotFoundError
from studiolo.paths import Paths

if TYPE_CHECKING:
    from studiolo.desktop.discover.presenter import DiscoverPresenter
    from studiolo.desktop.downloads.page import DownloadsPage
    from studiolo.desktop.mcp.presenter import McpPresenter
    from studiolo.desktop.server.page import ServerPage
    from studiolo.desktop.server.presenter import ServerPresenter


class Pages(QObject):
    """`monitor`, `steering` and `cancelling` are for whoever else shows downloads; `status` is for the sidebar.

    Signals:
        settings_requested: A page leads to settings: a section, and the name of a field or nothing.
        online_requested: Nobody wants the window to be offline any more.
    """

    settings_requested = Signal(str, str)
    online_requested = Signal()

    def __init__(
        self,
        window: MainWindow,
        servers: Servers,
        chat: ChatPresenter,
        paths: Paths,
        report: Report,
        *,
        name_of: Callable[[str], str],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._servers = servers
        self._chat = chat
        self._report = report
        self._name_of = name_of
        self._scope = TaskScope(window, report)
        self._endings: list[Callable[[], Awaitable[None]]] = []
        self._downloads: DownloadsPage | None = None
        self._tools: McpPresenter | None = None
        self._discover: DiscoverPresenter | None = None
        self._server: ServerPresenter | None = None
        self._server_page: ServerPage | None = None
        self.monitor = Monitor(servers, paths.data / "watched.json", report, name_of=name_of)
        self.steering = DownloadCommands(servers, self.monitor, window)
        self.cancelling = Cancelling(servers, self.monitor, report, parent=window)
        self.status = DownloadStatus(window.navigation)
        self.status.opened.connect(lambda: window.show_page(DOWNLOADS))
        self.monitor.changed.connect(self._show_status)
        self._catalog_file = paths.data / "catalog.json"
        self._logs = paths.logs
        window.page_shown.connect(self._page_shown)
        window.factories[DISCOVER] = self._make_discover
        window.factories[DOWNLOADS] = self._make_downloads
        window.factories[MODELS] = self._make_models
        window.factories[SERVER] = self._make_server
        window.factories[TOOLS] = self._make_tools
        window.registry.bind(OPEN_RUNTIMES, self.show_runtimes)
        self.fallback = FallbackNotice(servers, report, window)
        window.add_above(self.fallback)
        self.fallback.runtimes_requested.connect(self.show_runtimes)
        # These are the moments after a model may have been loaded.
        chat.models_listed.connect(lambda _: self.fallback.look())
        chat.reply_finished.connect(lambda *_: self.fallback.look())
        window.page.composer.tool_picker.setup_requested.connect(lambda: window.show_page(TOOLS))

    async def aclose(self) -> None:
        """End whatever the pages have under way."""
        await self._scope.aclose()
        await self.fallback.aclose()
        for ending in self._endings:
            await ending()
        await self.cancelling.aclose()
        await self.monitor.aclose()

    def server_settings_changed(self, names: frozenset[str]) -> None:
        """Look again at what depends on settings of the server that were changed."""
        if self._discover and "hub_token" in names:
            self._discover.refresh()
        if self._server:
            self._server.shown.look()

    def show_runtimes(self) -> None:
        """Show the runtimes of the server that is selected."""
        self._window.show_page(SERVER)
        if self._server_page:
            self._server_page.show_view(RUNTIMES)

    def show_download(self, key: JobKey) -> None:
        """Show a job on its page."""
        self._window.show_page(DOWNLOADS)
        if self._downloads:
            self._downloads.go_to(key)

    def chat_with(self, download: Download) -> None:
        """Begin a chat with the model that came."""
        self._scope.start(self._chat_with(download), replace="chat")

    def chat_and_load(self, download: Download) -> None:
        """Begin a chat with the model that came, and load it, so that it answers at once."""
        self._scope.start(self._chat_with(download, load=True), replace="chat")

    async def _chat_with(self, download: Download, *, load: bool = False) -> None:
        self._servers.select(download.server)
        connection = self._servers.connection(download.server)
        if MANAGE_MODELS in connection.capabilities:
            key = key_in_inventory(await ModelsApi(connection.client).inventory(), download)
        else:
            key = key_in_listing(await ModelsApi(connection.client).list_models(), download)
        if key is None:
            raise NotFoundError(
                translate("Pages", "%1 is not among the models of %2.")
                .replace("%1", download.name)
                .replace("%2", self._name_of(download.server)),
                what="model",
                hint=translate("Pages", "It may have been deleted, or go by another name: see Models."),
            )
        self.talk_to(key)
        if load:
            self._chat.models.load(key)

    def talk_to(self, key: str) -> None:
        """Begin a chat with a model of the server that is talked to, by its key."""
        self._window.show_page(CHAT)
        self._chat.chat_with(key)

    def _page_shown(self, page: str) -> None:
        self._want_fallback()
        self.fallback.look()
        if page == DOWNLOADS:
            self.monitor.look_again()

    def _want_fallback(self) -> None:
        """The view of the runtimes says it by itself."""
        view = self._server_page.shown_view if self._server_page else ""
        self.fallback.want(not (self._window.shown_page == SERVER and view == RUNTIMES))

    def _show_status(self, _changed: object) -> None:
        running = [job for job in self.monitor.downloads.values() if job.group == "running"]
        self.status.show_totals(self.monitor.totals, running)

    def _make_discover(self) -> QWidget:
        from studiolo.desktop.discover.page import DiscoverPage
        from studiolo.desktop.discover.presenter import DiscoverPresenter
        from studiolo.hub.catalog import CatalogKeeper

        catalog = CatalogKeeper(self._catalog_file)
        page = DiscoverPage(self._window)
        presenter = DiscoverPresenter(page, self._servers, self.monitor, catalog, self._report, name_of=self._name_of)
        presenter.show_requested.connect(lambda download: self.show_download(download.key))
        presenter.online_requested.connect(self.online_requested)
        page.panel.token_requested.connect(lambda: self.settings_requested.emit(NETWORK, "hub_token"))
        self._discover = presenter
        self._endings.append(presenter.aclose)
        return page

    def _make_downloads(self) -> QWidget:
        from studiolo.desktop.downloads.page import DownloadsPage
        from studiolo.desktop.downloads.presenter import DownloadsPresenter

        page = self._downloads = DownloadsPage(self._window)
        presenter = DownloadsPresenter(
            page,
            self._servers,
            self.monitor,
            self.steering,
            self.cancelling,
            self._report,
            name_of=self._name_of,
        )
        presenter.chat_requested.connect(self.chat_with)
        page.limits_requested.connect(lambda: self.settings_requested.emit(SETTINGS_OF_DOWNLOADS, ""))
        page.discover_requested.connect(lambda: self._window.show_page(DISCOVER))
        self._endings.append(presenter.aclose)
        return page

    def _make_models(self) -> QWidget:
        from studiolo.desktop.models.page import ModelsPage
        from studiolo.desktop.models.presenter import ModelsPresenter

        page = ModelsPage(self._window)
        presenter = ModelsPresenter(page, self._servers, self._report, name_of=self._name_of)
        presenter.chat_requested.connect(self.talk_to)
        page.loading_requested.connect(lambda: self.settings_requested.emit(SETTINGS_OF_MODELS, ""))
        page.discover_requested.connect(lambda: self._window.show_page(DISCOVER))
        self.monitor.ended.connect(presenter.look)
        self._endings.append(presenter.aclose)
        return page

    def _make_server(self) -> QWidget:
        from studiolo.desktop.server.page import ServerPage
        from studiolo.desktop.server.presenter import ServerPresenter
        from studiolo.desktop.shell.server_views import ServerViews

        page = self._server_page = ServerPage(self._window)
        presenter = self._server = ServerPresenter(
            page,
            self._servers,
            self._report,
            name_of=self._name_of,
            downloads_at=self._downloads_at,
            logs=self._logs,
        )
        page.settings_opened.connect(lambda: self.settings_requested.emit(SETTINGS_OF_SERVER, ""))
        page.view_shown.connect(lambda _: self._want_fallback())
        views = ServerViews(page, self._servers, self._report, name_of=self._name_of)
        self._endings += [presenter.aclose, views.aclose]
        return page

    def _downloads_at(self, server: str) -> int:
        return sum(job.active and job.server == server for job in self.monitor.downloads.values())

    def _make_tools(self) -> QWidget:
        from studiolo.desktop.mcp.page import McpPage
        from studiolo.desktop.mcp.presenter import McpPresenter

        page = McpPage(self._window)
        presenter = self._tools = McpPresenter(page, self._servers, self._report, name_of=self._name_of)
        self._endings.append(presenter.aclose)
        return page

    def add_tools(self, link: str) -> None:
        """Show what a link would add, on the page where it would be."""
        self._window.show_page(TOOLS)
        if self._tools:
            try:
                self._tools.add_from(link)
            except AppError as error:
                self._report(error)
