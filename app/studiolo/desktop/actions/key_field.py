"""A field that takes the next keys as a shortcut."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from studiolo.desktop.actions.shortcuts import is_modifier

_WIDTH = 190


class KeyField(QLineEdit):
    """Shows keys; after Enter, Space or a click it waits for others. Escape or leaving it ends that.

    While it waits no shortcut of the window is taken for a command.

    Signals:
        recorded: Keys were pressed; a QKeySequence of one press.
        removed: Delete or Backspace was pressed: there shall be none.
    """

    recorded = Signal(QKeySequence)
    removed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._shown = ""
        self._waits = False
        self.setReadOnly(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setPlaceholderText(self.tr("None"))

    @property
    def waits(self) -> bool:
        """Return whether the next keys are taken."""
        return self._waits

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_keys(self, keys: str, name: str) -> None:
        """Show the keys that there are, as this platform writes them; name: what they are for."""
        self._shown = keys
        self._waits = False
        self.setText(keys)
        self.setAccessibleName(
            self.tr("Shortcut for %1: %2").replace("%1", name).replace("%2", keys or self.tr("None"))
        )

    def begin(self) -> None:
        """Wait for keys."""
        if self.isEnabled():
            self._waits = True
            self.setText(self.tr("Press the keys…"))
            self.setFocus()

    def event(self, event: QEvent) -> bool:
        if self._waits and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            # Tab, too: it would lead on before the field sees it.
            if event.type() == QEvent.Type.KeyPress and event.key() not in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                self._hear(event)
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.begin()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.begin()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._end()

    def _hear(self, event: QKeyEvent) -> None:
        if is_modifier(event.key()) or event.key() in (0, Qt.Key.Key_unknown):
            return
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if plain and event.key() == Qt.Key.Key_Escape:
            self._end()
        elif plain and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._end()
            self.removed.emit()
        else:
            self._end()
            self.recorded.emit(QKeySequence(event.keyCombination()))

    def _end(self) -> None:
        if self._waits:
            self._waits = False
            self.setText(self._shown)
