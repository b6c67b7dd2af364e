"""An image that a tool returned."""

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from studiolo.desktop.chat.transcript.pictures import SIDE
from studiolo.desktop.theme import colours, icon
from studiolo.desktop.tool_content import ResultImage

_MOST_PIXELS = 40_000_000
_MISSING = 64


class ResultPicture(QWidget):
    """At most SIDE pixels wide and high; one that can't be read is told as such."""

    resized = Signal()

    def __init__(self, image: ResultImage, parent: QWidget) -> None:
        super().__init__(parent)
        self.pixmap = QPixmap.fromImage(_read(image.data))
        told = self.tr("Image") if not self.pixmap.isNull() else self.tr("Image that can't be read")
        self.setAccessibleName(f"{told} ({image.media_type})")
        self.setToolTip(self.accessibleName())

    def height_for(self, width: int) -> int:
        """Pixels, at a width in pixels."""
        return self._size(width).height() if not self.pixmap.isNull() else _MISSING

    def tab_stops(self) -> list[QWidget]:
        return []

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self.pixmap.isNull():
            painter.setPen(QColor(colours().border))
            painter.drawRect(0, 0, 2 * _MISSING, _MISSING - 1)
            icon("image-broken-variant", colours().muted, 24).paint(painter, 0, 0, 2 * _MISSING, _MISSING)
            return
        size = self._size(self.width())
        painter.drawPixmap(0, 0, size.width(), size.height(), self.pixmap)

    def _size(self, width: int) -> QSize:
        limit = QSize(min(width, SIDE), SIDE)
        size = self.pixmap.size()
        return (
            size.scaled(limit, Qt.AspectRatioMode.KeepAspectRatio)
            if size.width() > limit.width() or (size.height() > SIDE)
            else size
        )


def _read(data: bytes) -> QImage:
    """Null where it is no image, or one that is larger than any screen."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and size.width() * size.height() > _MOST_PIXELS:
        return QImage()
    if size.isValid() and max(size.width(), size.height()) > 2 * SIDE:
        reader.setScaledSize(size.scaled(2 * SIDE, 2 * SIDE, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()
