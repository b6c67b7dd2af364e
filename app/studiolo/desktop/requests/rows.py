"""The rows of requests, each painted as a whole: a style takes three times as long for rows that come this fast."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFontDatabase, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QStyleOptionViewItem, QWidget

from studiolo.api.server import RequestEntry
from studiolo.desktop.requests.table import FIGURES, RequestColumn, RequestTable
from studiolo.desktop.requests.words import CANCELLED, has_failed
from studiolo.desktop.widgets.table import AnyIndex, TableView
from studiolo.desktop.widgets.theme import Colours, colours

_MARGIN = 6
_BADGE_MARGIN = 6
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT_OUT = (RequestColumn.SPEED, RequestColumn.SENDER, RequestColumn.INPUT, RequestColumn.OUTPUT, RequestColumn.MODEL)
"""Columns that are not shown where there is no room, the first one first."""


class RequestRows(TableView):
    """The table of requests. It stays with the newest, unless somebody has scrolled away from them."""

    def __init__(self, table: RequestTable, name: str, parent: QWidget | None = None) -> None:
        super().__init__(table, name, parent)
        self._table = table
        self.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self._code = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._code.setPointSizeF(self.font().pointSizeF() * 0.9)
        header = self.header()
        header.setStretchLastSection(False)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        for column in RequestColumn:
            self.setColumnWidth(column, self._width_of(column))
        header.setSectionResizeMode(RequestColumn.REQUEST, QHeaderView.ResizeMode.Stretch)
        table.rowsInserted.connect(self._rows_inserted)

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
        metrics = self.fontMetrics()
        if column == RequestColumn.REQUEST:
            metrics = QFontMetrics(self._code)
        return max(metrics.horizontalAdvance(longest), metrics.horizontalAdvance(title)) + 2 * _MARGIN + 6

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        widths = {column: self._width_of(column) for column in RequestColumn}
        hidden = 0
        while hidden < len(_LEFT_OUT) and sum(widths.values()) > self.viewport().width():
            del widths[_LEFT_OUT[hidden]]
            hidden += 1
        for number, column in enumerate(_LEFT_OUT):
            self.setColumnHidden(column, number < hidden)

    def drawRow(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        look = colours()
        row, rect = index.row(), option.rect
        entry = self._table.rows[row]
        if self.selectionModel().isRowSelected(row):
            painter.fillRect(rect, QColor(look.bubble))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(look.accent))
        painter.setPen(QColor(look.border))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        for column in RequestColumn:
            width = self.columnWidth(column)
            if width and not self.isColumnHidden(column):
                cell = QRect(self.columnViewportPosition(column), rect.top(), width, rect.height())
                self._paint_cell(painter, cell.adjusted(_MARGIN, 0, -_MARGIN, 0), entry, column, look)
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
        if bar.value() > 0 and first <= self.indexAt(self.viewport().rect().topLeft()).row():
            height = self.rowHeight(self.model().index(first, 0)) or self.sizeHintForRow(0)
            self.executeDelayedItemsLayout()
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
