"""The page for somebody who has no model yet, in the place of the greeting. Widgets only: setters and signals."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from studiolo.desktop.start.card import ModelCard
from studiolo.desktop.start.offers import ModelOffer, ModelOffers
from studiolo.desktop.start.strips import FileStrip, FoundStrip

_WIDTH, _NARROW = 680, 520
_TITLE_SCALE = 1.6


class StartPage(QScrollArea):
    """Offers a model for the machine of the server that is talked to, and what else there is to begin with.

    Signals:
        file_requested: A model file is to be chosen.
        server_requested: Another server is to be added.
        skipped: The page is not wanted any more.
        retry_requested: What models there are is to be asked again.
    """

    file_requested = Signal()
    server_requested = Signal()
    skipped = Signal()
    retry_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place = ""
        self.heading = QLabel(self.tr("Choose your first model"), self)
        self.lead, self.waiting, self.problem = (
            QLabel(self),
            QLabel(self.tr("Looking for a model that fits…")),
            QLabel(),
        )
        self.card = ModelCard(self)
        self.found = FoundStrip(self)
        self.file_strip = FileStrip(self)
        self.retry = QPushButton(self.tr("Try again"), self)
        self.file = QPushButton(self.tr("Use a model file…"), self)
        self.server = QPushButton(self.tr("Connect to a server…"), self)
        self.skip = QPushButton(self.tr("Not now"), self)
        self.skip.setToolTip(self.tr("Hides this page for good; the settings bring it back"))
        self._trouble = QFrame(self)
        self._ways = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._arrange()
        self.file.clicked.connect(self.file_requested)
        self.server.clicked.connect(self.server_requested)
        self.skip.clicked.connect(self.skipped)
        self.retry.clicked.connect(self.retry_requested)
        self.show_place("", files=False)
        self.show_asking()

    def show_place(self, name: str, *, files: bool) -> None:
        """Say where models run: on another machine of that name, or, where it is empty, on this computer.

        files: whether its server takes in a model file of this computer.
        """
        self._place = name
        if name:
            text = self.tr("Models run on %1. What you write is sent there and nowhere else.")
        else:
            text = self.tr("Models run on this computer. What you write stays here.")
        self.lead.setText(text.replace("%1", name))
        self.file.setVisible(files)

    def show_asking(self) -> None:
        """Say that it is not known yet what can be offered."""
        self._turn_to(self.waiting)

    def show_problem(self, text: str) -> None:
        """Say why nothing can be offered."""
        self.problem.setText(text)
        self._turn_to(self._trouble)

    def show_offers(self, offers: ModelOffers, subject: ModelOffer) -> None:
        """Describe a model in the card, and the others below it; what can be done with it is the card's to show."""
        others = [offer for offer in offers.models if offer.name != subject.name]
        if others != [row.offer for row in self.card.rows]:
            self.card.show_others(others)
            self.order_tabs()
        self.card.describe(subject, offers.room, caption=self._caption(subject), more=offers.others)
        self._turn_to(self.card)

    def show_found(self, count: int, programs: Sequence[str]) -> None:
        """Offer models that other programs have there."""
        self.found.show_found(count, programs, self._place)

    def _caption(self, offer: ModelOffer) -> str:
        if not offer.has_room:
            return self.tr("The smallest there is")
        if offer.role != "best":
            return self.tr("Your choice")
        if offer.memory == "unknown":
            return self.tr("A good first model")
        if self._place:
            return self.tr("Best for %1").replace("%1", self._place)
        return self.tr("Best for this computer")

    def _turn_to(self, shown: QWidget) -> None:
        for one in (self.waiting, self._trouble, self.card):
            one.setVisible(one is shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < _NARROW
        self.card.set_narrow(narrow)
        wide, tall = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._ways.setDirection(tall if narrow else wide)

    def order_tabs(self) -> None:
        """Let Tab lead through the page from its first button on, wherever that one has its place in the window."""
        stops = [*self.card.tab_stops(), self.found.use, self.file_strip.cancel, self.file, self.server, self.skip]
        for stop, following in pairwise(stops):
            self.setTabOrder(stop, following)

    def _arrange(self) -> None:
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Whoever puts the page on the way of Tab puts its first button there.
        self.setFocusProxy(self.card.download)
        self.setAccessibleName(self.heading.text())
        title = self.heading.font()
        title.setPointSizeF(title.pointSizeF() * _TITLE_SCALE)
        title.setBold(True)
        self.heading.setFont(title)
        for label in (self.heading, self.lead, self.problem):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self.lead, self.waiting):
            label.setProperty("kind", "muted")
        self._trouble.setProperty("kind", "card")
        trouble = QHBoxLayout(self._trouble)
        trouble.setContentsMargins(16, 12, 12, 12)
        trouble.addWidget(self.problem, 1)
        trouble.addWidget(self.retry)
        column = QWidget(self)
        column.setMaximumWidth(_WIDTH)
        inner = QVBoxLayout(column)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(6)
        inner.addWidget(self.heading)
        inner.addWidget(self.lead)
        inner.addSpacing(14)
        for widget in (self.waiting, self._trouble, self.card):
            inner.addWidget(widget)
        for widget in (self.found, self.file_strip):
            inner.addSpacing(6)
            inner.addWidget(widget)
        inner.addSpacing(2)
        self._arrange_ways()
        inner.addLayout(self._ways)
        self._centre(column)

    def _arrange_ways(self) -> None:
        self._ways.setSpacing(4)
        for button in (self.file, self.server, self.skip):
            button.setProperty("kind", "flat")
        self._ways.addWidget(self.file)
        self._ways.addWidget(self.server)
        self._ways.addStretch()
        self._ways.addWidget(self.skip)

    def _centre(self, column: QWidget) -> None:
        whole = QWidget(self)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(column, 1000)
        middle.addStretch(1)
        outer = QVBoxLayout(whole)
        outer.setContentsMargins(24, 24, 24, 16)
        outer.addStretch(2)
        outer.addLayout(middle)
        outer.addStretch(3)
        self.setWidget(whole)
