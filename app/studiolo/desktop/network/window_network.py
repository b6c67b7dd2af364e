"""The window's way out, by its settings; the server of this computer follows them."""

import asyncio
import logging
from typing import Any

from PySide6.QtCore import QObject, Signal

from studiolo.api.network import NETWORK
from studiolo.api.settings import SECRET, ServerSettings
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.settings.schema import DesktopSettings
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AppError
from studiolo.network.choice import NetworkChoice, choice_of
from studiolo.network.ledger import ConnectionLedger
from studiolo.network.network import Network
from studiolo.paths import Paths

logger = logging.getLogger(__name__)

PROXY_FIELDS = (
    "proxy_mode",
    "proxy_address",
    "proxy_user",
    "proxy_exceptions",
    "proxy_script",
    "extra_certificates",
)
NETWORK_FIELDS = frozenset({*PROXY_FIELDS, "offline"})
_OWNER_FIELDS = frozenset({"proxy_address", "proxy_user", "proxy_script"})
"""Whom the password is for: those name the proxy, or what names it."""


class WindowNetwork(QObject):
    """Makes the window's Network of its settings, and keeps the proxy's password.

    Signals:
        password_changed: Another one is kept, or none.
    """

    password_changed = Signal()

    def __init__(
        self, settings: DesktopSettingsStore, paths: Paths, report: Report, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._paths = paths
        self._password = ""
        self._scope = TaskScope(self, report)
        self.network = Network(self._choice, ConnectionLedger(paths.data / "desktop_connections.jsonl"))
        settings.changed.connect(self._settings_changed)

    @property
    def password(self) -> str:
        """Return the proxy's password; empty for none."""
        return self._password

    def open(self) -> None:
        """Look for the password, where the proxy asks for a name."""
        if self._settings.current.proxy_user:
            self._scope.start(self._read_password())

    async def aclose(self) -> None:
        """End what goes on."""
        await self._scope.aclose()

    async def keep_password(self, password: str) -> None:
        """Keep the password in the keyring; an empty one forgets it. Raises StorageError."""
        place = _place(self._settings.current)
        await asyncio.to_thread(lambda: _keys(self._paths).keep(place, password or None))
        self._password = password
        self.password_changed.emit()

    async def _read_password(self) -> None:
        place = _place(self._settings.current)
        found = await asyncio.to_thread(lambda: _keys(self._paths).read(place))
        if place == _place(self._settings.current):
            self._password = found or ""
            self.password_changed.emit()

    def _choice(self) -> NetworkChoice:
        return choice_of(self._settings.current, self._password)

    def _settings_changed(self, names: frozenset[str]) -> None:
        if names & _OWNER_FIELDS:
            # It was given for another.
            self._password = ""
            self.open()
        if names & NETWORK_FIELDS:
            self.network.enforce()


class ServerFollower(QObject):
    """Has the server of this computer go by the window's settings.

    Being offline is passed on whenever that server is there, other settings where they say more than the defaults: what
    somebody set on the server itself stays while the window has nothing to say. Back to being online, and to the
    defaults, it goes at the moment when the window's are changed.

    Signals:
        changed: What is known of the server's settings is another thing now.
    """

    changed = Signal()

    def __init__(
        self,
        settings: DesktopSettingsStore,
        servers: Servers,
        window: WindowNetwork,
        report: Report,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._connection = servers.connection(OWN)
        self._window = window
        self._report = report
        self._scope = TaskScope(self, report)
        self._pending: set[str] = set()
        self._known: ServerSettings | None = None
        self.failure: AppError | None = None
        settings.changed.connect(self._settings_changed)
        window.password_changed.connect(lambda: self._follow({"proxy_password"}))
        self._connection.changed.connect(lambda: self._follow(set()))
        self._follow(set())

    @property
    def server(self) -> ServerSettings | None:
        """Return the settings of the server of this computer; None while nobody knows them."""
        return self._known

    @property
    def differs(self) -> bool:
        """Return whether somebody gave the server of this computer another way out than the window has."""
        wanted, known = self._settings.current, self._known
        return known is not None and any(getattr(wanted, name) != getattr(known, name) for name in PROXY_FIELDS)

    async def aclose(self) -> None:
        """End what goes on."""
        await self._scope.aclose()

    def look(self) -> None:
        """Ask the server for its settings again."""
        self._follow(set())

    def _settings_changed(self, names: frozenset[str]) -> None:
        if names & NETWORK_FIELDS:
            self._follow(set(names & NETWORK_FIELDS))

    def _follow(self, names: set[str]) -> None:
        self._pending |= names
        if isinstance(self._connection.state, Ready) and NETWORK in self._connection.capabilities:
            self._scope.start(self._pass_on(), replace="follow", on_error=self._failed)
        elif self._known is not None:
            self._known = None
            self.changed.emit()

    async def _pass_on(self) -> None:
        api = ServerApi(self._connection.client)
        known = await api.settings()
        names = frozenset(self._pending)
        if changes := self._changes(known, names):
            known = await api.change_settings(changes)
            logger.info("the server of this computer follows in %s", ", ".join(sorted(changes)))
        self._pending -= names
        self._known, self.failure = known, None
        self.changed.emit()

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, AppError):
            self._report(error)
            return
        self.failure = error
        self.changed.emit()

    def _changes(self, known: ServerSettings, pending: frozenset[str]) -> dict[str, Any]:
        """Return what the server has to be told."""
        wanted = self._settings.current
        changes: dict[str, Any] = {}
        if wanted.offline and not known.offline:
            changes["offline"] = True
        if "offline" in pending and known.offline != wanted.offline:
            changes["offline"] = wanted.offline
        chosen = any(getattr(wanted, name) != _default(name) for name in PROXY_FIELDS)
        if chosen or pending & {*PROXY_FIELDS}:
            changes |= {
                name: getattr(wanted, name) for name in PROXY_FIELDS if getattr(wanted, name) != getattr(known, name)
            }
        password = self._window.password
        another = bool(changes.keys() & _OWNER_FIELDS)
        if password and (another or known.proxy_password != SECRET or "proxy_password" in pending):
            changes["proxy_password"] = password
        elif not password and "proxy_password" in pending and known.proxy_password:
            changes["proxy_password"] = ""
        return changes


def _default(name: str) -> Any:
    return DesktopSettings.model_fields[name].get_default(call_default_factory=True)


def _place(settings: DesktopSettings) -> str:
    """Return under which name a proxy's password is kept: another proxy, or script, takes it anew."""
    return f"proxy {settings.proxy_user}@{settings.proxy_address} {settings.proxy_script}".rstrip()


def _keys(paths: Paths) -> Any:
    # Keyrings bring a lot of code with them, of no use to those whose proxy asks for no password.
    from studiolo.keyring_store import Keys

    return Keys(paths.config / "tokens.json")
