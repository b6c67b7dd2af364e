"""Texts of one line that end in an ellipsis where they don't fit, so that no long name pushes a page wider."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QToolTip, QWidget

from studiolo.desktop.widgets.formatting import tip_text

_LEAST_LETTERS = 4
_WIDE = 1000


class ElidedLabel(QLabel):
    """Plain text; a tool tip has all of it where something is left out."""

    def minimumSizeHint(self) -> QSize:
        return QSize(_least(self), super().minimumSizeHint().height())

    def event(self, event: QEvent) -> bool:
        cut = self.fontMetrics().horizontalAdvance(self.text()) > self.width()
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and cut and not self.toolTip():
            QToolTip.showText(event.globalPos(), tip_text(self.text()), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        flags = (
            QStyle.visualAlignment(self.layoutDirection(), Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
        )
        self.style().drawItemText(
            painter, self.rect(), int(flags), self.palette(), self.isEnabled(), text, self.foregroundRole()
        )


class ElidedButton(QPushButton):
    """A name that can be pressed. text: as it is shown, with what stands for a key in it doubled."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        self._whole = text
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self._width_of(self._whole) + self._around, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(_least(self), self.sizeHint().width()), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - self._around
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, room))

    @property
    def _around(self) -> int:
        """Pixels beside the text."""
        # Styles make buttons of few letters wider than they need be.
        contents = QSize(_WIDE, self.fontMetrics().height())
        option = QStyleOptionButton()
        self.initStyleOption(option)
        dressed = self.style().sizeFromContents(QStyle.ContentsType.CT_PushButton, option, contents, self)
        return dressed.width() - _WIDE

    def _width_of(self, text: str) -> int:
        # Glyphs stand between whole pixels.
        return self.fontMetrics().horizontalAdvance(text) + 1


def _least(widget: QWidget) -> int:
    return _LEAST_LETTERS * widget.fontMetrics().averageCharWidth() * 2
