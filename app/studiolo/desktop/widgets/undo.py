"""The way back: what was done last is undone, by a button for a while and by Ctrl+Z as long as the window is open."""

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

_TOAST_MS = 10_000
_MOST = 100


class Toast(QFrame):
    """Says what was done, and undoes it, for ten seconds."""

    undo_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.undo = QPushButton(self.tr("Undo"), self)
        self.undo.setToolTip(self.tr("Undo"))
        layout = QHBoxLayout(self)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.undo)
        self.undo.clicked.connect(self.undo_requested)
        self._end = QTimer(self)
        self._end.setSingleShot(True)
        self._end.setInterval(_TOAST_MS)
        self._end.timeout.connect(self.hide)
        self.hide()

    def tell(self, text: str, *, undoable: bool = True) -> None:
        """Show a text for some seconds, and whether what it tells can be undone."""
        self.label.setText(text)
        self.undo.setVisible(undoable)
        self.setAccessibleName(text)
        self.show()
        self._end.start()


class Undo:
    """What can be undone, the latest first; `toast` tells of it."""

    def __init__(self, toast: Toast) -> None:
        self._toast = toast
        self._stack: list[Callable[[], object]] = []
        toast.undo_requested.connect(self.undo)

    def add(self, text: str, back: Callable[[], object]) -> None:
        """Offer to undo something. `text` says what was done; `back` undoes it."""
        self._stack = [*self._stack[1 - _MOST :], back]
        self._toast.tell(text)

    def tell(self, text: str) -> None:
        """Say something in passing that needs no way back."""
        self._toast.tell(text, undoable=False)

    def undo(self) -> bool:
        """Undo what was done last; False if there is nothing."""
        self._toast.hide()
        if not self._stack:
            return False
        self._stack.pop()()
        return True
