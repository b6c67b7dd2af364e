"""Between the view of the runtimes and the server that has them."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing

from PySide6.QtCore import QObject

from studiolo.api.runtimes import RUNTIMES, RuntimeInfo
from studiolo.client.downloads import DownloadsApi
from studiolo.client.runtimes import RuntimesApi
from studiolo.desktop.connections.connection import Ready
from studiolo.desktop.connections.looking import LookWords, ServerLook
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.language import translate
from studiolo.desktop.runtimes.add_dialog import AddRuntimeDialog
from studiolo.desktop.runtimes.state import RunningTest, RuntimesState
from studiolo.desktop.runtimes.view import RuntimesView
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.dialogs import ask, ask_for_files, ask_for_folder, ask_for_text, finished
from studiolo.desktop.widgets.undo import Undo
from studiolo.errors import AppError, NotFoundError

LOOK_SECONDS = 1.0


class RuntimesPresenter(QObject):
    """Asks the selected server while the view is in sight; what was ordered goes on also when it is not."""

    def __init__(
        self,
        view: RuntimesView,
        servers: Servers,
        report: Report,
        *,
        name_of: Callable[[str], str],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """Connect a view with the servers.

        Args:
            view: The runtimes.
            servers: All that are known.
            report: Hears of what goes wrong.
            name_of: What a server is called, by its address.
            look_seconds: How often the server is asked.
        """
        super().__init__(view)
        self._view = view
        self._servers = servers
        self._scope = TaskScope(view, report)
        self._undo = Undo(view.toast)
        words = LookWords(
            translate("Runtimes", "%1 does not tell its runtimes."),
            translate("Runtimes", "Servers of Studiolo can run models on the graphics card with other builds."),
            translate("Runtimes", "Looking at the runtimes takes a token with the permission “admin”."),
        )
        self._server = ServerLook(
            view, servers, report, self._look, capability=RUNTIMES, words=words, name_of=name_of, seconds=look_seconds
        )
        self._state = RuntimesState()
        self._states: dict[str, RuntimesState] = {self._address: self._state}
        self._orders: dict[str, Callable[[str], Awaitable[object]]] = {
            "download": self._download,
            "pause": lambda one: self._steer(one, DownloadsApi.pause),
            "resume": lambda one: self._steer(one, DownloadsApi.resume),
            "cancel": lambda one: self._steer(one, DownloadsApi.cancel),
            "use": self._use,
            "remove": self._remove,
        }
        self._server.server_changed.connect(self._server_changed)
        view.ordered.connect(self._ordered)
        view.add_requested.connect(lambda: self._scope.start(self._add(), replace="add"))
        view.refresh_requested.connect(lambda: self._scope.start(self._refresh(), replace="refresh"))
        view.devices.look_requested.connect(self._look_at_devices)
        self._server.look()

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._server.aclose()
        await self._scope.aclose()

    @property
    def _address(self) -> str:
        return self._server.address

    def _server_changed(self) -> None:
        self._state = self._states.setdefault(self._address, RuntimesState())
        self._scope.cancel("add")

    def _api(self, address: str) -> RuntimesApi:
        return RuntimesApi(self._servers.client(address))

    def _show(self, state: RuntimesState) -> None:
        """Show what is known of a server, if it is still the one that is looked at."""
        if state is self._state and state.known.runtimes:
            self._view.show_state(state)

    async def _look(self, number: int) -> None:
        if number == 0 and self._state.devices is None:
            self._look_at_devices()
        await self._look_once()

    async def _look_once(self) -> None:
        address, state = self._address, self._state
        before, turn = {one.id: one.state for one in state.known.runtimes}, state.turn
        known = await self._api(address).runtimes()
        coming = [one for one in known.runtimes if one.state == "downloading" and one.job_id]
        jobs = {}
        for one in coming:
            try:
                jobs[one.id] = await DownloadsApi(self._servers.client(address)).status(one.job_id or "")
            except NotFoundError:
                continue  # It is over.
        if turn != state.turn:
            return  # What was done meanwhile is newer than this answer.
        used = state.used
        state.known, state.jobs = known, jobs
        if used is not None and state.used is not None and state.used.id != used.id:
            state.previous = used.id
        self._show(state)
        new = any(one.state == "ready" and before.get(one.id) not in ("ready", None) for one in known.runtimes)
        if new and state is self._state:
            self._look_at_devices()

    def _look_at_devices(self) -> None:
        self._scope.start(self._read_devices(), replace="devices")

    async def _read_devices(self) -> None:
        address, state = self._address, self._state
        state.looking = True
        self._show(state)
        try:
            state.devices = await self._api(address).runtime_devices()
            state.devices_trouble = ""
        except AppError as error:
            state.devices_trouble = f"{error.message} {error.hint}".strip()
        finally:
            state.looking = False
        self._show(state)

    def _ordered(self, order: str, runtime_id: str) -> None:
        if order == "test":
            self._scope.start(self._test(runtime_id), replace=f"test {runtime_id}")
        elif order == "stop":
            self._scope.cancel(f"test {runtime_id}")
        else:
            self._scope.start(self._obey(order, runtime_id), replace=f"order {runtime_id}")

    async def _obey(self, order: str, runtime_id: str) -> None:
        """Why an order fails is told where it was given."""
        state = self._state
        state.troubles.pop(runtime_id, None)
        state.busy.add(runtime_id)
        self._show(state)
        try:
            await self._orders[order](runtime_id)
        except AppError as error:
            self._note_trouble(state, runtime_id, error)
        finally:
            state.turn += 1
            state.busy.discard(runtime_id)
            self._show(state)
        if state is self._state and isinstance(self._servers.selected.state, Ready):
            await self._look_quietly()

    async def _look_quietly(self) -> None:
        """Look at once after an order; what fails is told by the next look."""
        try:
            await self._look_once()
        except AppError:
            return

    def _note_trouble(self, state: RuntimesState, runtime_id: str, error: AppError) -> None:
        state.troubles[runtime_id] = error
        announce(self._view, f"{error.message} {error.hint}".strip())

    async def _download(self, runtime_id: str) -> None:
        await self._api(self._address).get_runtime(runtime_id)

    async def _steer(self, runtime_id: str, order: Callable[[DownloadsApi, str], Awaitable[object]]) -> None:
        info = self._state.by_id.get(runtime_id)
        if info is not None and info.job_id:
            await order(DownloadsApi(self._servers.client(self._address)), info.job_id)

    async def _use(self, runtime_id: str) -> None:
        address, before = self._address, self._state.used
        now = await self._api(address).use_runtime(runtime_id)
        if before is None or before.id == runtime_id:
            return
        text = translate("Runtimes", "Models are loaded with %1 from now on.").replace("%1", now.name or runtime_id)
        if address == self._address:
            self._undo.add(text, lambda: self._go_back(address, before))

    def _go_back(self, address: str, before: RuntimeInfo) -> None:
        """Undo a choice at the server where it was made; elsewhere the page shows another one by now."""
        if address == self._address:
            self._ordered("use", before.id)

    async def _remove(self, runtime_id: str) -> None:
        info, address = self._state.by_id.get(runtime_id), self._address
        if info is None:
            return
        if info.own:
            explanation = translate("Runtimes", "It is no longer listed. Its files stay where they are.")
        else:
            explanation = translate("Runtimes", "Its files are deleted from the disk. It can be downloaded again.")
        if await ask(
            self._view,
            translate("Runtimes", "Remove %1?").replace("%1", info.name or info.id),
            explanation=explanation,
            yes=translate("Runtimes", "Remove"),
            destructive=True,
        ):
            await self._api(address).remove_runtime(runtime_id)

    async def _test(self, runtime_id: str) -> None:
        address, state = self._address, self._state
        state.troubles.pop(runtime_id, None)
        state.tests[runtime_id] = RunningTest()
        self._show(state)
        try:
            async with aclosing(self._api(address).test_runtime(runtime_id)) as events:
                async for event in events:
                    state.tests[runtime_id] = RunningTest(event.stage, event.progress)
                    if event.result is not None:
                        self._take(state, event.result)
                    self._show(state)
        except AppError as error:
            self._note_trouble(state, runtime_id, error)
        finally:
            state.tests.pop(runtime_id, None)
            self._show(state)

    def _take(self, state: RuntimesState, info: RuntimeInfo) -> None:
        """Know what a test found before the server is asked again."""
        state.turn += 1
        runtimes = [info if one.id == info.id else one for one in state.known.runtimes]
        state.known = state.known.model_copy(update={"runtimes": runtimes})
        if info.problem:
            announce(self._view, f"{info.name}: {info.problem} {info.hint}".strip())
        elif state is self._state:
            announce(self._view, translate("Runtimes", "%1 works here.").replace("%1", info.name or info.id))
            self._look_at_devices()

    async def _add(self) -> None:
        address = self._address
        dialog = AddRuntimeDialog(self._view, browsable=address == OWN)
        dialog.tried.connect(lambda: self._scope.start(self._try_to_add(dialog, address), replace="try"))
        dialog.browse_requested.connect(
            lambda folder: self._scope.start(self._browse(dialog, folder=folder), replace="browse")
        )
        try:
            added = await finished(dialog)
        finally:
            # The dialog is gone: an answer would come to nobody.
            self._scope.cancel("try")
            self._scope.cancel("browse")
        if added and address == self._address:
            await self._look_quietly()

    async def _refresh(self) -> None:
        """Nothing is fetched unless a person says from where."""
        address, state = self._address, self._state
        label = translate(
            "Runtimes", "Address of the list. It is used only if it is signed by those who make Studiolo."
        )
        place = await ask_for_text(self._view, translate("Runtimes", "Fetch a newer list"), label)
        if place:
            state.known = await self._api(address).refresh_runtimes(place)
            state.turn += 1
            self._show(state)

    async def _browse(self, dialog: AddRuntimeDialog, *, folder: bool) -> None:
        if folder:
            chosen = await ask_for_folder(dialog, translate("Runtimes", "Folder of a runtime"))
        else:
            files = await ask_for_files(dialog, translate("Runtimes", "Executable of llama-server"), one=True)
            chosen = files[0] if files else None
        if chosen is not None:
            dialog.set_path(str(chosen))

    async def _try_to_add(self, dialog: AddRuntimeDialog, address: str) -> None:
        path, name = dialog.path.text().strip(), dialog.name.text().strip()
        dialog.show_busy(busy=True)
        try:
            await self._api(address).add_runtime(path, name or None, dialog.workers)
        except AppError as error:
            dialog.show_busy(busy=False)
            dialog.show_refusal(error)
        else:
            dialog.accept()
