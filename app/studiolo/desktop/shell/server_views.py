"""What the server's page shows beyond the server itself: requests, usage, runtimes, its machine, other servers.

Each view is imported and made when it is looked at first.
"""

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.server.page import ServerPage
from studiolo.desktop.server.presenter import CONNECT
from studiolo.desktop.shell.navigation import MACHINE, REQUESTS, RUNTIMES, UPSTREAM_SERVERS, USAGE
from studiolo.desktop.tasks import Report


class ServerViews(QObject):
    """Adds the views to a page."""

    def __init__(self, page: ServerPage, servers: Servers, report: Report, *, name_of: Callable[[str], str]) -> None:
        super().__init__(page)
        self._servers = servers
        self._report = report
        self._name_of = name_of
        self._endings: list[Callable[[], Awaitable[None]]] = []
        page.add_view(REQUESTS, self.tr("Requests"), self._make_requests, before=CONNECT)
        page.add_view(USAGE, self.tr("Usage"), self._make_usage, before=CONNECT)
        page.add_view(RUNTIMES, self.tr("Runtimes"), self._make_runtimes)
        page.add_view(MACHINE, self.tr("Machine"), self._make_machine)
        page.add_view(UPSTREAM_SERVERS, self.tr("Other servers"), self._make_upstreams)

    async def aclose(self) -> None:
        """End what the views have under way."""
        for ending in self._endings:
            await ending()

    def _make_requests(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.requests.live_presenter import LivePresenter
        from studiolo.desktop.requests.live_view import LiveRequests

        view = LiveRequests(parent)
        self._endings.append(LivePresenter(view, self._servers, self._report, name_of=self._name_of).aclose)
        return view

    def _make_usage(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.requests.usage_presenter import UsagePresenter
        from studiolo.desktop.requests.usage_view import UsageView

        view = UsageView(parent)
        self._endings.append(UsagePresenter(view, self._servers, self._report, name_of=self._name_of).aclose)
        return view

    def _make_runtimes(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.runtimes.presenter import RuntimesPresenter
        from studiolo.desktop.runtimes.view import RuntimesView

        view = RuntimesView(parent)
        self._endings.append(RuntimesPresenter(view, self._servers, self._report, name_of=self._name_of).aclose)
        return view

    def _make_machine(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.machine.presenter import MachinePresenter
        from studiolo.desktop.machine.view import MachineView

        view = MachineView(parent)
        self._endings.append(MachinePresenter(view, self._servers, self._report, name_of=self._name_of).aclose)
        return view

    def _make_upstreams(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.upstreams.presenter import UpstreamsPresenter
        from studiolo.desktop.upstreams.view import UpstreamsView

        view = UpstreamsView(parent)
        self._endings.append(UpstreamsPresenter(view, self._servers, self._report, name_of=self._name_of).aclose)
        return view
