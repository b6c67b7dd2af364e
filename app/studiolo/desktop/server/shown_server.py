"""The server that the page shows: the one that is selected, with what it tells of itself."""

import asyncio
import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from studiolo.api.models import ModelEntry
from studiolo.api.server import SERVER_STATUS, ListeningStatus
from studiolo.api.settings import SETTINGS, ServerSettings
from studiolo.client.client import Client
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Connection, Ready, State
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AppError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
_MODELS_EVERY = 5
"""Looks."""


class ShownServer(QObject):
    """Asks the selected server while somebody looks.

    Signals:
        changed: It is another server, or its connection is in another state.
        refreshed: What it says of itself was read anew.
        model_chosen: Examples are made for another model.
    """

    changed = Signal()
    refreshed = Signal()
    model_chosen = Signal()

    def __init__(
        self,
        servers: Servers,
        report: Report,
        *,
        name_of: Callable[[str], str],
        look_seconds: float = LOOK_SECONDS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._servers = servers
        self._name_of = name_of
        self._look_seconds = look_seconds
        self._scope = TaskScope(self, report)
        self._watched = False
        self._model = ""
        self._forget()
        servers.selected.changed.connect(self._server_changed)

    def _forget(self) -> None:
        self.address = self._servers.selected_address
        """Of the server that is shown; OWN for that of this computer."""
        self.status: ListeningStatus | None = None
        self.settings: ServerSettings | None = None
        self.settings_trouble: AppError | None = None
        """Why there are none, where the server has some."""
        self.models: list[ModelEntry] = []
        self.models_known = False
        self._model = ""

    @property
    def is_own(self) -> bool:
        """Return whether it is the server of this installation."""
        return self.address == OWN

    @property
    def name(self) -> str:
        """Return what the server is called."""
        return self._name_of(self.address)

    @property
    def connection(self) -> Connection:
        """Return the connection to it."""
        return self._servers.connection(self.address)

    @property
    def state(self) -> State:
        """Return how the connection is doing."""
        return self._servers.selected.state

    @property
    def capabilities(self) -> frozenset[str]:
        """Return what it can do beyond the documented API; nothing while there is no connection."""
        return self._servers.selected.capabilities if isinstance(self.state, Ready) else frozenset()

    @property
    def client(self) -> Client:
        """Return its client. Raises UnreachableError."""
        return self._servers.client(self.address)

    @property
    def api(self) -> ServerApi:
        """Return what asks for its settings and tokens. Raises UnreachableError."""
        return ServerApi(self.client)

    @property
    def base_address(self) -> str:
        """Return the address that programs are to be told; empty where it is not known.

        Those on this computer reach our own server as localhost.
        """
        if not isinstance(self.state, Ready):
            return ""
        if not self.is_own:
            return self.state.address
        port = self.status.port if self.status and self.status.port else self.state.address.rpartition(":")[2]
        return f"http://localhost:{port}"

    @property
    def chat_models(self) -> list[str]:
        """Return the keys of the models that chat, loaded ones first."""
        return self._keys("llm")

    @property
    def embedding_models(self) -> list[str]:
        """Return the keys of the models that embed, loaded ones first."""
        return self._keys("embedding")

    @property
    def model(self) -> str:
        """Return the key of the model that examples are made for; empty if there is none."""
        keys = self.chat_models
        return self._model if self._model in keys else keys[0] if keys else ""

    def choose_model(self, key: str) -> None:
        """Make examples for this model."""
        if key != self.model:
            self._model = key
            self.model_chosen.emit()

    def watch(self, *, seen: bool) -> None:
        """Ask from now on, or no longer."""
        self._watched = seen
        if seen:
            self.look()
        else:
            self._scope.cancel("look")

    def look(self) -> None:
        """Ask now."""
        if self._watched and isinstance(self.state, Ready):
            self._scope.start(self._look_on(), replace="look")

    def take(self, *, status: ListeningStatus | None = None, settings: ServerSettings | None = None) -> None:
        """Know what the server has just answered."""
        self.status = status or self.status
        self.settings = settings or self.settings
        self.refreshed.emit()

    async def aclose(self) -> None:
        """Ask no more, and wait until that has ended."""
        await self._scope.aclose()

    def _keys(self, kind: str) -> list[str]:
        usable = [one for one in self.models if one.type == kind and not getattr(one, "error", None)]
        return [one.key for one in sorted(usable, key=lambda one: not one.loaded_instances)]

    def _server_changed(self) -> None:
        if self.address != self._servers.selected_address:
            self._scope.cancel("look")
            self._forget()
        if isinstance(self.state, Ready):
            self.look()
        else:
            self._scope.cancel("look")
            self.status = None
        self.changed.emit()

    async def _look_on(self) -> None:
        looks = 0
        while True:
            try:
                await self._look_once(models=looks % _MODELS_EVERY == 0)
                looks += 1
            except AppError as error:
                # Whoever needs what could not be read says so; the connection tells when the server is gone.
                logger.info("the server's page could not be refreshed: %s", error)
                self.refreshed.emit()
            await asyncio.sleep(self._look_seconds)

    async def _look_once(self, *, models: bool) -> None:
        address, capabilities, client = self.address, self.capabilities, self.client
        status = await self._read_status(client) if SERVER_STATUS in capabilities else None
        settings, trouble = self.settings, None
        if SETTINGS in capabilities and (models or settings is None):
            try:
                settings = await ServerApi(client).settings()
            except AppError as error:
                settings, trouble = None, error
        found = await ModelsApi(client).list_models() if models or not self.models_known else self.models
        if address != self.address:
            return
        self.status, self.settings, self.settings_trouble = status, settings, trouble
        before = self.model
        self.models, self.models_known = found, True
        self.refreshed.emit()
        if self.model != before:
            self.model_chosen.emit()

    @staticmethod
    async def _read_status(client: Client) -> ListeningStatus | None:
        try:
            return await ServerApi(client).status()
        except AppError as error:
            logger.info("the server does not tell its status: %s", error)
            return None
