"""Between the picture of the usage and the server that counts it."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from studiolo.api.server import USAGE, UsageReport
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.looking import LookWords, ServerLook
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.language import translate
from studiolo.desktop.requests.usage_figures import figures_of, totals_of
from studiolo.desktop.requests.usage_view import UsageView
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask

LOOK_SECONDS = 10.0


class UsagePresenter(QObject):
    """Asks the selected server while the picture is in sight."""

    def __init__(
        self,
        view: UsageView,
        servers: Servers,
        report: Report,
        *,
        name_of: Callable[[str], str],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """Connect a view with the servers.

        Args:
            view: The picture.
            servers: All that are known.
            report: Hears of what goes wrong.
            name_of: What a server is called, by its address.
            look_seconds: How often the server is asked.
        """
        super().__init__(view)
        self._view = view
        self._servers = servers
        self._name_of = name_of
        self._scope = TaskScope(view, report)
        self._told = UsageReport()
        words = LookWords(
            translate("Requests", "%1 does not count its usage."),
            translate("Requests", "Servers of Studiolo show here what models were used for."),
            translate("Requests", "Reading the usage takes a token with the permission “admin”."),
        )
        self._server = ServerLook(
            view, servers, report, self._look, capability=USAGE, words=words, name_of=name_of, seconds=look_seconds
        )
        view.wish_changed.connect(self._wish_changed)
        view.forget_requested.connect(lambda: self._scope.start(self._forget(), replace="forget"))
        self._server.look()

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._server.aclose()
        await self._scope.aclose()

    def _wish_changed(self) -> None:
        self._show()
        self._server.look()

    async def _look(self, _number: int) -> None:
        self._told = await ServerApi(self._servers.client(self._server.address)).usage(self._view.days)
        self._show()

    def _show(self) -> None:
        if self._told.today:
            days = self._view.days
            self._view.show_usage(figures_of(self._told, days, *self._view.wanted), totals_of(self._told, days))

    async def _forget(self) -> None:
        address = self._server.address
        if await ask(
            self._view,
            translate("Requests", "Delete the counts of %1?").replace("%1", self._name_of(address)),
            explanation=translate("Requests", "What models were used for until now can't be shown any more."),
            yes=translate("Requests", "Delete"),
            destructive=True,
        ):
            await ServerApi(self._servers.client(address)).forget_usage()
            self._server.look()
