"""Formulas as images, drawn beside the window's thread and kept."""

import math
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

from studiolo.desktop.markup.drawing import draw_formula
from studiolo.desktop.worker.formulas import FormulaDrawer

_KEPT = 1_000
_KEPT_BYTES = 64_000_000
_MOST_PIXELS = 1_500_000
"""More than a screen shows of it; a larger one is drawn less finely."""
_TELL_MS = 40


@dataclass(frozen=True, slots=True)
class FormulaLook:
    """A formula as it is to be seen.

    size, half_x: pixels of the text around it and half of its x-height; ratio: device pixels in a pixel.
    """

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
    def __init__(self, look: FormulaLook, drawer: FormulaDrawer, told: SignalInstance) -> None:
        super().__init__()
        self._look = look
        self._drawer = drawer
        self._told = told
        # Qt knows the runnable, but nobody holds what belongs to it in Python.
        self.setAutoDelete(False)
        _under_way.add(self)

    def run(self) -> None:
        try:
            self._told.emit(self._look, drawn(self._look, self._drawer))
        finally:
            _under_way.discard(self)


_under_way: set[_Drawing] = set()


class Formulas(QObject):
    """`arrived`: some more are there, told in batches.

    Whoever wants them takes them then: what is too much to be kept goes right after it.
    """

    arrived = Signal()
    _drawn = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._kept: OrderedDict[FormulaLook, FormulaImage] = OrderedDict()
        self._under_way: set[FormulaLook] = set()
        self._drawer = FormulaDrawer(patient=True)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._pool.setThreadPriority(QThread.Priority.LowPriority)
        self._tell = QTimer(self)
        self._tell.setSingleShot(True)
        self._tell.setInterval(_TELL_MS)
        self._tell.timeout.connect(self._tell_of_them)
        self._drawn.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def idle(self) -> bool:
        """Return whether all that was asked for is drawn, and told."""
        return not self._under_way and not self._tell.isActive()

    @property
    def kept_bytes(self) -> int:
        """Return how many bytes the pictures take that are kept."""
        return sum(image.image.sizeInBytes() for image in self._kept.values())

    def get(self, look: FormulaLook) -> FormulaImage | None:
        """Return the image of a formula; None while it is being drawn."""
        if look in self._kept:
            self._kept.move_to_end(look)
            return self._kept[look]
        if look not in self._under_way:
            self._under_way.add(look)
            # The short ones first: those that take longest must not be waited for by all others.
            self._pool.start(_Drawing(look, self._drawer, self._drawn), -len(look.latex))
        return None

    def _take(self, look: FormulaLook, image: FormulaImage) -> None:
        self._under_way.discard(look)
        self._kept[look] = image
        if not self._tell.isActive():
            self._tell.start()

    def _tell_of_them(self) -> None:
        self.arrived.emit()
        size = self.kept_bytes
        while size > _KEPT_BYTES or len(self._kept) > _KEPT:
            _, gone = self._kept.popitem(last=False)
            size -= gone.image.sizeInBytes()


def drawn(look: FormulaLook, drawer: FormulaDrawer | None = None) -> FormulaImage:
    """Draw a formula, in any thread.

    drawer: who draws it within limits; None for one that is known to be harmless.
    """
    draw = drawer.draw if drawer else draw_formula
    drawing = draw(look.latex, look.size, look.colour, block=look.block)
    if drawing is None:
        return FormulaImage(QImage())
    # Qt sets the middle of an image at half the x-height above the line on which the text stands
    # (QTextDocumentLayout::resizeInlineObject): room is left above or below, so that the formula stands on it too.
    half = look.half_x
    height = max(2 * drawing.above - half, 2 * drawing.below + half)
    ratio = min(look.ratio, math.sqrt(_MOST_PIXELS / max(1.0, drawing.width * height)))
    image = QImage(max(1, round(drawing.width * ratio)), max(1, round(height * ratio)), QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.scale(ratio, ratio)
    top = (height + half) / 2 - drawing.above
    renderer = QSvgRenderer(QByteArray(drawing.svg.encode()))
    renderer.render(painter, QRectF(0, top, drawing.width, drawing.above + drawing.below))
    painter.end()
    return FormulaImage(image, drawing.width, height)
