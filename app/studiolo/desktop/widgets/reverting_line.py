"""A line of text that Escape brings back to what it was, before it closes anything."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget


class RevertingLine(QLineEdit):
    """`kept` is the text in force, which Escape shows again where somebody has written something else."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kept = ""

    def show_kept(self, text: str) -> None:
        """Show the text in force, unless somebody is writing another."""
        self.kept = text
        if not (self.hasFocus() and self.isModified()):
            self.setText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self.kept:
            self.setText(self.kept)
        else:
            super().keyPressEvent(event)
