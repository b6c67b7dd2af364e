"""Between the view of other servers and the server that uses their models. A key is never kept here."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from PySide6.QtCore import QObject

from studiolo.api.upstreams import UPSTREAMS, UpstreamInfo
from studiolo.client.upstreams import UpstreamsApi
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.language import translate
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.upstreams.add_dialog import AddUpstreamDialog
from studiolo.desktop.upstreams.view import UpstreamsView
from studiolo.desktop.widgets.dialogs import ask, finished
from studiolo.errors import AccessError, AppError

LOOK_SECONDS = 3.0


class UpstreamsPresenter(QObject):
    """Asks the selected server while the view is in sight; an addition goes on also when it is not."""

    def __init__(
        self,
        view: UpstreamsView,
        servers: Servers,
        report: Report,
        *,
        name_of: Callable[[str], str],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """name_of: What a server is called, by its address. look_seconds: how often the server is asked."""
        super().__init__(view)
        self._view = view
        self._servers = servers
        self._name_of = name_of
        self._look_seconds = look_seconds
        self._scope = TaskScope(view, report)
        self._address = servers.selected_address
        self._visible = view.isVisible()
        view.seen.connect(self._seen)
        view.retried.connect(self._retry)
        view.add_requested.connect(lambda: self._scope.start(self._add(), replace="work"))
        view.check_requested.connect(lambda info: self._scope.start(self._check(info), replace="work"))
        view.remove_requested.connect(lambda info: self._scope.start(self._remove(info), replace="work"))
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

    def _server_changed(self) -> None:
        if self._address != self._servers.selected_address:
            self._address = self._servers.selected_address
            self._scope.cancel("work")
            self._view.show_nothing()
        if not self._visible:
            return
        state = self._servers.selected.state
        if isinstance(state, Ready) and UPSTREAMS not in self._servers.selected.capabilities:
            self._scope.cancel("look")
            self._view.show_notice(
                translate("Upstreams", "%1 has its own models only.").replace("%1", self._name_of(self._address)),
                translate("Upstreams", "Servers of Studiolo can use the models of other servers."),
            )
        elif isinstance(state, Ready):
            self._scope.start(self._look(), replace="look")
        elif isinstance(state, Lost):
            self._scope.cancel("look")
            self._view.show_notice(state.error.message, state.error.hint, retry=True)

    def _api(self) -> UpstreamsApi:
        return UpstreamsApi(self._servers.client(self._address))

    async def _look(self) -> None:
        while True:
            try:
                self._view.show_upstreams(await self._api().upstreams())
            except AccessError as error:
                hint = translate("Upstreams", "Other servers take a token with the permission “admin”.")
                self._view.show_notice(error.message, hint, retry=True)
                return
            except AppError as error:
                self._view.show_notice(error.message, error.hint, retry=True)
            await asyncio.sleep(self._look_seconds)

    async def _add(self) -> None:
        api = self._api()
        dialog = AddUpstreamDialog(self._view)
        if not await finished(dialog):
            return
        self._view.show_work(translate("Upstreams", "Looking at it, which may take a minute…"))
        try:
            await api.add(dialog.request)
        finally:
            self._view.show_work("")
        self._server_changed()

    async def _check(self, info: UpstreamInfo) -> None:
        try:
            async with aclosing(self._api().check(info.id)) as events:
                async for event in events:
                    self._view.show_work(_told(event.step or "", event.model or "", info.name))
        finally:
            self._view.show_work("")
            self._server_changed()

    async def _remove(self, info: UpstreamInfo) -> None:
        api = self._api()
        if await ask(
            self._view,
            translate("Upstreams", "Remove “%1”?").replace("%1", info.name),
            explanation=translate("Upstreams", "Its models are no longer listed here, and its key is forgotten."),
            yes=translate("Upstreams", "Remove"),
            destructive=True,
        ):
            await api.remove(info.id)
            self._server_changed()


def _told(step: str, model: str, name: str) -> str:
    texts = {
        "chat": translate("Upstreams", "%1: a reply of one token…"),
        "tools": translate("Upstreams", "%1: with a tool…"),
        "images": translate("Upstreams", "%1: with a picture…"),
        "embeddings": translate("Upstreams", "%1: embeddings…"),
    }
    return texts.get(step, translate("Upstreams", "Asking %1 for its models…")).replace("%1", model or name)
