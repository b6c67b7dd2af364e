"""The images of a conversation, small enough to be shown in it. They are read when they come into sight."""

from collections import OrderedDict

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QAbstractButton, QWidget

from studiolo.desktop.chat.transcript.actions import ShowImage
from studiolo.desktop.history.parts import ImagePart
from studiolo.desktop.widgets.formatting import tip_text
from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.theme import colours

SIDE = 320
"""Pixels that the longer side of a picture has at most; twice as many are kept, for dense screens."""
_KEPT = 60
_RADIUS = 10


class Pictures(QObject):
    """`load_failed` names a file that is to be read and given to `put`; `arrived` tells that it was."""

    load_failed = Signal(str)
    arrived = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[str, QImage] = OrderedDict()

    def __contains__(self, file: str) -> bool:
        return file in self._kept

    def get(self, file: str) -> QImage | None:
        """Return the picture; None while it isn't there, which `load_failed` tells."""
        if file in self._kept:
            self._kept.move_to_end(file)
            return self._kept[file]
        self.load_failed.emit(file)
        return None

    def put(self, file: str, image: QImage) -> None:
        """Have a picture; a null image stands for one that can't be read."""
        self._kept[file] = image
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self.arrived.emit(file)


def reduced(data: bytes) -> QImage:
    """Return an image as large as it is ever shown; null where `data` is none. For any thread."""
    image = QImage.fromData(data)
    if max(image.width(), image.height()) > 2 * SIDE:
        image = image.scaled(
            2 * SIDE, 2 * SIDE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
    return image


class PictureBox(QAbstractButton):
    """One image, at most `side` pixels wide and high; pressed, it asks to be seen large. `resized`: it has come."""

    action_requested = Signal(object)
    resized = Signal()

    def __init__(self, image: ImagePart, pictures: Pictures, parent: QWidget, *, side: int = SIDE) -> None:
        super().__init__(parent)
        self._part = image
        self._pictures = pictures
        self._side = side
        self._pixmap: QPixmap | None = None
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Image %1").replace("%1", image.name))
        self.setToolTip(tip_text(image.name))
        self.clicked.connect(lambda: self.action_requested.emit(ShowImage(self._part)))
        pictures.arrived.connect(self._take)
        self._take(image.file)

    def sizeHint(self) -> QSize:
        if self._pixmap is None or self._pixmap.isNull():
            return QSize(self._side // 2, self._side // 3)
        size = self._pixmap.size()
        return size.scaled(QSize(self._side, self._side), Qt.AspectRatioMode.KeepAspectRatio).boundedTo(size)

    def _take(self, file: str) -> None:
        if file != self._part.file:
            return
        if (image := self._pictures.get(file)) is not None:
            self._pixmap = QPixmap.fromImage(image)
            self.resized.emit()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        path = QPainterPath()
        path.addRoundedRect(self.rect().adjusted(1, 1, -1, -1), _RADIUS, _RADIUS)
        painter.setClipPath(path)
        if self._pixmap is None or self._pixmap.isNull():
            painter.fillPath(path, QColor(colours().card))
            sign = icon("image-outline" if self._pixmap is None else "image-broken-variant", colours().muted, 24)
            sign.paint(painter, self.rect())
        else:
            painter.drawPixmap(self.rect(), self._pixmap)
        if self.hasFocus():
            painter.setClipping(False)
            painter.setPen(QColor(colours().accent))
            painter.drawPath(path)
