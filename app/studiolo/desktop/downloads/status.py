"""What is being downloaded, in the sidebar: one line and a bar, as long as there is something."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from studiolo.desktop.downloads.jobs import Download, Totals
from studiolo.desktop.widgets.formatting import duration_text, speed_text, tip_text

_STEPS = 1000


class DownloadStatus(QWidget):
    """`opened`: somebody wants to see the downloads."""

    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.label = QLabel(self)
        self.label.setProperty("kind", "muted")
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 4)
        layout.setSpacing(6)
        layout.addWidget(self.label)
        layout.addWidget(self.bar)
        self.hide()

    def show_totals(self, totals: Totals, running: list[Download]) -> None:
        """Show how downloads go on the whole. running: those that are under way."""
        self.setVisible(totals.active)
        if not totals.active:
            return
        percent = f"{int(totals.fraction * 100)} %"
        if len(running) == 1:
            name = running[0].model.rpartition("/")[2]
            text = self.tr("Downloading %1").replace("%1", name)
        elif running:
            text = self.tr("%n downloads", "", len(running))
        else:
            text = self.tr("%n waiting", "", totals.waiting)
        left = duration_text(totals.seconds_left) if totals.seconds_left is not None else ""
        told = "  ·  ".join(piece for piece in (text, percent, left) if piece)
        told = "  ·  ".join(piece for piece in (told, speed_text(totals.speed)) if piece)
        self.setToolTip(tip_text(told))
        self.setAccessibleName(told)
        width = max(60, self.width() - 16)
        metrics = self.label.fontMetrics()
        self.label.setText(metrics.elidedText(f"{text}  ·  {percent}", Qt.TextElideMode.ElideMiddle, width))
        self.bar.setValue(round(totals.fraction * _STEPS))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit()
        else:
            super().keyPressEvent(event)
