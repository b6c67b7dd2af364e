"""A row of colours, one of which is chosen."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QWidget

from studiolo.desktop.connections.server_colours import COLOUR_NAMES, colour_of, colour_title
from studiolo.desktop.widgets.theme import colours

_SIDE, _DISC = 28, 16
_CORNER = QPointF(2.5, -2.5)
"""From the corner of a disc's square to the disc itself."""


class _Swatch(QAbstractButton):
    """A disc; no colour is a circle with a line through it. The arrow keys go from one to the next."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = name
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setToolTip(colour_title(name))
        self.setAccessibleName(colour_title(name))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(_SIDE, _SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = (_SIDE - _DISC) / 2
        disc = QRectF(edge, edge, _DISC, _DISC)
        colour = colour_of(self.name)
        painter.setPen(Qt.PenStyle.NoPen if colour else QPen(QColor(look.muted), 1.5))
        painter.setBrush(QColor(colour) if colour else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(disc)
        if not colour:
            painter.drawLine(disc.bottomLeft() + _CORNER, disc.topRight() - _CORNER)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.isChecked():
            painter.setPen(QPen(QColor(look.text), 2))
            painter.drawEllipse(disc.adjusted(-3.5, -3.5, 3.5, 3.5))
        if self.hasFocus():
            painter.setPen(QPen(QColor(look.accent), 2))
            painter.drawRoundedRect(QRectF(1, 1, _SIDE - 2, _SIDE - 2), 6, 6)


class ColourChoice(QWidget):
    """`changed` carries the name of the colour that was chosen by hand; empty for none."""

    changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self.swatches: dict[str, QAbstractButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for name in ("", *COLOUR_NAMES):
            swatch = self.swatches[name] = _Swatch(name, self)
            swatch.clicked.connect(lambda _=False, name=name: self.changed.emit(name))
            self._group.addButton(swatch)
            layout.addWidget(swatch)
        layout.addStretch()
        self.show_colour("")

    @property
    def value(self) -> str:
        """Return the name of the chosen colour; empty for none."""
        return next((name for name, swatch in self.swatches.items() if swatch.isChecked()), "")

    def show_colour(self, name: str) -> None:
        """Have this one chosen; one that is not among them is none."""
        self.swatches.get(name, self.swatches[""]).setChecked(True)
