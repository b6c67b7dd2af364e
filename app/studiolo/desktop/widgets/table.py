"""A flat table of rows, as the pages of downloads and models use it: its view, and its model over plain data."""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any, ClassVar, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from studiolo.desktop.widgets.sizes import Resized, sizes

AnyIndex = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()

R = TypeVar("R")


class RowTable(QAbstractTableModel, Generic[R]):
    """The model of a table whose rows are plain data. Whoever inherits says what stands in a cell.

    Attributes:
        columns: From left to right.
        rows: In the order in which they are shown; whoever changes it tells the view.
    """

    columns: ClassVar[type[IntEnum]]

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[R] = []

    def titles(self) -> Sequence[str]:
        """Return what the columns are called."""
        raise NotImplementedError

    def rowCount(self, parent: AnyIndex = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.titles()[section]
        return None


class TableView(Resized, QTreeView):
    """Rows are chosen, not cells. `menu_requested` tells where, on screen; `row_activated` of Enter or double click."""

    menu_requested = Signal(QPoint)
    rows_chosen = Signal()
    row_activated = Signal(int)
    delete_pressed = Signal()

    def __init__(self, model: QAbstractItemModel, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text_size = sizes().text_size
        self.setModel(model)
        self.setAccessibleName(name)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda at: self.menu_requested.emit(self.viewport().mapToGlobal(at)))
        self.selectionModel().selectionChanged.connect(lambda *_: self.rows_chosen.emit())
        # Not `activated`: on some desktops that is a single click.
        self.doubleClicked.connect(lambda index: self.row_activated.emit(index.row()))

    def set_widths(self, widths: Iterable[int], stretched: int = 0) -> None:
        """Set the columns' widths, in pixels where text has its usual size; one takes what is left."""
        header = self.header()
        header.setStretchLastSection(False)
        header.setHighlightSections(False)
        for column, width in enumerate(widths):
            self.setColumnWidth(column, sizes().scaled(width))
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)

    def fit(self) -> None:
        """Let the columns be as many letters wide as they were."""
        share = sizes().text_size / self._text_size
        self._text_size = sizes().text_size
        for column in range(self.header().count()):
            if not self.isColumnHidden(column):
                self.setColumnWidth(column, round(self.columnWidth(column) * share))

    @property
    def chosen_rows(self) -> list[int]:
        """Return the rows that are chosen, from top to bottom."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def choose(self, row: int) -> None:
        """Choose one row alone, and show it."""
        index = self.model().index(row, 0)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(index, flags)
        self.scrollTo(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.delete_pressed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.row_activated.emit(self.currentIndex().row())
        elif event.key() == Qt.Key.Key_Menu or (
            event.key() == Qt.Key.Key_F10 and event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        ):
            at = self.visualRect(self.currentIndex()).bottomLeft()
            self.menu_requested.emit(self.viewport().mapToGlobal(at))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        # Whoever comes by keyboard can act at once: some row is chosen.
        by_keyboard = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_keyboard and not self.selectionModel().hasSelection() and self.model().rowCount(QModelIndex()):
            self.choose(max(0, self.currentIndex().row()))
