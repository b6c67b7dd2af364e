"""The shadow of what lies above the page: nine pieces of one picture, which cost next to nothing to paint."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap, QPixmapCache

_BLUR, _DOWN = 24, 8


def paint_shadow(painter: QPainter, card: QRect, radius: int, *, opacity: float) -> None:
    """Draw the shadow of a card with round corners; opacity: 0 to 1, where it is darkest."""
    edge = _BLUR + radius
    picture = _picture(radius, opacity, painter.device().devicePixelRatioF())
    ratio = picture.devicePixelRatio()
    outer = card.adjusted(-_BLUR, -_BLUR + _DOWN, _BLUR, _BLUR + _DOWN)
    columns = _cuts(outer.left(), outer.width(), edge)
    rows = _cuts(outer.top(), outer.height(), edge)
    for top, height, source_top in rows:
        for left, width, source_left in columns:
            source = QRectF(
                source_left * ratio,
                source_top * ratio,
                (1 if source_left == edge else edge) * ratio,
                (1 if source_top == edge else edge) * ratio,
            )
            painter.drawPixmap(QRectF(left, top, width, height), picture, source)


def _cuts(begin: int, length: int, edge: int) -> list[tuple[int, int, int]]:
    """Return where each of three pieces begins, how long it is, and where it begins in the picture."""
    return [
        (begin, edge, 0),
        (begin + edge, length - 2 * edge, edge),
        (begin + length - edge, edge, edge + 1),
    ]


def _picture(radius: int, opacity: float, ratio: float) -> QPixmap:
    key = f"studiolo-shadow {radius} {opacity} {ratio}"
    picture = QPixmap()
    if QPixmapCache.find(key, picture):
        return picture
    side = 2 * (_BLUR + radius) + 1
    picture = QPixmap(QSize(side, side) * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    # One within the other, each a little smaller: their sum falls off softly towards the edge.
    for step in range(_BLUR):
        share = (step + 1) / _BLUR
        painter.setBrush(QColor.fromRgbF(0, 0, 0, opacity * 3 * share**2 / _BLUR))
        painter.drawRoundedRect(
            QRectF(step, step, side - 2 * step, side - 2 * step), radius + _BLUR - step, radius + _BLUR - step
        )
    painter.end()
    QPixmapCache.insert(key, picture)
    return picture
