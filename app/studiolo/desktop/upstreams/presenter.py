"""Between the view of other servers and the server that uses their models. A key is never kept here."""

from collections.abc import Callable
from contextlib import aclosing

from PySide6.QtCore import QObject

from studiolo.api.upstreams import UPSTREAMS, UpstreamInfo
from studiolo.client.upstreams import UpstreamsApi
from studiolo.desktop.connections.looking import LookWords, ServerLook
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.language import translate
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.upstreams.add_dialog import AddUpstreamDialog
from studiolo.desktop.upstreams.view import UpstreamsView
from studiolo.desktop.widgets.dialogs import ask, finished
from studiolo.errors import AppError

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
        self._scope = TaskScope(view, report)
        words = LookWords(
            translate("Upstreams", "%1 has its own models only."),
            translate("Upstreams", "Servers of Studiolo can use the models of other servers."),
            translate("Upstreams", "Other servers take a token with the permission “admin”."),
        )
        self._server = ServerLook(
            view, servers, report, self._look, capability=UPSTREAMS, words=words, name_of=name_of, seconds=look_seconds
        )
        self._server.server_changed.connect(lambda: self._scope.cancel("work"))
        view.add_requested.connect(lambda: self._scope.start(self._add(), replace="work"))
        view.check_requested.connect(lambda info: self._scope.start(self._check(info), replace="work"))
        view.remove_requested.connect(lambda info: self._scope.start(self._remove(info), replace="work"))
        self._server.look()

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._server.aclose()
        await self._scope.aclose()

    def _api(self) -> UpstreamsApi:
        return UpstreamsApi(self._servers.client(self._server.address))

    async def _look(self, _number: int) -> None:
        self._view.show_upstreams(await self._api().upstreams())

    async def _add(self) -> None:
        api, refused = self._api(), None
        while True:
            dialog = AddUpstreamDialog(self._view)
            if refused is not None:
                dialog.show_refused(*refused)
            if not await finished(dialog):
                return
            request = dialog.request
            self._view.show_work(translate("Upstreams", "Looking at it, which may take a minute…"))
            try:
                await api.add(request)
                break
            except AppError as error:
                if not self._view.isVisible():
                    raise  # No dialog comes out of nowhere.
                refused = (request, error)
            finally:
                self._view.show_work("")
        self._server.look()

    async def _check(self, info: UpstreamInfo) -> None:
        try:
            async with aclosing(self._api().check(info.id)) as events:
                async for event in events:
                    self._view.show_work(_told(event.step or "", event.model or "", info.name))
        finally:
            self._view.show_work("")
            self._server.look()

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
            self._server.look()


def _told(step: str, model: str, name: str) -> str:
    texts = {
        "chat": translate("Upstreams", "%1: a reply of one token…"),
        "tools": translate("Upstreams", "%1: with a tool…"),
        "images": translate("Upstreams", "%1: with a picture…"),
        "embeddings": translate("Upstreams", "%1: embeddings…"),
    }
    return texts.get(step, translate("Upstreams", "Asking %1 for its models…")).replace("%1", model or name)
