"""The settings of the selected server, as they are while somebody looks at them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from studiolo.api.settings import SETTINGS, ServerSettings
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AccessError, AppError, NotFoundError, StoppedError

AGAIN_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)


@dataclass(frozen=True)
class SettingsNotice:
    """Why a server's settings can't be seen. retry: what a button is called that may help; empty for none."""

    text: str
    retry: str = ""


class ServerSettingsSource(QObject):
    """Asks the selected server while it is open, again when another is selected, and after a while when it is gone.

    values: The settings in force, by name; None while they are not known. Then `notice` says why.
    known: The names that the server itself told; an older server has fewer settings.

    Signals:
        changed: Values or notice are others.
    """

    changed = Signal()

    def __init__(
        self,
        servers: Servers,
        report: Report,
        parent: QObject | None = None,
        *,
        name_of: Callable[[str], str],
        again_seconds: Sequence[float] = AGAIN_SECONDS,
    ) -> None:
        super().__init__(parent)
        self._servers = servers
        self._name_of = name_of
        self._again_seconds = again_seconds
        self._scope = TaskScope(self, report)
        self._sending = asyncio.Lock()
        self._open = False
        self._tries = 0
        self.address = servers.selected_address
        self.values: Mapping[str, Any] | None = None
        self.known: frozenset[str] = frozenset()
        self.notice = SettingsNotice("")
        servers.selected.changed.connect(self._server_changed)

    @property
    def name(self) -> str:
        """Return what the server is called."""
        return self._name_of(self.address)

    @property
    def is_own(self) -> bool:
        """Return whether it is the server of this installation, whose files are this machine's."""
        return self.address == OWN

    def open(self) -> None:
        """Ask for the settings, and go on as long as somebody looks."""
        self._open = True
        self._look()

    def close(self) -> None:
        """Ask no more."""
        self._open = False
        self._scope.cancel("look")

    def look_again(self) -> None:
        """Ask again, also for a server that was lost."""
        if isinstance(self._servers.selected.state, Lost):
            self._servers.selected.retry()
        else:
            self._look()

    def refresh(self) -> None:
        """Ask again, if somebody looks: somebody else has changed them."""
        if self._open and self.values is not None:
            self._look()

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._scope.aclose()

    async def change(self, address: str, changes: Mapping[str, Any]) -> None:
        """Change settings of the server at `address`, all or none, one change after the other.

        Raises what the Client raises.
        """
        async with self._sending:
            # The connection may be another one than before.
            settings = await ServerApi(self._servers.client(address)).change_settings(dict(changes))
        if address == self.address:
            self._take(settings)

    def _server_changed(self) -> None:
        if self._open:
            self._look()

    def _look(self) -> None:
        state = self._servers.selected.state
        if self.address != self._servers.selected_address:
            self.address = self._servers.selected_address
            self.values = None
        if isinstance(state, Ready):
            self._scope.start(self._load(self.address), replace="look")
            return
        self._scope.cancel("look")
        if isinstance(state, Lost):
            self._refuse(f"{state.error.message} {state.error.hint}".strip(), retry=self._way_back(state))
            if self._may_try(state):
                self._scope.start(self._connect_later(), replace="look")
        else:
            self._refuse(self.tr("Connecting to %1…").replace("%1", self.name))

    def _may_try(self, state: Lost) -> bool:
        """Return whether somebody has to try again: of a server that was named, its connection knows when."""
        return self.is_own and not state.again and state.stuck is None and not isinstance(state.error, StoppedError)

    def _way_back(self, state: Lost) -> str:
        if isinstance(state.error, StoppedError):
            return self.tr("Start the server")
        return "" if state.again else self.tr("Try again")

    async def _load(self, address: str) -> None:
        connection = self._servers.connection(address)
        if SETTINGS not in connection.capabilities:
            self._refuse(
                self.tr(
                    "%1 has no settings that can be changed from here. Change them in the program that runs there."
                ).replace("%1", self.name)
            )
            return
        if self.values is None:
            self._refuse(self.tr("Asking %1 for its settings…").replace("%1", self.name))
        while True:
            try:
                self._take(await ServerApi(self._servers.client(address)).settings())
                return
            except AccessError as error:
                self._refuse(
                    self.tr("%1 does not let you see its settings. %2")
                    .replace("%1", self.name)
                    .replace("%2", error.hint),
                    retry=self.tr("Try again"),
                )
                return
            except NotFoundError as error:
                self._refuse(f"{error.message} {error.hint}".strip(), retry=self.tr("Try again"))
                return
            except AppError as error:
                self._refuse(f"{error.message} {error.hint}".strip(), retry=self.tr("Try again"))
            await self._wait()

    async def _connect_later(self) -> None:
        await self._wait()
        self._servers.selected.retry()

    async def _wait(self) -> None:
        """Wait longer each time, until the server answers."""
        seconds = self._again_seconds[min(self._tries, len(self._again_seconds) - 1)]
        self._tries += 1
        await asyncio.sleep(seconds)

    def _take(self, settings: ServerSettings) -> None:
        self.values = settings.model_dump(mode="json")
        self.known = frozenset(settings.model_fields_set)
        self.notice = SettingsNotice("")
        self._tries = 0
        self.changed.emit()

    def _refuse(self, text: str, *, retry: str = "") -> None:
        self.values = None
        self.notice = SettingsNotice(text, retry)
        self.changed.emit()
