"""Between the panel of privacy, the window's settings, and the ledgers of the window and of the server."""

import asyncio

from PySide6.QtCore import QObject, QTimer

from studiolo.api.network import NETWORK, ConnectionEntry
from studiolo.client.network import NetworkApi
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.language import translate
from studiolo.desktop.network.connection_rows import ConnectionRow
from studiolo.desktop.network.privacy_panel import PrivacyPanel
from studiolo.desktop.network.window_network import ServerFollower, WindowNetwork
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask
from studiolo.errors import AppError

_LOOK_MS = 3000


class PrivacyPresenter(QObject):
    """Made with its panel, when the section is looked at first. It looks every three seconds while it is in sight."""

    def __init__(
        self,
        panel: PrivacyPanel,
        settings: DesktopSettingsStore,
        servers: Servers,
        window: WindowNetwork,
        follower: ServerFollower,
        report: Report,
    ) -> None:
        super().__init__(panel)
        self._panel = panel
        self._settings = settings
        self._servers = servers
        self._window = window
        self._follower = follower
        self._scope = TaskScope(panel, report)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        panel.offline_chosen.connect(self._switch)
        panel.server_online_requested.connect(
            lambda: self._scope.start(self._server_online(), replace="online", on_error=self._failed)
        )
        panel.clear_requested.connect(lambda: self._scope.start(self._clear(), replace="clear"))
        panel.sight_changed.connect(self._sight_changed)
        settings.changed.connect(self._settings_changed)
        follower.changed.connect(self._show_server)
        servers.selected.changed.connect(self.look)
        panel.show_offline(settings.current.offline)
        self._show_server()
        self.look()
        follower.look()

    async def aclose(self) -> None:
        """End what goes on."""
        await self._scope.aclose()

    def look(self) -> None:
        """Ask both ledgers now."""
        self._scope.start(self._look(), replace="look")

    def _sight_changed(self, in_sight: bool) -> None:
        if in_sight:
            self._timer.start()
            self.look()
        else:
            self._timer.stop()

    def _settings_changed(self, names: frozenset[str]) -> None:
        if "offline" in names:
            self._panel.show_offline(self._settings.current.offline)
            self._show_server()

    def _switch(self, offline: bool) -> None:
        self._panel.show_problem("")
        try:
            self._settings.change(offline=offline)
        except AppError as error:
            self._failed(error)
            self._panel.show_offline(self._settings.current.offline)

    async def _server_online(self) -> None:
        await ServerApi(self._servers.client(OWN)).change_settings({"offline": False})
        self._follower.look()

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, AppError):
            raise error
        self._panel.show_problem(str(error))

    def _show_server(self) -> None:
        server, failure = self._follower.server, self._follower.failure
        offline = self._settings.current.offline
        if failure is not None:
            told = translate("Network", "The server of this computer does not follow: %1").replace("%1", str(failure))
        elif server is None:
            told = translate("Network", "The server of this computer does not run. It follows when it does.")
        elif server.offline:
            told = translate("Network", "The server of this computer works offline.")
        else:
            told = translate("Network", "The server of this computer is online.")
        may_go_online = server is not None and server.offline and not offline
        self._panel.show_server(told, may_go_online=may_go_online)

    async def _look(self) -> None:
        rows = [ConnectionRow(translate("Network", "This window"), entry) for entry in await self._own()]
        note = ""
        connection = self._servers.selected.current
        name = self._server_name
        if isinstance(connection.state, Ready) and NETWORK in connection.capabilities:
            try:
                rows += [ConnectionRow(name, entry) for entry in await NetworkApi(connection.client).connections()]
            except AppError as error:
                told = translate("Network", "The connections of %1 can't be shown: %2")
                note = told.replace("%1", name).replace("%2", str(error))
        elif isinstance(connection.state, Ready):
            note = translate("Network", "%1 does not tell what it connects to.").replace("%1", name)
        else:
            told = translate("Network", "%1 does not answer. Its connections are shown when it does.")
            note = told.replace("%1", name)
        rows.sort(key=lambda row: row.entry.time, reverse=True)
        self._panel.show_connections(rows)
        self._panel.show_note(note)

    @property
    def _server_name(self) -> str:
        address = self._servers.selected_address
        return translate("Network", "Server of this computer") if address == OWN else self._servers.name_of(address)

    async def _own(self) -> list[ConnectionEntry]:
        return await asyncio.to_thread(self._window.network.ledger.entries)

    async def _clear(self) -> None:
        connection = self._servers.selected.current
        able = isinstance(connection.state, Ready) and NETWORK in connection.capabilities
        told = translate("Network", "Those of this window are forgotten, and those of %1. This can't be undone.")
        alone = translate("Network", "Those of this window are forgotten. This can't be undone.")
        if not await ask(
            self._panel,
            translate("Network", "Clear the list of connections?"),
            explanation=told.replace("%1", self._server_name) if able else alone,
            yes=translate("Network", "Clear"),
            destructive=True,
        ):
            return
        await asyncio.to_thread(self._window.network.ledger.clear)
        if able:
            await NetworkApi(connection.client).clear_connections()
        self.look()
