"""Where a message is written: a card with a text field that grows, and one round button that sends or stops."""

import math

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QTextEdit, QVBoxLayout, QWidget

from studiolo.desktop.theme import IconButton, colours

_MAX_LINES = 10
_HINT_MIN_WIDTH = 380
_BUTTON = 32


class MessageField(QTextEdit):
    """Plain text. Enter emits `submitted`, Shift+Enter breaks the line; an Enter that ends an input method's
    composition does neither. Escape emits `escaped`."""

    submitted = Signal()
    escaped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._composing = False
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
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                # Qt's own Shift+Enter makes a line separator within the block, which other programs don't know.
                self.textCursor().insertBlock()
                self.ensureCursorVisible()
            else:
                self.submitted.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if source.hasText():
            self.insertPlainText(source.text())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self, _size: object = None) -> None:
        line = self.fontMetrics().lineSpacing()
        margins = 2 * math.ceil(self.document().documentMargin())
        wanted = math.ceil(self.document().size().height())
        height = max(line + margins, min(wanted, _MAX_LINES * line + margins))
        scrolls = wanted > height
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)
        if height != self.height():
            self.setFixedHeight(height)


class SendButton(IconButton):
    """Round, in the accent colour."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("arrow-up", self.tr("Send"), parent, size=20)
        self.setFixedSize(QSize(_BUTTON, _BUTTON))
        self.setProperty("kind", "send")

    def icon_colour(self) -> str:
        return colours().on_accent if self.isEnabled() else colours().muted

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._draw()


class Composer(QFrame):
    """Emits `sent` with the text, or `stop_requested` while a reply is under way."""

    sent = Signal(str)
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._busy = False
        self._ready = False
        self.setProperty("kind", "composer")
        self.field = MessageField(self)
        self.button = SendButton(self)
        self._keys = QLabel(self.tr("Enter sends, Shift+Enter breaks the line"), self)
        self._keys.setProperty("kind", "muted")
        small = self._keys.font()
        small.setPointSizeF(small.pointSizeF() * 0.85)
        self._keys.setFont(small)
        below = QHBoxLayout()
        below.setContentsMargins(2, 0, 0, 0)
        below.addWidget(self._keys)
        below.addStretch()
        below.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.field)
        layout.addLayout(below)
        self.setFocusProxy(self.field)
        self.field.submitted.connect(self._submit)
        self.field.escaped.connect(self._escape)
        self.field.textChanged.connect(self._refresh)
        self.button.clicked.connect(self._press)
        self._refresh()

    @property
    def text(self) -> str:
        return self.field.toPlainText()

    def set_text(self, text: str, *, focus: bool = True) -> None:
        """Put a draft into the field, ready to be sent or changed."""
        self.field.setPlainText(text)
        cursor = self.field.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.field.setTextCursor(cursor)
        if focus:
            self.field.setFocus()

    def set_busy(self, busy: bool) -> None:
        """Whether a reply is under way: then the button stops it and Enter does nothing."""
        self._busy = busy
        self._refresh()

    def set_ready(self, ready: bool) -> None:
        """Whether there is anyone to send to. Writing is always possible."""
        self._ready = ready
        self._refresh()

    def set_model_name(self, name: str) -> None:
        """Whom the placeholder text addresses; empty for nobody yet."""
        text = self.tr("Message %1…").replace("%1", name) if name else self.tr("Write a message…")
        self.field.setPlaceholderText(text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.field.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keys.setVisible(self.width() >= _HINT_MIN_WIDTH)

    def _press(self) -> None:
        if self._busy:
            self.stop_requested.emit()
        else:
            self._submit()

    def _escape(self) -> None:
        if self._busy:
            self.stop_requested.emit()

    def _submit(self) -> None:
        text = self.text.strip()
        if not text or self._busy or not self._ready:
            return
        self.field.clear()
        self.sent.emit(text)

    def _refresh(self) -> None:
        if self._busy:
            self.button.set_icon("stop", self.tr("Stop"))
        else:
            self.button.set_icon("arrow-up", self.tr("Send"))
        self.button.setEnabled(self._busy or (self._ready and bool(self.text.strip())))
