"""Between the page of the server and the server that is selected: it makes the views, each when it is looked at."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.file_manager import open_folder
from studiolo.desktop.server.page import ServerPage
from studiolo.desktop.server.shown_server import LOOK_SECONDS, ShownServer
from studiolo.desktop.tasks import Report
from studiolo.errors import AppError

if TYPE_CHECKING:
    from studiolo.desktop.server.tokens_presenter import TokensPresenter

OVERVIEW, TOKENS, CONNECT, API = "overview", "tokens", "connect", "api"


class ServerPresenter(QObject):
    """`shown` is the server that all views are of. It is asked only while the page is in sight."""

    def __init__(
        self,
        page: ServerPage,
        servers: Servers,
        report: Report,
        *,
        name_of: Callable[[str], str],
        downloads_at: Callable[[str], int],
        logs: Path,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """Add the views of the page.

        Args:
            page: The page; further views may be added to it.
            servers: All that are known.
            report: Hears of what goes wrong.
            name_of: What a server is called, by its address.
            downloads_at: How many downloads go on at a server, by its address.
            logs: The folder of the logs of this computer.
            look_seconds: How often the server is asked.
        """
        super().__init__(page)
        self._page = page
        self._report = report
        self._downloads_at = downloads_at
        self._logs = logs
        self._tokens: TokensPresenter | None = None
        self._endings: list[Callable[[], Awaitable[None]]] = []
        self.shown = ShownServer(servers, report, name_of=name_of, look_seconds=look_seconds, parent=self)
        page.add_view(OVERVIEW, self.tr("Overview"), self._make_overview)
        page.add_view(TOKENS, self.tr("Tokens"), self._make_tokens)
        page.add_view(CONNECT, self.tr("Connect"), self._make_connect)
        page.add_view(API, self.tr("API"), self._make_api)
        page.seen.connect(lambda seen: self.shown.watch(seen=seen))
        page.search_led.connect(self._lead_to_search)
        page.log_opened.connect(self._open_log)
        self.shown.changed.connect(self._server_changed)
        self._server_changed()

    async def aclose(self) -> None:
        """End what the views have under way."""
        for ending in self._endings:
            await ending()
        await self.shown.aclose()

    def _server_changed(self) -> None:
        self._page.log.setVisible(self.shown.is_own)

    def _open_log(self) -> None:
        try:
            open_folder(str(self._logs))
        except AppError as error:
            self._report(error)

    def _lead_to_search(self) -> None:
        """The endpoints are the one list here that is long enough to be searched."""
        from studiolo.desktop.server.api_view import ApiView

        self._page.show_view(API)
        view = self._page.view(API)
        if isinstance(view, ApiView):
            view.lead_to_filter()

    def _make_overview(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.server.overview import ServerOverview
        from studiolo.desktop.server.overview_presenter import OverviewPresenter

        view = ServerOverview(parent)
        presenter = OverviewPresenter(view, self.shown, self._report, downloads_at=self._downloads_at)
        self._endings.append(presenter.aclose)
        return view

    def _make_tokens(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.server.tokens_presenter import TokensPresenter
        from studiolo.desktop.server.tokens_view import TokensView

        view = TokensView(parent)
        presenter = self._tokens = TokensPresenter(view, self.shown, self._report)
        self._endings.append(presenter.aclose)
        return view

    def _make_connect(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.server.connect_presenter import ConnectPresenter
        from studiolo.desktop.server.connect_view import ConnectView

        view = ConnectView(parent)
        ConnectPresenter(view, self.shown)
        view.token_requested.connect(self._make_token)
        return view

    def _make_token(self, name: str) -> None:
        """Make a token where all of them are."""
        self._page.show_view(TOKENS)
        if self._tokens:
            self._tokens.create(name=name)

    def _make_api(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.server.api_presenter import ApiPresenter
        from studiolo.desktop.server.api_view import ApiView

        view = ApiView(parent)
        presenter = ApiPresenter(view, self.shown, self._report)
        self._endings.append(presenter.aclose)
        return view
