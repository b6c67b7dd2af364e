"""What a search found, as a list: a model of rows, and how a row is painted."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studiolo.api.hub import HubModel
from studiolo.desktop.widgets.formatting import count_text, size_text, tip_text
from studiolo.desktop.widgets.sizes import sizes
from studiolo.desktop.widgets.theme import colours

_MODEL_ROLE = Qt.ItemDataRole.UserRole
_ANY_INDEX = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_PADDING = 10


class Results(QAbstractListModel):
    """Rows are models that can be downloaded."""

    def __init__(self) -> None:
        super().__init__()
        self.models: list[HubModel] = []

    def show(self, models: Sequence[HubModel], *, more: bool) -> None:
        """Show models. more: these follow those that are shown."""
        if more:
            names = {model.name for model in self.models}
            models = [model for model in models if model.name not in names]
            if models:
                self.beginInsertRows(_NOWHERE, len(self.models), len(self.models) + len(models) - 1)
                self.models += models
                self.endInsertRows()
            return
        self.beginResetModel()
        self.models = list(models)
        self.endResetModel()

    def rowCount(self, parent: _ANY_INDEX = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.models)

    def data(self, index: _ANY_INDEX, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        model = self.models[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return model.title or model.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(model.sentence or model.name)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{model.title}, {self.facts(model)}"
        if role == _MODEL_ROLE:
            return model
        return None

    def facts(self, model: HubModel) -> str:
        """Return what is told of it in one line."""
        pieces = [
            self.tr("A pick for this server") if model.recommended else "",
            model.parameters or "",
            size_text(model.size_bytes) if model.size_bytes else "",
            self.tr("%1 downloads").replace("%1", count_text(model.downloads)) if model.downloads else "",
            self.tr("asks for consent") if model.gated else "",
        ]
        return "  ·  ".join(piece for piece in pieces if piece)


class ResultList(QListView):
    """`chosen` carries the row; `end_reached`: more is wanted."""

    chosen = Signal(int)
    row_activated = Signal(int)
    end_reached = Signal()

    def __init__(self, results: Results, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(results)
        self.setItemDelegate(_RowDelegate(results, self))
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.selectionModel().currentChanged.connect(self._current_changed)
        self.activated.connect(lambda index: self.row_activated.emit(index.row()))
        self.clicked.connect(lambda index: self.row_activated.emit(index.row()))
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(lambda value: self.end_reached.emit() if value >= bar.maximum() else None)

    def _current_changed(self, now: QModelIndex) -> None:
        if now.isValid():
            # Whoever comes by Tab makes it current only.
            self.selectionModel().select(now, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.chosen.emit(now.row())

    def choose_none(self) -> None:
        """Choose none of the models."""
        self.selectionModel().clear()

    def choose(self, row: int) -> None:
        """Choose the model in a row."""
        flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().setCurrentIndex(self.model().index(row, 0), flag)


class _RowDelegate(QStyledItemDelegate):
    def __init__(self, results: Results, parent: QWidget) -> None:
        super().__init__(parent)
        self._results = results

    def sizeHint(self, option: QStyleOptionViewItem, index: _ANY_INDEX) -> QSize:
        return QSize(200, round(QFontMetricsF(option.font).lineSpacing() * 3 + 2 * _line_gap() + 2 * _edge() + 7))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _ANY_INDEX) -> None:
        model: HubModel = index.data(_MODEL_ROLE)
        look = colours()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect).adjusted(4, 2, -4, -2)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(QColor(look.bubble))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(rect, 8, 8)
        inner = rect.adjusted(_PADDING, _edge(), -_PADDING, -_edge())
        bold = QFont(option.font)
        bold.setBold(True)
        _line(painter, inner, bold, look.text, model.title or model.name)
        inner.setTop(inner.top() + QFontMetricsF(option.font).lineSpacing() + _line_gap())
        _line(painter, inner, option.font, look.muted, model.sentence or model.name)
        inner.setTop(inner.top() + QFontMetricsF(option.font).lineSpacing() + _line_gap())
        colour = look.accent if model.recommended else look.muted
        _line(painter, inner, option.font, colour, self._results.facts(model))
        painter.restore()


def _edge() -> int:
    """Return pixels above and below what a row says."""
    return sizes().spaced(_PADDING * 0.7)


def _line_gap() -> int:
    return sizes().spaced(2)


def _line(painter: QPainter, rect: QRectF, font: QFont, colour: str, text: str) -> None:
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(
        QRectF(rect.left(), rect.top(), rect.width(), metrics.lineSpacing()), Qt.AlignmentFlag.AlignLeft, elided
    )
