"""The icon in the tray: our sign, a ring for the downloads, a dot while a reply is written."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from studiolo.paths import resource_path

STEPS = 60
"""In so many steps the ring fills: more can't be seen at the size of an icon."""
_SIZES = (22, 32, 64)
_ACCENT, _TRACK, _FAILED, _ACTIVE = "#5c7cfa", "#8a90a0", "#e5534b", "#37b24d"


@dataclass(frozen=True)
class RingState:
    """step: 0 to STEPS, None where nothing is downloaded; paused: nothing moves; active: a reply is written."""

    step: int | None = None
    paused: bool = False
    failed: bool = False
    active: bool = False


def ring_icon(state: RingState) -> QIcon:
    """Return the icon for the tray, in the sizes that trays ask for."""
    icon = QIcon()
    sign = QIcon(str(resource_path("studiolo.svg")))
    for size in _SIZES:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state.step is None:
            sign.paint(painter, 0, 0, size, size)
        else:
            _paint_ring(painter, size, state)
            inner = round(size * 0.26)
            sign.paint(painter, inner, inner, size - 2 * inner, size - 2 * inner)
        if state.active or state.failed:
            _paint_dot(painter, size, _FAILED if state.failed else _ACTIVE)
        painter.end()
        icon.addPixmap(pixmap)
    return icon


def _paint_ring(painter: QPainter, size: int, state: RingState) -> None:
    width = max(3.0, size / 8)
    rect = QRectF(width / 2, width / 2, size - width, size - width)
    track = QColor(_TRACK)
    track.setAlphaF(0.45)
    painter.setPen(QPen(track, width))
    painter.drawEllipse(rect)
    if state.step:
        painter.setPen(QPen(QColor(_TRACK if state.paused else _ACCENT), width, c=Qt.PenCapStyle.FlatCap))
        # Sixteenths of a degree, from the top, clockwise.
        painter.drawArc(rect, 90 * 16, -round(360 * 16 * state.step / STEPS))


def _paint_dot(painter: QPainter, size: int, colour: str) -> None:
    side = size * 0.36
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(QRectF(size - side, size - side, side, side))
