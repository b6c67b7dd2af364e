"""Keys that are the conversation's, whichever field of it has the focus."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

_SCROLLING = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End)


def passed_on(event: QKeyEvent) -> bool:
    """Whether a field leaves it to the conversation: what copies, what scrolls, and whatever goes with Alt."""
    standard = QKeySequence.StandardKey
    if event.matches(standard.Copy) or event.matches(standard.SelectAll):
        return True
    if event.modifiers() == Qt.KeyboardModifier.AltModifier:
        return True
    return event.modifiers() == Qt.KeyboardModifier.NoModifier and event.key() in _SCROLLING
