"""The last requests as a table, the newest first: bounded, and changed in batches."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import Qt, Signal

from studiolo.api.server import RequestEntry
from studiolo.desktop.requests.words import (
    figure_text,
    has_failed,
    seconds_text,
    sender_text,
    speed_text,
    status_text,
    time_text,
)
from studiolo.desktop.widgets.formatting import tip_text
from studiolo.desktop.widgets.table import NOWHERE, AnyIndex, RowTable

MOST_ROWS = 5000
_MOST_CHOICES = 200
OWN_PROGRAM = "Studiolo"
"""What a window or a terminal of ours is called in a server's log."""


class RequestColumn(IntEnum):
    """The columns of the table of requests, from left to right."""

    TIME = 0
    SENDER = 1
    REQUEST = 2
    MODEL = 3
    STATUS = 4
    INPUT = 5
    OUTPUT = 6
    SPEED = 7
    DURATION = 8


FIGURES = frozenset({RequestColumn.INPUT, RequestColumn.OUTPUT, RequestColumn.SPEED, RequestColumn.DURATION})


@dataclass(frozen=True)
class RequestFilter:
    """What is shown: requests that have all the words, and what else is asked of them; empty asks nothing.

    without_own: those of our own windows and terminals are left out.
    """

    words: str = ""
    failed: bool = False
    without_own: bool = False
    model: str = ""
    token: str = ""

    def admits(self, entry: RequestEntry) -> bool:
        """Return whether a request is shown."""
        if (self.failed and not has_failed(entry)) or (self.model and entry.model != self.model):
            return False
        if self.without_own and entry.program == OWN_PROGRAM:
            return False
        if self.token and entry.token_name != self.token:
            return False
        words = self.words.casefold().split()
        if not words:
            return True
        facts = (
            *(entry.method, entry.route, entry.model, entry.token_name, entry.program, entry.address),
            *(status_text(entry), entry.error),
        )
        text = " ".join(fact for fact in facts if fact).casefold()
        return all(word in text for word in words)


