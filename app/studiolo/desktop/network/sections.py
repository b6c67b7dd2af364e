"""The panels of the network in the sections of the settings: each is made when its section is looked at first."""

from collections.abc import Awaitable, Callable

from PySide6.QtWidgets import QWidget

from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.network.window_network import ServerFollower, WindowNetwork
from studiolo.desktop.settings.sections import NETWORK, PRIVACY, SectionPanels
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.tasks import Report


def add_network_panels(
    panels: SectionPanels,
    settings: DesktopSettingsStore,
    servers: Servers,
    window: WindowNetwork,
    follower: ServerFollower,
    report: Report,
) -> Callable[[], Awaitable[None]]:
    """Show the panels in their sections; return what ends all that they have under way.

    Args:
        panels: Those of the dialog of settings.
        settings: The window's.
        servers: Those that the window knows.
        window: The window's way out.
        follower: Has the server of this computer go by the same settings.
        report: Hears of what fails and is told nowhere else.
    """
    endings: list[Callable[[], Awaitable[None]]] = []

    def make_network(parent: QWidget) -> QWidget:
        from studiolo.desktop.network.network_panel import NetworkPanel
        from studiolo.desktop.network.network_presenter import NetworkPresenter

        panel = NetworkPanel(parent)
        endings.append(NetworkPresenter(panel, settings, servers, window, follower, report).aclose)
        return panel

    def make_privacy(parent: QWidget) -> QWidget:
        from studiolo.desktop.network.privacy_panel import PrivacyPanel
        from studiolo.desktop.network.privacy_presenter import PrivacyPresenter

        panel = PrivacyPanel(parent)
        endings.append(PrivacyPresenter(panel, settings, servers, window, follower, report).aclose)
        return panel

    panels.add(NETWORK, make_network, above=True)
    panels.add(PRIVACY, make_privacy, above=True)

    async def aclose() -> None:
        for end in endings:
            await end()

    return aclose
