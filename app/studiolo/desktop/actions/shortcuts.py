"""Which shortcut each action has, and which keys can be none."""

import sys
from collections.abc import Iterable, Mapping

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence

from studiolo.desktop.actions.action import Action
from studiolo.desktop.language import translate

_KEY, _MODIFIER = Qt.Key, Qt.KeyboardModifier
_MODIFIER_KEYS = frozenset(
    (_KEY.Key_Control, _KEY.Key_Shift, _KEY.Key_Alt, _KEY.Key_Meta, _KEY.Key_AltGr, _KEY.Key_Super_L, _KEY.Key_Super_R)
)
_EDITING = (
    QKeySequence.StandardKey.Copy,
    QKeySequence.StandardKey.Cut,
    QKeySequence.StandardKey.Paste,
    QKeySequence.StandardKey.SelectAll,
    QKeySequence.StandardKey.Undo,
    QKeySequence.StandardKey.Redo,
    QKeySequence.StandardKey.DeleteStartOfWord,
    QKeySequence.StandardKey.DeleteEndOfWord,
)
_MOVING = frozenset(
    (
        _KEY.Key_Left,
        _KEY.Key_Right,
        _KEY.Key_Up,
        _KEY.Key_Down,
        _KEY.Key_Home,
        _KEY.Key_End,
        _KEY.Key_PageUp,
        _KEY.Key_PageDown,
    )
)
_WRITING = frozenset(
    (
        _KEY.Key_Return,
        _KEY.Key_Enter,
        _KEY.Key_Backspace,
        _KEY.Key_Delete,
        _KEY.Key_Insert,
        _KEY.Key_Space,
        _KEY.Key_Tab,
        _KEY.Key_Backtab,
        _KEY.Key_Escape,
        _KEY.Key_Menu,
    )
)
_PLATFORM: dict[str, tuple[str, ...]] = {
    # What Qt calls Ctrl and Meta there are Command and Control.
    "darwin": ("Ctrl+H", "Ctrl+M", "Ctrl+Alt+H", "Ctrl+Space", "Ctrl+`", "Ctrl+Q", "Meta+Space"),
    "win32": ("Alt+F4", "Alt+Space", "Ctrl+Esc", "Ctrl+Shift+Esc", "Shift+F10", "F10"),
    "linux": ("Alt+F4", "Alt+Space", "Ctrl+Esc", "Shift+F10", "F10"),
}


def single(keys: str) -> QKeySequence | None:
    """Return the keys that a text names; None where it names none, or more than one press."""
    sequence = QKeySequence.fromString(keys, QKeySequence.SequenceFormat.PortableText)
    if sequence.count() != 1 or _combination(sequence).key() in (_KEY.Key_unknown, _KEY(0)):
        return None
    return sequence


def resolved(actions: Iterable[Action], edited: Mapping[str, str]) -> dict[str, str]:
    """Return the shortcut of each action by its id, empty for none; no two have the same.

    What a person chose goes before defaults. What `edited` says of actions that are not known, or in words that name no
    keys, is passed over.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    ordered = list(actions)
    wishes = [(action, _wish(action, edited)) for action in ordered]
    # First what can't be otherwise, then what was chosen, then the rest.
    for fixed, chosen in ((True, False), (False, True), (False, False)):
        for action, wish in wishes:
            if action.fixed is not fixed or (wish is not None) is not chosen:
                continue
            keys = action.default_keys if wish is None else wish
            found[action.id] = "" if keys in taken else keys
            taken |= {keys} if keys else set()
    return {action.id: found[action.id] for action in ordered}


def _wish(action: Action, edited: Mapping[str, str]) -> str | None:
    if action.fixed or action.id not in edited:
        return None
    keys = edited[action.id]
    if not keys:
        return ""
    sequence = single(keys)
    if sequence is None or refusal_of(sequence, action):
        return None
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)


def refusal_of(sequence: QKeySequence, action: Action) -> str:
    """Return why keys can't be the shortcut of an action; empty if they can. Its default always can."""
    if sequence == QKeySequence(action.default_keys):
        return ""
    combination = _combination(sequence)
    shown = sequence.toString(QKeySequence.SequenceFormat.NativeText)
    if any(sequence in QKeySequence.keyBindings(standard) for standard in _EDITING):
        return translate("Shortcuts", "%1 is for editing text. Choose other keys.").replace("%1", shown)
    if _types(combination) or combination.key() in _WRITING or _moves(combination):
        return translate(
            "Shortcuts", "%1 is needed for writing and moving. Add Ctrl or Alt, or choose another key."
        ).replace("%1", shown)
    if _is_the_systems(combination, sequence):
        return translate("Shortcuts", "%1 belongs to the system. Choose other keys.").replace("%1", shown)
    return ""


def is_modifier(key: int) -> bool:
    """Return whether a key alone says nothing yet."""
    return key in _MODIFIER_KEYS


def _combination(sequence: QKeySequence) -> QKeyCombination:
    first: QKeyCombination = sequence[0]  # type: ignore[index]  # Qt's description of itself leaves it out.
    return first


def _types(combination: QKeyCombination) -> bool:
    """A letter or sign, alone or with Shift, is written."""
    without = combination.keyboardModifiers() & ~(_MODIFIER.ShiftModifier | _MODIFIER.KeypadModifier)
    return without == _MODIFIER.NoModifier and combination.key() < _KEY.Key_Escape


def _moves(combination: QKeyCombination) -> bool:
    """Arrows and their like move the cursor, with Shift and Ctrl by words and with a selection."""
    if combination.key() not in _MOVING:
        return False
    return not combination.keyboardModifiers() & _MODIFIER.AltModifier or sys.platform == "darwin"


def _is_the_systems(combination: QKeyCombination, sequence: QKeySequence) -> bool:
    modifiers = combination.keyboardModifiers()
    if sequence in [QKeySequence(keys) for keys in _PLATFORM.get(sys.platform, _PLATFORM["linux"])]:
        return True
    if sys.platform == "darwin":
        return False
    if modifiers & _MODIFIER.MetaModifier:
        return True
    # Ctrl and Alt together are AltGr on many keyboards, which writes.
    return sys.platform == "win32" and modifiers == _MODIFIER.ControlModifier | _MODIFIER.AltModifier
