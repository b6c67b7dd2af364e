"""One more model beside the best one: its name, what it can do, and a button that downloads it. Widgets only."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.loading.abilities import Abilities
from studiolo.desktop.start.offers import ModelOffer
from studiolo.desktop.start.words import download_text, show_room
from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.formatting import button_text, size_text, tip_text
from studiolo.desktop.widgets.sign_badge import SignBadge


class AlternativeRow(QWidget):
    """`download_requested` carries the ModelOffer."""

    download_requested = Signal(object)

    def __init__(self, offer: ModelOffer, parent: QWidget) -> None:
        super().__init__(parent)
        self.offer = offer
        name = ElidedLabel(self)
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setProperty("kind", "heading")
        name.setText(offer.title)
        abilities = Abilities(self)
        able = offer.capabilities
        abilities.show_abilities(vision="vision" in able, tools="tools" in able, reasoning="reasoning" in able)
        self.role = QLabel(self._role_text(), self)
        sentence = ElidedLabel(self)
        sentence.setTextFormat(Qt.TextFormat.PlainText)
        sentence.setText(offer.sentence)
        sentence.setToolTip(tip_text(offer.sentence))
        for label in (self.role, sentence):
            label.setProperty("kind", "muted")
        self._badge = SignBadge(self)
        show_room(self._badge, offer)
        self.download = QPushButton(button_text(download_text(offer)), self)
        told = self.tr("Download %1, %2").replace("%1", offer.title).replace("%2", size_text(offer.size))
        self.download.setAccessibleName(told)
        self.download.setEnabled(offer.has_room)
        self.download.clicked.connect(lambda: self.download_requested.emit(self.offer))
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(name)
        head.addWidget(abilities)
        head.addWidget(self.role)
        head.addStretch(1)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addLayout(head)
        texts.addWidget(sentence)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 10)
        layout.setSpacing(12)
        layout.addLayout(texts, 1)
        layout.addWidget(self._badge)
        layout.addWidget(self.download)

    def set_narrow(self, narrow: bool) -> None:
        """Do with little room: only what is in its way is said."""
        self.role.setVisible(not narrow)
        show_room(self._badge, self.offer)
        if narrow and self._badge.kind == "ok":
            self._badge.hide()

    def _role_text(self) -> str:
        return {"smaller": self.tr("Smaller"), "larger": self.tr("Larger")}.get(self.offer.role, "")
