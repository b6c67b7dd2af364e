"""The machine of a server: cards of what it is made of, and how fast models are there. Widgets only."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.machine import MachineInfo
from studiolo.desktop.machine.bench_view import BenchView
from studiolo.desktop.machine.cards import DiskCard, GraphicsCard, LoadCard, MemoryCard, ProcessorCard, transfer_text
from studiolo.desktop.widgets.theme import set_kind

C = TypeVar("C", bound=LoadCard)

_CARD_WIDTH = 300


class MachineView(QWidget):
    """The machine.

    Signals:
        seen: Whether it is in sight.
        retried: Somebody wants it to be tried again.
    """

    seen = Signal(bool)
    retried = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.system = QLabel(self)
        self.system.setTextFormat(Qt.TextFormat.PlainText)
        self.system.setWordWrap(True)
        set_kind(self.system, "muted")
        self.processor = ProcessorCard(self)
        self.memory = MemoryCard(self)
        self.graphics: list[GraphicsCard] = []
        self.disks: list[DiskCard] = []
        self.bench = BenchView(self)
        self.notice = QLabel(self)
        self.hint = QLabel(self)
        self.retry = QPushButton(self.tr("Try again"), self)
        self._grid = QGridLayout()
        self._columns = 0
        self._stack = QStackedWidget(self)
        self._arrange()
        self.retry.clicked.connect(self.retried)

    @property
    def told(self) -> str:
        """Return why there is nothing to be seen; empty where the machine is shown."""
        return f"{self.notice.text()} {self.hint.text()}".strip() if self._stack.currentIndex() == 1 else ""

    def show_machine(self, machine: MachineInfo) -> None:
        """Show a machine, and how busy it is."""
        engine = f"{machine.engine} {machine.engine_version}".strip()
        facts = (machine.system, engine, transfer_text(self, machine))
        self.system.setText("  ·  ".join(fact for fact in facts if fact))
        self.processor.show_machine(machine)
        self.memory.show_machine(machine)
        changed = _fit(self.graphics, len(machine.graphics), lambda: GraphicsCard(self))
        changed = _fit(self.disks, len(machine.disks), lambda: DiskCard(self)) or changed
        for graphics, device in zip(self.graphics, machine.graphics, strict=True):
            graphics.show_device(device)
        for card, disk in zip(self.disks, machine.disks, strict=True):
            card.show_disk(disk)
        if changed:
            self._place_cards()
        self._stack.setCurrentIndex(0)

    def show_notice(self, text: str, hint: str = "", *, retry: bool = False) -> None:
        """Say why there is nothing to be seen. retry: whether trying again may help."""
        self.notice.setText(text)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.retry.setVisible(retry)
        self._stack.setCurrentIndex(1)

    def show_nothing(self) -> None:
        """Show nothing, until there is an answer; what was is forgotten."""
        for card in (self.processor, self.memory, *self.graphics):
            card.line.clear()
        self._stack.setCurrentIndex(2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._wanted_columns() != self._columns:
            self._place_cards()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen.emit(False)

    def _wanted_columns(self) -> int:
        return max(1, min(3, (self.width() - 32) // _CARD_WIDTH))

    def _place_cards(self) -> None:
        cards: list[LoadCard] = [self.processor, self.memory, *self.graphics, *self.disks]
        self._columns = self._wanted_columns()
        columns = min(self._columns, len(cards))
        for column in range(max(columns, self._grid.columnCount())):
            self._grid.setColumnStretch(column, int(column < columns))
        for number, card in enumerate(cards):
            self._grid.addWidget(card, number // columns, number % columns)

    def _arrange(self) -> None:
        inside = QWidget(self)
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        self._grid.setSpacing(12)
        column.addWidget(self.system)
        column.addLayout(self._grid)
        column.addSpacing(8)
        column.addWidget(self.bench)
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        empty = QWidget(self)
        set_kind(self.notice, "heading")
        set_kind(self.hint, "muted")
        below = QVBoxLayout(empty)
        below.setContentsMargins(24, 24, 24, 24)
        below.setSpacing(8)
        below.addStretch(2)
        for label in (self.notice, self.hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            below.addWidget(label)
        below.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignHCenter)
        below.addStretch(3)
        for one in (area, empty, QWidget(self)):
            self._stack.addWidget(one)
        self._stack.setCurrentIndex(2)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        self._place_cards()


def _fit(cards: list[C], count: int, make: Callable[[], C]) -> bool:
    """Have so many cards; whether there were more or fewer."""
    if len(cards) == count:
        return False
    while len(cards) > count:
        card = cards.pop()
        card.hide()
        card.deleteLater()
    while len(cards) < count:
        cards.append(make())
    return True
