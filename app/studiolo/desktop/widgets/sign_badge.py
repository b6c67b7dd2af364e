"""A sign and a word on a ground of their colour: what a thing is or can do."""

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.theme import colours

BadgeKind = Literal["plain", "ok", "warning", "danger"]

_SIGN, _GAP, _SIDE, _LEAST_HEIGHT, _RADIUS = 14, 4, 6, 20, 4
_SMALL = 0.88


class SignBadge(QWidget):
    """Shows one word with its sign; screen readers hear the word."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._icon_name = ""
        self._kind: BadgeKind = "plain"
        small = self.font()
        small.setPointSizeF(small.pointSizeF() * _SMALL)
        self.setFont(small)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """Return the word."""
        return self._text

    @property
    def kind(self) -> BadgeKind:
        """Return which colours it has."""
        return self._kind

    def show_word(self, text: str, icon_name: str, kind: BadgeKind, *, reason: str = "") -> None:
        """Show a word. reason: what is told of it under the pointer."""
        self._text, self._icon_name, self._kind = text, icon_name, kind
        self.setToolTip(reason)
        self.setAccessibleName(text)
        self.setAccessibleDescription(reason)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = 2 * _SIDE + _SIGN + _GAP + metrics.horizontalAdvance(self._text)
        return QSize(width, max(_LEAST_HEIGHT, metrics.height() + 4))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = colours()
        ground, ink = {
            "plain": (look.bubble, look.text),
            "ok": (look.ok_card, look.ok),
            "warning": (look.warning_card, look.warning),
            "danger": (look.danger_card, look.danger),
        }[self._kind]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(QRectF(self.rect()), _RADIUS, _RADIUS)
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        left = self.width() - _SIDE - _SIGN if mirrored else _SIDE
        icon(self._icon_name, ink, _SIGN).paint(painter, left, (self.height() - _SIGN) // 2, _SIGN, _SIGN)
        painter.setPen(QColor(ink))
        beside = _SIDE + _SIGN + _GAP
        words = self.rect().adjusted(_SIDE if mirrored else beside, 0, -(beside if mirrored else _SIDE), 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, self._text)
