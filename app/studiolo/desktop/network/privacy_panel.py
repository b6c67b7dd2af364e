"""The panel of the section Privacy: the offline switch, and the ledger of connections. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.network.cards import Card, CardRow, heading, plain_label
from studiolo.desktop.network.connection_rows import ConnectionColumn, ConnectionRow, ConnectionTable, purpose_text
from studiolo.desktop.widgets.switch import Switch
from studiolo.desktop.widgets.table import TableView

_WIDTHS = (76, 200, 150, 110, 70, 76, 112)
_ROOMY = 820
"""Pixels; in less, what is in the tips of the rows has no columns of its own."""
_LEAST_HEIGHT = 220


class PrivacyPanel(QWidget):
    """Tells what a person wants; a presenter says what becomes of it.

    Signals:
        offline_chosen: Whether nothing may leave this computer.
        server_online_requested: The server of this computer is to go online, where the window is.
        clear_requested: All connections are to be forgotten.
        sight_changed: Whether the panel is in sight.
    """

    offline_chosen = Signal(bool)
    server_online_requested = Signal()
    clear_requested = Signal()
    sight_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Privacy"))
        self._rows: Sequence[ConnectionRow] = ()
        self._asked = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self._make_switch(layout)
        layout.addSpacing(16)
        self._make_ledger(layout)

    def show_offline(self, offline: bool) -> None:
        """Show whether nothing may leave."""
        with QSignalBlocker(self.offline):
            self.offline.setChecked(offline)

    def show_problem(self, text: str) -> None:
        """Say why the switch did not turn; an empty text for nothing."""
        self.offline_row.show_problem(text)

    def show_server(self, text: str, *, may_go_online: bool) -> None:
        """Say whether the server of this computer is offline. may_go_online: it is, and the window is not."""
        self.server_state.setText(text)
        self.server_online.setVisible(may_go_online)

    def show_connections(self, rows: Sequence[ConnectionRow]) -> None:
        """Show what is in the ledgers, the newest first."""
        self._rows, self._asked = rows, True
        self._filter()

    def show_note(self, text: str) -> None:
        """Say whose connections can't be shown, and why."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def showEvent(self, event: object) -> None:
        self.sight_changed.emit(True)

    def hideEvent(self, event: object) -> None:
        self.sight_changed.emit(False)

    def resizeEvent(self, event: object) -> None:
        for column in (ConnectionColumn.WHO, ConnectionColumn.SENT):
            self.view.setColumnHidden(column, self.width() < _ROOMY)

    def _make_switch(self, layout: QVBoxLayout) -> None:
        layout.addWidget(heading(self.tr("Offline"), self))
        card = Card(self)
        self.offline = Switch(card)
        self.offline.toggled.connect(self.offline_chosen)
        help_text = self.tr(
            "Nothing leaves this computer, except to the servers that you added. Downloads pause, and Discover shows "
            "only the models that it knows."
        )
        self.offline_row = CardRow(self.tr("Work offline"), help_text, self.offline, card)
        below = QWidget(card)
        self.server_state = plain_label("", "muted", below)
        self.server_online = QPushButton(self.tr("Go online"), below)
        self.server_online.clicked.connect(self.server_online_requested)
        self.server_online.hide()
        line = QHBoxLayout(below)
        line.setContentsMargins(16, 0, 16, 4)
        line.addWidget(self.server_state, 1)
        line.addWidget(self.server_online)
        card.add(below)
        told = self.tr(
            "Tools that run as programs on this computer connect on their own. You switch them off in Tools."
        )
        programs = plain_label(told, "muted", card)
        programs.setContentsMargins(16, 0, 16, 12)
        card.add(programs)
        layout.addWidget(card)

    def _make_ledger(self, layout: QVBoxLayout) -> None:
        above = QHBoxLayout()
        above.addWidget(heading(self.tr("Connections"), self), 1)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Search connections"))
        self.search.setAccessibleName(self.tr("Search connections"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(200)
        self.search.textChanged.connect(self._filter)
        self.clear = QPushButton(self.tr("Clear…"), self)
        self.clear.clicked.connect(self.clear_requested)
        above.addWidget(self.search)
        above.addWidget(self.clear)
        layout.addLayout(above)
        help_text = self.tr(
            "Every connection to another computer: when, where to, why, and how much. Kept on this computer alone, "
            "without addresses of pages, words or tokens."
        )
        layout.addWidget(plain_label(help_text, "muted", self))
        self.table = ConnectionTable()
        self.view = TableView(self.table, self.tr("Connections"), self)
        self.view.set_widths(_WIDTHS, stretched=1)
        self.view.setMinimumHeight(_LEAST_HEIGHT)
        self.empty = QLabel(self)
        self.empty.setTextFormat(Qt.TextFormat.PlainText)
        self.empty.setWordWrap(True)
        self.empty.setProperty("kind", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.view)
        self.stack.addWidget(self.empty)
        self.stack.setCurrentIndex(1)
        layout.addWidget(self.stack, 1)
        self.note = plain_label("", "muted", self)
        self.note.hide()
        layout.addWidget(self.note)

    def _filter(self) -> None:
        words = self.search.text().casefold().split()
        shown = [row for row in self._rows if all(word in self._words_of(row) for word in words)]
        chosen = self.view.chosen_rows
        kept = self.table.rows[chosen[0]].key if chosen and chosen[0] < len(self.table.rows) else None
        place = self.view.verticalScrollBar().value()
        self.table.show(shown)
        again = next((number for number, row in enumerate(shown) if row.key == kept), None)
        if again is not None and self.view.chosen_rows != [again]:
            self.view.choose(again)
        self.view.verticalScrollBar().setValue(place)
        self.clear.setEnabled(bool(self._rows))
        nothing = self.tr("Nothing was connected to yet.") if self._asked else ""
        self.empty.setText(self.tr("No connection has these words.") if words and self._rows else nothing)
        self.stack.setCurrentIndex(0 if shown else 1)

    def _words_of(self, row: ConnectionRow) -> str:
        told = (row.host, row.who, purpose_text(row.entry), self.table.result_text(row.entry), row.entry.via)
        return " ".join(told).casefold()
