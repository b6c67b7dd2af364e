"""The model for this machine, from the offer over its download to the chat with it. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QSpacerItem, QVBoxLayout, QWidget

from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.loading.abilities import REASONING, TOOLS, VISION
from studiolo.desktop.start.alternative import AlternativeRow
from studiolo.desktop.start.memory_bar import MemoryBar
from studiolo.desktop.start.offers import ModelOffer, Room
from studiolo.desktop.start.transfer import TransferPanel
from studiolo.desktop.start.words import download_text, licence_text, obstacle_text, show_room
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.formatting import button_text, size_text
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.sign_badge import SignBadge
from studiolo.desktop.widgets.theme import colours, set_kind

_SIDE = 16
_ABOVE = 12
"""Above the button, which so stands beside the name and not beside the caption."""


class ModelCard(Recoloured, QFrame):
    """Shows one offer at a time, with others below it while nothing is under way.

    Signals:
        download_requested: Carries the ModelOffer.
        retry_requested: What failed is to be tried again.
        chat_requested: With the model that came.
        discover_requested: More models are to be seen.
    """

    download_requested = Signal(object)
    retry_requested = Signal()
    chat_requested = Signal()
    discover_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._offer: ModelOffer | None = None
        self._room = Room()
        self._narrow = False
        self.caption, self.title, self.sentence = QLabel(self), QLabel(self), QLabel(self)
        self.fine_print, self.obstacle, self.more = QLabel(self), QLabel(self), QLabel(self)
        self.download = QPushButton(self)
        self.chat = QPushButton(self.tr("Chat with it"), self)
        self.retry = QPushButton(self.tr("Try again"), self)
        self.browse = QPushButton(self.tr("Browse in Discover"), self)
        self.room_badge = SignBadge(self)
        self.abilities = {name: SignBadge(self) for name in ("vision", "tools", "reasoning")}
        self.memory = MemoryBar(self)
        self.transfer = TransferPanel(self)
        self.rows: list[AlternativeRow] = []
        self._others = QWidget(self)
        self._list = QVBoxLayout(self._others)
        self._foot = QWidget(self)
        self._head, self._acts = QBoxLayout(QBoxLayout.Direction.LeftToRight), QVBoxLayout()
        self._above = QSpacerItem(0, _ABOVE)
        self._arrange()
        self.download.clicked.connect(lambda: self.download_requested.emit(self._offer))
        self.chat.clicked.connect(self.chat_requested)
        self.retry.clicked.connect(self.retry_requested)
        self.browse.clicked.connect(self.discover_requested)
        self.dress()

    def describe(self, offer: ModelOffer, room: Room, *, caption: str, more: int) -> None:
        """Say what a model is. caption: what it is for. more: how many there are beside those in sight."""
        self._offer, self._room = offer, room
        self.setAccessibleName(offer.title)
        self.caption.setText(caption)
        self.title.setText(offer.title)
        self.sentence.setText(offer.sentence)
        self.sentence.setVisible(bool(offer.sentence))
        known = [offer.quantization, licence_text(offer.licence)]
        self.fine_print.setText(" · ".join(piece for piece in known if piece))
        self.fine_print.setVisible(bool(self.fine_print.text()))
        show_room(self.room_badge, offer)
        for name, badge in self.abilities.items():
            badge.setVisible(name in offer.capabilities)
        self.memory.show_room(room, offer.memory_bytes)
        self.more.setText(self.tr("%n more model(s)", "", more) if more else "")

    def show_offer(self) -> None:
        """Let the model be downloaded, if there is room for it."""
        offer = self._offer
        if offer is None:
            return
        told = self.tr("Download %1, %2").replace("%1", offer.title).replace("%2", size_text(offer.size))
        self.download.setText(button_text(download_text(offer)))
        self.download.setAccessibleName(told)
        self.download.setEnabled(offer.has_room)
        self._say(obstacle_text(offer, self._room), "warning" if offer.has_room else "error")
        self._turn_to(self.download)

    def show_others(self, offers: Sequence[ModelOffer]) -> None:
        """Show further models below."""
        while item := self._list.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self.rows = [AlternativeRow(offer, self._others) for offer in offers]
        for row in self.rows:
            row.download_requested.connect(self.download_requested)
            row.set_narrow(self._narrow)
            self._list.addWidget(_line(self._others))
            self._list.addWidget(row)

    def show_starting(self) -> None:
        """Say that the server is being asked for the download."""
        self.transfer.show_starting()
        self._say("", "error")
        self._turn_to(self.transfer)

    def show_job(self, job: Download) -> None:
        """Show how far the download is."""
        self.transfer.show_job(job)
        self._say("", "error")
        self._turn_to(self.transfer)

    def show_failure(self, text: str) -> None:
        """Say why the download did not come."""
        self._say(text, "error")
        self._turn_to(self.retry)

    def show_done(self) -> None:
        """Say that the model is there."""
        self._say(self.tr("Downloaded and ready."), "muted")
        self._turn_to(self.chat)

    def set_narrow(self, narrow: bool) -> None:
        """Do with little room: what can be done stands below what it is done with."""
        self._narrow = narrow
        for row in self.rows:
            row.set_narrow(narrow)
        wide, tall = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._head.setDirection(tall if narrow else wide)
        self._above.changeSize(0, 0 if narrow else _ABOVE)
        side = Qt.AlignmentFlag.AlignLeft if narrow else Qt.AlignmentFlag.AlignRight
        for widget in (self.download, self.chat, self.retry, self.fine_print):
            self._acts.setAlignment(widget, side)
        self._acts.invalidate()
        self.memory.set_narrow(narrow)

    def tab_stops(self) -> list[QWidget]:
        """Return what Tab leads to, in order."""
        transfer = [self.transfer.pause, self.transfer.cancel]
        return [self.download, self.chat, self.retry, *transfer, *(row.download for row in self.rows), self.browse]

    def _say(self, text: str, kind: str) -> None:
        set_kind(self.obstacle, kind)
        self.obstacle.setText(text)
        self.obstacle.setVisible(bool(text))

    def _turn_to(self, shown: QWidget) -> None:
        """Show one of what can be done. The focus goes with it, if it was on what is there no longer."""
        if shown in (self.chat, self.retry) and shown.isHidden():
            announce(self, f"{self.title.text()}: {self.obstacle.text()}")
        acting = (self.download, self.chat, self.retry, self.transfer)
        held = self.hasFocus() or any(one.hasFocus() or one.isAncestorOf(self.focusWidget() or one) for one in acting)
        if held and not shown.isVisible():
            self.setFocus()
        for one in acting:
            one.setVisible(one is shown)
        resting = shown in (self.download, self.retry)
        self._others.setVisible(resting)
        self._foot.setVisible(resting)
        first = self.transfer.pause if shown is self.transfer else shown
        if self.hasFocus() and first.isVisibleTo(self) and first.isEnabled():
            first.setFocus()

    def _arrange(self) -> None:
        for label in (self.caption, self.title, self.sentence, self.obstacle, self.fine_print, self.more):
            label.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self.title, self.sentence, self.obstacle):
            label.setWordWrap(True)
        for label in (self.sentence, self.fine_print, self.more):
            label.setProperty("kind", "muted")
        self.title.setProperty("kind", "title")
        bold = self.title.font()
        bold.setBold(True)
        self.title.setFont(bold)
        for label in (self.caption, self.fine_print):
            small = label.font()
            small.setPointSizeF(small.pointSizeF() * 0.88)
            small.setBold(label is self.caption)
            label.setFont(small)
        self.download.setProperty("kind", "primary")
        self.chat.setProperty("kind", "primary")
        self.browse.setProperty("kind", "flat")
        for badge, (text, sign) in zip(self.abilities.values(), self._abilities(), strict=True):
            badge.show_word(text, sign, "plain")
        inside = QVBoxLayout()
        inside.setContentsMargins(_SIDE, 14, _SIDE, 14)
        inside.setSpacing(10)
        self._arrange_head()
        inside.addLayout(self._head)
        inside.addLayout(self._badges())
        inside.addWidget(self.memory)
        inside.addWidget(self.obstacle)
        inside.addWidget(self.transfer)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addLayout(inside)
        layout.addWidget(self._others)
        layout.addWidget(self._foot)
        foot = QVBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(0)
        foot.addWidget(_line(self))
        row = QHBoxLayout()
        row.setContentsMargins(_SIDE, 4, 6, 4)
        row.addWidget(self.more)
        row.addStretch()
        row.addWidget(self.browse)
        foot.addLayout(row)

    def _arrange_head(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(4)
        for label in (self.caption, self.title, self.sentence):
            texts.addWidget(label)
        texts.addStretch()
        self._acts.setSpacing(6)
        self._acts.addSpacerItem(self._above)
        for widget in (self.download, self.chat, self.retry, self.fine_print):
            self._acts.addWidget(widget, 0, Qt.AlignmentFlag.AlignRight)
        self._acts.addStretch()
        self._head.setSpacing(12)
        self._head.addLayout(texts, 1)
        self._head.addLayout(self._acts)

    def _badges(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        for badge in (self.room_badge, *self.abilities.values()):
            row.addWidget(badge)
        row.addStretch()
        return row

    def _abilities(self) -> tuple[tuple[str, str], ...]:
        """Their words and signs, in the order of `abilities`."""
        return (self.tr("Vision"), VISION), (self.tr("Tools"), TOOLS), (self.tr("Reasoning"), REASONING)

    def dress(self) -> None:
        palette = QPalette(self.caption.palette())
        palette.setColor(QPalette.ColorRole.WindowText, QColor(colours().link))
        self.caption.setPalette(palette)


def _line(parent: QWidget) -> QFrame:
    line = QFrame(parent)
    line.setProperty("kind", "line")
    return line
