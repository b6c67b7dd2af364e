"""A document that is to go with a message, as the model will read it."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from studiolo.desktop.history.parts import FilePart

_SIZE = QSize(640, 560)


class DocumentViewer(QDialog):
    """Shows the text; it can be selected and copied, and not changed."""

    def __init__(self, document: FilePart, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(document.name)
        self.field = QPlainTextEdit(self)
        self.field.setReadOnly(True)
        self.field.setAccessibleName(self.tr("Text of %1").replace("%1", document.name))
        self.field.setPlainText(document.text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.field)
        layout.addWidget(buttons)
        self.resize(_SIZE)
