"""The view of other servers: a table, what is known of the one that is selected, and what can be done. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal, SignalInstance
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.upstreams import UpstreamInfo, UpstreamModelInfo
from studiolo.desktop.upstreams.table import UpstreamColumn, UpstreamsTable
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.table import TableView
from studiolo.desktop.widgets.theme import set_kind

_WIDTHS = {
    UpstreamColumn.NAME: 160,
    UpstreamColumn.STATE: 130,
    UpstreamColumn.MODELS: 80,
    UpstreamColumn.ENGINE: 160,
    UpstreamColumn.ADDRESS: 240,
}
_NARROW = 700
_MOST_TOLD = 6
"""Models that are described; the table tells how many there are."""


class UpstreamsView(QWidget):
    """Other servers of the server that is shown.

    Signals:
        add_requested: Another one shall be added.
        check_requested: This one shall be looked at again.
        remove_requested: This one shall be forgotten.
        retried: What could not be read shall be read again.
        seen: Whether the view is in sight.
    """

    add_requested = Signal()
    check_requested = Signal(object)
    remove_requested = Signal(object)
    retried = Signal()
    seen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.about = self._label(
            self.tr("Models of these servers are listed and used as if they ran here, also by programs.")
        )
        self.add = QPushButton(self.tr("Add…"), self)
        self.check = QPushButton(self.tr("Check"), self)
        self.remove = QPushButton(self.tr("Remove…"), self)
        self.table = UpstreamsTable()
        self.table.setParent(self)
        self.view = TableView(self.table, self.tr("Other servers"), self)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.set_widths([_WIDTHS[column] for column in UpstreamColumn], stretched=UpstreamColumn.ADDRESS)
        self.details = self._label("")
        self.area = QScrollArea(self)
        self.area.setAccessibleName(self.tr("About the server that is selected"))
        self.work = self._label("")
        self.notice = QLabel(self)
        self.notice.setWordWrap(True)
        self.hint = self._label("")
        self.retry = QPushButton(self.tr("Try again"), self)
        self.first = QPushButton(self.tr("Add…"), self)
        self._stack = QStackedWidget(self)
        self._arrange()
        self._connect()
        self.show_work("")
        self.show_nothing()

    @property
    def chosen(self) -> UpstreamInfo | None:
        """Return the server that is selected."""
        rows = self.view.chosen_rows
        return self.table.rows[rows[0]] if rows else None

    @property
    def told(self) -> str:
        """Return why there is no table; empty where there is one."""
        return f"{self.notice.text()} {self.hint.text()}".strip() if self._stack.currentIndex() == 1 else ""

    def show_upstreams(self, upstreams: Sequence[UpstreamInfo]) -> None:
        """Show servers; the one that was selected stays so."""
        before = self.chosen
        self.table.show_upstreams(upstreams)
        if before is not None:
            row = next((at for at, one in enumerate(self.table.rows) if one.id == before.id), None)
            if row is not None:
                self.view.choose(row)
        if upstreams:
            self._stack.setCurrentIndex(0)
        else:
            self.show_notice(
                self.tr("No other servers yet"),
                self.tr("A machine with a graphics card can answer for this one: add the address of its server."),
                add=True,
            )
        self._offer()

    def show_notice(self, text: str, hint: str = "", *, retry: bool = False, add: bool = False) -> None:
        """Say why there is nothing to be seen. retry, add: whether one of these helps."""
        self.notice.setText(text)
        self.hint.setText(hint)
        self.retry.setVisible(retry)
        self.first.setVisible(add)
        self._stack.setCurrentIndex(1)

    def show_nothing(self) -> None:
        """Show nothing, until there is an answer."""
        self.show_notice("")

    def show_work(self, text: str) -> None:
        """Say what goes on, or nothing; meanwhile nothing else is begun."""
        self.work.setText(text)
        self.work.setVisible(bool(text))
        for button in (self.add, self.first, self.check, self.remove):
            button.setEnabled(not text)

    def open_menu(self, at: QPoint) -> QMenu:
        """Open the menu of what can be done with the server that is selected. It does not block and deletes itself."""
        menu = new_menu(self)
        if info := self.chosen:
            menu.addAction(self.check.text()).triggered.connect(lambda: self.check_requested.emit(info))
            menu.addSeparator()
            menu.addAction(self.remove.text()).triggered.connect(lambda: self.remove_requested.emit(info))
        menu.popup(at)
        return menu

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.view.setColumnHidden(UpstreamColumn.ENGINE, self.width() < sizes().scaled(_NARROW))
        self._fit()

    def _fit(self) -> None:
        """Servers can say a lot: the table keeps more than half of the room, and the rest is scrolled."""
        self.area.setMaximumHeight(max(1, self.details.heightForWidth(self.area.viewport().width())))

    def _offer(self) -> None:
        """What can't be used now is not drawn; what is known of the server that is selected is told."""
        info = self.chosen
        for button in (self.check, self.remove):
            button.setVisible(info is not None)
        lines = [info.problem or "", *info.notes, *map(self._described, info.models[:_MOST_TOLD])] if info else []
        self.details.setText("\n".join(line for line in lines if line))
        self.area.setVisible(bool(self.details.text()))
        self._fit()

    def _described(self, model: UpstreamModelInfo) -> str:
        facts = [
            self.tr("%1 tokens of context").replace("%1", f"{model.context_length:,}") if model.context_length else "",
            self.tr("tools") if model.tools else "",
            self.tr("images") if model.vision else "",
            self.tr("embeddings") if model.kind == "embedding" else "",
        ]
        told = [", ".join(fact for fact in facts if fact), *model.notes]
        return f"{model.key}: {'. '.join(one.removesuffix('.') for one in told if one)}".rstrip(": ")

    def _on_chosen(self, what: SignalInstance) -> None:
        # Keys reach the table also while the buttons are off.
        if (info := self.chosen) and not self.work.text():
            what.emit(info)

    def _connect(self) -> None:
        for button in (self.add, self.first):
            button.clicked.connect(self.add_requested)
        self.retry.clicked.connect(self.retried)
        self.check.clicked.connect(lambda: self._on_chosen(self.check_requested))
        self.remove.clicked.connect(lambda: self._on_chosen(self.remove_requested))
        self.view.rows_chosen.connect(self._offer)
        self.view.row_activated.connect(lambda _: self._on_chosen(self.check_requested))
        self.view.delete_pressed.connect(lambda: self._on_chosen(self.remove_requested))
        self.view.menu_requested.connect(
            lambda at: self.open_menu(at) if self.chosen and not self.work.text() else None
        )

    def _label(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        set_kind(label, "muted")
        return label

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.about, 1)
        for button in (self.check, self.remove, self.add):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        full = QWidget(self)
        column = QVBoxLayout(full)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(head)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self.details)
        self.details.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.view, 3)
        column.addWidget(self.area, 2)
        away = QWidget(self)
        middle = QVBoxLayout(away)
        middle.setContentsMargins(24, 24, 24, 24)
        middle.addStretch(2)
        set_kind(self.notice, "heading")
        for label in (self.notice, self.hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            middle.addWidget(label)
        for button in (self.retry, self.first):
            middle.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(3)
        self._stack.addWidget(full)
        self._stack.addWidget(away)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 0, 16, 8)
        foot.addWidget(self.work)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._stack, 1)
        whole.addLayout(foot)
