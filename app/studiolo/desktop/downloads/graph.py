"""The speed of all downloads over the last minutes, as a picture."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from studiolo.desktop.widgets.formatting import speed_text
from studiolo.desktop.widgets.theme import colours

STEPS = 100
_LEAST = 1_000_000.0
"""Bytes a second that fill the picture at least."""


class SpeedGraph(QWidget):
    """A picture of how fast downloads were lately."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._speeds: list[float] = [0.0] * STEPS
        self.setMinimumHeight(56)
        self.show_speeds(self._speeds)

    def sizeHint(self) -> QSize:
        return QSize(260, 72)

    def show_speeds(self, speeds: Sequence[float]) -> None:
        """Show these speeds, in bytes a second, the oldest first."""
        self._speeds = list(speeds)
        most, now = max(self._speeds, default=0.0), self._speeds[-1] if self._speeds else 0.0
        text = self.tr("Speed of the last five minutes: now %1, at most %2")
        self.setAccessibleName(text.replace("%1", speed_text(now) or "0").replace("%2", speed_text(most) or "0"))
        self.setToolTip(self.accessibleName())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max(_LEAST, *self._speeds)
        look = colours()
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.8)
        painter.setFont(font)
        inner = QRectF(self.rect()).adjusted(1, painter.fontMetrics().height() + 1, -1, -2)
        painter.setPen(QPen(QColor(look.border), 1))
        for part in (0.0, 0.5, 1.0):
            height = inner.bottom() - part * inner.height()
            painter.drawLine(QPointF(inner.left(), height), QPointF(inner.right(), height))
        line = self._line(inner, most)
        area = QPainterPath(line)
        area.lineTo(inner.bottomRight())
        area.lineTo(inner.bottomLeft())
        fill = QColor(look.accent)
        fill.setAlphaF(0.15)
        painter.fillPath(area, fill)
        painter.setPen(QPen(QColor(look.accent), 1.5))
        painter.drawPath(line)
        painter.setPen(QColor(look.muted))
        painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight, speed_text(most))
        painter.end()

    def _line(self, inner: QRectF, most: float) -> QPainterPath:
        path = QPainterPath()
        step = inner.width() / max(1, len(self._speeds) - 1)
        for number, speed in enumerate(self._speeds):
            point = QPointF(inner.left() + number * step, inner.bottom() - inner.height() * speed / most)
            if number:
                path.lineTo(point)
            else:
                path.moveTo(point)
        return path
