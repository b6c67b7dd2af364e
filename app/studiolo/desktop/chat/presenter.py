"""Between the page and the server: sends turns, takes in the events of replies, knows the models."""

import asyncio
import time
from contextlib import aclosing

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices

from studiolo.api.chat import ChatRequest
from studiolo.api.events import ErrorEvent, ModelLoadProgress
from studiolo.api.models import LoadRequest
from studiolo.client.errors import error_from_info
from studiolo.desktop.chat.choices import ModelChoice, choices_from, preferred
from studiolo.desktop.chat.model import Activity, Conversation, Phase, Reply, Turn
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.connections.connection import Connection, Lost, Ready, Starting
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.errors import AppError, StorageError, UnreachableError
from studiolo.paths import app_paths

_LOOK_AGAIN_SECONDS = 3.0


class ChatPresenter:
    """One conversation: at most one reply is under way; turns asked to be tried again meanwhile wait in line."""

    def __init__(self, page: ChatPage, connection: Connection, report: Report) -> None:
        self._page = page
        self._connection = connection
        self._report = report
        self._scope = TaskScope(page, report)
        self._conversation = Conversation()
        self._choices: list[ModelChoice] = []
        self._chosen: str | None = None
        self._model: ModelChoice | None = None
        self._waiting: list[Turn] = []
        self._current: Turn | None = None
        self._reconnecting = False
        self._answering: asyncio.Task[object] | None = None
        page.sent.connect(self.send)
        page.stop_requested.connect(self.stop)
        page.retry_requested.connect(self.retry)
        page.new_chat_requested.connect(self.new_chat)
        page.reconnect_requested.connect(connection.retry)
        page.models_wanted.connect(self.look_for_models)
        page.model_chosen.connect(self.choose)
        page.load_requested.connect(self.load)
        page.unload_requested.connect(self.unload)
        page.folder_requested.connect(self.open_models_folder)
        page.destroyed.connect(self.close)
        connection.changed.connect(self._connection_changed)
        self._connection_changed()

    def send(self, text: str) -> None:
        """Ask something new."""
        turn = self._conversation.ask(text)
        self._page.add_turn(turn)
        self._line_up(turn)

    def retry(self, reply: Reply) -> None:
        """Send the turn of `reply` once more; what it had got is dropped."""
        # A server that has died may not be missed yet: after a broken connection, look again before sending.
        if isinstance(reply.failure, UnreachableError) or isinstance(self._connection.state, Lost):
            self._reconnecting = not isinstance(self._connection.state, Starting)
            self._connection.retry()
        reply.begin()
        self._page.reply_changed(reply)
        self._line_up(self._conversation.turn_of(reply))

    def stop(self) -> None:
        """End the reply under way, and those in line, at once. What has been said stays."""
        for turn in self._waiting:
            turn.reply.stop()
            self._page.reply_changed(turn.reply)
        self._waiting.clear()
        if self._answering:
            self._answering.cancel()
        self._page.set_busy(self._current is not None)

    def new_chat(self) -> None:
        """Begin an empty conversation; a reply under way is given up."""
        self._waiting.clear()
        self._current = None
        if self._answering:
            self._answering.cancel()
        self._conversation = Conversation()
        self._page.set_turns([])
        self._page.set_busy(False)
        self._page.composer.setFocus()

    def choose(self, key: str) -> None:
        """Let this model answer from the next message on."""
        self._chosen = key
        self._take_choices(self._choices)

    def look_for_models(self) -> None:
        """Ask the server which models there are; while there is none, ask again every few seconds."""
        if isinstance(self._connection.state, Ready):
            self._scope.start(self._watch_models(), replace="models")

    def load(self, key: str) -> None:
        self._page.set_load_progress(key, 0.0)
        self._scope.start(self._load(key), replace=f"load {key}")

    def unload(self, key: str) -> None:
        self._scope.start(self._unload(key), replace=f"load {key}")

    def open_models_folder(self) -> None:
        """Show the folder in the desktop's file manager; it is made first where there is none."""
        folder = app_paths().models
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._report(StorageError(f"{folder} could not be made.", hint="Check the disk.", details=str(error)))
            return
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._report(AppError("No file manager could be opened.", hint=f"The folder is {folder}"))

    def close(self, *_: object) -> None:
        """End whatever is under way."""
        self._current = None
        self._scope.close()

    async def aclose(self) -> None:
        """Like `close`, and wait until it has ended."""
        self.close()
        await self._scope.aclose()

    def _connection_changed(self) -> None:
        self._reconnecting = False
        match self._connection.state:
            case Starting():
                self._page.show_starting(Activity(Phase.SENDING, time.monotonic()))
            case Lost(error=error):
                self._lost(error)
            case Ready():
                self._page.show_welcome()
                self.look_for_models()

    def _lost(self, error: AppError) -> None:
        for turn in self._waiting:
            turn.reply.fail(error)
            self._page.reply_changed(turn.reply)
        self._waiting.clear()
        self._page.set_busy(self._current is not None)
        self._show_lost(error)

    def _show_lost(self, error: AppError) -> None:
        turns = self._conversation.turns
        self._page.show_lost(error, told=bool(turns) and turns[-1].reply.failure is not None)

    def _line_up(self, turn: Turn) -> None:
        self._waiting.append(turn)
        self._page.set_busy(True)
        self._next()

    def _next(self) -> None:
        ready = isinstance(self._connection.state, Ready) and not self._reconnecting
        if self._current is None and self._waiting and self._model and ready:
            self._current = self._waiting.pop(0)
            self._answering = self._scope.start(self._answer(self._current, self._model.key))

    async def _answer(self, turn: Turn, model: str) -> None:
        reply = turn.reply
        request = ChatRequest(
            model=model,
            input=turn.question.text,
            stream=True,
            previous_response_id=self._conversation.continued_from(turn),
        )
        try:
            async with aclosing(self._connection.client.chat(request)) as events:
                async for event in events:
                    if isinstance(event, ErrorEvent):
                        reply.fail(error_from_info(event.error))
                    else:
                        reply.apply(event)
                    self._show(turn)
        except AppError as error:
            reply.fail(error)
        except asyncio.CancelledError:
            reply.stop()
            raise
        except Exception as error:
            reply.fail(
                AppError(
                    QCoreApplication.translate("ChatPresenter", "The reply could not be read."),
                    details=repr(error),
                    retryable=True,
                )
            )
            raise
        finally:
            self._answered(turn)

    def _show(self, turn: Turn) -> None:
        # A turn that is no longer the current one belongs to a conversation that has left the page.
        if self._current is turn:
            self._page.reply_changed(turn.reply)

    def _answered(self, turn: Turn) -> None:
        self._show(turn)
        if self._current is not turn:
            return
        self._current = None
        self._page.set_busy(bool(self._waiting))
        # The request may have loaded its model, and others have made room for it.
        self.look_for_models()
        self._next()

    async def _watch_models(self) -> None:
        try:
            while not self._take_choices(choices_from(await self._connection.client.models())):
                self._page.show_no_model(str(app_paths().models))
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        except AppError as error:
            self._show_lost(error)
            return
        self._page.show_welcome()
        self._next()

    def _take_choices(self, choices: list[ModelChoice]) -> bool:
        """Show these models and settle which one answers; False if none can."""
        self._choices = choices
        # Whoever answered last goes on answering, unless another was chosen.
        self._model = preferred(choices, self._chosen or (self._model.key if self._model else None))
        self._page.set_choices(choices)
        self._page.set_model(self._model.key if self._model else "", self._model.name if self._model else "")
        return self._model is not None

    async def _load(self, key: str) -> None:
        try:
            async with aclosing(self._connection.client.load_events(LoadRequest(model=key))) as events:
                async for event in events:
                    if isinstance(event, ModelLoadProgress):
                        self._page.set_load_progress(key, event.progress)
        except AppError as error:
            self._page.set_load_failure(key, error)
        finally:
            self._page.set_load_progress(key, None)
        self.look_for_models()

    async def _unload(self, key: str) -> None:
        instances = next((choice.instances for choice in self._choices if choice.key == key), ())
        try:
            for instance in instances:
                await self._connection.client.unload(instance)
        except AppError as error:
            self._page.set_load_failure(key, error)
        self.look_for_models()
