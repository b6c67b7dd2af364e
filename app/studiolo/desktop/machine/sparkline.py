"""The load of something over the last minutes, as a small picture."""

from collections import deque

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studiolo.desktop.widgets.theme import colours

STEPS = 90


class Sparkline(QWidget):
    """Shares from 0 to 1, the latest at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shares: deque[float] = deque(maxlen=STEPS)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(160, 36)

    @property
    def shares(self) -> list[float]:
        """Return what is shown, the oldest first."""
        return list(self._shares)

    def add(self, share: float) -> None:
        """Add what it is now."""
        self._shares.append(min(1.0, max(0.0, share)))
        self.update()

    def clear(self) -> None:
        """Forget what was."""
        self._shares.clear()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner = QRectF(self.rect()).adjusted(0.5, 2, -0.5, -1.5)
        painter.setPen(QPen(QColor(look.border), 1))
        painter.drawLine(inner.bottomLeft(), inner.bottomRight())
        if len(self._shares) < 2:
            painter.end()
            return
        step = inner.width() / (STEPS - 1)
        left = inner.right() - step * (len(self._shares) - 1)
        points = [
            QPointF(left + number * step, inner.bottom() - share * inner.height())
            for number, share in enumerate(self._shares)
        ]
        line = QPainterPath(points[0])
        for point in points[1:]:
            line.lineTo(point)
        area = QPainterPath(line)
        area.lineTo(QPointF(points[-1].x(), inner.bottom()))
        area.lineTo(QPointF(points[0].x(), inner.bottom()))
        fill = QColor(look.accent)
        fill.setAlphaF(0.15)
        painter.fillPath(area, fill)
        painter.setPen(QPen(QColor(look.accent), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(line)
        painter.end()


class CoreBars(QWidget):
    """Each core of a processor as a bar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cores: list[float] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(160, 24)

    def show_cores(self, cores: list[float]) -> None:
        """Show how busy each core is, 0 to 1."""
        self._cores = cores
        told = ", ".join(f"{round(100 * core)} %" for core in cores)
        self.setAccessibleName(self.tr("Load of each core: %1").replace("%1", told))
        self.setToolTip(self.accessibleName())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._cores:
            return
        look = colours()
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        width = self.width() / len(self._cores)
        gap = min(4.0, width * 0.25)
        for number, core in enumerate(self._cores):
            whole = QRectF(number * width, 0, width - gap, self.height())
            painter.fillRect(whole, QColor(look.border))
            height = max(1.0, whole.height() * core)
            painter.fillRect(QRectF(whole.left(), whole.bottom() - height, whole.width(), height), QColor(look.accent))
        painter.end()
