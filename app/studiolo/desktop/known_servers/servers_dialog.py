"""All servers that are known, left, and what is known of the chosen one, right. Widgets only."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.connections.known import OWN, KnownServer
from studiolo.desktop.connections.marks import MARK_SIZE, state_dot
from studiolo.desktop.connections.states import State
from studiolo.desktop.connections.words import settled_words
from studiolo.desktop.known_servers.details import ServerDetails
from studiolo.desktop.tasks import TaskScope
from studiolo.desktop.widgets.buttons import primary_button
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours
from studiolo.desktop.widgets.undo import Toast
from studiolo.network.network import Network

_ADDRESS = Qt.ItemDataRole.UserRole
_LIST_STYLE = """
QListWidget {{ outline: none; border: none; background: {window}; }}
QListWidget::item {{ border: 1px solid transparent; border-radius: 6px; padding: 6px 4px; color: {text}; }}
QListWidget::item:hover {{ background: {card}; }}
QListWidget::item:selected {{ background: {bubble}; color: {text}; }}
QListWidget::item:selected:focus {{ border-color: {accent}; }}
"""


@dataclass(frozen=True)
class ServerRow:
    """One server in the list. `name` is what it is called there."""

    server: KnownServer
    name: str
    state: State


class ServersDialog(Recoloured, QDialog):
    """Signals: `chosen` carries an address; `move_requested` one, and -1 for up or 1 for down."""

    chosen = Signal(str)
    add_requested = Signal()
    move_requested = Signal(str, int)

    def __init__(self, scope: TaskScope, parent: QWidget, *, network: Network) -> None:
        """network: the way to a certificate that is looked at."""
        super().__init__(parent)
        self._rows: list[ServerRow] = []
        self.setWindowTitle(self.tr("Servers"))
        self.list = QListWidget(self)
        self.list.setProperty("kind", "servers")
        self.list.setAccessibleName(self.tr("Servers"))
        self.list.setIconSize(QSize(MARK_SIZE, MARK_SIZE))
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.add = QPushButton(self.tr("Add a server…"), self)
        self.add.setAutoDefault(False)
        self.up = IconButton("arrow-up", self.tr("Move up (Alt+Up)"), self)
        self.down = IconButton("arrow-down", self.tr("Move down (Alt+Down)"), self)
        self.details = ServerDetails(scope, self, network=network)
        self.toast = Toast(self)
        self.close_button = primary_button(self.tr("Close"), self)
        self.close_button.setAutoDefault(False)
        self.close_button.setDefault(False)
        self._arrange()
        self._connect()
        self.resize(820, 560)

    @property
    def chosen_address(self) -> str:
        """Return the address of the server that is chosen in the list."""
        item = self.list.currentItem()
        return str(item.data(_ADDRESS)) if item else OWN

    def show_servers(self, rows: Sequence[ServerRow]) -> None:
        """Fill the list; the one that was chosen stays so, where it is still there."""
        before, place = self.chosen_address, self.list.currentRow()
        self._rows = list(rows)
        self.list.blockSignals(True)
        while self.list.count() > len(rows):
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(rows):
            QListWidgetItem("", self.list)
        for number, row in enumerate(rows):
            self.list.item(number).setData(_ADDRESS, row.server.address)
        self.dress()
        self.list.blockSignals(False)
        if before not in [row.server.address for row in rows]:
            # The one that comes after it, where that was removed.
            before = rows[min(max(place, 0), len(rows) - 1)].server.address
        self.choose(before)

    def choose(self, address: str) -> None:
        """Show a server; where it is not there, the first."""
        addresses = [row.server.address for row in self._rows]
        self.list.setCurrentRow(addresses.index(address) if address in addresses else 0)
        self._order_changed()

    def dress(self) -> None:
        self.list.setStyleSheet(_LIST_STYLE.format(**asdict(colours())))
        for number, row in enumerate(self._rows):
            if item := self.list.item(number):
                words = settled_words(row.server.address, row.state)
                item.setText(f"{row.name}\n{words}")
                item.setIcon(QIcon(state_dot(row.state, self, row.server.colour)))
                item.setToolTip(row.server.address)

    def _order_changed(self) -> None:
        row, last = self.list.currentRow(), self.list.count() - 1
        self.up.setEnabled(row > 1)
        self.down.setEnabled(0 < row < last)

    def _chosen(self) -> None:
        self._order_changed()
        self.chosen.emit(self.chosen_address)

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(lambda _: self._chosen())
        self.add.clicked.connect(self.add_requested)
        for button, by, keys in ((self.up, -1, "Alt+Up"), (self.down, 1, "Alt+Down")):
            button.clicked.connect(lambda _=False, by=by: self.move_requested.emit(self.chosen_address, by))
            QShortcut(QKeySequence(keys), self, button.click)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self.list, self.toast.undo_requested.emit)
        QShortcut(
            QKeySequence(QKeySequence.StandardKey.Delete),
            self.list,
            self.details.remove.click,
            context=Qt.ShortcutContext.WidgetShortcut,
        )
        self.close_button.clicked.connect(self._finish)

    def _finish(self) -> None:
        self.details.commit()
        self.accept()

    def _arrange(self) -> None:
        self.list.setFixedWidth(260)
        tools = QHBoxLayout()
        tools.addWidget(self.add)
        tools.addStretch()
        tools.addWidget(self.up)
        tools.addWidget(self.down)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.list, 1)
        left.addLayout(tools)
        line = QFrame(self)
        line.setProperty("kind", "upright")
        line.setFixedWidth(1)
        above = QHBoxLayout()
        above.setSpacing(16)
        above.addLayout(left)
        above.addWidget(line)
        above.addWidget(self.details, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.toast, 1)
        foot.addStretch()
        foot.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setSpacing(14)
        layout.addLayout(above, 1)
        layout.addLayout(foot)
