"""A machine's memory as a bar: what is in use, and what a model would take of the rest."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studiolo.desktop.start.offers import Room
from studiolo.desktop.widgets.formatting import size_text
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours

_HEIGHT, _DOT = 8, 8


class MemoryBar(Recoloured, QWidget):
    """The bar with its figures below."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._bar = _Bar(self)
        self._dots = [QLabel(self), QLabel(self)]
        self.total, self.used, self.wanted, self.disk = (_figure(self) for _ in range(4))
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(6)
        below.addWidget(self.total)
        for dot, figure in zip(self._dots, (self.used, self.wanted), strict=True):
            dot.setFixedWidth(_DOT + 8)
            dot.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            below.addWidget(dot)
            below.addWidget(figure)
        below.addStretch()
        self._figures = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._figures.setSpacing(6)
        self._figures.addLayout(below, 1)
        self._figures.addWidget(self.disk)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._bar)
        layout.addLayout(self._figures)
        self.dress()

    def show_room(self, room: Room, wanted: int) -> None:
        """Show a machine, and a model that would take `wanted` bytes of its memory."""
        self.setVisible(room.memory_total > 0)
        used = max(0, room.memory_total - room.memory_free)
        self._bar.show_shares(room.memory_total, used, wanted)
        self.total.setText(self.tr("%1 of memory").replace("%1", size_text(room.memory_total)))
        self.used.setText(self.tr("%1 in use").replace("%1", size_text(used)))
        self.wanted.setText(self.tr("%1 for this model").replace("%1", size_text(wanted)))
        self.disk.setText(self.tr("%1 free on the disk").replace("%1", size_text(room.disk_free)))
        told = (self.total.text(), self.used.text(), self.wanted.text())
        self._bar.setAccessibleName(", ".join(told))

    def set_narrow(self, narrow: bool) -> None:
        """Do with little room: the figure that the bar shows anyway is left out, and that of the disk stands below."""
        for widget in (self._dots[0], self.used):
            widget.setVisible(not narrow)
        wide, tall = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._figures.setDirection(tall if narrow else wide)

    def dress(self) -> None:
        look = colours()
        for dot, colour in zip(self._dots, (look.muted, look.accent), strict=True):
            dot.setText(f'<span style="color: {colour}">●</span>')


class _Bar(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._total = self._used = self._wanted = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def show_shares(self, total: int, used: int, wanted: int) -> None:
        self._total, self._used, self._wanted = total, used, wanted
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        path = QPainterPath()
        path.addRoundedRect(whole, 3, 3)
        painter.setClipPath(path)
        painter.fillRect(self.rect(), QColor(look.border))
        if self._total:
            used = whole.width() * min(1.0, self._used / self._total)
            wanted = min(whole.width() - used, whole.width() * self._wanted / self._total)
            over = self._used + self._wanted > self._total
            shares = ((0.0, used, look.muted), (used, wanted, look.warning_border if over else look.accent))
            for left, width, colour in shares:
                start = whole.right() - left - width if self.isRightToLeft() else whole.left() + left
                painter.fillRect(QRectF(start, 0, width, self.height()), QColor(colour))
        painter.setClipping(False)
        painter.setPen(QColor(look.muted))
        painter.setOpacity(0.5)
        painter.drawPath(path)


def _figure(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setProperty("kind", "muted")
    label.setTextFormat(Qt.TextFormat.PlainText)
    small = label.font()
    small.setPointSizeF(small.pointSizeF() * 0.88)
    label.setFont(small)
    return label
