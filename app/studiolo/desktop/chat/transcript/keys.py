"""Input that is the conversation's, whichever field of it has the focus or lies under the mouse."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent

from studiolo.desktop.widgets.mixin import WidgetMixin

_SCROLLING = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End)


def passed_on(event: QKeyEvent) -> bool:
    """Return whether a field leaves it to the conversation: what copies, what scrolls, and whatever goes with Alt."""
    standard = QKeySequence.StandardKey
    if event.matches(standard.Copy) or event.matches(standard.SelectAll):
        return True
    if event.modifiers() == Qt.KeyboardModifier.AltModifier:
        return True
    return event.modifiers() == Qt.KeyboardModifier.NoModifier and event.key() in _SCROLLING


class SharesInput(WidgetMixin):
    """A field whose keys, mouse and menu the conversation hears of, too: a selection may go on beyond it."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if passed_on(event):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu is that of the message."""
        event.ignore()
