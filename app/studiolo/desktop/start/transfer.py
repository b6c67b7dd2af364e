"""A download within the card of its model: how far it is, and what can be done with it. Widgets only."""

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.widgets.formatting import duration_text, size_text, speed_text


class TransferPanel(QWidget):
    """Shows one Download until it is complete or failed."""

    pause_requested = Signal()
    resume_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._paused = False
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(self.tr("Download"))
        self.state = _label(self)
        self.reason = _label(self)
        self.pause = QPushButton(self.tr("Pause"), self)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setAccessibleName(self.tr("Cancel the download"))
        self.pause.clicked.connect(self._press)
        self.cancel.clicked.connect(self.cancel_requested)
        beside = QHBoxLayout()
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(8)
        beside.addWidget(self.state, 1)
        beside.addWidget(self.pause)
        beside.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.bar)
        layout.addLayout(beside)
        layout.addWidget(self.reason)

    def show_starting(self) -> None:
        """Say that the server is being asked for it."""
        self._paused = False
        self.bar.setRange(0, 0)
        self.state.setText(self.tr("Asking for it…"))
        self.reason.hide()
        self.pause.hide()
        self.cancel.hide()

    def show_job(self, job: Download) -> None:
        """Show how far a download is."""
        self._paused = job.group == "paused"
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(job.fraction * 1000))
        self.state.setText(self._told(job))
        reason = " ".join(piece for piece in (job.message, job.hint) if piece) if job.group == "waiting" else ""
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.pause.setText(self.tr("Resume") if self._paused else self.tr("Pause"))
        self.pause.setAccessibleName(self.tr("Resume the download") if self._paused else self.tr("Pause the download"))
        self.pause.setVisible(job.steerable)
        self.pause.setEnabled(job.state != "verifying")
        self.cancel.setVisible(job.steerable)

    def _told(self, job: Download) -> str:
        share = self.tr("%1 of %2").replace("%1", size_text(job.received)) if job.received else self.tr("0 of %2")
        share = share.replace("%2", size_text(job.total))
        left = job.seconds_left(time.time())
        match job.state:
            case "downloading":
                remaining = self.tr("%1 left").replace("%1", duration_text(left)) if left is not None else ""
                pieces = [share if job.total else "", speed_text(job.speed), remaining]
            case "verifying":
                pieces = [self.tr("Checking what came")]
            case "waiting":
                pieces = [self.tr("Waiting for the network"), share]
            case "no_space":
                pieces = [self.tr("No room on the disk"), share]
            case "away":
                pieces = [self.tr("The server does not answer"), share]
            case "paused":
                pieces = [self.tr("Paused"), share]
            case _:
                pieces = [self.tr("Waiting for other downloads")]
        return " · ".join(piece for piece in pieces if piece)

    def _press(self) -> None:
        if self._paused:
            self.resume_requested.emit()
        else:
            self.pause_requested.emit()


def _label(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setProperty("kind", "muted")
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
