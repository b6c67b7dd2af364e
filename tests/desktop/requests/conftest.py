from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.requests.live_presenter import LivePresenter
from studiolo.desktop.requests.live_view import LiveRequests
from studiolo.desktop.requests.table import RequestColumn
from studiolo.paths import app_paths
from tests.stands.waiting import until


@dataclass
class RequestsDesk:
    """The table at a server."""

    view: LiveRequests
    presenter: LivePresenter
    servers: Servers
    reported: list[BaseException]

    def cells(self, column: RequestColumn) -> list[str]:
        """What stands in a column, from top to bottom."""
        return [self.view.table.index(row, column).data() for row in range(self.view.table.rowCount())]

    async def row(self, route: str) -> int:
        """The row of the newest request to a route, when that has ended."""

        def found() -> int | None:
            rows = self.view.table.rows
            ended = [row + 1 for row, one in enumerate(rows) if one.route == route and one.status is not None]
            return ended[0] if ended else None

        return await until(found, f"a request to {route}") - 1


OpenDesk = Callable[..., AbstractAsyncContextManager[RequestsDesk]]


@pytest.fixture
def requests_desk(qapp: QApplication) -> OpenDesk:
    @asynccontextmanager
    async def at(
        address: str, token: str | None = None, *, ready: bool = True, **more: Any
    ) -> AsyncIterator[RequestsDesk]:
        reported: list[BaseException] = []
        servers = Servers(app_paths(), reported.append)
        view = LiveRequests()
        view.resize(1000, 720)
        presenter = LivePresenter(view, servers, reported.append, name_of=lambda one: "Box", **more)
        view.show()
        servers.select(await servers.add(address, "", token))
        if ready:
            await until(lambda: isinstance(servers.selected.state, Ready))
        try:
            yield RequestsDesk(view, presenter, servers, reported)
        finally:
            await presenter.aclose()
            await servers.aclose()
            view.close()
            view.deleteLater()
            servers.deleteLater()

    return at