class RequestTable(RowTable[RequestEntry]):
    """Rows are RequestEntries. `choices_changed`: requests for another model, or with another token, have come."""

    columns = RequestColumn
    choices_changed = Signal()

    def __init__(self, most: int = MOST_ROWS) -> None:
        super().__init__()
        self._most = most
        self._all: dict[int, RequestEntry] = {}
        self._filter = RequestFilter()
        self.models: dict[str, None] = {}
        self.tokens: dict[str, None] = {}

    @property
    def total(self) -> int:
        """Return how many requests there are, those that are not shown included."""
        return len(self._all)

    def titles(self) -> Sequence[str]:
        return (
            self.tr("Time"),
            self.tr("From"),
            self.tr("Request"),
            self.tr("Model"),
            self.tr("Status"),
            self.tr("Tokens in"),
            self.tr("Out"),
            self.tr("Tokens/s"),
            self.tr("Duration"),
        )

    def entry(self, number: int) -> RequestEntry | None:
        """Return a request by its number, shown or not."""
        return self._all.get(number)

    def row_of(self, number: int) -> int | None:
        """Return the row of a request, if it is shown."""
        row = self._place(number)
        return row if row < len(self.rows) and self.rows[row].id == number else None

    def filter(self, wanted: RequestFilter) -> None:
        """Show what `wanted` admits, and nothing else."""
        if wanted == self._filter:
            return
        self._filter = wanted
        self.beginResetModel()
        self.rows = [entry for entry in sorted(self._all.values(), key=_order) if wanted.admits(entry)]
        self.endResetModel()

    def clear(self) -> None:
        """Forget all requests."""
        self.beginResetModel()
        self._all.clear()
        self.rows = []
        self.endResetModel()
        self.models.clear()
        self.tokens.clear()
        self.choices_changed.emit()

    def take(self, entries: Sequence[RequestEntry]) -> None:
        """Take requests in that are new, or that have changed."""
        came: list[RequestEntry] = []
        changed: list[int] = []
        everything = self._filter == RequestFilter()
        for entry in entries:
            row = self.row_of(entry.id) if entry.id in self._all else None
            self._all[entry.id] = entry
            admitted = everything or self._filter.admits(entry)
            if row is not None and admitted:
                self.rows[row] = entry
                changed.append(row)
            elif row is not None:
                # Only a filter for failures would let it go again, and it never does: what failed stays so.
                self._remove(row, row)
            elif admitted:
                came.append(entry)
        if changed:
            self.dataChanged.emit(self.index(min(changed), 0), self.index(max(changed), len(self.columns) - 1))
        self._insert(sorted(came, key=_order))
        self._trim()
        self._note_choices(entries)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole and section in FIGURES:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return super().headerData(section, orientation, role)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(entry, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(entry, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in FIGURES:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def text(self, entry: RequestEntry, column: int) -> str:
        """Return what stands in a cell."""
        match column:
            case RequestColumn.TIME:
                return time_text(entry)
            case RequestColumn.SENDER:
                return sender_text(entry)
            case RequestColumn.REQUEST:
                return f"{entry.method} {entry.route}"
            case RequestColumn.MODEL:
                return entry.model or ""
            case RequestColumn.STATUS:
                return status_text(entry)
            case RequestColumn.INPUT:
                return figure_text(entry.input_tokens)
            case RequestColumn.OUTPUT:
                return figure_text(entry.output_tokens)
            case RequestColumn.SPEED:
                return speed_text(entry)
        return seconds_text(entry.seconds)

    def _tip(self, entry: RequestEntry, column: int) -> str:
        if column == RequestColumn.SENDER:
            facts = [
                self.tr("Token: %1").replace("%1", entry.token_name) if entry.token_name else "",
                self.tr("Program: %1").replace("%1", entry.program) if entry.program else "",
                self.tr("Address: %1").replace("%1", entry.address) if entry.address else "",
            ]
            return tip_text("\n".join(fact for fact in facts if fact))
        if entry.error and column in (RequestColumn.STATUS, RequestColumn.REQUEST):
            return tip_text(entry.error)
        if column == RequestColumn.INPUT and entry.cached_tokens:
            return self.tr("%n of them were known already", "", entry.cached_tokens)
        return tip_text(self.text(entry, column))

    def _place(self, number: int) -> int:
        return bisect_left(self.rows, -number, key=_order)

    def _insert(self, entries: list[RequestEntry]) -> None:
        """Insert requests, the newest first: those above all that are shown at once, the others each in its place."""
        newest = self.rows[0].id if self.rows else -1
        above = [entry for entry in entries if entry.id > newest]
        if above:
            self.beginInsertRows(NOWHERE, 0, len(above) - 1)
            self.rows[0:0] = above
            self.endInsertRows()
        for entry in entries[len(above) :]:
            row = self._place(entry.id)
            self.beginInsertRows(NOWHERE, row, row)
            self.rows.insert(row, entry)
            self.endInsertRows()

    def _trim(self) -> None:
        """Forget the oldest beyond the bound."""
        excess = len(self._all) - self._most
        if excess <= 0:
            return
        gone = sorted(self._all)[:excess]
        for number in gone:
            del self._all[number]
        first = self._place(gone[-1])
        if first < len(self.rows):
            self._remove(first, len(self.rows) - 1)

    def _remove(self, first: int, last: int) -> None:
        self.beginRemoveRows(NOWHERE, first, last)
        del self.rows[first : last + 1]
        self.endRemoveRows()

    def _note_choices(self, entries: Iterable[RequestEntry]) -> None:
        before = len(self.models) + len(self.tokens)
        for entry in entries:
            if entry.model and len(self.models) < _MOST_CHOICES:
                self.models[entry.model] = None
            if entry.token_name and len(self.tokens) < _MOST_CHOICES:
                self.tokens[entry.token_name] = None
        if len(self.models) + len(self.tokens) != before:
            self.choices_changed.emit()


def _order(entry: RequestEntry) -> int:
    return -entry.id
