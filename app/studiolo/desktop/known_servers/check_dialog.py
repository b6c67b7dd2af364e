"""A check of a server, row by row. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studiolo.client.checking import CheckOutcome, CheckRow
from studiolo.desktop.known_servers.check_words import check_text, outcome_text
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.buttons import primary_button
from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours, set_kind

_SIGNS = {
    CheckOutcome.HOLDS: "check",
    CheckOutcome.WRONG: "close",
    CheckOutcome.NOT_OFFERED: "information-outline",
    CheckOutcome.SKIPPED: "chevron-right",
}
_TITLE, _REQUEST, _RESULT, _TIME = range(4)


class CheckDialog(Recoloured, QDialog):
    """`again_requested`: somebody wants all of it once more; `stop_requested`: no more of it."""

    again_requested = Signal()
    stop_requested = Signal()
    copy_requested = Signal()

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows: dict[str, CheckRow] = {}
        self._running = False
        self.setWindowTitle(self.tr("Check %1").replace("%1", name))
        self.lead = QLabel(
            self.tr("Asks the server what the documented API promises. It costs a few short replies."), self
        )
        self.lead.setProperty("kind", "muted")
        self.lead.setWordWrap(True)
        self.table = QTreeWidget(self)
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setAccessibleName(self.tr("Checks"))
        self.table.setHeaderLabels([self.tr("What is checked"), self.tr("Request"), self.tr("Result"), self.tr("Time")])
        self.problem = QLabel(self)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setWordWrap(True)
        self.problem.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.problem.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.summary = QLabel(self)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.summary.setWordWrap(True)
        self.copy = QPushButton(self.tr("Copy as text"), self)
        self.run = QPushButton(self)
        self.close_button = primary_button(self.tr("Close"), self)
        self._arrange()
        self.copy.clicked.connect(self.copy_requested)
        self.run.clicked.connect(self._press)
        self.close_button.clicked.connect(self.accept)
        self.table.currentItemChanged.connect(lambda *_: self._explain())
        self.resize(820, 640)
        self._explain()
        self.show_running(False)

    @property
    def rows(self) -> list[CheckRow]:
        """Return the checks that are done."""
        return list(self._rows.values())

    def begin(self, steps: Sequence[tuple[str, str, str]]) -> None:
        """Begin anew. steps: the id, the title and the request of each check."""
        self._rows = {}
        self.table.clear()
        self._explain()
        for step, title, request in steps:
            item = QTreeWidgetItem([check_text(title), request, "", ""])
            item.setData(_TITLE, Qt.ItemDataRole.UserRole, step)
            item.setTextAlignment(_TIME, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setForeground(_REQUEST, QColor(colours().muted))
            self.table.addTopLevelItem(item)
        self.show_running(True)
        self._tell(self.tr("Checking…"))

    def show_row(self, row: CheckRow) -> None:
        """Show what a check came to."""
        self._rows[row.step] = row
        for item in self._items():
            if item.data(_TITLE, Qt.ItemDataRole.UserRole) == row.step:
                self._write(item, row)
                self.table.scrollToItem(item)
        if row.outcome is CheckOutcome.WRONG and self.table.currentItem() is None:
            self._choose(row.step)

    def show_end(self) -> None:
        """Say what came of all."""
        self.show_running(False)
        wrong = sum(row.outcome is CheckOutcome.WRONG for row in self.rows)
        held = sum(row.outcome is CheckOutcome.HOLDS for row in self.rows)
        told = self.tr("%n check(s) hold.", "", held)
        if wrong:
            self._tell(self.tr("%n check(s) went wrong. Choose one to see why.", "", wrong), "error")
        else:
            self._tell(told)
        self._explain()
        announce(self, self.summary.text())

    def show_stopped(self, text: str, *, failed: bool = False) -> None:
        """Say that it was ended before its end, and why."""
        self.show_running(False)
        self._tell(text, "error" if failed else "muted")

    def show_running(self, running: bool) -> None:
        """Offer to stop it, or to begin again."""
        self._running = running
        self.run.setText(self.tr("Stop") if running else self.tr("Check again"))
        self.copy.setEnabled(not running and bool(self._rows))

    def dress(self) -> None:
        for item in self._items():
            item.setForeground(_REQUEST, QColor(colours().muted))
            if row := self._rows.get(item.data(_TITLE, Qt.ItemDataRole.UserRole)):
                self._write(item, row)

    def _write(self, item: QTreeWidgetItem, row: CheckRow) -> None:
        look = colours()
        colour = {CheckOutcome.HOLDS: look.ok, CheckOutcome.WRONG: look.danger}.get(row.outcome, look.muted)
        item.setText(_RESULT, outcome_text(row.outcome))
        item.setForeground(_RESULT, QColor(colour))
        item.setIcon(_RESULT, icon(_SIGNS[row.outcome], colour, 16))
        font = QFont(item.font(_RESULT))
        font.setBold(row.outcome is CheckOutcome.WRONG)
        item.setFont(_RESULT, font)
        skipped = row.outcome is CheckOutcome.SKIPPED
        item.setText(_TIME, "" if skipped else self.tr("%1 s").replace("%1", f"{row.seconds:.2f}"))
        item.setToolTip(_TITLE, check_text(row.came) if skipped else "")

    def _explain(self) -> None:
        item = self.table.currentItem()
        row = self._rows.get(item.data(_TITLE, Qt.ItemDataRole.UserRole)) if item else None
        if row is None:
            self.problem.setText(self.tr("Choose a check to see more of it.") if item is None else "")
        elif row.outcome is CheckOutcome.WRONG:
            text = self.tr("Expected: %1\nReceived: %2")
            self.problem.setText(text.replace("%1", row.expected).replace("%2", row.came))
        elif row.outcome is CheckOutcome.NOT_OFFERED:
            self.problem.setText(self.tr("The server does not have this route. Programs that need it can't use it."))
        else:
            self.problem.setText(check_text(row.came) if row.came else self.tr("It is as the API has it."))

    def _choose(self, step: str) -> None:
        for item in self._items():
            if item.data(_TITLE, Qt.ItemDataRole.UserRole) == step:
                self.table.setCurrentItem(item)

    def _items(self) -> list[QTreeWidgetItem]:
        found = (self.table.topLevelItem(number) for number in range(self.table.topLevelItemCount()))
        return [item for item in found if item is not None]

    def _tell(self, text: str, kind: str = "muted") -> None:
        set_kind(self.summary, kind)
        self.summary.setText(text)

    def _press(self) -> None:
        if self._running:
            self.stop_requested.emit()
        else:
            self.again_requested.emit()

    def _arrange(self) -> None:
        header = self.table.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(_TITLE, QHeaderView.ResizeMode.Stretch)
        for column in (_REQUEST, _RESULT, _TIME):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        for column, width in ((_REQUEST, 250), (_RESULT, 120), (_TIME, 80)):
            self.table.setColumnWidth(column, width)
        card = QFrame(self)
        card.setProperty("kind", "card")
        self.problem.setMinimumHeight(4 * self.fontMetrics().lineSpacing())
        inside = QVBoxLayout(card)
        inside.addWidget(self.problem)
        foot = QHBoxLayout()
        foot.addWidget(self.summary, 1)
        for button in (self.copy, self.run, self.close_button):
            foot.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(self.lead)
        layout.addWidget(self.table, 1)
        layout.addWidget(card)
        layout.addLayout(foot)
