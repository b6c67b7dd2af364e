"""Between the picture of the usage and the server that counts it."""

import asyncio
from collections.abc import Callable

from PySide6.QtCore import QObject

from studiolo.api.server import USAGE, UsageReport
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.language import translate
from studiolo.desktop.requests.usage_figures import figures_of, totals_of
from studiolo.desktop.requests.usage_view import UsageView
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask
from studiolo.errors import AccessError, AppError

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
        self._look_seconds = look_seconds
        self._scope = TaskScope(view, report)
        self._address = servers.selected_address
        self._visible = view.isVisible()
        self._told = UsageReport()
        view.seen.connect(self._seen)
        view.wish_changed.connect(self._wish_changed)
        view.retried.connect(self._retry)
        view.forget_requested.connect(lambda: self._scope.start(self._forget(), replace="forget"))
        servers.selected.changed.connect(self._server_changed)
        self._server_changed()

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._scope.aclose()

    def _seen(self, visible: bool) -> None:
        self._visible = visible
        if visible:
            self._server_changed()
        else:
            self._scope.cancel("look")

    def _retry(self) -> None:
        self._servers.connection(self._address).retry()
        self._server_changed()

    def _wish_changed(self) -> None:
        self._show()
        self._server_changed()

    def _server_changed(self) -> None:
        if self._address != self._servers.selected_address:
            self._address = self._servers.selected_address
            self._view.show_nothing()
        if not self._visible:
            return
        state = self._servers.selected.state
        if isinstance(state, Ready) and USAGE not in self._servers.selected.capabilities:
            self._scope.cancel("look")
            self._view.show_notice(
                translate("Requests", "%1 does not count its usage.").replace("%1", self._name_of(self._address)),
                translate("Requests", "Servers of Studiolo show here what models were used for."),
            )
        elif isinstance(state, Ready):
            self._scope.start(self._look(), replace="look")
        elif isinstance(state, Lost):
            self._scope.cancel("look")
            self._view.show_notice(state.error.message, state.error.hint, retry=True)

    async def _look(self) -> None:
        while True:
            try:
                self._told = await ServerApi(self._servers.client(self._address)).usage(self._view.days)
                self._show()
            except AccessError as error:
                hint = translate("Requests", "Reading the usage takes a token with the permission “admin”.")
                self._view.show_notice(error.message, hint, retry=True)
                return
            except AppError as error:
                self._view.show_notice(error.message, error.hint, retry=True)
            await asyncio.sleep(self._look_seconds)

    def _show(self) -> None:
        if self._told.today:
            days = self._view.days
            self._view.show_usage(figures_of(self._told, days, *self._view.wanted), totals_of(self._told, days))

    async def _forget(self) -> None:
        address = self._address
        if await ask(
            self._view,
            translate("Requests", "Delete the counts of %1?").replace("%1", self._name_of(address)),
            explanation=translate("Requests", "What models were used for until now can't be shown any more."),
            yes=translate("Requests", "Delete"),
            destructive=True,
        ):
            await ServerApi(self._servers.client(address)).forget_usage()
            self._server_changed()
