"""The pieces a message is made of on screen. A run shows one part and knows its height at a width.

Another kind of part is another Run class and a line in `make_run`.
"""

from abc import abstractmethod

from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QMenu, QTextBrowser, QTextEdit, QVBoxLayout, QWidget

from studiolo.desktop.history.parts import Part, ReasoningPart
from studiolo.desktop.theme import colours

_REASONING_INDENT = 14
# These move the conversation, not the cursor within one message.
_SCROLL_KEYS = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End)


class SelectableText(QTextBrowser):
    """Text that can be selected and copied, as high as it needs to be, without scroll bars or ground of its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setLineWrapMode(QTextEdit.LineWrapMode.FixedPixelWidth)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.document().setDocumentMargin(0)
        self.viewport().setAutoFillBackground(False)
        self._plain = ""

    def set_plain(self, text: str) -> None:
        """Show `text` as it is. Text that only grew is appended: what is laid out already stays, and so does a
        selection."""
        if text == self._plain:
            return
        if not text.startswith(self._plain):
            self.clear()
            self._plain = ""
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text[len(self._plain) :])
        self._plain = text

    def height_for(self, width: int) -> int:
        """Pixels, at a width in pixels."""
        if self.lineWrapColumnOrWidth() != width:
            self.setLineWrapColumnOrWidth(width)
        return round(self.document().size().height())

    def width_needed(self, limit: int) -> int:
        """The width its longest line takes, at most `limit`."""
        self.height_for(limit)
        return min(limit, int(self.document().idealWidth()) + 1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.modifiers() == Qt.KeyboardModifier.NoModifier and event.key() in _SCROLL_KEYS:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.show_menu(event.globalPos())
        event.accept()

    def show_menu(self, at: QPoint) -> QMenu:
        """The menu of a message. It does not block and deletes itself."""
        menu = self.createStandardContextMenu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        whole = menu.addAction(self.tr("Copy message"))
        whole.triggered.connect(self._copy_whole)
        menu.popup(at)
        return menu

    def _copy_whole(self) -> None:
        QGuiApplication.clipboard().setText(self._plain)


class Run(QWidget):
    """A widget for one part of a message."""

    @abstractmethod
    def show_part(self, part: Part) -> None:
        """Show the part as it is now; called again whenever it has grown."""

    @abstractmethod
    def height_for(self, width: int) -> int:
        """Pixels, at a width in pixels."""

    @abstractmethod
    def tab_stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""


class TextRun(Run):
    """A part as plain text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.body = SelectableText(self)
        self.body.setAccessibleName(self.tr("Message text"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(self._indent(), 0, 0, 0)
        layout.addWidget(self.body)

    def show_part(self, part: Part) -> None:
        self.body.set_plain(part.text)

    def height_for(self, width: int) -> int:
        return self.body.height_for(width - self._indent())

    def tab_stops(self) -> list[QWidget]:
        return [self.body]

    def _indent(self) -> int:
        return 0


class ReasoningRun(TextRun):
    """The model's thoughts: quieter, with a line along the side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.body.setAccessibleName(self.tr("Reasoning"))
        self._dim()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationPaletteChange:
            self._dim()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        x = 0 if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else self.width() - 3
        painter.fillRect(QRect(x, 0, 3, self.height()), QColor(colours().border))

    def _indent(self) -> int:
        return _REASONING_INDENT

    def _dim(self) -> None:
        palette = self.body.palette()
        palette.setColor(QPalette.ColorRole.Text, QColor(colours().muted))
        self.body.setPalette(palette)


def make_run(part: Part, parent: QWidget) -> Run:
    """The run that shows this kind of part."""
    return ReasoningRun(parent) if isinstance(part, ReasoningPart) else TextRun(parent)
