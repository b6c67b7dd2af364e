"""A small window above the others that shows the downloads while the window is away."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from studiolo.desktop.tray.tray import TrayState
from studiolo.desktop.widgets.formatting import duration_text, speed_text
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.sizes import Resized, sizes

_STEPS, _WIDTH = 1000, 340


class MiniMonitor(Resized, QWidget):
    """`opened`: somebody wants the whole window; `toggled`: pause all, or resume; `dismissed`: it was closed."""

    opened = Signal()
    toggled = Signal(bool)
    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__(
            None, Qt.WindowType.Tool | Qt.WindowType.WindowStaysOnTopHint | Qt.WindowType.FramelessWindowHint
        )
        self.setWindowTitle("Studiolo")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self._grabbed: QPoint | None = None
        self._paused = False
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.pause = IconButton("pause", self.tr("Pause all downloads"), self)
        self.open = IconButton("open-in-new", self.tr("Open Studiolo"), self)
        self.shut = IconButton("close", self.tr("Close the mini monitor"), self)
        line = QHBoxLayout()
        line.addWidget(self.label, 1)
        for button in (self.pause, self.open, self.shut):
            line.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 10)
        layout.setSpacing(6)
        layout.addLayout(line)
        layout.addWidget(self.bar)
        self.fit()
        self.open.clicked.connect(self.opened)
        self.pause.clicked.connect(lambda: self.toggled.emit(not self._paused))
        self.shut.clicked.connect(self.dismissed)

    def fit(self) -> None:
        """Have room for as many words at any size of text."""
        self.setFixedWidth(sizes().scaled(_WIDTH))
        self.adjustSize()

    def show_state(self, state: TrayState) -> None:
        """Show how the downloads are doing."""
        totals = state.totals
        self._paused = not totals.active and bool(totals.paused)
        left = duration_text(totals.seconds_left) if totals.seconds_left else ""
        pieces = (f"{int(totals.fraction * 100)} %", speed_text(totals.speed), left)
        text = self.tr("Paused") if self._paused else "  ·  ".join(piece for piece in pieces if piece)
        self.label.setText(text if totals.active or self._paused else self.tr("Nothing is being downloaded"))
        self.bar.setValue(round(totals.fraction * _STEPS))
        name = self.tr("Resume all downloads") if self._paused else self.tr("Pause all downloads")
        self.pause.set_icon("play" if self._paused else "pause", name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed = event.globalPosition().toPoint() - self.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is not None:
            self.move(event.globalPosition().toPoint() - self._grabbed)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.opened.emit()
