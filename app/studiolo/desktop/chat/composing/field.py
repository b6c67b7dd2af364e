"""The field in which a message is written."""

import math
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QImage, QInputMethodEvent, QKeyEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from studiolo.desktop.chat.composing.wrapping import too_long, wrap_for
from studiolo.desktop.settings.schema import SendKeys

_MAX_LINES = 10
LONG_PASTE = 10_000
"""Characters."""
_MOVES: dict[int, QTextCursor.MoveOperation] = {
    Qt.Key.Key_Up: QTextCursor.MoveOperation.Up,
    Qt.Key.Key_Down: QTextCursor.MoveOperation.Down,
}


def local_files(source: QMimeData) -> list[Path]:
    """Return those on this machine that are dragged or copied."""
    return [Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()]


class MessageField(QTextEdit):
    """Plain text.

    Enter emits `submitted`, or Ctrl+Enter does; Shift+Enter breaks the line. An Enter that ends an input method's
    composition does neither.
    Escape emits `escaped`, an arrow key that leads out of the text `left`: -1 above it, 1 below. Files, images and long
    texts that are pasted or dropped are `given`.
    """

    submitted = Signal()
    escaped = Signal()
    left = Signal(int)
    files_given = Signal(list)
    image_given = Signal(QImage)
    text_given = Signal(str)
    """Text that was pasted or dropped and is too long to be read here."""
    send_with: SendKeys = "enter"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._composing = False
        self.choosing: Callable[[], bool] = lambda: False
        """Whether Enter chooses from a list just now, whatever sends."""
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Message"))
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(2)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self._composing:
            if not self._submits(event.modifiers()):
                # Qt's own Shift+Enter makes a line separator within the block, which other programs don't know.
                self.textCursor().insertBlock()
                self.ensureCursorVisible()
            else:
                self.submitted.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif step := self._leads_out(event):
            self.left.emit(step)
        else:
            super().keyPressEvent(event)

    def _submits(self, modifiers: Qt.KeyboardModifier) -> bool:
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            return False
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        return control or self.send_with == "enter" or self.choosing()

    def _leads_out(self, event: QKeyEvent) -> int:
        """Return whether an arrow key can't move the cursor any further: -1 up, 1 down, 0 for no."""
        operation = _MOVES.get(event.key())
        if operation is None or self._composing or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return 0
        cursor = self.textCursor()
        if cursor.hasSelection() or cursor.movePosition(operation):
            return 0
        return -1 if operation is QTextCursor.MoveOperation.Up else 1

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasImage() or source.hasUrls() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        files = local_files(source)
        if files:
            self.files_given.emit(files)
        elif source.hasImage() and not source.hasText():
            self.image_given.emit(QImage(source.imageData()))
        elif source.hasText():
            text = source.text()
            if len(text) > LONG_PASTE or too_long(self.toPlainText() + text):
                self.text_given.emit(text)
            else:
                self.insert(text)

    def insert(self, text: str) -> None:
        """Put text where the cursor is, in place of what is selected."""
        wrap_for(self, self.toPlainText() + text)
        self._make_room(self._length + len(text), self.document().blockCount() + text.count("\n"))
        self.insertPlainText(text)

    def show_text(self, text: str) -> None:
        """Let this be the text, with the cursor behind it."""
        if self._length > LONG_PASTE:
            self.clear()  # Else breaking its lines otherwise would lay out what goes.
        wrap_for(self, text)
        self._make_room(len(text), text.count("\n") + 1)
        self.setPlainText(text)
        self.moveCursor(QTextCursor.MoveOperation.End)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @property
    def _length(self) -> int:
        return self.document().characterCount() - 1

    def _make_room(self, length: int, lines: int) -> None:
        """Be as high as a long text makes it before it is there: each change of the size lays all of it out anew."""
        if self._is_high(length, lines):
            self._set_lines(None)

    def _is_high(self, length: int, lines: int) -> bool:
        """Return whether a text surely takes all lines there are: no letter is narrower than a pixel."""
        return lines > _MAX_LINES or length > _MAX_LINES * max(self.width(), _MAX_LINES)

    def _fit(self, _size: object = None) -> None:
        if self._is_high(self._length, self.document().blockCount()):
            self._set_lines(None)
        else:
            self._set_lines(math.ceil(self.document().size().height()))

    def _set_lines(self, wanted: int | None) -> None:
        """wanted: pixels that the text takes; None for more than there may be."""
        line = self.fontMetrics().lineSpacing()
        margins = 2 * math.ceil(self.document().documentMargin())
        most = _MAX_LINES * line + margins
        height = most if wanted is None else max(line + margins, min(wanted, most))
        scrolls = wanted is None or wanted > height
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)
        if height != self.height():
            self.setFixedHeight(height)
