"""Who runs each action, and the shortcuts in force: what menus, palette and lists of shortcuts are made from."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from studiolo.desktop.actions.action import SECTIONS, Action
from studiolo.desktop.actions.catalog import ACTIONS
from studiolo.desktop.actions.shortcuts import resolved
from studiolo.desktop.widgets.modal_panel import OVER_DIALOGS

_ORDER = {section: number for number, section in enumerate(SECTIONS)}


@dataclass(frozen=True, slots=True)
class _Binding:
    run: Callable[[], object]
    enabled: Callable[[], bool]
    entry: QAction


def _always() -> bool:
    return True


class ActionRegistry(QObject):
    """The actions of a window: those of the list that somebody runs, each with a QAction of the window.

    An action that nobody has bound is as if it were not in the list, except for those that a message runs itself.

    Signals:
        changed: Actions came, or have other shortcuts now.
        started: An action is about to run; its id.
    """

    changed = Signal()
    started = Signal(str)

    def __init__(self, window: QWidget, actions: Iterable[Action] = ACTIONS) -> None:
        super().__init__(window)
        self._window = window
        self._actions = {action.id: action for action in actions}
        self._bindings: dict[str, _Binding] = {}
        self._edited: Mapping[str, str] = {}
        self._keys = resolved(self._actions.values(), {})
        self._tips: list[tuple[QWidget, str, str]] = []

    @property
    def actions(self) -> list[Action]:
        """Return what can be done here, section by section."""
        known = [
            action for action in self._actions.values() if action.id in self._bindings or action.section == "message"
        ]
        return sorted(known, key=lambda action: _ORDER[action.section])

    def action(self, action_id: str) -> Action | None:
        """Return an action of the list, whether somebody runs it or not; None for one that is not in it."""
        return self._actions.get(action_id)

    def add(self, action: Action, run: Callable[[], object], *, enabled: Callable[[], bool] = _always) -> None:
        """Put one more action into the list, and bind it."""
        self._actions[action.id] = action
        self._keys = resolved(self._actions.values(), self._edited)
        self.bind(action.id, run, enabled=enabled)

    def bind(self, action_id: str, run: Callable[[], object], *, enabled: Callable[[], bool] = _always) -> None:
        """Say what an action of the list does, and when it can be done. Raises KeyError for one that is not in it."""
        action = self._actions[action_id]
        if former := self._bindings.get(action_id):
            entry = former.entry
        else:
            entry = QAction(action.title, self._window)
            entry.setObjectName(action_id)
            entry.setProperty(OVER_DIALOGS, action.over_dialogs)
            entry.triggered.connect(lambda: self.run(action_id))
            self._window.addAction(entry)
        self._bindings[action_id] = _Binding(run, enabled, entry)
        self._put_on(action_id)
        self.changed.emit()

    def is_enabled(self, action_id: str) -> bool:
        """Return whether an action can be done now."""
        return action_id in self._bindings and self._bindings[action_id].enabled()

    def run(self, action_id: str) -> None:
        """Do it, if it can be done now."""
        if self.is_enabled(action_id):
            self.started.emit(action_id)
            self._bindings[action_id].run()

    def entry(self, action_id: str) -> QAction:
        """Return what a menu shows of an action. Raises KeyError for one that nobody runs."""
        return self._bindings[action_id].entry

    def keys_of(self, action_id: str) -> str:
        """Return the shortcut in force as QKeySequence writes it; empty for none, and for what nobody runs."""
        known = action_id in self._bindings or self._actions[action_id].section == "message"
        return self._keys[action_id] if known else ""

    def shown_keys(self, action_id: str) -> str:
        """Return the shortcut in force as this platform shows it; empty for none."""
        return QKeySequence(self.keys_of(action_id)).toString(QKeySequence.SequenceFormat.NativeText)

    def use(self, edited: Mapping[str, str]) -> None:
        """Have these shortcuts instead of the defaults, by the actions' ids; empty for none."""
        self._edited = dict(edited)
        self._keys = resolved(self._actions.values(), self._edited)
        for action_id in self._bindings:
            self._put_on(action_id)
        self.changed.emit()

    def tip(self, widget: QWidget, action_id: str) -> None:
        """Have a widget's tool tip name its shortcut, behind what it says now."""
        self._tips.append((widget, action_id, widget.toolTip() or widget.accessibleName()))
        widget.destroyed.connect(lambda: self._forget(widget))
        self._tell(*self._tips[-1])

    def _forget(self, widget: QWidget) -> None:
        self._tips = [tip for tip in self._tips if tip[0] is not widget]

    def _tell(self, widget: QWidget, action_id: str, text: str) -> None:
        keys = self.shown_keys(action_id)
        widget.setToolTip(f"{text} ({keys})" if keys else text)

    def _put_on(self, action_id: str) -> None:
        """Give its QAction the keys in force, and name them in tool tips."""
        action, keys, entry = self._actions[action_id], self._keys[action_id], self._bindings[action_id].entry
        sequences = [QKeySequence(keys)] if keys and not action.fixed else []
        if sequences and keys == action.default_keys:
            taken = self._keys.values()
            sequences += [QKeySequence(one) for one in action.more_keys if one not in taken]
        if entry.shortcuts() != sequences:
            entry.setShortcuts(sequences)
        for tip in self._tips:
            if tip[1] == action_id:
                self._tell(*tip)
