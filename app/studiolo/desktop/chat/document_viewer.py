"""A document that is to go with a message, as the model will read it."""

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from studiolo.desktop.chat.composing.wrapping import shown_of, wrap_for
from studiolo.desktop.history.parts import FilePart
from studiolo.desktop.widgets.sizes import room_for

_SIZE = (640, 560)


class DocumentViewer(QDialog):
    """Shows the text; it can be selected and copied, and not changed."""

    def __init__(self, document: FilePart, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(document.name)
        self.field = QPlainTextEdit(self)
        self.field.setReadOnly(True)
        self.field.setAccessibleName(self.tr("Text of %1").replace("%1", document.name))
        shown = shown_of(document.text)
        wrap_for(self.field, shown)
        self.field.setPlainText(shown)
        rest = QLabel(
            self.tr("These are the first %1 of its %2 characters. All of them go with the message.")
            .replace("%1", f"{len(shown):,}")
            .replace("%2", f"{len(document.text):,}"),
            self,
        )
        rest.setWordWrap(True)
        rest.setVisible(len(shown) < len(document.text))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.field)
        layout.addWidget(rest)
        layout.addWidget(buttons)
        self.resize(room_for(self, *_SIZE))
