"""The panels of the network among the settings: made when they are looked at, and ended with the window."""

from PySide6.QtWidgets import QWidget

from studiolo.desktop.network.network_presenter import NetworkPresenter
from studiolo.desktop.network.privacy_presenter import PrivacyPresenter
from studiolo.desktop.network.sections import add_network_panels
from studiolo.desktop.settings.sections import NETWORK, PRIVACY, SectionPanels
from tests.desktop.network.conftest import NetworkDesk


async def test_what_the_panels_have_under_way_is_ended(desk: NetworkDesk) -> None:
    panels = SectionPanels()
    end = add_network_panels(panels, desk.store, desk.servers, desk.window, desk.follower, desk.reported.append)
    parent = QWidget()
    for section in (NETWORK, PRIVACY):
        for make in panels.above(section):
            make(parent)
    network, privacy = parent.findChildren(NetworkPresenter), parent.findChildren(PrivacyPresenter)
    assert len(network) == len(privacy) == 1
    scopes = [network[0]._scope, privacy[0]._scope]
    assert all(scope._tasks for scope in scopes)
    await end()
    assert not any(scope._tasks for scope in scopes)
    parent.deleteLater()
