"""The table of downloads, each row painted as a whole.

A style paints each cell by itself and lays its text out anew: for a screen of rows that change twice a second that
takes three times as long.
"""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.downloads.model import DownloadTable, JobColumn, alignment
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.table import TableView
from studiolo.desktop.widgets.theme import Colours, colours

_BAR = 6
_PERCENT_WIDTH = 62
_MARGIN = 6
_FIGURES = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ELIDED = (JobColumn.NAME, JobColumn.STATE, JobColumn.SERVER)


class DownloadsView(TableView):
    """The table of downloads, which draws how far each is."""

    def __init__(self, table: DownloadTable, name: str, parent: QWidget | None = None) -> None:
        super().__init__(table, name, parent)
        self._table = table

    def drawRow(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        look = colours()
        row, rect = index.row(), option.rect
        job = self._table.job(row)
        if self.selectionModel().isRowSelected(row):
            painter.fillRect(rect, QColor(look.bubble))
        for column in JobColumn:
            width = self.columnWidth(column)
            if not width:
                continue
            cell = QRect(self.columnViewportPosition(column), rect.top(), width, rect.height())
            text, side = self._table.text(job, column), alignment(column)
            if column == JobColumn.PROGRESS:
                _paint_bar(painter, cell, job, look)
                side = _FIGURES
            elif column in _ELIDED:
                text = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, width - 2 * _MARGIN)
            failed = column == JobColumn.STATE and job.group == "failed"
            painter.setPen(QColor(look.danger if failed else look.text))
            painter.drawText(cell.adjusted(_MARGIN, 0, -_MARGIN, 0), side, text)
        if self.hasFocus() and row == self.currentIndex().row():
            painter.setPen(QColor(look.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0, 0, -1, -1))


def _paint_bar(painter: QPainter, cell: QRect, job: Download, look: Colours) -> None:
    width = cell.width() - sizes().scaled(_PERCENT_WIDTH) - 2 * _MARGIN
    if width <= 20:
        return
    bar = QRectF(cell.left() + _MARGIN, cell.center().y() - _BAR / 2, width, _BAR)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.border))
    painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
    bar.setWidth(width * job.fraction)
    painter.setBrush(QColor(_colour(job, look)))
    painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
    painter.restore()


def _colour(job: Download, look: Colours) -> str:
    if job.group == "failed":
        return look.danger
    return look.accent if job.group in ("running", "done") else look.muted
