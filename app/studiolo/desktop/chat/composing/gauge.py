"""How much of the model's context is in use."""

from PySide6.QtCore import QLocale, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studiolo.desktop.widgets.theme import colours

_RING = 16
_NEARLY = 0.85


class ContextGauge(QWidget):
    """A ring that fills; figures are estimates until the server has counted."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._used = self._limit = self._draft = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._tell()

    @property
    def full(self) -> bool:
        """Return whether what is said and about to be said is more than the model can hold."""
        return bool(self._limit) and self._used + self._draft > self._limit

    @property
    def used(self) -> int:
        """Return tokens of what is said; those of the draft are not among them."""
        return self._used

    @property
    def limit(self) -> int:
        """Return how many tokens the context has; 0 where it is not known."""
        return self._limit

    @property
    def share(self) -> float:
        """Return how much of the context is in use, 0 to 1; 0 where its size is not known."""
        return min(1.0, (self._used + self._draft) / self._limit) if self._limit else 0.0

    def set_context(self, used: int, limit: int) -> None:
        """Show how full the context is, in tokens; limit: 0 where it is not known."""
        self._used, self._limit = used, limit
        self._tell()

    def set_draft(self, tokens: int) -> None:
        """Show what the draft would add."""
        self._draft = tokens
        self._tell()

    def sizeHint(self) -> QSize:
        return QSize(_RING + 8, _RING + 8)

    def _tell(self) -> None:
        locale = QLocale()
        used = locale.toString(self._used + self._draft)
        if self._limit:
            text = self.tr("About %1 of %2 tokens of the context are in use")
            text = text.replace("%1", used).replace("%2", locale.toString(self._limit))
        else:
            text = self.tr("About %1 tokens").replace("%1", used)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.setVisible(bool(self._limit or self._draft or self._used))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(0, 0, _RING, _RING)
        ring.moveCenter(QRectF(self.rect()).center())
        pen = QPen(QColor(colours().border), 3)
        painter.setPen(pen)
        painter.drawEllipse(ring)
        if self.share > 0:
            pen.setColor(QColor(colours().danger if self.share >= _NEARLY else colours().accent))
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawArc(ring, 90 * 16, round(-360 * 16 * self.share))
