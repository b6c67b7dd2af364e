"""Formulas as images, drawn beside the window's thread and kept."""

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import (
    QByteArray,
    QObject,
    QRectF,
    QRunnable,
    Qt,
    QThread,
    QThreadPool,
    QTimer,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from studiolo.desktop.markup import draw_formula

_KEPT = 1_000
_TELL_MS = 40


@dataclass(frozen=True, slots=True)
class FormulaLook:
    """A formula as it is to be seen. size, half_x: pixels of the text around it and half of its x-height; ratio:
    device pixels in a pixel."""

    latex: str
    block: bool
    size: float
    half_x: float
    colour: str
    ratio: float


@dataclass(frozen=True, slots=True)
class FormulaImage:
    """width, height: in pixels; `image` is null where the formula can't be read."""

    image: QImage
    width: float = 0.0
    height: float = 0.0


class _Drawing(QRunnable):
    def __init__(self, look: FormulaLook, told: SignalInstance) -> None:
        super().__init__()
        self._look = look
        self._told = told
        # Qt knows the runnable, but nobody holds what belongs to it in Python.
        self.setAutoDelete(False)
        _under_way.add(self)

    def run(self) -> None:
        try:
            self._told.emit(self._look, drawn(self._look))
        finally:
            _under_way.discard(self)


_under_way: set[_Drawing] = set()


class Formulas(QObject):
    """`arrived`: some more are there, told in batches."""

    arrived = Signal()
    _drawn = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._kept: OrderedDict[FormulaLook, FormulaImage] = OrderedDict()
        self._under_way: set[FormulaLook] = set()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._pool.setThreadPriority(QThread.Priority.LowPriority)
        self._tell = QTimer(self)
        self._tell.setSingleShot(True)
        self._tell.setInterval(_TELL_MS)
        self._tell.timeout.connect(self.arrived)
        self._drawn.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def idle(self) -> bool:
        """Whether all that was asked for is drawn, and told."""
        return not self._under_way and not self._tell.isActive()

    def get(self, look: FormulaLook) -> FormulaImage | None:
        """None while it is being drawn."""
        if look in self._kept:
            self._kept.move_to_end(look)
            return self._kept[look]
        if look not in self._under_way:
            self._under_way.add(look)
            self._pool.start(_Drawing(look, self._drawn))
        return None

    def _take(self, look: FormulaLook, image: FormulaImage) -> None:
        self._under_way.discard(look)
        self._kept[look] = image
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        if not self._tell.isActive():
            self._tell.start()


def drawn(look: FormulaLook) -> FormulaImage:
    """For any thread."""
    drawing = draw_formula(look.latex, look.size, look.colour, block=look.block)
    if drawing is None:
        return FormulaImage(QImage())
    # Qt sets the middle of an image at half the x-height above the line on which the text stands
    # (QTextDocumentLayout::resizeInlineObject): room is left above or below, so that the formula stands on it too.
    half = look.half_x
    height = max(2 * drawing.above - half, 2 * drawing.below + half)
    image = QImage(
        max(1, round(drawing.width * look.ratio)), max(1, round(height * look.ratio)), QImage.Format.Format_ARGB32
    )
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.scale(look.ratio, look.ratio)
    top = (height + half) / 2 - drawing.above
    renderer = QSvgRenderer(QByteArray(drawing.svg.encode()))
    renderer.render(painter, QRectF(0, top, drawing.width, drawing.above + drawing.below))
    painter.end()
    return FormulaImage(image, drawing.width, height)
