"""Which models there are and which one answers: between the picker and the server."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from studiolo.api.events import ModelLoadProgress
from studiolo.api.models import ESTIMATE_MEMORY, EstimateRequest, LoadRequest
from studiolo.client.models import ModelsApi
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.connections.connection import Connection, Ready
from studiolo.desktop.connections.servers import Selected
from studiolo.desktop.file_manager import open_folder
from studiolo.desktop.language import translate
from studiolo.desktop.loading.asking import ask_how_to_load
from studiolo.desktop.loading.choices import ModelChoice, choices_from, preferred
from studiolo.desktop.loading.load_dialog import Loadable
from studiolo.desktop.loading.placement import picker_mark
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AppError, StorageError
from studiolo.paths import app_paths

_LOOK_AGAIN_SECONDS = 3.0


class Models:
    """changed: the model that answers, told whenever there is one.

    failed: the server could not be asked. none: it has no model that can answer. listed: hears which models it has.
    """

    def __init__(
        self,
        page: ChatPage,
        connection: Connection | Selected,
        scope: TaskScope,
        report: Report,
        *,
        changed: Callable[[str], None],
        failed: Callable[[AppError], None],
        none: Callable[[AppError], None],
        listed: Callable[[list[ModelChoice]], None],
    ) -> None:
        self._page = page
        self._connection = connection
        self._scope = scope
        self._report = report
        self._changed = changed
        self._failed = failed
        self._none = none
        self._listed = listed
        self._choices: list[ModelChoice] = []
        self._chosen: str | None = None
        self._model: ModelChoice | None = None
        self._last: str | None = None
        """Who answered before another server was chosen."""
        page.models_requested.connect(self.look)
        page.model_chosen.connect(self.choose)
        page.load_requested.connect(self.load)
        page.unload_requested.connect(self.unload)
        page.options_requested.connect(lambda key: scope.start(self.ask_how_to_load(key), replace="how to load"))
        page.folder_requested.connect(self.open_folder)

    @property
    def choices(self) -> list[ModelChoice]:
        """Return those that the server has, as far as is known."""
        return list(self._choices)

    @property
    def chosen(self) -> ModelChoice | None:
        """Return the one that answers."""
        return self._model

    def choose(self, key: str) -> None:
        """Let this model answer from the next message on."""
        self._chosen = key
        self._take_choices(self._choices)

    def forget(self) -> None:
        """Another server is talked to: what is known of the one before is not true of it."""
        self._last = self._model.key if self._model else self._last
        self._choices, self._model = [], None
        self._page.set_choices([])
        self._page.set_model("", "")

    def look(self) -> None:
        """Ask the server which models there are; while there is none, ask again every few seconds."""
        if isinstance(self._connection.state, Ready):
            self._scope.start(self._watch(), replace="models")

    def load(self, key: str) -> None:
        """Load it as the server usually does."""
        self._begin(LoadRequest(model=key), self._connection.current)

    async def ask_how_to_load(self, key: str) -> None:
        """Show the options with the memory they take, and load it so."""
        choice = next((one for one in self._choices if one.key == key), None)
        if choice is None:
            return
        model = Loadable(choice.key, choice.name, choice.context, choice.most_context)
        connection = self._connection.current
        request = await ask_how_to_load(
            lambda: connection.client, connection.capabilities, model, self._page, self._scope
        )
        if request:
            self._begin(request, connection)
            self._popup_again()

    def _popup_again(self) -> None:
        """Where the progress is seen."""
        self._page.popup.open_below(self._page.picker)

    def _begin(self, request: LoadRequest, connection: Connection) -> None:
        self._page.set_load_progress(request.model, 0.0)
        self._scope.start(self._load(request, connection), replace=f"load {request.model}")

    def unload(self, key: str) -> None:
        """Unload a model's instances."""
        self._scope.start(self._unload(key, self._connection.current), replace=f"load {key}")

    def open_folder(self) -> None:
        """Show the folder in the desktop's file manager; it is made first where there is none."""
        folder = app_paths().models
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._report(StorageError(f"{folder} could not be made.", hint="Check the disk.", details=str(error)))
            return
        try:
            open_folder(str(folder))
        except AppError as error:
            self._report(error)

    async def _watch(self) -> None:
        try:
            while not self._take_choices(choices_from(await ModelsApi(self._connection.client).list_models())):
                self._page.show_no_model(str(app_paths().models))
                self._none(_no_model())
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        except AppError as error:
            self._failed(error)
            return
        self._page.show_welcome()
        if self._page.popup.isVisible():
            self._scope.start(self._reckon(self._connection.current), replace="marks")

    async def _reckon(self, connection: Connection) -> None:
        """Say of each model in the list whether it fits, one after the other."""
        if ESTIMATE_MEMORY not in connection.capabilities:
            return
        for choice in self._choices:
            if choice.loaded or choice.error is not None or not self._page.popup.isVisible():
                continue
            try:
                estimate = await ModelsApi(connection.client).estimate_memory(EstimateRequest(model=choice.key))
            except AppError:
                continue  # Whoever loads it is told why it can't be.
            if row := self._page.popup.rows.get(choice.key):
                row.set_mark(picker_mark(estimate) if estimate else None)

    def _take_choices(self, choices: list[ModelChoice]) -> bool:
        """Show these models and settle which one answers; False if none can."""
        self._choices = choices
        # Whoever answered last goes on answering, unless another was chosen.
        self._model = preferred(choices, self._chosen or (self._model.key if self._model else self._last))
        self._page.set_choices(choices)
        model = self._model
        self._page.set_model(model.key if model else "", model.name if model else "", trial=bool(model and model.trial))
        self._listed(choices)
        if model:
            self._changed(model.key)
        return self._model is not None

    async def _load(self, request: LoadRequest, connection: Connection) -> None:
        key = request.model
        try:
            async with aclosing(ModelsApi(connection.client).stream_load(request)) as events:
                async for event in events:
                    if isinstance(event, ModelLoadProgress):
                        self._page.set_load_progress(key, event.progress)
        except AppError as error:
            self._page.set_load_failure(key, error)
        finally:
            self._page.set_load_progress(key, None)
        self.look()

    async def _unload(self, key: str, connection: Connection) -> None:
        instances = next((choice.instances for choice in self._choices if choice.key == key), ())
        try:
            for instance in instances:
                await ModelsApi(connection.client).unload(instance)
        except AppError as error:
            self._page.set_load_failure(key, error)
        self.look()


def _no_model() -> AppError:
    return AppError(
        translate("Models", "This server has no model that can answer."),
        hint=translate("Models", "Download one under Discover, or choose another server."),
        retryable=True,
    )
