"""Between the inspector and what is kept: the settings of a chat, presets, and the defaults of models."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from studiolo.api.models import Sampling
from studiolo.desktop.chat.conversation import Conversation
from studiolo.desktop.chat.page import ChatPage
from studiolo.desktop.chat.save_dialogs import write
from studiolo.desktop.chat.settings_panel.presets import (
    Preset,
    defaults_from,
    kept_presets,
    presets_from,
    presets_from_json,
    presets_to_json,
    with_preset,
)
from studiolo.desktop.chat.settings_panel.settings import ChatSettings
from studiolo.desktop.history.database import Database
from studiolo.desktop.history.store import History
from studiolo.desktop.language import translate
from studiolo.desktop.tasks import Report, TaskScope
from studiolo.desktop.widgets.dialogs import ask_for_file, ask_for_files, ask_for_text
from studiolo.desktop.widgets.undo import Undo
from studiolo.errors import RequestError
from studiolo.files import open_regular

_PRESETS, _MODELS = "presets", "models"
_MOST_BYTES = 16_000_000


class SettingsPanelPresenter:
    """conversation: the one in sight. changed: another model's defaults, or other settings of it, hold from now on."""

    def __init__(
        self,
        page: ChatPage,
        history: History,
        scope: TaskScope,
        undo: Undo,
        report: Report,
        *,
        conversation: Callable[[], Conversation],
        changed: Callable[[], object],
    ) -> None:
        self._page = page
        self._history = history
        self._scope = scope
        self._undo = undo
        self._report = report
        self._conversation = conversation
        self._changed = changed
        self._presets: list[Preset] = []
        self._defaults: dict[str, ChatSettings] = {}
        self._model = ""
        self._in_force = Sampling()
        inspector = page.inspector
        inspector.changed.connect(self.set_settings)
        inspector.preset_applied.connect(self.apply)
        inspector.preset_saved.connect(lambda: scope.start(self.save_preset(), replace="preset"))
        inspector.preset_removed.connect(self.remove)
        inspector.presets_exported.connect(lambda: scope.start(self.export(), replace="preset"))
        inspector.presets_imported.connect(lambda: scope.start(self.take_in(), replace="preset"))
        inspector.default_requested.connect(lambda: scope.start(self.make_default()))
        page.composer.preset_chosen.connect(self.apply)
        self._read = asyncio.Event()
        """What is kept has been read: what is saved before that would take its place."""
        scope.start(self._read_kept())

    def settings_for(self, conversation: Conversation, model: str) -> ChatSettings:
        """Return what a conversation asks of a model: its own settings, then the model's defaults."""
        return conversation.settings.over(self._defaults.get(model, ChatSettings()))

    @property
    def current(self) -> ChatSettings:
        """Return the settings of the conversation in sight and the model that answers."""
        return self.settings_for(self._conversation(), self._model)

    @property
    def presets(self) -> Sequence[Preset]:
        """Return those that are kept."""
        return self._presets

    @property
    def defaults(self) -> Mapping[str, ChatSettings]:
        """Return the defaults of each model that has its own, by its key."""
        return self._defaults

    def use_model(self, model: str, in_force: Sampling) -> None:
        """Let the defaults of a model hold.

        in_force: what its server does where neither a chat nor they say anything.
        """
        self._model, self._in_force = model, in_force
        self._show_defaults()

    def _show_defaults(self) -> None:
        self._page.inspector.set_defaults(self._defaults.get(self._model, ChatSettings()), self._in_force)

    def set_settings(self, settings: ChatSettings) -> None:
        """Set what the conversation in sight asks of its model from the next reply on."""
        conversation = self._conversation()
        conversation.settings = settings
        if chat := conversation.chat:
            self._history.soon(self._report, Database.set_settings, chat.id, conversation.kept)
        self._changed()

    def apply(self, name: str) -> None:
        """Take a preset's settings in place of the chat's; it can be undone."""
        preset = next((one for one in self._presets if one.name == name), None)
        if preset is None:
            return
        conversation, before = self._conversation(), self._conversation().settings
        self._put(conversation, preset.settings)
        text = translate("SettingsPanelPresenter", "Preset “%1” applied").replace("%1", name)
        self._undo.add(text, lambda: self._put(conversation, before))

    def remove(self, name: str) -> None:
        """Forget a preset; it can be undone."""
        before = self._presets
        self._set_presets([preset for preset in before if preset.name != name])
        self._undo.add(
            translate("SettingsPanelPresenter", "Preset “%1” removed").replace("%1", name),
            lambda: self._set_presets(before),
        )

    async def make_default(self) -> None:
        """Let the settings of the conversation in sight be those of its model, wherever a chat says nothing else."""
        await self._read.wait()
        if not self._model:
            return
        before = dict(self._defaults)
        conversation, own = self._conversation(), self._conversation().settings
        self._set_defaults(before | {self._model: self.current})
        self._put(conversation, ChatSettings())

        def back() -> None:
            self._set_defaults(before)
            self._put(conversation, own)

        self._undo.add(translate("SettingsPanelPresenter", "These are the model's defaults now"), back)

    async def save_preset(self) -> None:
        """Keep the settings that hold now under a name that is asked for."""
        self._page.inspector.settle()
        settings = self.current
        name = await ask_for_text(
            self._page,
            translate("SettingsPanelPresenter", "Save as a preset"),
            translate("SettingsPanelPresenter", "Name"),
        )
        await self._read.wait()
        if name:
            self._set_presets(with_preset(self._presets, Preset(name, settings)))

    async def export(self) -> None:
        """Write all presets into a file."""
        target = await ask_for_file(
            self._page,
            translate("SettingsPanelPresenter", "Export presets"),
            translate("SettingsPanelPresenter", "Presets"),
            {".json": "JSON"},
        )
        if target:
            await asyncio.to_thread(write, target, presets_to_json(self._presets).encode())

    async def take_in(self) -> None:
        """Take in the presets of a file, beside those that are there; one of the same name takes the other's place."""
        files = await ask_for_files(
            self._page, translate("SettingsPanelPresenter", "Import presets"), ["JSON (*.json)"], one=True
        )
        for file in files:
            try:
                text = await asyncio.to_thread(_text_of, file)
            except OSError as error:
                raise RequestError(f"{file.name} can't be read.", hint=f"{error.strerror}.") from error
            await self._read.wait()
            presets = self._presets
            for preset in presets_from_json(text, file.name):
                presets = with_preset(presets, preset)
            self._set_presets(presets)

    def _put(self, conversation: Conversation, settings: ChatSettings) -> None:
        conversation.settings = settings
        if chat := conversation.chat:
            self._history.soon(self._report, Database.set_settings, chat.id, conversation.kept)
        if conversation is self._conversation():
            self._page.inspector.show_settings(settings)
            self._changed()

    def _set_presets(self, presets: list[Preset]) -> None:
        self._show_presets(presets)
        self._history.soon(self._report, Database.set_note, _PRESETS, kept_presets(presets))

    def _show_presets(self, presets: list[Preset]) -> None:
        self._presets = presets
        names = [preset.name for preset in presets]
        self._page.inspector.set_presets(names)
        self._page.composer.set_presets(names)

    def _set_defaults(self, defaults: dict[str, ChatSettings]) -> None:
        self._defaults = defaults
        kept = {key: settings.changed for key, settings in defaults.items()}
        self._history.soon(self._report, Database.set_note, _MODELS, kept)
        self._show_defaults()
        self._changed()

    async def _read_kept(self) -> None:
        self._defaults = defaults_from(await self._history.do(Database.note, _MODELS))
        self._show_presets(presets_from(await self._history.do(Database.note, _PRESETS)))
        self._read.set()
        self._show_defaults()
        self._changed()


def _text_of(file: Path) -> str:
    """As much of it as presets may be. Raises OSError."""
    with open_regular(file) as chosen:
        return chosen.read(_MOST_BYTES).decode("utf-8-sig", errors="replace")
