"""Between the page of models and the server that is selected."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import assert_never

from PySide6.QtCore import QObject, Signal

from studiolo.api.events import ModelLoadProgress
from studiolo.api.machine import BENCHMARKS, Benchmark
from studiolo.api.models import MANAGE_MODELS, Inventory, LoadRequest, StoredModel, WorkEvent
from studiolo.api.settings import SETTINGS
from studiolo.client.client import Client
from studiolo.client.errors import error_from_info
from studiolo.client.machine import MachineApi
from studiolo.client.models import ModelsApi
from studiolo.client.server import ServerApi
from studiolo.desktop.connections.connection import Lost, Ready
from studiolo.desktop.connections.servers import OWN, Servers
from studiolo.desktop.file_manager import open_folder
from studiolo.desktop.language import translate
from studiolo.desktop.loading.asking import ask_how_to_load
from studiolo.desktop.loading.load_dialog import Loadable
from studiolo.desktop.models.actions import LOADING, MANAGING, ModelAction
from studiolo.desktop.models.details import DetailsDialog
from studiolo.desktop.models.instances import instances_of
from studiolo.desktop.models.page import ModelsPage
from studiolo.desktop.models.speeds import speeds_of
from studiolo.desktop.models.table import stored_from
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask, ask_for_choice, ask_for_folder, ask_for_text, finished, tell
from studiolo.desktop.widgets.formatting import size_text
from studiolo.errors import AppError, RequestError, UnreachableError

LOOK_SECONDS = 3.0
_SPEEDS_EVERY = 10
"""Looks."""


class ModelsPresenter(QObject):
    """`chat_requested` carries the key of a model. The server is asked only while the page is in sight.

    look_seconds: how often it is asked then.
    """

    chat_requested = Signal(str)

    def __init__(
        self,
        page: ModelsPage,
        servers: Servers,
        report: Report,
        *,
        name_of: Callable[[str], str],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        super().__init__(page)
        self._look_seconds = look_seconds
        self._page = page
        self._servers = servers
        self._name_of = name_of
        self._scope = TaskScope(page, report)
        self._visible = page.isVisible()
        self._address = servers.selected_address
        """Of the server whose models are shown: whatever is done with them is done there."""
        page.seen.connect(self._seen)
        page.action_requested.connect(self._do)
        page.work_cancelled.connect(lambda: self._scope.cancel("work"))
        page.instances.unload_requested.connect(self._unload_one)
        page.folder_added.connect(lambda: self._scope.start(self._add_folder(), replace="folder"))
        page.folder_dropped.connect(lambda path: self._scope.start(self._drop_folder(path), replace="folder"))
        page.folder_opened.connect(open_folder)
        servers.selected.changed.connect(self._server_changed)
        self._server_changed()

    async def aclose(self) -> None:
        """End what goes on, and wait until it has ended."""
        await self._scope.aclose()

    def look(self) -> None:
        """Ask the server what there is, now."""
        if self._visible and isinstance(self._servers.selected.state, Ready):
            self._scope.start(self._watch(), replace="look")

    def _seen(self, visible: bool) -> None:
        self._visible = visible
        if visible:
            self.look()
        else:
            self._scope.cancel("look")

    def _server_changed(self) -> None:
        state = self._servers.selected.state
        if self._address != self._servers.selected_address:
            self._address = self._servers.selected_address
            self._scope.cancel("look")
            self._page.show_waiting(translate("Models", "Looking…"))
        if isinstance(state, Lost):
            self._scope.cancel("look")
            if not self._page.shows_models:
                # What is shown stays: it is said above the page that the server does not answer.
                self._page.show_waiting(f"{state.error.message} {state.error.hint}".strip())
        elif isinstance(state, Ready):
            self.look()

    async def _watch(self) -> None:
        looks = 0
        while True:
            try:
                await self._look_once()
                if looks % _SPEEDS_EVERY == 0:
                    self._page.show_speeds(speeds_of(await self._benchmarks()))
                looks += 1
            except AppError as error:
                if not (isinstance(error, UnreachableError) and self._page.shows_models):
                    self._page.show_waiting(f"{error.message} {error.hint}".strip())
            await asyncio.sleep(self._look_seconds)

    async def _look_once(self) -> None:
        selected = self._servers.connection(self._address)
        entries = await ModelsApi(selected.client).list_models()
        managed = MANAGE_MODELS in selected.capabilities
        note = ""
        if managed:
            inventory = await ModelsApi(selected.client).inventory()
        else:
            inventory = Inventory(models=stored_from(entries))
            note = translate("Models", "%1 tells nothing of its disk.").replace("%1", self._server_name)
        self._page.show_inventory(
            inventory,
            instances_of(entries),
            able=LOADING | MANAGING if managed else LOADING,
            configurable=managed and SETTINGS in selected.capabilities,
            local=self._address == OWN and managed,
            note=note,
        )

    async def _benchmarks(self) -> list[Benchmark]:
        """Return what was measured at the server; nothing where this window may not know."""
        selected = self._servers.connection(self._address)
        if BENCHMARKS not in selected.capabilities:
            return []
        try:
            return await MachineApi(selected.client).benchmarks()
        except AppError:
            return []  # Models are listed all the same.

    @property
    def _server_name(self) -> str:
        return self._name_of(self._address)

    def _client(self, address: str) -> Callable[[], Client]:
        """Return a server's client, as it is whenever it is asked: a dialog may stay open for long."""
        return lambda: self._servers.client(address)

    def _do(self, action: ModelAction, keys: list[str]) -> None:
        models = [model for model in self._page.chosen if model.key in keys]
        if not models:
            return
        first, client = models[0], self._client(self._address)
        match action:
            case ModelAction.START_CHAT:
                self.chat_requested.emit(first.key)
            case ModelAction.LOAD:
                capabilities = self._servers.selected.capabilities
                self._scope.start(self._load(first, client, capabilities), replace="work")
            case ModelAction.UNLOAD:
                self._scope.start(self._unload([name for model in models for name in model.loaded], client))
            case ModelAction.SHOW_DETAILS:
                self._scope.start(self._show_details(first, client), replace="details")
            case ModelAction.VERIFY:
                self._scope.start(self._verify(first, client), replace="work")
            case ModelAction.MOVE:
                self._scope.start(self._move(first, client), replace="work")
            case ModelAction.OPEN_FOLDER:
                open_folder(str(Path(first.path).parent))
            case ModelAction.DELETE:
                self._scope.start(self._delete(models, client), replace="delete")
            case _:
                assert_never(action)

    async def _load(self, model: StoredModel, client: Callable[[], Client], capabilities: frozenset[str]) -> None:
        request = LoadRequest(model=model.key)
        if model.type == "llm":
            wanted = Loadable(model.key, model.display_name or model.key, 0, model.max_context_length)
            asked = await ask_how_to_load(client, capabilities, wanted, self._page, self._scope)
            if asked is None:
                return
            request = asked
        text = translate("Models", "Loading %1…").replace("%1", model.key)
        self._page.show_work(text, None)
        try:
            async with aclosing(ModelsApi(client()).stream_load(request)) as events:
                async for event in events:
                    if isinstance(event, ModelLoadProgress):
                        self._page.show_work(text, event.progress)
        finally:
            self._page.show_work("", None)
        self.look()

    def _unload_one(self, instance: str) -> None:
        self._scope.start(self._unload([instance], self._client(self._address)))

    async def _unload(self, instances: list[str], client: Callable[[], Client]) -> None:
        try:
            for instance in instances:
                await ModelsApi(client()).unload(instance)
        finally:
            self.look()

    async def _show_details(self, model: StoredModel, client: Callable[[], Client]) -> None:
        await finished(DetailsDialog(await ModelsApi(client()).details(model.key), self._page))

    async def _verify(self, model: StoredModel, client: Callable[[], Client]) -> None:
        text = translate("Models", "Verifying %1…").replace("%1", model.key)
        result = await self._work(text, ModelsApi(client()).verify(model.key))
        names = ", ".join(result.files or ())
        if result.verdict == "differs":
            raise AppError(
                translate("Models", "%1 is not what was downloaded.").replace("%1", names or model.key),
                hint=translate("Models", "Delete it, and download it again."),
            )
        if result.verdict == "other_revision":
            told = translate("Models", "%1 is not what the hub has now: an older revision, or damaged.")
        elif result.verdict == "matches":
            told = translate("Models", "%1 is identical to what its author published.")
        else:
            told = translate("Models", "There is no checksum to compare %1 with: it was not downloaded from a hub.")
        await tell(self._page, told.replace("%1", model.key))

    async def _move(self, model: StoredModel, client: Callable[[], Client]) -> None:
        others = [folder for folder in self._page.known_folders if folder.path != model.folder and not folder.missing]
        choices = [
            f"{folder.path}  ({size_text(folder.free_bytes)} {translate('Models', 'free')})" for folder in others
        ]
        title = translate("Models", "Move %1").replace("%1", model.key)
        label = translate("Models", "It takes %1. Where to?").replace("%1", size_text(model.size_bytes))
        chosen = await ask_for_choice(self._page, title, label, choices)
        if chosen is None:
            return
        text = translate("Models", "Moving %1…").replace("%1", model.key)
        await self._work(text, ModelsApi(client()).move(model.key, others[chosen].path))
        self.look()

    async def _work(self, text: str, events: AsyncGenerator[WorkEvent, None]) -> WorkEvent:
        """Watch it to its end. Raises the AppError that it ends with."""
        self._page.show_work(text, 0.0)
        result = WorkEvent(type="")
        try:
            async with aclosing(events):
                async for event in events:
                    if event.error is not None:
                        raise error_from_info(event.error)
                    if event.type == "work.result":
                        result = event
                        break
                    self._page.show_work(text, event.progress)
        finally:
            self._page.show_work("", None)
        return result

    async def _delete(self, models: list[StoredModel], client: Callable[[], Client]) -> None:
        size = size_text(sum(model.size_bytes for model in models))
        names = "\n".join(model.key for model in models[:10])
        if not await ask(
            self._page,
            self._page.delete_question(models),
            explanation=f"{names}\n{size}  ·  {self._server_name}",
            yes=translate("Models", "Move to the trash"),
            destructive=True,
        ):
            return
        for_good = False
        try:
            for model in models:
                try:
                    await ModelsApi(client()).remove(model.key, trash=not for_good)
                except RequestError as error:
                    if error.code != "no_trash":
                        raise
                    if not await ask(
                        self._page,
                        translate("Models", "There is no trash there. Delete for good?"),
                        explanation=names,
                        yes=translate("Models", "Delete for good"),
                        destructive=True,
                    ):
                        return
                    for_good = True
                    await ModelsApi(client()).remove(model.key)
        finally:
            self.look()

    async def _add_folder(self) -> None:
        client = self._client(self._address)
        if self._address == OWN:
            folder = await ask_for_folder(self._page, translate("Models", "A folder with models"))
            path = str(folder) if folder else None
        else:
            label = translate("Models", "Its path on the disk of %1").replace("%1", self._server_name)
            path = await ask_for_text(self._page, translate("Models", "A folder with models"), label)
        if path:
            await self._change_folders(client, lambda folders: [*folders, path])

    async def _drop_folder(self, path: str) -> None:
        client = self._client(self._address)
        if await ask(
            self._page,
            translate("Models", "Use %1 no longer?").replace("%1", path),
            explanation=translate("Models", "Its files stay as they are."),
            yes=translate("Models", "Use it no longer"),
        ):
            await self._change_folders(client, lambda folders: [one for one in folders if not _is_folder(one, path)])

    async def _change_folders(self, client: Callable[[], Client], change: Callable[[list[str]], list[str]]) -> None:
        server = ServerApi(client())
        folders = (await server.settings()).model_folders
        await server.change_settings({"model_folders": list(dict.fromkeys(change(folders)))})
        self.look()


def _is_folder(setting: str, path: str) -> bool:
    """Return whether a folder of the settings, which may begin with the home of the server's user, is this one."""
    return Path(setting) == Path(path) or (setting.startswith("~") and path.endswith(setting.lstrip("~")))
