"""Between the view of the API and the server that is shown: which endpoints it has, and a request to one of them."""

import asyncio
import json
import time
from contextlib import aclosing
from dataclasses import dataclass, field

from PySide6.QtCore import QObject

from studiolo.client.client import EVENT_STREAM
from studiolo.client.raw_answer import RawAnswer
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.server.api_view import ApiView
from studiolo.desktop.server.endpoints import Endpoint, ExampleModels, documented_endpoints, read_endpoints
from studiolo.desktop.server.request_code import WrittenRequest, code_for, fill_path
from studiolo.desktop.server.shown_server import ShownServer
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask
from studiolo.errors import AppError

_DOCUMENT = "/openapi.json"
_MOST_DOCUMENT = 8_000_000
"""Characters of a server's list of endpoints."""
_DOCUMENT_SECONDS = 20.0
_MOST_READ = 20_000_000
"""Bytes of an answer."""
_JSON = "application/json"


@dataclass
class _Draft:
    """What a person has written into a form."""

    values: dict[str, str] = field(default_factory=dict)
    body: str | None = None


class ApiPresenter(QObject):
    """Reads the list when somebody looks at it first. What is written into a form stays while the page is there."""

    def __init__(self, view: ApiView, shown: ShownServer, report: Report) -> None:
        super().__init__(view)
        self._view = view
        self._shown = shown
        self._scope = TaskScope(view, report)
        self._report = report
        self._document = ""
        """The server's own; empty where it has none."""
        self._read_from = ""
        """The address of the server whose list was read."""
        self._models = ExampleModels()
        self._endpoints: dict[str, Endpoint] = {}
        self._drafts: dict[str, _Draft] = {}
        self._filling = False
        self._turned_to = ""
        panel = view.panel
        view.seen.connect(self._look)
        view.again_requested.connect(self._read_again)
        view.endpoint_chosen.connect(self._turn_to)
        panel.edited.connect(self._edited)
        panel.reset_requested.connect(self._reset)
        panel.send_requested.connect(self._send)
        panel.cancel_requested.connect(lambda: self._scope.cancel("send"))
        panel.language_chosen.connect(lambda _: self._show_code())
        panel.model_chosen.connect(shown.choose_model)
        shown.changed.connect(self._server_changed)
        shown.refreshed.connect(self._told)
        shown.model_chosen.connect(self._told)
        self._server_changed()

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._scope.aclose()

    @property
    def endpoints(self) -> list[Endpoint]:
        """Return the endpoints that are shown."""
        return list(self._endpoints.values())

    def _server_changed(self) -> None:
        shown = self._shown
        if isinstance(shown.state, Ready):
            if self._read_from != shown.state.address:
                self._look()
            else:
                self._show_list()
        elif isinstance(shown.state, Lost) and not self._endpoints:
            self._view.show_away(shown.state.error.message, shown.state.error.hint)
        self._offer()

    def _look(self) -> None:
        state = self._shown.state
        if isinstance(state, Ready) and self._read_from != state.address and self._view.isVisible():
            self._scope.start(self._read(state.address), replace="read")

    def _read_again(self) -> None:
        self._read_from = ""
        self._look()

    async def _read(self, address: str) -> None:
        if not self._endpoints:
            self._view.show_away("", self.tr("Looking…"))
        self._document = await self._fetch()
        self._models = self._models_now()
        try:
            await self._take_document()
        except AppError as error:
            # The documented ones are there all the same.
            self._report(error)
            self._document = ""
            await self._take_document()
        self._read_from = address
        self._show_list()

    async def _fetch(self) -> str:
        """Return the server's OpenAPI document; empty if it has none."""
        pieces: list[str] = []
        size = 0
        try:
            async with (
                asyncio.timeout(_DOCUMENT_SECONDS),
                self._shown.client.exchange("GET", _DOCUMENT, None, accepts=_JSON) as answer,
                aclosing(answer.texts()) as texts,
            ):
                if answer.status != 200 or answer.content_type != _JSON:
                    return ""
                async for text in texts:
                    pieces.append(text)
                    size += len(text)
                    if size > _MOST_DOCUMENT:
                        return ""
        except (AppError, TimeoutError):
            return ""
        document = "".join(pieces)
        return document if '"openapi"' in document[:2000] else ""

    async def _take_document(self) -> None:
        models, document = self._models, self._document
        found = await asyncio.to_thread(read_endpoints, document, models) if document else documented_endpoints(models)
        self._endpoints = {one.key: one for one in found}

    def _show_list(self) -> None:
        if not self._endpoints:
            return
        note = (
            "" if self._document else self.tr("This server doesn't list its endpoints: these are the documented ones.")
        )
        self._view.show_endpoints(self.endpoints, note=note)

    def _models_now(self) -> ExampleModels:
        embedding = self._shown.embedding_models
        return ExampleModels(self._shown.model, embedding[0] if embedding else "")

    def _told(self) -> None:
        if self._endpoints and self._models_now() != self._models:
            self._models = self._models_now()
            self._scope.start(self._refill(), replace="refill")
        self._show_models()
        self._show_code()

    async def _refill(self) -> None:
        """Name the models that there are now; what a person wrote stays."""
        await self._take_document()
        self._show_endpoint(self._view.chosen)

    def _turn_to(self, key: str) -> None:
        """Show another endpoint. The answer of the one before goes, and whoever is still asked is not waited for."""
        if key != self._turned_to:
            self._turned_to = key
            self._scope.cancel("send")
            self._view.panel.answer.hide()
        self._show_endpoint(key)

    def _show_endpoint(self, key: str) -> None:
        endpoint = self._endpoints.get(key)
        if endpoint is None:
            return
        draft = self._drafts.get(key, _Draft())
        values = {one.name: one.example for one in endpoint.parameters} | draft.values
        self._filling = True
        try:
            body = endpoint.body if draft.body is None else draft.body
            self._view.panel.show_endpoint(endpoint, values=values, body=body)
        finally:
            self._filling = False
        self._show_models()
        self._show_code()
        self._offer()

    def _show_models(self) -> None:
        endpoint = self._endpoints.get(self._view.chosen)
        named = bool(self._models.chat) and endpoint is not None and self._names_model(endpoint)
        self._view.panel.show_models(self._shown.chat_models, self._shown.model, used=named)

    def _names_model(self, endpoint: Endpoint) -> bool:
        return self._models.chat in endpoint.body or any(
            one.example == self._models.chat for one in endpoint.parameters
        )

    def _edited(self) -> None:
        key = self._view.chosen
        endpoint = self._endpoints.get(key)
        if endpoint is None:
            return
        if not self._filling:
            panel = self._view.panel
            body = panel.body.text if endpoint.takes_body and panel.body.text != endpoint.body else None
            examples = {one.name: one.example for one in endpoint.parameters}
            values = {name: value for name, value in panel.values.items() if value != examples.get(name)}
            self._drafts[key] = _Draft(values, body)
            self._show_code()
        self._offer()

    def _reset(self) -> None:
        self._drafts.pop(self._view.chosen, None)
        self._show_endpoint(self._view.chosen)

    def _written(self) -> WrittenRequest | None:
        endpoint = self._endpoints.get(self._view.chosen)
        if endpoint is None:
            return None
        panel = self._view.panel
        body = panel.body.text if endpoint.takes_body else None
        return WrittenRequest(endpoint.method, fill_path(endpoint, panel.values), body)

    def _show_code(self) -> None:
        request, panel = self._written(), self._view.panel
        if request:
            address = self._shown.base_address or self._shown.address or "http://localhost:1234"
            code = code_for(panel.language, address, request)
            language = {"curl": "bash"}.get(panel.language, panel.language)
            panel.code.show_code(code, language, self.tr("Reads the token from LM_API_TOKEN"))

    def _offer(self) -> None:
        self._view.panel.show_sendable(self._why_not())

    def _why_not(self) -> str:
        endpoint = self._endpoints.get(self._view.chosen)
        if endpoint is None or not isinstance(self._shown.state, Ready):
            return self.tr("There is no connection to the server.")
        values = self._view.panel.values
        for one in endpoint.parameters:
            if one.required and not values.get(one.name):
                return self.tr("Fill in %1.").replace("%1", one.name)
        if endpoint.takes_body and self._view.panel.body.problem:
            return self.tr("The body is not JSON yet.")
        return ""

    def _send(self) -> None:
        endpoint, request = self._endpoints.get(self._view.chosen), self._written()
        if endpoint is None or request is None or self._why_not():
            return
        if endpoint.asks_first:
            self._scope.start(self._ask_and_send(endpoint, request), replace="ask")
        else:
            self._begin(request)

    async def _ask_and_send(self, endpoint: Endpoint, request: WrittenRequest) -> None:
        if await ask(
            self._view,
            self.tr("Send %1?").replace("%1", f"{request.method} {request.path}"),
            explanation=f"{endpoint.about}\n{self.tr('It changes something on %1.').replace('%1', self._shown.name)}",
            yes=self.tr("Send"),
            destructive=True,
        ):
            self._begin(request)

    def _begin(self, request: WrittenRequest) -> None:
        self._view.panel.answer.show_waiting()
        self._view.panel.show_sending(sending=True)
        self._scope.start(self._exchange(request), replace="send")

    async def _exchange(self, request: WrittenRequest) -> None:
        panel, view = self._view.panel, self._view.panel.answer
        began, problem, taken = time.monotonic(), "", _Taken()
        accepts = f"{EVENT_STREAM}, {_JSON}" if request.streams else f"{_JSON}, */*;q=0.5"
        try:
            async with self._shown.client.exchange(
                request.method, request.path, request.body, accepts=accepts
            ) as answer:
                view.show_head(answer.status, answer.reason, answer.headers)
                problem = await self._take(answer, taken)
        except AppError as error:
            problem = str(error)
        except asyncio.CancelledError:
            problem = self.tr("cancelled")
            raise
        finally:
            view.show_end(time.monotonic() - began, taken.size, problem=problem)
            panel.show_sending(sending=False)

    async def _take(self, answer: RawAnswer, taken: "_Taken") -> str:
        """Show an answer as it comes, JSON once it is there. Return why it is not all of it; empty if it is."""
        view, pieces = self._view.panel.answer, list[str]()
        whole = answer.content_type == _JSON
        if answer.content_type and not whole and not answer.content_type.startswith("text/"):
            return self.tr("It is no text (%1), and was not read.").replace("%1", answer.content_type)
        async with aclosing(answer.texts()) as texts:
            async for text in texts:
                taken.size += len(text.encode(errors="replace"))
                if whole:
                    pieces.append(text)
                else:
                    view.add_text(text)
                if taken.size > _MOST_READ:
                    view.add_text("".join(pieces))
                    return self.tr("It is longer than what is read here.")
        if whole:
            view.show_json(await asyncio.to_thread(_in_lines, "".join(pieces)))
        return ""


@dataclass
class _Taken:
    """How many bytes of an answer have come."""

    size: int = 0


def _in_lines(text: str) -> str:
    """Return JSON set out in lines; what is none stays as it is. Takes a while for a long one."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
