"""Keys as they look on a keyboard: each in a box of its own."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studiolo.desktop.widgets.theme import colours

_SMALL = 0.86
_PADDING, _GAP, _RADIUS = 6, 4, 4


def keys_in(text: str) -> list[str]:
    """Return the single keys of a shortcut as a platform shows it ("Ctrl+N", "⌘N"); a plus may be one of them."""
    if not text:
        return []
    if "+" not in text[:-1]:
        # macOS writes its signs without anything between them.
        signs = [letter for letter in text if letter in "⌃⌥⇧⌘"]
        return [*signs, text.lstrip("⌃⌥⇧⌘")] if signs else [text]
    ends_in_plus = text.endswith("+")
    keys = (text[:-2] if ends_in_plus else text).split("+")
    return [*keys, "+"] if ends_in_plus else keys


def keys_width(text: str, font: QFont) -> int:
    """Return how many pixels `paint_keys` takes."""
    metrics = QFontMetrics(_small(font))
    widths = [_width(key, metrics) for key in keys_in(text)]
    return sum(widths) + _GAP * max(0, len(widths) - 1)


def paint_keys(painter: QPainter, text: str, font: QFont, right: int, middle: int) -> None:
    """Draw the keys of a shortcut so that they end at `right`; `middle` is their height's."""
    painter.save()
    small = _small(font)
    painter.setFont(small)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    metrics = QFontMetrics(small)
    height = metrics.height() + 4
    left = right - keys_width(text, font)
    for key in keys_in(text):
        box = QRectF(left + 0.5, middle - height / 2 + 0.5, _width(key, metrics) - 1, height - 1)
        painter.setPen(QColor(colours().border))
        painter.setBrush(QColor(colours().card))
        painter.drawRoundedRect(box, _RADIUS, _RADIUS)
        painter.setPen(QColor(colours().muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, key)
        left += _width(key, metrics) + _GAP
    painter.restore()


def _small(font: QFont) -> QFont:
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * _SMALL)
    return small


def _width(key: str, metrics: QFontMetrics) -> int:
    return max(metrics.height() + 2, metrics.horizontalAdvance(key) + 2 * _PADDING)


class KeyCaps(QWidget):
    """Shows the keys of a shortcut beside other words."""

    def __init__(self, keys: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._keys = keys
        self.setAccessibleName(keys)

    def sizeHint(self) -> QSize:
        return QSize(keys_width(self._keys, self.font()), self.fontMetrics().height() + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_keys(QPainter(self), self._keys, self.font(), self.width(), self.height() // 2)
