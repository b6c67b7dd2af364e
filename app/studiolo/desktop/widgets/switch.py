"""A switch: acts at once, where a check box waits for a button below it."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from studiolo.desktop.widgets.theme import colours

_WIDTH, _HEIGHT, _RING = 34, 20, 3
"""Logical pixels: of the track, and of what the focus ring takes around it."""
_KNOB_ON, _KNOB_OFF = 14, 10


class Switch(QAbstractButton):
    """On or off. Space turns it; to a screen reader it is a check box."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH + 2 * _RING, _HEIGHT + 2 * _RING)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.45)
        track = QRectF(_RING, _RING + (self.height() - _HEIGHT - 2 * _RING) / 2, _WIDTH, _HEIGHT)
        on = self.isChecked()
        ground = look.accent_hover if on and self.underMouse() else look.accent if on else look.window
        painter.setBrush(QColor(ground))
        painter.setPen(QPen(QColor(ground if on else look.muted), 1))
        inner = track.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(inner, inner.height() / 2, inner.height() / 2)
        self._draw_knob(painter, track, QColor(look.on_accent if on else look.muted))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(look.accent), 2))
            ring = track.adjusted(1 - _RING, 1 - _RING, _RING - 1, _RING - 1)
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)
        painter.end()

    def _draw_knob(self, painter: QPainter, track: QRectF, colour: QColor) -> None:
        right = self.isChecked() is (self.layoutDirection() is Qt.LayoutDirection.LeftToRight)
        side = _KNOB_ON if self.isChecked() else _KNOB_OFF
        middle = track.right() - _HEIGHT / 2 if right else track.left() + _HEIGHT / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(middle, track.center().y()), side / 2, side / 2)
