from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QDialog

from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.mcp.page import McpPage
from studiolo.desktop.mcp.presenter import McpPresenter
from studiolo.paths import app_paths
from tests.stands.waiting import until

D = TypeVar("D", bound=QDialog)


@dataclass
class McpDesk:
    """The page at a server."""

    page: McpPage
    presenter: McpPresenter
    servers: Servers
    reported: list[BaseException]
    opened: list[str] = field(default_factory=list)
    """Addresses that a browser was asked to open."""

    async def listed(self, *labels: str) -> None:
        await until(lambda: [one.label for one in self.page.servers] == list(labels), f"the servers {labels}")

    async def dialog(self, kind: type[D]) -> D:
        """The one that is open."""
        return await until(
            lambda: next((one for one in self.page.findChildren(kind) if one.isVisible()), None), kind.__name__
        )


@pytest.fixture
def mcp_desk(qapp: QApplication) -> Callable[..., AbstractAsyncContextManager[McpDesk]]:
    @asynccontextmanager
    async def at(address: str, token: str | None = None, **more: Any) -> AsyncIterator[McpDesk]:
        reported: list[BaseException] = []
        opened: list[str] = []

        def browser(url: str) -> bool:
            opened.append(url)
            return True

        servers = Servers(app_paths(), reported.append)
        page = McpPage()
        page.resize(1000, 720)
        presenter = McpPresenter(
            page, servers, reported.append, name_of=lambda one: "Box", look_seconds=0.05, open_url=browser, **more
        )
        page.show()
        servers.select(await servers.add(address, "", token))
        await until(lambda: isinstance(servers.selected.state, Ready))
        try:
            yield McpDesk(page, presenter, servers, reported, opened)
        finally:
            await presenter.aclose()
            await servers.aclose()
            page.close()
            page.deleteLater()
            servers.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    return at
