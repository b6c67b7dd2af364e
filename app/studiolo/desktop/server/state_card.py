"""How the server is doing: its state in a word, its address to copy, how busy it is, and starting and stopping it."""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.sizes import sizes, wear_code_font
from studiolo.desktop.widgets.theme import colours, set_kind

_DOT = 10
_COPIED_MS = 2000
_NARROW, _NARROWER = 640, 520

Standing = Literal["running", "starting", "stopped", "lost"]


@dataclass(frozen=True)
class ServerStanding:
    """What the card shows. Empty texts are left out.

    Args:
        kind: What the dot shows.
        state: The state in a word.
        since: Since when, or why not.
        address: Where programs reach it.
        busy: How many requests run and wait.
        startable: Whether it can be started from here.
        stoppable: Whether it can be stopped and restarted from here.
        stuck: Whether it does not answer and can be ended by force.
    """

    kind: Standing
    state: str
    since: str = ""
    address: str = ""
    busy: str = ""
    startable: bool = False
    stoppable: bool = False
    stuck: bool = False


class StateCard(Recoloured, QFrame):
    """The card at the top of the overview.

    Signals:
        start_requested: The server of this computer shall run.
        stop_requested: It shall stop.
        restart_requested: It shall stop and run again.
        end_requested: One that does not answer shall be ended by force.
    """

    start_requested = Signal()
    stop_requested = Signal()
    restart_requested = Signal()
    end_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._standing = ServerStanding("starting", "")
        self._dot = QLabel(self)
        self._dot.setFixedWidth(_DOT)
        self.state = QLabel(self)
        set_kind(self.state, "heading")
        self.since = QLabel(self)
        set_kind(self.since, "muted")
        for label in (self.state, self.since):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._box = QFrame(self)
        set_kind(self._box, "chip")
        self._box.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self.address = QLabel(self._box)
        self.address.setTextFormat(Qt.TextFormat.PlainText)
        wear_code_font(self.address)
        self.address.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.address.setAccessibleDescription(self.tr("The server's address"))
        self.copy = IconButton("content-copy", self.tr("Copy address"), self._box, size=16)
        self.copy.clicked.connect(self._copy)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(_COPIED_MS)
        self._copied.timeout.connect(lambda: self.copy.set_icon("content-copy", self.tr("Copy address")))
        self.busy = ElidedLabel("", self)
        set_kind(self.busy, "muted")
        self.start = QPushButton(self.tr("Start"), self)
        self.start.setProperty("kind", "primary")
        self.restart = QPushButton(self.tr("Restart"), self)
        self.stop = QPushButton(self.tr("Stop"), self)
        self.end = QPushButton(self.tr("End it and start anew"), self)
        self.start.clicked.connect(self.start_requested)
        self.restart.clicked.connect(self.restart_requested)
        self.stop.clicked.connect(self.stop_requested)
        self.end.clicked.connect(self.end_requested)
        self._arrange()
        self.dress()

    def show_standing(self, standing: ServerStanding) -> None:
        """Show how it is doing."""
        if standing.state != self._standing.state and self._standing.state:
            announce(self, standing.state)
        self._standing = standing
        self.state.setText(standing.state)
        self.since.setText(standing.since)
        self.since.setVisible(bool(standing.since))
        self.address.setText(standing.address)
        self._box.setVisible(bool(standing.address))
        self.busy.setText(standing.busy)
        self.start.setVisible(standing.startable)
        self.restart.setVisible(standing.stoppable)
        self.stop.setVisible(standing.stoppable)
        self.end.setVisible(standing.stuck)
        self._place()
        self.dress()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def dress(self) -> None:
        look = colours()
        colour = {"running": look.ok, "lost": look.danger}.get(self._standing.kind, look.muted)
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(_DOT * ratio), round(_DOT * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(0, 0, _DOT, _DOT)
        painter.end()
        self._dot.setPixmap(pixmap)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.address.text())
        self.copy.set_icon("check", self.tr("Copied"))
        self._copied.start()
        announce(self, self.tr("Copied"))

    def _place(self) -> None:
        """How busy it is has a line of its own where the card is narrow."""
        direction = QBoxLayout.Direction
        low = self.width() < sizes().scaled(_NARROWER)
        self._whole.setDirection(direction.TopToBottom if low else direction.LeftToRight)
        narrow = self.width() < sizes().scaled(_NARROW)
        shown = bool(self._standing.busy)
        self.busy.setVisible(shown and not narrow)
        below = [self._standing.since, self._standing.busy] if narrow and shown else [self._standing.since]
        self.since.setText("\n".join(filter(None, below)))
        self.since.setVisible(bool(self.since.text()))

    def _arrange(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self.state)
        texts.addWidget(self.since)
        box = QHBoxLayout(self._box)
        box.setContentsMargins(10, 2, 4, 2)
        box.setSpacing(8)
        box.addWidget(self.address)
        box.addWidget(self.copy)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._dot)
        row.addLayout(texts)
        row.addSpacing(8)
        row.addWidget(self._box)
        row.addWidget(self.busy, 100)
        row.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        for button in (self.restart, self.stop, self.start, self.end):
            buttons.addWidget(button)
        buttons.addStretch()
        self._whole = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._whole.setContentsMargins(16, 12, 16, 12)
        self._whole.setSpacing(12)
        self._whole.addLayout(row, 1)
        self._whole.addLayout(buttons)
