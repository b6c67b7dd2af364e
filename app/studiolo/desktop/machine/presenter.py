"""Between the view of the machine and the server that runs on it."""

from collections.abc import Callable
from contextlib import aclosing

from PySide6.QtCore import QObject

from studiolo.api.machine import BENCHMARKS, MACHINE, BenchmarkEvent, BenchmarkRequest
from studiolo.api.models import REMOTE
from studiolo.client.machine import MachineApi
from studiolo.client.models import ModelsApi
from studiolo.desktop.connections.looking import LookWords, ServerLook
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.language import translate
from studiolo.desktop.machine.view import MachineView
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask
from studiolo.errors import AppError, RequestError

LOOK_SECONDS = 1.0
_MODELS_EVERY = 5
"""Looks."""


class MachinePresenter(QObject):
    """Asks the selected server while the view is in sight; a benchmark goes on also when it is not."""

    def __init__(
        self,
        view: MachineView,
        servers: Servers,
        report: Report,
        *,
        name_of: Callable[[str], str],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """Connect a view with the servers.

        Args:
            view: The machine.
            servers: All that are known.
            report: Hears of what goes wrong.
            name_of: What a server is called, by its address.
            look_seconds: How often the server is asked.
        """
        super().__init__(view)
        self._view = view
        self._bench = view.bench
        self._servers = servers
        self._scope = TaskScope(view, report)
        words = LookWords(
            translate("Machine", "%1 does not tell what it runs on."),
            translate("Machine", "Servers of Studiolo show here their processor, memory, disks and graphics."),
            translate("Machine", "Looking at the machine takes a token with the permission “admin”."),
        )
        self._server = ServerLook(
            view, servers, report, self._look, capability=MACHINE, words=words, name_of=name_of, seconds=look_seconds
        )
        self._server.server_changed.connect(self._server_changed)
        view.bench.start_requested.connect(lambda model: self._scope.start(self._measure(model), replace="bench"))
        view.bench.stop_requested.connect(lambda: self._scope.cancel("bench"))
        view.bench.removed.connect(lambda ids: self._scope.start(self._remove(ids), replace="remove"))
        self._server.look()

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._server.aclose()
        await self._scope.aclose()

    def _server_changed(self) -> None:
        self._scope.cancel("bench")
        self._bench.show_error("")

    async def _look(self, number: int) -> None:
        client = self._servers.client(self._server.address)
        self._view.show_machine(await MachineApi(client).look())
        if number % _MODELS_EVERY == 0:
            await self._look_at_benchmarks()

    async def _look_at_benchmarks(self) -> None:
        able = BENCHMARKS in self._servers.selected.capabilities
        self._bench.setVisible(able)
        if able:
            client = self._servers.client(self._server.address)
            entries = await ModelsApi(client).list_models()
            here = [entry for entry in entries if entry.origin != REMOTE]
            keys = [entry.key for entry in here if entry.type == "llm" and not getattr(entry, "error", None)]
            self._bench.show_models(keys)
            self._bench.show_benchmarks(await MachineApi(client).benchmarks())

    async def _measure(self, model: str) -> None:
        address = self._server.address
        self._bench.show_error("")
        try:
            try:
                await self._watch(address, BenchmarkRequest(model=model))
            except RequestError as error:
                if error.code != "server_busy":
                    raise
                if await ask(
                    self._view,
                    translate("Machine", "Measure beside the reply that is being written?"),
                    explanation=translate("Machine", "Both are slower then, and the result says so."),
                    yes=translate("Machine", "Measure anyway"),
                ):
                    await self._watch(address, BenchmarkRequest(model=model, beside_others=True))
        except AppError as error:
            self._bench.show_error(f"{error.message} {error.hint}".strip())
        finally:
            self._bench.show_work("", None)
        if address == self._server.address:
            await self._look_at_benchmarks()

    async def _watch(self, address: str, request: BenchmarkRequest) -> None:
        self._bench.show_work(translate("Machine", "Measuring %1…").replace("%1", request.model), None)
        async with aclosing(MachineApi(self._servers.client(address)).measure(request)) as events:
            async for event in events:
                self._bench.show_work(_told(event, request), event.progress)

    async def _remove(self, ids: list[str]) -> None:
        api = MachineApi(self._servers.client(self._server.address))
        try:
            for one in ids:
                await api.forget_benchmark(one)
        finally:
            await self._look_at_benchmarks()


def _told(event: BenchmarkEvent, request: BenchmarkRequest) -> str:
    match event.stage:
        case "load":
            text = translate("Machine", "Loading %1…")
        case "warm_up":
            text = translate("Machine", "Warming %1 up…")
        case "read":
            text = translate("Machine", "%1 reads, run %2…")
        case "write":
            text = translate("Machine", "%1 writes, run %2…")
        case _:
            text = translate("Machine", "Measuring %1…")
    return text.replace("%1", request.model).replace("%2", str(event.run))
