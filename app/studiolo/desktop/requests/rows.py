"""The rows of requests, each painted as a whole.

A style takes three times as long for rows that come this fast, and a tree of five thousand rows is laid out anew for
each that comes: a table is not.
"""

from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from studiolo.api.server import RequestEntry
from studiolo.desktop.requests.table import FIGURES, RequestColumn, RequestTable
from studiolo.desktop.requests.words import CANCELLED, has_failed
from studiolo.desktop.widgets.sizes import may_resize, sizes
from studiolo.desktop.widgets.table import AnyIndex
from studiolo.desktop.widgets.theme import Colours, colours

_MARGIN = 6
_BADGE_MARGIN = 6
_CODE_SHARE = 0.9
"""Of the size of other text: letters of code look larger."""
_AROUND = 12
"""Pixels of a row's height beyond its letters."""
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT_OUT = (RequestColumn.SPEED, RequestColumn.SENDER, RequestColumn.INPUT, RequestColumn.OUTPUT, RequestColumn.MODEL)
"""Columns that are not shown where there is no room, the first one first."""


class RequestRows(QTableView):
    """The table of requests. It stays with the newest, unless somebody has scrolled away from them.

    Signals:
        menu_requested: Where, on screen.
        rows_chosen: Another row is chosen, or none.
    """

    menu_requested = Signal(QPoint)
    rows_chosen = Signal()

    def __init__(self, table: RequestTable, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self.setModel(table)
        self.setAccessibleName(name)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda at: self.menu_requested.emit(self.viewport().mapToGlobal(at)))
        self.selectionModel().selectionChanged.connect(lambda *_: self.rows_chosen.emit())
        self._code = QFont(self.font())
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setDefaultAlignment(_LEFT)
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(RequestColumn.REQUEST, QHeaderView.ResizeMode.Stretch)
        self._fit()
        table.rowsInserted.connect(self._rows_inserted)

    @property
    def chosen_rows(self) -> list[int]:
        """Return the row that is chosen, if one is."""
        return [index.row() for index in self.selectionModel().selectedRows()]

    def choose(self, row: int) -> None:
        """Choose one row, and show it."""
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self._table.index(row, 0), flags)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)

    def _width_of(self, column: RequestColumn) -> int:
        """Wide enough for what usually stands there, in the letters of this machine."""
        longest = {
            RequestColumn.TIME: "00:00:00",
            RequestColumn.SENDER: "Python aiohttp",
            RequestColumn.REQUEST: "POST /v1/chat/completions",
            RequestColumn.MODEL: "publisher/model-8b",
            RequestColumn.STATUS: "Cancelled",
            RequestColumn.INPUT: "000,000",
            RequestColumn.OUTPUT: "00,000",
            RequestColumn.SPEED: "0,000.0",
            RequestColumn.DURATION: "0,000.0 s",
        }[column]
        title = self._table.titles()[column]
        metrics = QFontMetrics(self._code) if column == RequestColumn.REQUEST else self.fontMetrics()
        words = self.fontMetrics().horizontalAdvance(title)
        return max(metrics.horizontalAdvance(longest), words) + 2 * _MARGIN + 6

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if may_resize(event):
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._leave_out()

    def _fit(self) -> None:
        """Have rows and columns for the letters in force."""
        self._code.setFamily(sizes().code_family)
        self._code.setPointSizeF(self.font().pointSizeF() * _CODE_SHARE)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _AROUND)
        for column in RequestColumn:
            self.setColumnWidth(column, self._width_of(column))
        self._leave_out()

    def _leave_out(self) -> None:
        """Hide the columns that there is no room for."""
        widths = {column: self._width_of(column) for column in RequestColumn}
        hidden = 0
        while hidden < len(_LEFT_OUT) and sum(widths.values()) > self.viewport().width():
            del widths[_LEFT_OUT[hidden]]
            hidden += 1
        for number, column in enumerate(_LEFT_OUT):
            self.setColumnHidden(column, number < hidden)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.key() == Qt.Key.Key_Menu or (event.key() == Qt.Key.Key_F10 and shift):
            at = self.visualRect(self.currentIndex()).bottomLeft()
            self.menu_requested.emit(self.viewport().mapToGlobal(at))
        elif event.key() == Qt.Key.Key_Escape and self.selectionModel().hasSelection():
            self.selectionModel().clear()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        by_keyboard = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_keyboard and not self.selectionModel().hasSelection() and self._table.rows:
            self.choose(max(0, self.rowAt(0)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        look, bottom = colours(), self.viewport().height()
        row = self.rowAt(0)
        columns = [column for column in RequestColumn if not self.isColumnHidden(column)]
        while 0 <= row < len(self._table.rows) and (top := self.rowViewportPosition(row)) < bottom:
            rect = QRect(0, top, self.viewport().width(), self.rowHeight(row))
            self._paint_row(painter, rect, row, columns, look)
            row += 1
        painter.end()

    def _paint_row(self, painter: QPainter, rect: QRect, row: int, columns: list[RequestColumn], look: Colours) -> None:
        if self.selectionModel().isRowSelected(row):
            painter.fillRect(rect, QColor(look.bubble))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(look.accent))
        painter.setPen(QColor(look.border))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        for column in columns:
            cell = QRect(self.columnViewportPosition(column), rect.top(), self.columnWidth(column), rect.height())
            self._paint_cell(painter, cell.adjusted(_MARGIN, 0, -_MARGIN, 0), self._table.rows[row], column, look)
        if self.hasFocus() and row == self.currentIndex().row():
            painter.setPen(QColor(look.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0, 0, -1, -1))

    def _paint_cell(
        self, painter: QPainter, cell: QRect, entry: RequestEntry, column: RequestColumn, look: Colours
    ) -> None:
        text = self._table.text(entry, column)
        if not text:
            return
        if column == RequestColumn.STATUS and has_failed(entry) and entry.status != CANCELLED:
            _paint_badge(painter, cell, text, look)
            return
        quiet = column == RequestColumn.STATUS and entry.status in (None, CANCELLED)
        painter.setPen(QColor(look.muted if quiet else look.text))
        metrics = painter.fontMetrics()
        if column == RequestColumn.REQUEST:
            painter.save()
            painter.setFont(self._code)
            metrics = QFontMetrics(self._code)
        if metrics.horizontalAdvance(text) > cell.width():
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, cell.width())
        painter.drawText(cell, _RIGHT if column in FIGURES else _LEFT, text)
        if column == RequestColumn.REQUEST:
            painter.restore()

    def _rows_inserted(self, parent: AnyIndex, first: int, last: int) -> None:
        """Keep what is looked at in its place, where somebody has scrolled to it."""
        bar = self.verticalScrollBar()
        if bar.value() > 0 and first <= self.rowAt(0):
            height = self.verticalHeader().defaultSectionSize()
            self.updateGeometries()
            bar.setValue(bar.value() + (last - first + 1) * height)


def _paint_badge(painter: QPainter, cell: QRect, text: str, look: Colours) -> None:
    metrics = painter.fontMetrics()
    badge = QRect(cell.left(), 0, metrics.horizontalAdvance(text) + 2 * _BADGE_MARGIN, metrics.height() + 4)
    badge.moveTop(cell.center().y() - badge.height() // 2 + 1)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.danger_card))
    painter.drawRoundedRect(badge, 4, 4)
    painter.setPen(QColor(look.danger))
    painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
