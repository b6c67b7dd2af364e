"""Between the dialog of the servers, the list that is kept of them, and their connections.

The dialogs are imported when they are asked for first: whoever has no other server pays for none.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studiolo.client.certificates import Certificate
from studiolo.desktop.connections.connection import Connection
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.language import translate
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import finished
from studiolo.desktop.widgets.undo import Undo
from studiolo.errors import AppError

if TYPE_CHECKING:
    from studiolo.desktop.known_servers.check_presenter import CheckPresenter
    from studiolo.desktop.known_servers.servers_dialog import ServersDialog


class ServersPresenter(QObject):
    """Opens the dialog, and does what is asked in it. name_of: what a server is called."""

    def __init__(self, window: QWidget, servers: Servers, report: Report, *, name_of: Callable[[str], str]) -> None:
        super().__init__(window)
        self._window = window
        self._servers = servers
        self._report = report
        self._name_of = name_of
        self._scope = TaskScope(self, report)
        self._dialog: ServersDialog | None = None
        self._undo: Undo | None = None
        self._heard: set[Connection] = set()
        self._check: CheckPresenter | None = None
        servers.changed.connect(self._show)

    @property
    def dialog(self) -> "ServersDialog | None":
        """Return the dialog while it is open."""
        return self._dialog

    @property
    def check(self) -> "CheckPresenter":
        """Return who checks a server."""
        if self._check is None:
            from studiolo.desktop.known_servers.check_presenter import CheckPresenter

            self._check = CheckPresenter(self._servers, self._report, name_of=self._name_of, parent=self)
        return self._check

    def open_dialog(self, address: str = OWN) -> None:
        """Show the servers, and of them the one at an address. A dialog that is open already stays."""
        if self._dialog is not None:
            self._dialog.choose(address)
        else:
            self._scope.start(self._manage(address), replace="dialog")

    def check_server(self, address: str) -> None:
        """Check a server, in a dialog over the window."""
        self.check.open_dialog(address, self._dialog or self._window)

    async def aclose(self) -> None:
        """Close the dialogs, and wait until they are gone."""
        if self._check is not None:
            await self._check.aclose()
        await self._scope.aclose()

    async def _manage(self, address: str) -> None:
        from studiolo.desktop.known_servers.servers_dialog import ServersDialog

        dialog = self._dialog = ServersDialog(self._scope, self._window, network=self._servers.network)
        self._undo = Undo(dialog.toast)
        self._connect(dialog)
        self._show()
        dialog.choose(address)
        self._show_chosen()
        try:
            await finished(dialog)
        finally:
            self._dialog = self._undo = None

    def _connect(self, dialog: "ServersDialog") -> None:
        details = dialog.details
        dialog.chosen.connect(lambda _: self._show_chosen())
        dialog.add_requested.connect(lambda: self._scope.start(self._add(), replace="add"))
        dialog.move_requested.connect(lambda address, by: self._try("name", lambda: self._servers.move(address, by)))
        details.name_edited.connect(
            lambda address, name: self._try("name", lambda: self._servers.rename(address, name))
        )
        details.colour_chosen.connect(
            lambda address, colour: self._try("colour", lambda: self._servers.change_colour(address, colour))
        )
        details.certificate_chosen.connect(self._trust)
        details.address_edited.connect(lambda *what: self._scope.start(self._move_to(*what), replace="address"))
        details.token_entered.connect(lambda *what: self._scope.start(self._take_token(*what), replace="token"))
        details.retry_requested.connect(self._retry)
        details.use_requested.connect(self._servers.select)
        details.check_requested.connect(self.check_server)
        details.remove_requested.connect(lambda address: self._scope.start(self._remove(address)))

    def _show(self) -> None:
        """Servers came, went, or are otherwise."""
        for connection in self._servers.connections.values():
            if connection not in self._heard:
                self._heard.add(connection)
                connection.changed.connect(self._show_states)
                connection.destroyed.connect(lambda _=None, gone=connection: self._heard.discard(gone))
        if self._dialog is not None:
            self._fill()
            self._show_chosen()

    def _show_states(self) -> None:
        if self._dialog is not None:
            self._fill()
            if connection := self._servers.connections.get(self._dialog.details.shown_address):
                self._dialog.details.show_state(connection.state)

    def _fill(self) -> None:
        from studiolo.desktop.known_servers.servers_dialog import ServerRow

        connections = self._servers.connections
        rows = [
            ServerRow(server, self._name_of(server.address), connections[server.address].state)
            for server in self._servers.known
            if server.address in connections
        ]
        if self._dialog is not None:
            self._dialog.show_servers(rows)

    def _show_chosen(self) -> None:
        if self._dialog is None:
            return
        address = self._dialog.chosen_address
        server = self._servers.server(address)
        if server is None or address not in self._servers.connections:
            return
        details = self._dialog.details
        if details.shown_address != address:
            # Nothing that was written is lost by looking at another one.
            details.commit()
        details.show_server(server, self._name_of(address), selected=address == self._servers.selected_address)
        details.show_state(self._servers.connection(address).state)
        self._scope.start(self._show_token(address), replace="has token")

    async def _show_token(self, address: str) -> None:
        kept = await self._servers.has_token(address)
        if self._dialog is not None and self._dialog.details.shown_address == address:
            self._dialog.details.show_token(kept)

    def _try(self, field: str, change: Callable[[], None]) -> None:
        try:
            change()
        except AppError as error:
            self._tell(field, str(error))
        else:
            self._tell(field, "")

    def _tell(self, field: str, text: str) -> None:
        if self._dialog is not None:
            self._dialog.details.show_error(field, text)

    def _trust(self, address: str, certificate: Certificate) -> None:
        self._try("certificate", lambda: self._servers.change_certificate(address, certificate))

    def _retry(self, address: str) -> None:
        if connection := self._servers.connections.get(address):
            connection.retry()

    async def _move_to(self, address: str, text: str) -> None:
        try:
            to = await self._servers.change_address(address, text)
        except AppError as error:
            self._tell("address", str(error))
            return
        self._tell("address", "")
        if self._dialog is not None:
            self._dialog.choose(to)
            self._show_chosen()

    async def _take_token(self, address: str, token: str) -> None:
        try:
            await self._servers.change_token(address, token or None)
        except AppError as error:
            self._tell("token", str(error))
            return
        self._tell("token", "")
        await self._show_token(address)

    async def _add(self) -> None:
        from studiolo.desktop.connections.add_server import AddServerDialog

        assert self._dialog is not None
        dialog = AddServerDialog(self._servers, self._scope, self._dialog)
        if await finished(dialog) and dialog.added and self._dialog is not None:
            self._dialog.choose(dialog.added)
            self._show_chosen()

    async def _remove(self, address: str) -> None:
        name = self._name_of(address)
        removed = await self._servers.remove(address)
        if removed is None or self._undo is None:
            return
        self._undo.add(
            translate("KnownServers", "%1 was removed, and its token.").replace("%1", name),
            lambda: self._scope.start(self._servers.restore(removed)),
        )
