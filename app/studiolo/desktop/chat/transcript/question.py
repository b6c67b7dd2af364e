"""The user's message on screen."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QPlainTextEdit, QStyle, QTextEdit, QWidget

from studiolo.desktop.actions.catalog import (
    COPY_MESSAGE,
    DELETE_MESSAGE,
    EDIT_MESSAGE,
    NEXT_VERSION,
    PREVIOUS_VERSION,
    message_keys,
)
from studiolo.desktop.chat.messages import UserMessage
from studiolo.desktop.chat.transcript.actions import AnswerQuestion, BranchOff, Delete, TurnTo
from studiolo.desktop.chat.transcript.attachments import AttachmentStrip
from studiolo.desktop.chat.transcript.options import RowOptions
from studiolo.desktop.chat.transcript.pictures import Pictures
from studiolo.desktop.chat.transcript.rows import MoreButton, Row, RowAction, VersionSwitch
from studiolo.desktop.chat.transcript.runs import SelectableText
from studiolo.desktop.chat.transcript.sections import Section
from studiolo.desktop.history.parts import spoken
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import colours

BUBBLE_PADDING_Y = 10
BELOW_QUESTION = 6
_BUBBLE_PADDING_X, _BUBBLE_RADIUS = 14, 14
_BUBBLE_SHARE = 0.85


class QuestionRow(Row):
    """The user's message: what came with it, and a bubble at the far side."""

    def __init__(self, section: Section, parent: QWidget, pictures: Pictures, options: RowOptions) -> None:
        super().__init__(parent, options)
        assert isinstance(section.message, UserMessage)
        self._section = section
        self._message = section.message
        self._bubble = QRect()
        self.body = SelectableText(self)
        self.body.setAccessibleName(self.tr("Your message"))
        self.setAccessibleName(self.tr("You"))
        self.attachments = AttachmentStrip(self, pictures)
        self.attachments.action_requested.connect(self.action_requested)
        self.attachments.resized.connect(lambda: self.resized.emit(self._message))
        self.versions = VersionSwitch(self)
        self.versions.turned.connect(self._turn)
        self.copy = IconButton("content-copy", self.tr("Copy message"), self, size=16)
        self.copy.clicked.connect(self._copy)
        self.edit = IconButton("pencil-outline", self.tr("Edit message"), self, size=16)
        self.edit.clicked.connect(self.begin_edit)
        self.more = MoreButton(self)
        self.refresh()

    @property
    def message(self) -> UserMessage:
        return self._message

    def tab_stops(self) -> list[QWidget]:
        if self._editor:
            return self._editor.tab_stops()
        buttons = [self.versions.back, self.versions.forth, self.copy, self.edit, self.more]
        return [*self.attachments.tab_stops(), self.body, *buttons]

    def said(self) -> list[QTextEdit | QPlainTextEdit]:
        return [self.body]

    def focus(self) -> None:
        self.body.setFocus(Qt.FocusReason.OtherFocusReason)

    def actions_now(self) -> Sequence[RowAction]:
        message = self._message
        actions = [
            RowAction(self.tr("Copy message"), self._copy, message_keys(COPY_MESSAGE)),
            RowAction(self.tr("Edit"), self.begin_edit, message_keys(EDIT_MESSAGE)),
        ]
        if message.version[1] > 1:
            actions += [
                RowAction(self.tr("Previous version"), lambda: self._turn(-1), message_keys(PREVIOUS_VERSION)),
                RowAction(self.tr("Next version"), lambda: self._turn(1), message_keys(NEXT_VERSION)),
            ]
        return [
            *actions,
            RowAction(self.tr("Get an answer"), lambda: self.action_requested.emit(AnswerQuestion(message))),
            RowAction(self.tr("New chat from here"), lambda: self.action_requested.emit(BranchOff(message))),
            RowAction(
                self.tr("Delete from here on"),
                lambda: self.action_requested.emit(Delete(message)),
                message_keys(DELETE_MESSAGE),
            ),
        ]

    def refresh(self) -> None:
        parts = self._section.parts
        text = spoken(parts)
        self.body.set_plain(text)
        self.attachments.show_parts(parts)
        self._show_bar(self._section.last and not self._editor)
        self.body.setVisible(not self._editor and bool(text))

    def _show_bar(self, shown: bool) -> None:
        for widget in (self.copy, self.edit, self.more):
            widget.setVisible(shown)
        if shown:
            self.versions.show_version(self._message)
        else:
            self.versions.hide()

    def begin_edit(self) -> None:
        """Let it be asked otherwise, in its place."""
        if not self.editing and self._section.last:
            self._open_editor(self._message, verb=self.tr("Send"))

    def _turn(self, step: int) -> None:
        self.action_requested.emit(TurnTo(self._message, step))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._message.text)

    def arrange(self, width: int) -> int:
        y = 0
        if strip := self.attachments.height_for(width):
            self._put(self.attachments, QRect(0, 0, width, strip), width)
            y = strip + BELOW_QUESTION
        if self._editor:
            height = self._editor.height_for(width)
            self._bubble = QRect()
            self._put(self._editor, QRect(0, y, width, height), width)
            return y + height + sizes().spaced(BELOW_QUESTION)
        y = self._arrange_bubble(y, width)
        return y + self._arrange_bar(y, width) + sizes().spaced(BELOW_QUESTION) if self._section.last else y

    def _arrange_bubble(self, y: int, width: int) -> int:
        """Return where it ends."""
        if self.body.isHidden():
            self._bubble = QRect()
            return y
        text_width = self.body.width_needed(int(width * _BUBBLE_SHARE) - 2 * _BUBBLE_PADDING_X)
        text_height = self.body.height_for(text_width)
        padding = sizes().spaced(BUBBLE_PADDING_Y)
        bubble = QRect(0, y, text_width + 2 * _BUBBLE_PADDING_X, text_height + 2 * padding)
        bubble.moveRight(width - 1)
        inner = bubble.adjusted(_BUBBLE_PADDING_X, padding, -_BUBBLE_PADDING_X, -padding)
        self._put(self.body, inner, width)
        self._bubble = QStyle.visualRect(self.layoutDirection(), QRect(0, 0, width, 0), bubble)
        return bubble.bottom() + 1

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
