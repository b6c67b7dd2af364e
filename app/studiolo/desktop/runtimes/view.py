"""The runtimes of a server: what is in use, what suits the machine, and all there are. Widgets only."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.runtimes import BUNDLED
from studiolo.desktop.runtimes.cards import DevicesPart, OfferCard, UsedCard
from studiolo.desktop.runtimes.row import RuntimeRow
from studiolo.desktop.runtimes.state import RuntimesState
from studiolo.desktop.widgets.notice import EmptyState, Notice
from studiolo.desktop.widgets.theme import set_kind
from studiolo.desktop.widgets.undo import Toast

_LIST, _EMPTY, _NOTHING = 0, 1, 2


class RuntimesView(QWidget):
    """The runtimes.

    Signals:
        seen: Whether it is in sight.
        retried: Somebody wants the server to be tried again.
        ordered: What somebody wants done (see RuntimeRow), and with which runtime.
        add_requested: Somebody wants to name a runtime of their own.
        refresh_requested: Somebody wants a newer list of what can be downloaded.
    """

    seen = Signal(bool)
    retried = Signal()
    ordered = Signal(str, str)
    add_requested = Signal()
    refresh_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fallback = Notice(self.tr("Use the bundled one"), self, kind="danger")
        self.used, self.offer = UsedCard(self), OfferCard(self)
        self.title = QLabel(self.tr("Runtimes"), self)
        set_kind(self.title, "heading")
        self.help = QLabel(self.tr("Builds of llama.cpp that run models. Nothing is updated by itself."), self)
        set_kind(self.help, "help")
        self.help.setWordWrap(True)
        self.add = QPushButton(self.tr("Add a folder or executable…"), self)
        self.machine, self.manifest = QLabel(self), QLabel(self)
        for label in (self.machine, self.manifest):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            set_kind(label, "help")
        self.refresh = QPushButton(self.tr("Fetch a newer list…"), self)
        set_kind(self.refresh, "flat")
        self.devices = DevicesPart(self)
        self.empty = EmptyState(self.tr("Try again"), self)
        self.toast = Toast(self)
        self.rows: dict[str, RuntimeRow] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._stack = QStackedWidget(self)
        self._arrange()
        self.fallback.action.clicked.connect(lambda: self.ordered.emit("use", BUNDLED))
        self.used.ordered.connect(self.ordered)
        self.offer.ordered.connect(self.ordered)
        self.add.clicked.connect(self.add_requested)
        self.refresh.clicked.connect(self.refresh_requested)
        self.empty.action.clicked.connect(self.retried)

    @property
    def told(self) -> str:
        """Return why there is nothing to be seen; empty where the runtimes are shown."""
        shown = self._stack.currentIndex() == _EMPTY
        return f"{self.empty.title.text()} {self.empty.text.text()}".strip() if shown else ""

    def show_state(self, state: RuntimesState) -> None:
        """Show the runtimes as they are now."""
        self.fallback.show_text(
            state.known.fallback,
            self.tr("Models run with the bundled runtime until this is solved.") if state.known.fallback else "",
        )
        self.used.show_state(state)
        self.offer.show_state(state)
        self._show_rows(state)
        dated = self.tr("What can be downloaded is as of %1.").replace("%1", state.known.manifest)
        self.manifest.setText(dated if state.known.manifest else "")
        machine = self.tr("This machine: %1.").replace("%1", state.known.machine.rstrip("."))
        self.machine.setText(machine)
        self.machine.setVisible(bool(state.known.machine))
        self.devices.show_state(state)
        self._stack.setCurrentIndex(_LIST)

    def show_notice(self, text: str, hint: str = "", *, retry: bool = False) -> None:
        """Say why there is nothing to be seen. retry: whether trying again may help."""
        self.empty.show_text(text, hint, action=retry)
        self._stack.setCurrentIndex(_EMPTY)

    def show_nothing(self) -> None:
        """Show nothing, until there is an answer."""
        self._stack.setCurrentIndex(_NOTHING)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen.emit(False)

    def _show_rows(self, state: RuntimesState) -> None:
        """Rows stay while their runtime is there, so that nobody loses the focus, or what is unfolded."""
        order = [one.id for one in state.known.runtimes]
        same = list(self.rows) == order
        for gone in [one for one in self.rows if one not in order]:
            row = self.rows.pop(gone)
            row.hide()
            row.deleteLater()
        for number, info in enumerate(state.known.runtimes):
            row = self.rows.get(info.id) or self._make_row(info.id)
            if self._list.indexOf(row) != number:
                self._list.removeWidget(row)
                self._list.insertWidget(number, row)
            row.show_runtime(info, state)
        if not same:
            self.rows = {one: self.rows[one] for one in order}
            self._lead_tab()

    def _lead_tab(self) -> None:
        """What was made last would come last."""
        previous: QWidget = self.add
        for stop in (*(stop for row in self.rows.values() for stop in row.stops), self.refresh, self.devices.look):
            QWidget.setTabOrder(previous, stop)
            previous = stop

    def _make_row(self, runtime_id: str) -> RuntimeRow:
        row = self.rows[runtime_id] = RuntimeRow(self)
        row.ordered.connect(lambda order: self.ordered.emit(order, runtime_id))
        return row

    def _arrange(self) -> None:
        inside = QWidget(self)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.add)
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        for widget in (self.fallback, self.used, self.offer):
            column.addWidget(widget)
        column.addSpacing(8)
        column.addLayout(head)
        column.addWidget(self.help)
        column.addWidget(self.machine)
        column.addLayout(self._list)
        dated = QHBoxLayout()
        dated.addWidget(self.manifest, 1)
        dated.addWidget(self.refresh)
        column.addLayout(dated)
        column.addSpacing(8)
        column.addWidget(self.devices)
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        for one in (area, self.empty, QWidget(self)):
            self._stack.addWidget(one)
        self._stack.setCurrentIndex(_NOTHING)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 0, 16, 0)
        foot.addWidget(self.toast)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack, 1)
        whole.addLayout(foot)
