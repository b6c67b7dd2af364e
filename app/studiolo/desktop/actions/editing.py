"""Another shortcut for an action: what stands against it, and where it is kept."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence

from studiolo.desktop.actions.action import Action
from studiolo.desktop.actions.registry import ActionRegistry
from studiolo.desktop.actions.shortcuts import refusal_of
from studiolo.desktop.settings.store import DesktopSettingsStore
from studiolo.errors import AppError

_PORTABLE = QKeySequence.SequenceFormat.PortableText


class ShortcutEditor(QObject):
    """Keeps in the settings what differs from the defaults; a change is in force at once.

    What the settings say of actions that are not known here stays there.
    """

    def __init__(
        self, registry: ActionRegistry, settings: DesktopSettingsStore, report: Callable[[BaseException], None]
    ) -> None:
        super().__init__(registry)
        self.registry = registry
        self._settings = settings
        self._report = report
        settings.changed.connect(self._hear)
        registry.use(settings.current.shortcuts)

    @property
    def edited(self) -> frozenset[str]:
        """Return the ids of the actions whose shortcut is not the default."""
        return frozenset(
            action.id
            for action in self.registry.actions
            if not action.fixed and self.registry.keys_of(action.id) != action.default_keys
        )

    def refusal(self, action: Action, keys: QKeySequence) -> str:
        """Return why these keys can't be its shortcut; empty if they can."""
        return refusal_of(keys, action)

    def conflict(self, action: Action, keys: QKeySequence) -> Action | None:
        """Return the other action that has these keys now."""
        wanted = keys.toString(_PORTABLE)
        for other in self.registry.actions:
            if other.id != action.id and wanted and self.registry.keys_of(other.id) == wanted:
                return other
        return None

    def assign(self, action: Action, keys: QKeySequence) -> None:
        """Let these be its keys, none for an empty sequence; another action that had them has none then."""
        changes = {action.id: keys.toString(_PORTABLE)}
        if other := self.conflict(action, keys):
            changes[other.id] = ""
        self._keep(changes)

    def restore_all(self) -> None:
        """Let every action have its default again."""
        self._keep({action.id: action.default_keys for action in self.registry.actions})

    def _keep(self, changes: dict[str, str]) -> None:
        kept = dict(self._settings.current.shortcuts)
        for action_id, keys in changes.items():
            action = self.registry.action(action_id)
            if action is None or action.fixed:
                continue
            if keys == action.default_keys:
                kept.pop(action_id, None)
            else:
                kept[action_id] = keys
        try:
            self._settings.change(shortcuts=kept)
        except AppError as error:
            self._report(error)

    def _hear(self, names: frozenset[str]) -> None:
        if "shortcuts" in names:
            self.registry.use(self._settings.current.shortcuts)
