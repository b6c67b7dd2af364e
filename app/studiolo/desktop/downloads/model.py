"""The downloads as a table: thin, over plain data, with sorting and filtering of its own.

A proxy that sorts would ask Python for each comparison, twice a second for hundreds of rows.
"""

import time
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from studiolo.desktop.downloads.jobs import Download, JobKey
from studiolo.desktop.words import duration_text, size_text, speed_text, tip_text

JOB_ROLE = Qt.ItemDataRole.UserRole
_GROUP_ORDER = {"running": 0, "waiting": 1, "paused": 2, "failed": 3, "done": 4}
_ANY_INDEX = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class Column(IntEnum):
    NAME = 0
    SIZE = 1
    PROGRESS = 2
    SPEED = 3
    LEFT = 4
    STATE = 5
    SERVER = 6


_KEYS: dict[Column, Callable[[Download], Any]] = {
    Column.NAME: lambda job: job.name.casefold(),
    Column.SIZE: lambda job: job.total,
    Column.PROGRESS: lambda job: job.fraction,
    Column.SPEED: lambda job: job.speed,
    Column.LEFT: lambda job: job.until if job.until is not None else float("inf"),
    Column.STATE: lambda job: (_GROUP_ORDER[job.group], job.state),
    Column.SERVER: lambda job: job.server_name.casefold(),
}
_ROLES = {
    int(role)
    for role in (
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.TextAlignmentRole,
        Qt.ItemDataRole.ToolTipRole,
        JOB_ROLE,
    )
}
_RIGHT = {Column.SIZE, Column.SPEED, Column.LEFT}


class DownloadTable(QAbstractTableModel):
    """Rows are jobs; JOB_ROLE has the Download. Without a chosen column they are as in the queues, running first."""

    def __init__(self) -> None:
        super().__init__()
        self._all: Mapping[JobKey, Download] = {}
        self._rows: list[Download] = []
        self._place: dict[JobKey, int] = {}
        self._words = ""
        self._group: str | None = None
        self._column: Column | None = None
        self._descending = False

    def job(self, row: int) -> Download:
        return self._rows[row]

    def row_of(self, key: JobKey) -> int | None:
        return self._place.get(key)

    def show(self, downloads: Mapping[JobKey, Download], changed: set[JobKey] | None = None) -> None:
        """Show these; `changed`: only those are other than before."""
        self._all = downloads
        self._arrange(changed)

    def filter(self, words: str, group: str | None) -> None:
        """Show only jobs that have all words, and are in a group of states."""
        self._words, self._group = words, group
        self._arrange(set())

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """-1 for the order of the queues."""
        self._column = Column(column) if column >= 0 else None
        self._descending = order == Qt.SortOrder.DescendingOrder
        self._arrange(set())

    def rowCount(self, parent: _ANY_INDEX = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _ANY_INDEX = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            self.tr("Name"),
            self.tr("Size"),
            self.tr("Progress"),
            self.tr("Speed"),
            self.tr("Time left"),
            self.tr("State"),
            self.tr("Server"),
        )[section]

    def data(self, index: _ANY_INDEX, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        # A view asks for half a dozen roles of each cell that it paints.
        if role not in _ROLES or not index.isValid():
            return None
        job = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(job, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == JOB_ROLE:
            return job
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(f"{job.message} {job.hint}".strip() or job.name)
        return None

    def state_text(self, job: Download) -> str:
        """The state in words."""
        return {
            "queued": self.tr("In the queue"),
            "downloading": self.tr("Downloading"),
            "waiting": self.tr("Waiting for the network"),
            "verifying": self.tr("Verifying"),
            "no_space": self.tr("No room on the disk"),
            "away": self.tr("The server does not answer"),
            "paused": self.tr("Paused"),
            "completed": self.tr("Complete"),
            "failed": self.tr("Failed"),
        }.get(job.state, job.state)

    def _text(self, job: Download, column: int) -> str:
        match column:
            case Column.NAME:
                return job.name
            case Column.SIZE:
                return size_text(job.total) if job.total else ""
            case Column.PROGRESS:
                return f"{int(job.fraction * 1000) / 10:.1f} %"
            case Column.SPEED:
                return speed_text(job.speed) if job.group == "running" else ""
            case Column.LEFT:
                left = job.seconds_left(time.time())
                return duration_text(left) if left is not None else ""
            case Column.STATE:
                return self.state_text(job)
        return job.server_name

    def _wanted(self) -> list[Download]:
        words = self._words.casefold().split()
        rows = [
            job
            for job in self._all.values()
            if (self._group is None or job.group == self._group)
            and (not words or all(word in f"{job.name} {job.server_name}".casefold() for word in words))
        ]
        rows.sort(key=lambda job: (_GROUP_ORDER[job.group], job.server, job.place))
        if self._column is not None:
            rows.sort(key=_KEYS[self._column], reverse=self._descending)
        return rows

    def _arrange(self, changed: set[JobKey] | None) -> None:
        """Become what is wanted by the smallest changes, so that selection and place stay."""
        wanted = self._wanted()
        keys = {job.key for job in wanted}
        for row in range(len(self._rows) - 1, -1, -1):
            if self._rows[row].key not in keys:
                self.beginRemoveRows(_NOWHERE, row, row)
                del self._rows[row]
                self.endRemoveRows()
        known = {job.key for job in self._rows}
        if fresh := [job for job in wanted if job.key not in known]:
            self.beginInsertRows(_NOWHERE, len(self._rows), len(self._rows) + len(fresh) - 1)
            self._rows += fresh
            self.endInsertRows()
        if [job.key for job in self._rows] != [job.key for job in wanted]:
            self._reorder(wanted)
        self._rows = wanted
        self._place = {job.key: row for row, job in enumerate(wanted)}
        rows = range(len(wanted)) if changed is None else [self._place[key] for key in changed if key in self._place]
        if rows:
            self.dataChanged.emit(self.index(min(rows), 0), self.index(max(rows), len(Column) - 1))

    def _reorder(self, wanted: list[Download]) -> None:
        self.layoutAboutToBeChanged.emit()
        places = {job.key: row for row, job in enumerate(wanted)}
        before = self.persistentIndexList()
        after = [self.index(places[self._rows[index.row()].key], index.column()) for index in before]
        self._rows = wanted
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
