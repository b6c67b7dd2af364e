"""A view of the selected server that is looked at again and again while it is in sight."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance

from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.connections.states import Lost, Ready
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AccessError, AppError


class LookedAtView(Protocol):
    """What is shown of a server. `seen`: whether it is in sight; `retried`: somebody wants it to be asked again."""

    @property
    def seen(self) -> SignalInstance:
        """Return the signal that carries whether the view is in sight."""
        ...

    @property
    def retried(self) -> SignalInstance:
        """Return the signal of somebody who wants the server to be asked again."""
        ...

    def isVisible(self) -> bool:
        """Return whether the view is in sight."""
        ...

    def show_nothing(self) -> None:
        """Show that nothing is known yet."""
        ...

    def show_notice(self, text: str, hint: str = "", *, retry: bool = False) -> None:
        """Say in place of everything else why there is nothing to be seen."""
        ...


@dataclass(frozen=True)
class LookWords:
    """What is said where a server can't be looked at, in the window's language.

    unable: It has nothing of the kind; "%1" is its name. unable_hint: What others have. denied: What its token lacks.
    """

    unable: str
    unable_hint: str
    denied: str


class ServerLook(QObject):
    """Calls `look` at once and every few seconds, as long as the view is in sight and the selected server answers.

    address: That of the server that is looked at.

    Signals:
        server_changed: It is another server now.
    """

    server_changed = Signal()

    def __init__(
        self,
        view: LookedAtView,
        servers: Servers,
        report: Report,
        look: Callable[[int], Awaitable[None]],
        *,
        capability: str,
        words: LookWords,
        name_of: Callable[[str], str],
        seconds: float,
    ) -> None:
        """Follow the selection of a server.

        Args:
            view: What is in sight or not.
            servers: All that are known.
            report: Hears of what goes wrong, other than a server that can't be asked.
            look: Asks the server and shows it; told how often it was called since the look began.
            capability: What a server must be able to do.
            words: What is said where it can't be looked at.
            name_of: What a server is called, by its address.
            seconds: Between two looks.
        """
        super().__init__()
        self._view = view
        self._servers = servers
        self._look = look
        self._capability = capability
        self._words = words
        self._name_of = name_of
        self._seconds = seconds
        self._scope = TaskScope(self, report)
        self._visible = view.isVisible()
        self.address = servers.selected_address
        view.seen.connect(self._seen)
        view.retried.connect(self._retry)
        servers.selected.changed.connect(self.look)

    async def aclose(self) -> None:
        """End the looks, and wait until they have ended."""
        await self._scope.aclose()

    def look(self) -> None:
        """Look now, if there is somebody to see it, and go on from there."""
        if self.address != self._servers.selected_address:
            self.address = self._servers.selected_address
            self._scope.cancel("look")  # Its answer would be shown as that of the server that is selected now.
            self.server_changed.emit()
            self._view.show_nothing()
        if not self._visible:
            return
        state = self._servers.selected.state
        if isinstance(state, Ready) and self._capability not in self._servers.selected.capabilities:
            self._scope.cancel("look")
            unable = self._words.unable.replace("%1", self._name_of(self.address))
            self._view.show_notice(unable, self._words.unable_hint)
        elif isinstance(state, Ready):
            self._scope.start(self._look_on(), replace="look")
        elif isinstance(state, Lost):
            self._scope.cancel("look")
            self._view.show_notice(state.error.message, state.error.hint, retry=True)

    def _seen(self, visible: bool) -> None:
        self._visible = visible
        if visible:
            self.look()
        else:
            self._scope.cancel("look")

    def _retry(self) -> None:
        self._servers.connection(self.address).retry()
        self.look()

    async def _look_on(self) -> None:
        looks = 0
        while True:
            try:
                await self._look(looks)
                looks += 1
            except AccessError as error:
                self._view.show_notice(error.message, self._words.denied, retry=True)
                return
            except AppError as error:
                self._view.show_notice(error.message, error.hint, retry=True)
            await asyncio.sleep(self._seconds)
