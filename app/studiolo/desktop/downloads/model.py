"""The downloads as a table: thin, over plain data, with sorting and filtering of its own.

A proxy that sorts would ask Python for each comparison, twice a second for hundreds of rows.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import Qt

from studiolo.desktop.downloads.jobs import Download, JobKey
from studiolo.desktop.widgets.formatting import duration_text, size_text, speed_text, tip_text
from studiolo.desktop.widgets.table import NOWHERE, AnyIndex, RowTable

_GROUP_ORDER = {"running": 0, "waiting": 1, "paused": 2, "failed": 3, "done": 4}


class JobColumn(IntEnum):
    """The columns of the table of downloads, from left to right."""

    NAME = 0
    SIZE = 1
    PROGRESS = 2
    SPEED = 3
    LEFT = 4
    STATE = 5
    SERVER = 6


_KEYS: dict[JobColumn, Callable[[Download], Any]] = {
    JobColumn.NAME: lambda job: job.name.casefold(),
    JobColumn.SIZE: lambda job: job.total,
    JobColumn.PROGRESS: lambda job: job.fraction,
    JobColumn.SPEED: lambda job: job.speed,
    JobColumn.LEFT: lambda job: job.until if job.until is not None else float("inf"),
    JobColumn.STATE: lambda job: (_GROUP_ORDER[job.group], job.state),
    JobColumn.SERVER: lambda job: job.server_name.casefold(),
}
_ROLES = {
    int(role)
    for role in (
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.TextAlignmentRole,
        Qt.ItemDataRole.ToolTipRole,
    )
}
_RIGHT = {JobColumn.SIZE, JobColumn.SPEED, JobColumn.LEFT}


class DownloadTable(RowTable[Download]):
    """Rows are jobs. Without a chosen column they are as in the queues, running first."""

    columns = JobColumn

    def __init__(self) -> None:
        super().__init__()
        self._all: Mapping[JobKey, Download] = {}
        self._place: dict[JobKey, int] = {}
        self._words = ""
        self._group: str | None = None
        self._column: JobColumn | None = None
        self._descending = False

    def job(self, row: int) -> Download:
        """Return the job in a row."""
        return self.rows[row]

    def row_of(self, key: JobKey) -> int | None:
        """Return the row of a job, if it is in sight."""
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
        """Sort by a column; -1 is the order of the queues."""
        self._column = JobColumn(column) if column >= 0 else None
        self._descending = order == Qt.SortOrder.DescendingOrder
        self._arrange(set())

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(section)
        return super().headerData(section, orientation, role)

    def titles(self) -> Sequence[str]:
        return (
            self.tr("Name"),
            self.tr("Size"),
            self.tr("Progress"),
            self.tr("Speed"),
            self.tr("Time left"),
            self.tr("State"),
            self.tr("Server"),
        )

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        # A view asks for half a dozen roles of each cell that it paints.
        if role not in _ROLES or not index.isValid():
            return None
        job = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(job, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(f"{job.message} {job.hint}".strip() or job.name)
        return None

    def state_text(self, job: Download) -> str:
        """Return the state in words."""
        match job.state:
            case "queued":
                return self.tr("In the queue")
            case "downloading":
                return self.tr("Downloading")
            case "waiting":
                return self.tr("Waiting for the network")
            case "verifying":
                return self.tr("Verifying")
            case "no_space":
                return self.tr("No room on the disk")
            case "offline":
                return self.tr("Paused: offline by choice")
            case "away":
                return self.tr("The server does not answer")
            case "paused":
                return self.tr("Paused")
            case "completed":
                return self.tr("Complete")
            case "failed":
                return self.tr("Failed")
        return job.state

    def text(self, job: Download, column: int) -> str:
        """Return what a cell says."""
        match column:
            case JobColumn.NAME:
                return job.name
            case JobColumn.SIZE:
                return size_text(job.total) if job.total else ""
            case JobColumn.PROGRESS:
                return f"{int(job.fraction * 1000) / 10:.1f} %"
            case JobColumn.SPEED:
                return speed_text(job.speed) if job.group == "running" else ""
            case JobColumn.LEFT:
                left = job.seconds_left(time.time())
                return duration_text(left) if left is not None else ""
            case JobColumn.STATE:
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
        places = {job.key: row for row, job in enumerate(wanted)}
        if gone := self._place.keys() - places.keys():
            self._remove(gone)
        if fresh := [job for key, job in zip(places, wanted, strict=True) if key not in self._place]:
            self.beginInsertRows(NOWHERE, len(self.rows), len(self.rows) + len(fresh) - 1)
            self.rows += fresh
            self.endInsertRows()
        if gone or fresh or list(self._place) != list(places):
            self._reorder(wanted, places)
            changed = None
        self.rows, self._place = wanted, places
        rows = range(len(wanted)) if changed is None else [places[key] for key in changed if key in places]
        if rows:
            self.dataChanged.emit(self.index(min(rows), 0), self.index(max(rows), len(JobColumn) - 1))

    def _remove(self, gone: set[JobKey]) -> None:
        for row in range(len(self.rows) - 1, -1, -1):
            if self.rows[row].key in gone:
                self.beginRemoveRows(NOWHERE, row, row)
                del self.rows[row]
                self.endRemoveRows()

    def _reorder(self, wanted: list[Download], places: dict[JobKey, int]) -> None:
        before = self.persistentIndexList()
        if not before:
            # Nothing is chosen: rows with other data are all there is to it, and a view lays nothing out anew.
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        after = [self.index(places[self.rows[index.row()].key], index.column()) for index in before]
        self.rows = wanted
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()


def alignment(column: int) -> Qt.AlignmentFlag:
    """Return where a column's text stands: figures at the right."""
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
