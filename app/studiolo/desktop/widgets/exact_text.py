"""An address or a command, shown so that nothing in it can hide: all of it, with what is not printed spelled out."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextOption, QWheelEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from studiolo.desktop.widgets.sizes import Resized, lines_height, wear_code_font
from studiolo.visible import visible

_MOST_LINES = 8


class ExactText(Resized, QPlainTextEdit):
    """Read-only, as high as its text up to a few lines, then it scrolls; Tab leaves it."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        wear_code_font(self)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(2)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Show a text, with a mark for what can't be seen in it."""
        shown = visible(text, lines=True)
        if shown != self.toPlainText():
            self.setPlainText(shown)
        self.fit()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.verticalScrollBar().maximum():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def fit(self) -> None:
        """Be as high as the text, up to a few lines."""
        lines = max(1, min(_MOST_LINES, int(self.document().size().height())))
        height = lines_height(self, lines) + 16
        if height != self.height():
            self.setFixedHeight(height)
            self.updateGeometry()
