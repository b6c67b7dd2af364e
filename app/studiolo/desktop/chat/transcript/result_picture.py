"""An image that a tool returned."""

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QStyle, QWidget

from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.result_view import SIDE, read_image
from studiolo.desktop.widgets.theme import colours
from studiolo.desktop.widgets.tool_content import ResultImage

_MISSING = 64


class ResultPicture(QWidget):
    """At most SIDE pixels wide and high; one that can't be read is told as such."""

    resized = Signal()

    def __init__(self, image: ResultImage, parent: QWidget) -> None:
        super().__init__(parent)
        self.pixmap = QPixmap.fromImage(read_image(image.data))
        told = self.tr("Image") if not self.pixmap.isNull() else self.tr("Image that can't be read")
        self.setAccessibleName(f"{told} ({image.media_type})")
        self.setToolTip(self.accessibleName())

    def height_for(self, width: int) -> int:
        """Return pixels, at a width in pixels."""
        return self._size(width).height()

    def tab_stops(self) -> list[QWidget]:
        """Return the widgets that Tab goes through."""
        return []

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = QRect(0, 0, self._size(self.width()).width(), self._size(self.width()).height())
        place = QStyle.visualRect(self.layoutDirection(), QRect(0, 0, self.width(), 0), place)
        if self.pixmap.isNull():
            painter.setPen(QColor(colours().border))
            painter.drawRect(place.adjusted(0, 0, -1, -1))
            icon("image-broken-variant", colours().muted, 24).paint(painter, place)
            return
        painter.drawPixmap(place, self.pixmap)

    def _size(self, width: int) -> QSize:
        size = self.pixmap.size() if not self.pixmap.isNull() else QSize(2 * _MISSING, _MISSING)
        limit = QSize(min(width, SIDE), SIDE)
        return size.scaled(limit.boundedTo(size), Qt.AspectRatioMode.KeepAspectRatio)
