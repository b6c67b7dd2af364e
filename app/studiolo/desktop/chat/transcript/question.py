"""The user's message on screen."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QPlainTextEdit, QStyle, QTextEdit, QWidget

from studiolo.desktop.chat.model import UserMessage
from studiolo.desktop.chat.transcript.editor import MessageEditor
from studiolo.desktop.chat.transcript.rows import MoreButton, Row, VersionSwitch
from studiolo.desktop.chat.transcript.runs import SelectableText
from studiolo.desktop.theme import IconButton, colours

BUBBLE_PADDING_Y = 10
BELOW_QUESTION = 6
_BUBBLE_PADDING_X, _BUBBLE_RADIUS = 14, 14
_BUBBLE_SHARE = 0.85


class QuestionRow(Row):
    """The user's message: a bubble at the far side."""

    def __init__(self, message: UserMessage, parent: QWidget) -> None:
        super().__init__(parent)
        self._message = message
        self._bubble = QRect()
        self.body = SelectableText(self)
        self.body.setAccessibleName(self.tr("Your message"))
        self.setAccessibleName(self.tr("You"))
        self.versions = VersionSwitch(self)
        self.versions.turned.connect(lambda step: self.version_requested.emit(self._message, step))
        self.copy = IconButton("content-copy", self.tr("Copy message"), self, size=16)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._message.text))
        self.edit = IconButton("pencil-outline", self.tr("Edit message"), self, size=16)
        self.edit.clicked.connect(self.begin_edit)
        self.more = MoreButton(self)
        self.more.deletion_requested.connect(lambda: self.deletion_requested.emit(self._message))
        self.more.branch_requested.connect(lambda: self.branch_requested.emit(self._message))
        self._editor: MessageEditor | None = None
        self.refresh()

    def tab_stops(self) -> list[QWidget]:
        if self._editor:
            return self._editor.tab_stops()
        return [self.body, self.versions.back, self.versions.forth, self.copy, self.edit, self.more]

    def said(self) -> list[QTextEdit | QPlainTextEdit]:
        return [self.body]

    def refresh(self) -> None:
        self.body.set_plain(self._message.text)
        self.versions.show_version(self._message)

    def begin_edit(self) -> None:
        """Put a field in the message's place; what it is sent as becomes a version beside it."""
        if self._editor:
            return
        self._editor = editor = MessageEditor(self._message.text, self)
        self.editing = True
        editor.sent.connect(self._send)
        editor.cancelled.connect(self._end_edit)
        editor.grown.connect(lambda: self.resized.emit(self._message))
        for widget in (self.body, self.versions, self.copy, self.edit, self.more):
            widget.hide()
        editor.show()
        editor.field.setFocus()
        self.resized.emit(self._message)

    def _send(self, text: str) -> None:
        self._end_edit()
        self.edited.emit(self._message, text)

    def _end_edit(self) -> None:
        if self._editor:
            self._editor.hide()
            self._editor.deleteLater()
            self._editor = None
        self.editing = False
        for widget in (self.body, self.copy, self.edit, self.more):
            widget.show()
        self.refresh()
        self.body.setFocus()
        self.resized.emit(self._message)

    def arrange(self, width: int) -> int:
        if self._editor:
            height = self._editor.height_for(width)
            self._bubble = QRect()
            self._put(self._editor, QRect(0, 0, width, height), width)
            return height + BELOW_QUESTION
        text_width = self.body.width_needed(int(width * _BUBBLE_SHARE) - 2 * _BUBBLE_PADDING_X)
        text_height = self.body.height_for(text_width)
        bubble = QRect(0, 0, text_width + 2 * _BUBBLE_PADDING_X, text_height + 2 * BUBBLE_PADDING_Y)
        bubble.moveRight(width - 1)
        inner = bubble.adjusted(_BUBBLE_PADDING_X, BUBBLE_PADDING_Y, -_BUBBLE_PADDING_X, -BUBBLE_PADDING_Y)
        self._put(self.body, inner, width)
        self._bubble = QStyle.visualRect(self.layoutDirection(), QRect(0, 0, width, 0), bubble)
        return bubble.height() + self._arrange_bar(bubble.bottom() + 1, width) + BELOW_QUESTION

    def _arrange_bar(self, y: int, width: int) -> int:
        right = width
        size = self.edit.sizeHint()
        for button in (self.more, self.edit, self.copy):
            right -= size.width()
            self._put(button, QRect(right, y, size.width(), size.height()), width)
        if not self.versions.isHidden():
            hint = self.versions.sizeHint()
            right -= hint.width() + 4
            self._put(self.versions, QRect(right, y, hint.width(), size.height()), width)
        return size.height()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().bubble))
        painter.drawRoundedRect(QRectF(self._bubble), _BUBBLE_RADIUS, _BUBBLE_RADIUS)
