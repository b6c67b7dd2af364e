"""The pieces a message is made of on screen. A run shows one part and knows its height at a width.

Another kind of part is another Run class and a line in the row's `_make_run`.
"""

from abc import abstractmethod

from PySide6.QtCore import QLocale, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPaintEvent,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QStyle, QTextBrowser, QTextEdit, QToolButton, QWidget

from studiolo.desktop.chat.composing.wrapping import wrap_for
from studiolo.desktop.chat.transcript.keys import SharesInput
from studiolo.desktop.history.parts import Part, ReasoningPart
from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours, set_kind

_REASONING_INDENT = 14
_HEADER_MARGIN = 8


class SelectableText(SharesInput, QTextBrowser):
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
        """Show `text` as it is.

        Text that only grew is appended: what is laid out already stays, and so does a selection.
        """
        if text == self._plain:
            return
        if not text.startswith(self._plain):
            self.clear()
            self._plain = ""
        wrap_for(self, text)
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text[len(self._plain) :])
        self._plain = text

    def height_for(self, width: int) -> int:
        """Return pixels, at a width in pixels."""
        if self.lineWrapColumnOrWidth() != width:
            self.setLineWrapColumnOrWidth(width)
        return round(self.document().size().height())

    def width_needed(self, limit: int) -> int:
        """Return the width its longest line takes, at most `limit`."""
        self.height_for(limit)
        return min(limit, int(self.document().idealWidth()) + 1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def stretch(self) -> tuple[str, str, str]:
        """Return what is selected: as Markdown, as it reads, and as rich text."""
        cursor = self.textCursor()
        plain = cursor.selection().toPlainText()
        return plain, plain, cursor.selection().toHtml()

    @property
    def written(self) -> str:
        """Return what it shows, as it was written."""
        return self._plain


class Run(QWidget):
    """A widget for one part of a message. `growing`: more of the part is still to come."""

    action_requested = Signal(object)
    """A MessageAction."""
    resized = Signal()
    growing = False

    @abstractmethod
    def show_part(self, part: Part) -> None:
        """Show the part as it is now; called again whenever it has grown."""

    @abstractmethod
    def height_for(self, width: int) -> int:
        """Return pixels, at a width in pixels."""

    @abstractmethod
    def tab_stops(self) -> list[QWidget]:
        """Return what the Tab key visits, in order."""


class ReasoningRun(Recoloured, Run):
    """The model's thoughts: quieter, with a line along the side; folded once it has spoken."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = QToolButton(self)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.header.clicked.connect(self._toggle)
        self.body = SelectableText(self)
        self.body.setAccessibleName(self.tr("Reasoning"))
        for widget in (self.header, self.body):
            set_kind(widget, "quiet")
        self._unfolded: bool | None = None
        """What the reader wants of this one; None for nothing."""
        self.opened = False
        """Whether thoughts are in sight where the reader wants nothing of them."""
        self._seconds: float | None = None
        self.dress()

    @property
    def unfolded(self) -> bool:
        """Return whether the thoughts are in sight."""
        return self.growing or self.opened if self._unfolded is None else self._unfolded

    def show_part(self, part: Part) -> None:
        self.body.set_plain(part.text.strip("\n") if not self.growing else part.text)
        self._seconds = part.seconds if isinstance(part, ReasoningPart) else None
        self.body.setVisible(self.unfolded)
        self.dress()

    def height_for(self, width: int) -> int:
        height = self.header.sizeHint().height()
        # Its margin hangs out, so that the sign stands below the text's edge.
        place = QRect(-_HEADER_MARGIN, 0, min(width, self.header.sizeHint().width()), height)
        self.header.setGeometry(QStyle.visualRect(self.layoutDirection(), QRect(0, 0, width, 0), place))
        if not self.unfolded:
            return height
        text = self.body.height_for(width - _REASONING_INDENT)
        left = _REASONING_INDENT if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else 0
        self.body.setGeometry(left, height + 4, width - _REASONING_INDENT, text)
        return height + 4 + text

    def tab_stops(self) -> list[QWidget]:
        return [self.header, self.body]

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.unfolded:
            return
        painter = QPainter(self)
        x = 0 if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else self.width() - 3
        top = self.header.sizeHint().height() + 4
        painter.fillRect(QRect(x, top, 3, self.height() - top), QColor(colours().border))

    def _toggle(self) -> None:
        self._unfolded = not self.unfolded
        self.body.setVisible(self.unfolded)
        self.dress()
        self.resized.emit()

    def dress(self) -> None:
        self.header.setText(self._title())
        right_to_left = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        folded = "chevron-left" if right_to_left else "chevron-right"
        self.header.setIcon(icon("chevron-down" if self.unfolded else folded, colours().muted, 16))
        self.header.setAccessibleName(self._title())

    def _title(self) -> str:
        if self.growing:
            return self.tr("Thinking…")
        if self._seconds is None:
            return self.tr("Reasoning")
        if self._seconds < 60:
            return self.tr("Thought for %1 s").replace("%1", QLocale().toString(self._seconds, "f", 1))
        minutes, seconds = divmod(round(self._seconds), 60)
        return self.tr("Thought for %1 min %2 s").replace("%1", str(minutes)).replace("%2", str(seconds))
