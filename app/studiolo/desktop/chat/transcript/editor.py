"""The field in which a message is written anew."""

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.chat.composing.wrapping import MOST_LINES, MOST_WRITTEN, too_long, wrap_for
from studiolo.desktop.widgets.sizes import lines_height

_LEAST_LINES, _MOST_LINES = 2, 16


class _Field(QPlainTextEdit):
    """Enter sends, Shift+Enter breaks the line, Escape leaves.

    Where Enter `breaks` the line, too, Ctrl+Enter sends.
    """

    submitted = Signal()
    left = Signal()
    refused = Signal()
    """What was pasted would make the text too long."""
    breaks = False

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = self.toPlainText() + source.text()
        if too_long(text):
            self.refused.emit()
        else:
            wrap_for(self, text)
            super().insertFromMimeData(source)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._ends(event.modifiers()):
            self.submitted.emit()
        else:
            super().keyPressEvent(event)

    def _ends(self, modifiers: Qt.KeyboardModifier) -> bool:
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        return control or (not self.breaks and not modifiers & Qt.KeyboardModifier.ShiftModifier)


class MessageEditor(QFrame):
    """`sent` has the text, which is neither empty nor as it was."""

    sent = Signal(str)
    cancelled = Signal()
    grown = Signal()

    def __init__(self, text: str, parent: QWidget, *, verb: str, breaks: bool = False) -> None:
        """`verb` is what its button does. breaks: Enter begins a new line, and sends with Ctrl only."""
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._before = text
        self.field = _Field(self)
        if too_long(text):
            text = self._before = self._refusal()
            self.field.setReadOnly(True)
        wrap_for(self.field, text)
        self.field.setPlainText(text)
        self.field.breaks = breaks
        self.field.setFrameShape(QFrame.Shape.NoFrame)
        self.field.setAccessibleName(self.tr("Edit message"))
        self.field.moveCursor(self.field.textCursor().MoveOperation.End)
        self.send = QPushButton(verb, self)
        self.send.setProperty("kind", "primary")
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.told = QLabel(self)
        self.told.setProperty("kind", "error")
        self.told.hide()
        buttons = QHBoxLayout()
        buttons.addWidget(self.told)
        buttons.addStretch()
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.send)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.addWidget(self.field, 1)
        layout.addLayout(buttons)
        self.field.submitted.connect(self._submit)
        self.field.left.connect(self.cancelled)
        self.field.refused.connect(self._refuse)
        self.field.textChanged.connect(self._changed)
        self.send.clicked.connect(self._submit)
        self.cancel.clicked.connect(self.cancelled)
        self._changed()

    def _refusal(self) -> str:
        told = self.tr(
            "This message has more than %1 characters or %2 lines: it can't be changed here. Copy it, change it in an "
            "editor, and attach it to a new message."
        )
        return told.replace("%1", f"{MOST_WRITTEN:,}").replace("%2", f"{MOST_LINES:,}")

    def tab_stops(self) -> list[QWidget]:
        """Return the widgets that Tab goes through."""
        return [self.field, self.cancel, self.send]

    def height_for(self, width: int) -> int:
        """Return pixels, at a width in pixels."""
        self.field.document().setTextWidth(width - 24)
        lines = max(_LEAST_LINES, min(_MOST_LINES, int(self.field.document().size().height())))
        return lines_height(self.field, lines) + self.send.sizeHint().height() + 40

    def _refuse(self) -> None:
        told = self.tr("At most %1 characters and %2 lines")
        self.told.setText(told.replace("%1", f"{MOST_WRITTEN:,}").replace("%2", f"{MOST_LINES:,}"))
        self.told.show()

    def _changed(self) -> None:
        self.told.hide()
        text = self.field.toPlainText().strip()
        self.send.setEnabled(bool(text) and text != self._before.strip())
        self.grown.emit()

    def _submit(self) -> None:
        if self.send.isEnabled():
            self.sent.emit(self.field.toPlainText().strip())
