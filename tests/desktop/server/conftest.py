from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.server.api_view import ApiView
from studiolo.desktop.server.connect_view import ConnectView
from studiolo.desktop.server.overview import ServerOverview
from studiolo.desktop.server.page import ServerPage
from studiolo.desktop.server.presenter import API, CONNECT, OVERVIEW, TOKENS, ServerPresenter
from studiolo.desktop.server.tokens_view import TokensView
from studiolo.paths import app_paths
from tests.stands.waiting import until

D = TypeVar("D", bound=QDialog)
W = TypeVar("W", bound=QWidget)


@dataclass
class ServerDesk:
    """The page at a server."""

    page: ServerPage
    presenter: ServerPresenter
    servers: Servers
    reported: list[BaseException]
    downloads: dict[str, int] = field(default_factory=dict)
    """How many go on, by the server's address."""

    @property
    def overview(self) -> ServerOverview:
        return self._view(OVERVIEW, ServerOverview)

    @property
    def tokens(self) -> TokensView:
        return self._view(TOKENS, TokensView)

    @property
    def connect(self) -> ConnectView:
        return self._view(CONNECT, ConnectView)

    @property
    def api(self) -> ApiView:
        return self._view(API, ApiView)

    def _view(self, name: str, kind: type[W]) -> W:
        self.page.show_view(name)
        view = self.page.view(name)
        assert isinstance(view, kind)
        return view


async def opened(page: QWidget, kind: type[D]) -> D:
    """The dialog of a page that is open."""
    return await until(lambda: next((one for one in page.findChildren(kind) if one.isVisible()), None), kind.__name__)


@pytest.fixture
def server_desk(qapp: QApplication) -> Callable[..., AbstractAsyncContextManager[ServerDesk]]:
    @asynccontextmanager
    async def at(address: str | None, token: str | None = None) -> AsyncIterator[ServerDesk]:
        """address: of a server; None for that of this computer, which is started."""
        reported: list[BaseException] = []
        downloads: dict[str, int] = {}
        servers = Servers(app_paths(), reported.append)
        page = ServerPage()
        page.resize(1000, 720)
        presenter = ServerPresenter(
            page,
            servers,
            reported.append,
            name_of=lambda one: "Box" if one else "This computer",
            downloads_at=lambda one: downloads.get(one, 0),
            logs=app_paths().logs,
            look_seconds=0.05,
        )
        page.show()
        if address is None:
            servers.open()
        else:
            servers.select(await servers.add(address, "", token))
        await until(lambda: isinstance(servers.selected.state, Ready))
        try:
            yield ServerDesk(page, presenter, servers, reported, downloads)
        finally:
            await presenter.aclose()
            await servers.aclose()
            page.close()
            page.deleteLater()
            servers.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    return at
