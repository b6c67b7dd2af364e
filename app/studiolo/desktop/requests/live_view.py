"""What the server is asked, as it comes: a table, and the details of one request. Widgets only."""

import itertools
from collections.abc import Iterable

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.requests.details import RequestPane
from studiolo.desktop.requests.rows import RequestRows
from studiolo.desktop.requests.table import RequestFilter, RequestTable
from studiolo.desktop.widgets.announcing import announce
from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.still_fields import StillComboBox
from studiolo.desktop.widgets.switch import Switch
from studiolo.desktop.widgets.theme import colours, set_kind

_DOT = 8
_NARROW = 960
"""Pixels: below, not all that filters has room beside the search."""


class LiveRequests(QWidget):
    """The table of requests.

    Signals:
        seen: Whether it is in sight.
        paused: Whether new requests wait.
        entry_chosen: The number of a request, or None.
        in_full_switched: Whether requests are to be logged in full.
        retried: Somebody wants it to be tried again.
    """

    seen = Signal(bool)
    paused = Signal(bool)
    entry_chosen = Signal(object)
    in_full_switched = Signal(bool)
    copy_requested = Signal()
    resend_requested = Signal()
    export_requested = Signal()
    clear_requested = Signal()
    retried = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = RequestTable()
        self.rows = RequestRows(self.table, self.tr("Requests"), self)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Filter requests"))
        self.search.setAccessibleName(self.tr("Filter requests"))
        self.search.setClearButtonEnabled(True)
        self.failed = QCheckBox(self.tr("Failed only"), self)
        self.without_own = QCheckBox(self.tr("Hide Studiolo"), self)
        self.without_own.setToolTip(self.tr("Leave out what windows and terminals of Studiolo ask."))
        self.models = _choices(self.tr("All models"), self.tr("Model"), self)
        self.tokens = _choices(self.tr("All tokens"), self.tr("Token"), self)
        self.state_dot = _Dot(self)
        self.state_label = QLabel(self)
        set_kind(self.state_label, "muted")
        self.pause = IconButton("pause", self.tr("Pause"), self)
        self.pause.setCheckable(True)
        self.clear = IconButton("delete-outline", self.tr("Clear the list"), self)
        self.export = QPushButton(self.tr("Export…"), self)
        self.in_full = Switch(self)
        self.in_full.setAccessibleName(self.tr("Log requests in full"))
        self.in_full_label = QLabel(self.tr("Log requests in full"), self)
        self.in_full_help = QLabel(self)
        self.pane = RequestPane(self)
        self.notice = QLabel(self)
        self.hint = QLabel(self)
        self.retry = QPushButton(self.tr("Try again"), self)
        self.foot = QLabel(self)
        set_kind(self.foot, "muted")
        self._full_row = QWidget(self)
        self._bar = QHBoxLayout()
        self._second_row = QWidget(self)
        self._second = QHBoxLayout(self._second_row)
        self._narrow = False
        self._stack = QStackedWidget(self)
        self._split = QSplitter(Qt.Orientation.Vertical, self)
        self._chosen: int | None = None
        self._resetting = False
        self._answered = False
        self._skipped = 0
        self._told_last = ""
        self._arrange()
        self._order_tab()
        self._connect()
        self.pane.hide()
        self.show_full(None)

    @property
    def chosen(self) -> int | None:
        """Return the number of the request that is chosen."""
        return self._chosen

    def show_rows(self) -> None:
        """Show the table."""
        self._answered = True
        self._stack.setCurrentIndex(0)
        self._count()

    def show_notice(self, text: str, hint: str = "", *, retry: bool = False) -> None:
        """Say why there is nothing to be seen. retry: whether trying again may help."""
        self._answered = False
        self.notice.setText(text)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.retry.setVisible(retry)
        self._stack.setCurrentIndex(1)

    @property
    def told(self) -> str:
        """Return why there is nothing to be seen; empty where the table is shown."""
        return f"{self.notice.text()} {self.hint.text()}".strip() if self._stack.currentIndex() else ""

    def show_state(self, *, live: bool, waiting: int | None, trouble: str = "") -> None:
        """Say how it goes.

        Args:
            live: Whether requests come as they are.
            waiting: How many wait while it is paused; None where it is not.
            trouble: Why none come.
        """
        if waiting is not None:
            text = self.tr("Paused: %n waiting", "", waiting) if waiting else self.tr("Paused")
        else:
            text = trouble or (self.tr("Live") if live else "")
        if text != self.state_label.text():
            self.state_label.setText(text)
        self.state_dot.setVisible(bool(text))
        self.state_dot.show_colour(colours().warning if waiting is not None or trouble else colours().ok)

    def show_full(self, on: bool | None) -> None:
        """Show whether requests are logged in full; None where that can't be known."""
        self._full_row.setVisible(on is not None)
        self.in_full.blockSignals(True)
        self.in_full.setChecked(bool(on))
        self.in_full.blockSignals(False)
        self.in_full_help.setText(
            self.tr(
                "Headers, texts and events of new requests are kept in the server's memory, without tokens and images."
            )
            if on
            else self.tr("Off: only times, figures and errors are kept.")
        )

    def show_skipped(self, count: int) -> None:
        """Say how many requests came that are not shown, since the list was cleared."""
        self._skipped = count
        self._count()

    def tell(self, text: str) -> None:
        """Say something in passing, at the foot."""
        self._told_last = text
        self._count()
        announce(self, text)

    def close_details(self) -> None:
        """Show the table alone."""
        self.rows.selectionModel().clear()

    def open_menu(self, at: QPoint) -> QMenu | None:
        """Open the menu of the chosen request; None if none is chosen. It does not block and deletes itself."""
        if self._chosen is None:
            return None
        menu = new_menu(self)
        menu.addAction(self.pane.copy.text()).triggered.connect(self.copy_requested)
        again = menu.addAction(self.pane.resend.text())
        again.setEnabled(self.pane.resend.isEnabled())
        again.triggered.connect(self.resend_requested)
        menu.popup(at)
        return menu

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        if narrow != self._narrow:
            self._narrow = narrow
            self._place_choices(narrow=narrow)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen.emit(False)

    def _count(self) -> None:
        shown, total = self.table.rowCount(), self.table.total
        pieces = [
            self.tr("%n request(s)", "", total)
            if shown == total
            else self.tr("%1 of %n request(s)", "", total).replace("%1", str(shown)),
            self.tr("%n came too fast to be listed", "", self._skipped) if self._skipped else "",
            self._told_last,
        ]
        if not total:
            waiting = self.tr("Requests of programs appear here as they come.") if self._answered else ""
            pieces = [self._told_last or waiting]
        self.foot.setText("  ·  ".join(piece for piece in pieces if piece))

    def _filter_changed(self) -> None:
        chosen = self._chosen
        self._resetting = True
        self.table.filter(
            RequestFilter(
                self.search.text(),
                self.failed.isChecked(),
                self.without_own.isChecked(),
                str(self.models.currentData() or ""),
                str(self.tokens.currentData() or ""),
            )
        )
        self._resetting = False
        row = self.table.row_of(chosen) if chosen is not None else None
        if row is not None:
            self.rows.choose(row)
        else:
            self._rows_chosen()
        self._count()

    def _choices_changed(self) -> None:
        for box, names in ((self.models, self.table.models), (self.tokens, self.table.tokens)):
            _fill(box, names)
            box.setVisible(box.count() > 1)

    def _rows_chosen(self) -> None:
        if self._resetting:
            return
        rows = self.rows.chosen_rows
        chosen = self.table.rows[rows[0]].id if rows else None
        if chosen != self._chosen:
            self._chosen = chosen
            self.pane.setVisible(chosen is not None)
            self.entry_chosen.emit(chosen)

    def _pause_changed(self, on: bool) -> None:
        self.pause.set_icon("play" if on else "pause", self.tr("Resume") if on else self.tr("Pause"))
        self.paused.emit(on)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._filter_changed)
        self.failed.toggled.connect(self._filter_changed)
        self.without_own.toggled.connect(self._filter_changed)
        self.models.currentIndexChanged.connect(self._filter_changed)
        self.tokens.currentIndexChanged.connect(self._filter_changed)
        self.table.choices_changed.connect(self._choices_changed)
        self.table.rowsInserted.connect(self._count)
        self.rows.rows_chosen.connect(self._rows_chosen)
        self.table.modelReset.connect(self._rows_chosen)
        self.rows.menu_requested.connect(self.open_menu)
        self.pause.toggled.connect(self._pause_changed)
        self.clear.clicked.connect(self.clear_requested)
        self.export.clicked.connect(self.export_requested)
        self.in_full.toggled.connect(self.in_full_switched)
        self.retry.clicked.connect(self.retried)
        self.pane.closed.connect(self.close_details)
        self.pane.copy_requested.connect(self.copy_requested)
        self.pane.resend_requested.connect(self.resend_requested)

    def _arrange(self) -> None:
        self.search.setMinimumWidth(120)
        self.search.setMaximumWidth(260)
        bar = self._bar
        bar.setContentsMargins(16, 8, 12, 8)
        bar.setSpacing(8)
        bar.addWidget(self.search, 1)
        bar.addStretch(1)
        right: tuple[QWidget, ...] = (self.state_dot, self.state_label, self.pause, self.clear, self.export)
        for widget in right:
            bar.addWidget(widget)
        self._second.setContentsMargins(16, 0, 12, 8)
        self._second.setSpacing(8)
        self._second.addStretch(1)
        self._place_choices(narrow=False)
        full = QHBoxLayout(self._full_row)
        full.setContentsMargins(16, 0, 16, 8)
        full.setSpacing(10)
        self.in_full_help.setWordWrap(True)
        set_kind(self.in_full_help, "muted")
        full.addWidget(self.in_full)
        full.addWidget(self.in_full_label)
        full.addWidget(self.in_full_help, 1)
        table = QWidget(self)
        # The text of rows, not their ground, begins where other text does.
        beside = QVBoxLayout(table)
        beside.setContentsMargins(10, 0, 10, 0)
        beside.addWidget(self.rows)
        self._split.addWidget(table)
        self._split.addWidget(self.pane)
        self._split.setChildrenCollapsible(False)
        self._split.setStretchFactor(0, 3)
        self._split.setStretchFactor(1, 2)
        listed = QWidget(self)
        inner = QVBoxLayout(listed)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addLayout(bar)
        inner.addWidget(self._second_row)
        inner.addWidget(self._full_row)
        inner.addWidget(self._split, 1)
        self.foot.setContentsMargins(16, 6, 16, 8)
        inner.addWidget(self.foot)
        self._stack.addWidget(listed)
        self._stack.addWidget(self._empty())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)

    def _order_tab(self) -> None:
        """Let Tab go the way that the eye goes."""
        way: tuple[QWidget, ...] = (
            *(self.search, self.failed, self.without_own, self.models, self.tokens),
            *(self.pause, self.clear, self.export, self.in_full, self.rows, self.pane.copy),
        )
        for one, other in itertools.pairwise(way):
            self.setTabOrder(one, other)

    def _place_choices(self, *, narrow: bool) -> None:
        """Put what filters beside the search, or where that has no room, below it."""
        for number, widget in enumerate((self.failed, self.without_own, self.models, self.tokens)):
            if narrow:
                self._second.insertWidget(number, widget)
            else:
                self._bar.insertWidget(1 + number, widget)
        self._second_row.setVisible(narrow)

    def _empty(self) -> QWidget:
        empty = QWidget(self)
        set_kind(self.notice, "heading")
        set_kind(self.hint, "muted")
        column = QVBoxLayout(empty)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(2)
        for label in (self.notice, self.hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            column.addWidget(label)
        column.addWidget(self.retry, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        return empty


class _Dot(QWidget):
    """A spot of colour beside words that say the same."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._colour = ""
        self.setFixedSize(QSize(_DOT, _DOT))

    def show_colour(self, colour: str) -> None:
        if colour != self._colour:
            self._colour = colour
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._colour or colours().muted))
        painter.drawEllipse(self.rect())


def _choices(everything: str, name: str, parent: QWidget) -> StillComboBox:
    box = StillComboBox(parent)
    box.setAccessibleName(name)
    box.addItem(everything, "")
    box.setMaximumWidth(200)
    box.hide()
    return box


def _fill(box: StillComboBox, names: Iterable[str]) -> None:
    """Add what is missing, and take away what is not there any more; what is chosen stays so if it can."""
    known = {box.itemData(row) for row in range(box.count())}
    wanted = list(names)
    for name in wanted:
        if name not in known:
            box.addItem(name, name)
    for row in reversed(range(1, box.count())):
        if box.itemData(row) not in wanted:
            box.removeItem(row)
