"""What else there is to begin with: models that are on the computer already, and a file. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import QLocale, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours, set_kind

_SIGN = 18


class FoundStrip(Recoloured, QFrame):
    """Says which models of other programs are there, and offers them."""

    used = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._sign = QLabel(self)
        self._sign.setFixedWidth(_SIGN)
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.use = QPushButton(self)
        self.use.clicked.connect(self.used)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 10, 8)
        layout.setSpacing(12)
        layout.addWidget(self._sign)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.use)
        self.dress()
        self.hide()

    def show_found(self, count: int, programs: Sequence[str], place: str) -> None:
        """Show how many models there are. programs: whose, by their origins. place: another machine; empty for this."""
        if count:
            listed = QLocale().createSeparatedList([self._name_of(one) for one in programs])
            if place:
                text = self.tr("%n model(s) from %1 are already on %2.", "", count)
            else:
                text = self.tr("%n model(s) from %1 are already on this computer.", "", count)
            self.label.setText(text.replace("%1", listed).replace("%2", place))
            self.use.setText(self.tr("Use it") if count == 1 else self.tr("Use them"))
            self.use.setAccessibleDescription(self.label.text())
        self.setVisible(bool(count))

    def dress(self) -> None:
        pixmap = icon("folder-search-outline", colours().muted, _SIGN).pixmap(QSize(_SIGN, _SIGN))
        self._sign.setPixmap(pixmap)

    def _name_of(self, program: str) -> str:
        return {
            "lm_studio": "LM Studio",
            "ollama": "Ollama",
            "hugging_face": self.tr("the Hugging Face cache"),
        }.get(program, program)


class FileStrip(QFrame):
    """Shows how far the taking in of a file is, or why it failed."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(self.tr("Import"))
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setAccessibleName(self.tr("Cancel the import"))
        self.cancel.clicked.connect(self.cancel_requested)
        texts = QVBoxLayout()
        texts.setSpacing(6)
        texts.addWidget(self.label)
        texts.addWidget(self.bar)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 10, 8)
        layout.setSpacing(12)
        layout.addLayout(texts, 1)
        layout.addWidget(self.cancel)
        self.hide()

    def show_progress(self, name: str, fraction: float) -> None:
        """Show how far a file is, from 0 to 1."""
        set_kind(self.label, "")
        self.label.setText(self.tr("Taking in %1…").replace("%1", name))
        self.bar.setValue(round(fraction * 1000))
        self._show(under_way=True)

    def show_failure(self, text: str) -> None:
        """Say why a file could not be taken in."""
        set_kind(self.label, "error")
        self.label.setText(text)
        self._show(under_way=False)

    def _show(self, *, under_way: bool) -> None:
        self.bar.setVisible(under_way)
        self.cancel.setVisible(under_way)
        self.show()
