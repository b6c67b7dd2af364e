"""What is said above the message field while the model answers that came with the program."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours

_SIGN = 16
_SMALL = 0.9


class TrialNote(Recoloured, QWidget):
    """One line; it is hidden while another model answers."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._sign = QLabel(self)
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setProperty("kind", "muted")
        small = self.label.font()
        small.setPointSizeF(small.pointSizeF() * _SMALL)
        self.label.setFont(small)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setSpacing(8)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.label, 1)
        self.dress()
        self.hide()

    def show_model(self, name: str) -> None:
        """Say what the trial model `name` is for; empty where another one answers."""
        text = self.tr("%1 comes with Studiolo so that you can look around. It is too small for real questions.")
        self.label.setText(text.replace("%1", name))
        self.setVisible(bool(name))

    def dress(self) -> None:
        height = max(_SIGN, self.label.fontMetrics().height())
        self._sign.setFixedSize(QSize(_SIGN, height))
        self._sign.setPixmap(icon("information-outline", colours().muted, _SIGN).pixmap(QSize(_SIGN, _SIGN)))
