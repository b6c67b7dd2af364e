"""The views of the server's page that are rooms of their own: its requests, its usage, its machine."""

from collections.abc import Awaitable, Callable

from PySide6.QtWidgets import QWidget

from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.language import translate
from studiolo.desktop.server.page import ServerPage
from studiolo.desktop.tasks import Report

REQUESTS, USAGE, MACHINE = "requests", "usage", "machine"


class ServerViews:
    """Adds the views to a page; each is imported and made when it is looked at first.

    Attributes:
        endings: What ends the views that there are.
    """

    def __init__(self, page: ServerPage, servers: Servers, report: Report, *, name_of: Callable[[str], str]) -> None:
        self._servers = servers
        self._report = report
        self._name_of = name_of
        self.endings: list[Callable[[], Awaitable[None]]] = []
        page.add_view(REQUESTS, translate("Pages", "Requests"), self._make_requests, before="connect")
        page.add_view(USAGE, translate("Pages", "Usage"), self._make_usage, before="connect")
        page.add_view(MACHINE, translate("Pages", "Machine"), self._make_machine)

    async def aclose(self) -> None:
        """End what the views have under way."""
        for ending in self.endings:
            await ending()

    def _make_requests(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.requests.live_presenter import LivePresenter
        from studiolo.desktop.requests.live_view import LiveRequests

        view = LiveRequests(parent)
        self.endings.append(LivePresenter(view, self._servers, self._report, name_of=self._name_of).aclose)
        return view

    def _make_usage(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.requests.usage_presenter import UsagePresenter
        from studiolo.desktop.requests.usage_view import UsageView

        view = UsageView(parent)
        self.endings.append(UsagePresenter(view, self._servers, self._report, name_of=self._name_of).aclose)
        return view

    def _make_machine(self, parent: QWidget) -> QWidget:
        from studiolo.desktop.machine.presenter import MachinePresenter
        from studiolo.desktop.machine.view import MachineView

        view = MachineView(parent)
        self.endings.append(MachinePresenter(view, self._servers, self._report, name_of=self._name_of).aclose)
        return view
