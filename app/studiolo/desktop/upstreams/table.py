"""The table of other servers: what each is called, how it is doing, what runs there and where."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from studiolo.api.upstreams import UpstreamInfo
from studiolo.desktop.widgets.table import NOWHERE, AnyIndex, RowTable
from studiolo.desktop.widgets.theme import colours


class UpstreamColumn(IntEnum):
    """The columns, from left to right."""

    NAME = 0
    STATE = 1
    MODELS = 2
    ENGINE = 3
    ADDRESS = 4


class UpstreamsTable(RowTable[UpstreamInfo]):
    """In the order in which they were added."""

    columns: ClassVar[type[IntEnum]] = UpstreamColumn

    def show_upstreams(self, upstreams: Sequence[UpstreamInfo]) -> None:
        """Show servers. Nothing happens where they are shown already."""
        if list(upstreams) == self.rows:
            return
        self.beginResetModel()
        self.rows = list(upstreams)
        self.endResetModel()

    def titles(self) -> Sequence[str]:
        return [self.tr("Name"), self.tr("State"), self.tr("Models"), self.tr("Engine"), self.tr("Address")]

    def data(self, index: AnyIndex = NOWHERE, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        info, column = self.rows[index.row()], UpstreamColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(info, column)
        if role == Qt.ItemDataRole.ToolTipRole and column is UpstreamColumn.MODELS:
            return "\n".join(model.key for model in info.models[:40])
        if role == Qt.ItemDataRole.ForegroundRole:
            look = colours()
            if column is UpstreamColumn.STATE and info.state == "away":
                return QColor(look.danger)
            return QColor(look.text if column is UpstreamColumn.NAME else look.muted)
        return None

    def _text(self, info: UpstreamInfo, column: UpstreamColumn) -> str:
        match column:
            case UpstreamColumn.NAME:
                return info.name
            case UpstreamColumn.STATE:
                states = {"ready": self.tr("Ready"), "away": self.tr("Does not answer")}
                return states.get(info.state, self.tr("Not asked yet"))
            case UpstreamColumn.MODELS:
                return str(len(info.models))
            case UpstreamColumn.ENGINE:
                return info.engine
            case UpstreamColumn.ADDRESS:
                return info.address
