"""Requests, usage and machine on the server's page: made when looked at, and asking only while they are."""

from PySide6.QtWidgets import QApplication

from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.machine.view import MachineView
from studiolo.desktop.requests.live_view import LiveRequests
from studiolo.desktop.requests.usage_view import UsageView
from studiolo.desktop.server.page import ServerPage
from studiolo.desktop.server.presenter import ServerPresenter
from studiolo.desktop.shell.navigation import MACHINE, REQUESTS, RUNTIMES, UPSTREAM_SERVERS, USAGE
from studiolo.desktop.shell.server_views import ServerViews
from studiolo.paths import app_paths
from tests.stands.serving import serving
from tests.stands.waiting import until


async def test_they_stand_among_the_others_and_come_to_life_in_sight(qapp: QApplication) -> None:
    reported: list[BaseException] = []
    async with serving() as server:
        servers = Servers(app_paths(), reported.append)
        page = ServerPage()
        page.resize(1000, 720)
        presenter = ServerPresenter(
            page, servers, reported.append, name_of=lambda _: "Box", downloads_at=lambda _: 0, logs=app_paths().logs
        )
        views = ServerViews(page, servers, reported.append, name_of=lambda _: "Box")
        page.show()
        servers.select(await servers.add(server.address, "", None))
        await until(lambda: isinstance(servers.selected.state, Ready))
        try:
            before, after = ["overview", "tokens", REQUESTS, USAGE, "connect", "api"], [RUNTIMES, MACHINE]
            assert list(page.views) == [*before, *after, UPSTREAM_SERVERS]
            assert page.view(REQUESTS) is None
            page.show_view(REQUESTS)
            requests = page.view(REQUESTS)
            assert isinstance(requests, LiveRequests)
            await until(lambda: requests.state_label.text() == "Live")
            await until(lambda: requests.table.total)
            page.show_view(USAGE)
            usage = page.view(USAGE)
            assert isinstance(usage, UsageView)
            await until(usage.chart.isVisible)
            assert not requests.isVisible()
            page.show_view(MACHINE)
            machine = page.view(MACHINE)
            assert isinstance(machine, MachineView)
            await until(machine.processor.isVisible)
        finally:
            await views.aclose()
            await presenter.aclose()
            await servers.aclose()
            page.close()
            page.deleteLater()
            servers.deleteLater()
    assert not reported
