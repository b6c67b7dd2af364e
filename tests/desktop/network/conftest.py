from collections.abc import AsyncIterator, Iterator

import pytest
from PySide6.QtWidgets import QApplication

from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.network.network_panel import NetworkPanel
from studiolo.desktop.network.network_presenter import NetworkPresenter
from studiolo.desktop.network.privacy_panel import PrivacyPanel
from studiolo.desktop.network.privacy_presenter import PrivacyPresenter
from studiolo.desktop.network.window_network import ServerFollower, WindowNetwork
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.paths import app_paths
from tests.stands.ring import Ring, ring_in_use


class NetworkDesk:
    """What the window has of the network, with no server yet; `reported` is what failed."""

    def __init__(self) -> None:
        self.reported: list[BaseException] = []
        self.store = DesktopSettingsStore(app_paths().config / "desktop.json")
        self.window = WindowNetwork(self.store, app_paths(), self.reported.append)
        self.servers = Servers(app_paths(), self.reported.append, network=self.window.network)
        self.follower = ServerFollower(self.store, self.servers, self.window, self.reported.append)
        self._panels: list[tuple[NetworkPanel, NetworkPresenter] | tuple[PrivacyPanel, PrivacyPresenter]] = []

    def network_panel(self) -> NetworkPanel:
        panel = NetworkPanel()
        panel.resize(640, 700)
        presenter = NetworkPresenter(panel, self.store, self.servers, self.window, self.follower, self.reported.append)
        self._panels.append((panel, presenter))
        panel.show()
        return panel

    def privacy_panel(self) -> PrivacyPanel:
        panel = PrivacyPanel()
        panel.resize(900, 700)
        presenter = PrivacyPresenter(panel, self.store, self.servers, self.window, self.follower, self.reported.append)
        self._panels.append((panel, presenter))
        panel.show()
        return panel

    async def aclose(self) -> None:
        for panel, presenter in self._panels:
            await presenter.aclose()
            panel.close()
            panel.deleteLater()
        await self.follower.aclose()
        await self.window.aclose()
        await self.servers.aclose()
        self.servers.deleteLater()


@pytest.fixture
def ring() -> Iterator[Ring]:
    with ring_in_use() as ring:
        yield ring


@pytest.fixture
async def desk(qapp: QApplication, ring: Ring) -> AsyncIterator[NetworkDesk]:
    desk = NetworkDesk()
    yield desk
    await desk.aclose()
    assert desk.reported == []
