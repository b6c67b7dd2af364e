"""How a server is told apart, and how it is doing, without words; the words stand beside it."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from studiolo.desktop.connections.server_colours import colour_of
from studiolo.desktop.connections.servers import Servers
from studiolo.desktop.connections.states import Lost, Ready, State
from studiolo.desktop.widgets.theme import colours

MARK_SIZE = 20
"""Logical pixels of a mark's side."""
_DOT = 8
_STRIP = 3


def state_dot(state: State, near: QWidget, colour: str = "") -> QPixmap:
    """Return a dot for a state and, left of it, a bar in the colour of the server (see server_colours)."""
    look = colours()
    dot = look.ok if isinstance(state, Ready) else look.danger if isinstance(state, Lost) else look.muted
    ratio = near.devicePixelRatioF()
    pixmap = QPixmap(round(MARK_SIZE * ratio), round(MARK_SIZE * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(dot))
    middle = (MARK_SIZE - _DOT) / 2
    painter.drawEllipse(QRectF(middle, middle, _DOT, _DOT))
    if shown := colour_of(colour):
        painter.setBrush(QColor(shown))
        painter.drawRoundedRect(QRectF(0, 2, _STRIP, MARK_SIZE - 4), 1.5, 1.5)
    painter.end()
    return pixmap


class ColourStrip(QWidget):
    """A line in the colour of the server that is selected, above what it shows; hidden where that has none.

    `colour_changed` carries its name (see server_colours).
    """

    colour_changed = Signal(str)

    def __init__(self, servers: Servers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._servers = servers
        self._colour = ""
        self.setFixedHeight(_STRIP)
        servers.changed.connect(self.refresh)
        servers.selected.changed.connect(self.refresh)
        self.refresh()

    @property
    def colour(self) -> str:
        """Return the name of the colour that is shown; empty for none."""
        return self._colour

    def refresh(self) -> None:
        """Show the colour of the server that is selected now."""
        server = self._servers.server(self._servers.selected_address)
        colour = server.colour if server and colour_of(server.colour) else ""
        self.setVisible(bool(colour))
        if colour != self._colour:
            self._colour = colour
            self.update()
            self.colour_changed.emit(colour)

    def paintEvent(self, event: QPaintEvent) -> None:
        if colour := colour_of(self._colour):
            QPainter(self).fillRect(self.rect(), QColor(colour))
