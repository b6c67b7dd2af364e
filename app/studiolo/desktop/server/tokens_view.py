"""The view of the tokens: the table, what can be done with one, and why there is none. Widgets only."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal, SignalInstance
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studiolo.api.server import TokenInfo
from studiolo.desktop.server.tokens_table import TokenColumn, TokensTable
from studiolo.desktop.widgets.notice import EmptyState, Notice
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.table import TableView
from studiolo.desktop.widgets.theme import set_kind

_WIDTHS = {
    TokenColumn.NAME: 200,
    TokenColumn.PREFIX: 120,
    TokenColumn.PERMISSIONS: 220,
    TokenColumn.CREATED: 100,
    TokenColumn.EXPIRES: 100,
    TokenColumn.USED: 100,
}
_NARROW, _NARROWER = 760, 560


class TokensView(QWidget):
    """Tokens of the server that is shown.

    Signals:
        create_requested: Another token shall be made.
        edit_requested: This token shall be another way.
        revoke_requested: This token shall be worthless.
        again_requested: What could not be read shall be read again.
        seen: The view is in sight from now on.
    """

    create_requested = Signal()
    edit_requested = Signal(object)
    revoke_requested = Signal(object)
    again_requested = Signal()
    seen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.about = QLabel(
            self.tr("A token lets a program in. Give each program one of its own, and only what it needs."), self
        )
        self.about.setWordWrap(True)
        set_kind(self.about, "muted")
        self.new = QPushButton(self.tr("New token…"), self)
        self.edit = QPushButton(self.tr("Edit…"), self)
        self.revoke = QPushButton(self.tr("Revoke…"), self)
        self.open = Notice("", self)
        self.table = TokensTable()
        self.table.setParent(self)
        self.view = TableView(self.table, self.tr("Tokens"), self)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.set_widths([_WIDTHS[column] for column in TokenColumn], stretched=TokenColumn.NAME)
        self.empty = EmptyState(self.tr("New token…"), self)
        self.away = EmptyState(self.tr("Try again"), self)
        self._stack = QStackedWidget(self)
        self._arrange()
        self._connect()
        self.show_away("", "")

    @property
    def chosen(self) -> TokenInfo | None:
        """Return the token that is selected."""
        rows = self.view.chosen_rows
        return self.table.rows[rows[0]] if rows else None

    @property
    def is_empty(self) -> bool:
        """Return whether it is said that there are no tokens."""
        return self._stack.currentWidget() is self.empty

    def show_tokens(self, tokens: Sequence[TokenInfo], *, in_use: str, required: bool) -> None:
        """Show tokens. in_use: the beginning of the one that this desktop asks with. required: whether one is."""
        before = self.chosen
        self.table.show_tokens(tokens, in_use=in_use)
        if before:
            row = next((at for at, one in enumerate(self.table.rows) if one.id == before.id), None)
            if row is not None:
                self.view.choose(row)
        self.open.show_text(
            ""
            if required or not tokens
            else self.tr("This server doesn't ask for a token, so programs get in without one."),
            self.tr("“Require authentication” on the overview changes that."),
        )
        self.empty.show_text(
            self.tr("No tokens yet"),
            self.tr("A token lets a program in, and only to what you allow. You see it once, when you make it."),
            action=True,
        )
        self._stack.setCurrentWidget(self._full if tokens else self.empty)
        self._offer()

    def show_away(self, title: str, text: str, *, again: bool = False) -> None:
        """Show why there are no tokens to be seen."""
        self.away.show_text(title, text, action=again)
        self._stack.setCurrentWidget(self.away)

    def open_menu(self, at: QPoint) -> QMenu:
        """Open the menu of what can be done with the token that is selected. It does not block and deletes itself."""
        menu = new_menu(self)
        if token := self.chosen:
            menu.addAction(self.edit.text()).triggered.connect(lambda: self.edit_requested.emit(token))
            menu.addSeparator()
            menu.addAction(self.revoke.text()).triggered.connect(lambda: self.revoke_requested.emit(token))
        menu.popup(at)
        return menu

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.view.setColumnHidden(TokenColumn.CREATED, self.width() < _NARROW)
        self.view.setColumnHidden(TokenColumn.PREFIX, self.width() < _NARROWER)

    def _offer(self) -> None:
        """What can't be used now is not drawn."""
        for button in (self.edit, self.revoke):
            button.setVisible(self.chosen is not None)

    def _on_chosen(self, what: SignalInstance) -> None:
        if token := self.chosen:
            what.emit(token)

    def _connect(self) -> None:
        for button in (self.new, self.empty.action):
            button.clicked.connect(self.create_requested)
        self.away.action.clicked.connect(self.again_requested)
        self.edit.clicked.connect(lambda: self._on_chosen(self.edit_requested))
        self.revoke.clicked.connect(lambda: self._on_chosen(self.revoke_requested))
        self.view.rows_chosen.connect(self._offer)
        self.view.row_activated.connect(lambda _: self._on_chosen(self.edit_requested))
        self.view.delete_pressed.connect(lambda: self._on_chosen(self.revoke_requested))
        self.view.menu_requested.connect(lambda at: self.open_menu(at) if self.chosen else None)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 16, 8)
        head.setSpacing(8)
        head.addWidget(self.about, 1)
        for button in (self.edit, self.revoke, self.new):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        notice = QVBoxLayout()
        notice.setContentsMargins(16, 0, 16, 8)
        notice.addWidget(self.open)
        self._full = QWidget(self)
        column = QVBoxLayout(self._full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(notice)
        rows = QVBoxLayout()
        rows.setContentsMargins(10, 0, 10, 0)
        rows.addWidget(self.view)
        column.addLayout(rows, 1)
        for widget in (self._full, self.empty, self.away):
            self._stack.addWidget(widget)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
