"""The bar in the progress column."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studiolo.desktop.downloads.jobs import Download
from studiolo.desktop.downloads.model import JOB_ROLE
from studiolo.desktop.theme import colours

_HEIGHT = 6
_TEXT_WIDTH = 62


class ProgressDelegate(QStyledItemDelegate):
    """A bar, and how much it is beside it."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        job: Download = index.data(JOB_ROLE)
        look = colours()
        rect = QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(look.bubble))
        bar = QRectF(rect.left() + 4, rect.center().y() - _HEIGHT / 2, rect.width() - _TEXT_WIDTH - 8, _HEIGHT)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if bar.width() > 20:
            painter.setBrush(QColor(look.border))
            painter.drawRoundedRect(bar, _HEIGHT / 2, _HEIGHT / 2)
            done = QRectF(bar)
            done.setWidth(bar.width() * job.fraction)
            painter.setBrush(QColor(_colour(job)))
            painter.drawRoundedRect(done, _HEIGHT / 2, _HEIGHT / 2)
        painter.setPen(QColor(look.text))
        text = QRectF(rect.right() - _TEXT_WIDTH, rect.top(), _TEXT_WIDTH - 6, rect.height())
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(text, side, index.data(Qt.ItemDataRole.DisplayRole))
        painter.restore()


def _colour(job: Download) -> str:
    look = colours()
    if job.group == "failed":
        return look.danger
    return look.accent if job.group in ("running", "done") else look.muted
