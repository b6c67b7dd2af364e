"""The usage as a table: a row for each day, a column for each group."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QDate, QLocale, Qt

from studiolo.desktop.requests.usage_figures import UsageFigures
from studiolo.desktop.widgets.table import NOWHERE, AnyIndex

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class UsageTable(QAbstractTableModel):
    """Days with the latest first; the last column has the sums."""

    def __init__(self) -> None:
        super().__init__()
        self._figures = UsageFigures()
        self._names: Sequence[str] = ()

    def show_figures(self, figures: UsageFigures, names: Sequence[str]) -> None:
        """Show these figures. names: what the groups are called."""
        self.beginResetModel()
        self._figures, self._names = figures, names
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._figures.days)

    def columnCount(self, parent: AnyIndex = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._names) + 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section else None
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Day"), *self._names, self.tr("Total"))[section]
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() else None
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        number = len(self._figures.days) - 1 - index.row()
        bar = self._figures.bars[number]
        if not index.column():
            return _day(self._figures.days[number])
        figure = bar[index.column() - 1] if index.column() <= len(bar) else sum(bar)
        return QLocale().toString(figure)


def _day(day: date) -> str:
    return QLocale().toString(QDate(day.year, day.month, day.day), QLocale.FormatType.ShortFormat)
