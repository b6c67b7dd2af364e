"""A list in groups: headings that can't be chosen, and lines with an icon, a title, a detail and keys."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget

from studiolo.desktop.widgets.grouped_delegate import LINE, LineDelegate, ListHeading, ListItem, ListLine

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class _Lines(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines: list[ListLine] = []

    def show(self, lines: Sequence[ListLine]) -> None:
        self.beginResetModel()
        self.lines = list(lines)
        self.endResetModel()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.lines)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if isinstance(self.lines[index.row()], ListHeading):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.lines[index.row()]
        if role == LINE:
            return line
        if role == Qt.ItemDataRole.DisplayRole:
            return line.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return line.title if isinstance(line, ListHeading) else line.spoken
        return None


class GroupedList(QListView):
    """One line is the current one, by keys and by the pointer; headings are passed over.

    Signals:
        current_changed: Another line is the current one; its key, empty for none.
        item_activated: A line was clicked, or Enter pressed on it; its key.
        pointed: The pointer has moved to a line, which is the current one now.
    """

    current_changed = Signal(str)
    item_activated = Signal(str)
    pointed = Signal()

    def __init__(self, name: str, parent: QWidget, *, follows_pointer: bool = False) -> None:
        super().__init__(parent)
        self._lines = _Lines(self)
        self._follows = follows_pointer
        self._pointer: QPoint | None = None
        self.setModel(self._lines)
        self.setItemDelegate(LineDelegate(self))
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("kind", "plain")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(follows_pointer)
        self.clicked.connect(lambda index: self._activate(index.row()))
        self.selectionModel().currentChanged.connect(lambda *_: self.current_changed.emit(self.current_key))

    @property
    def lines(self) -> list[ListLine]:
        """Return what is listed, from top to bottom."""
        return list(self._lines.lines)

    @property
    def items(self) -> list[ListItem]:
        """Return what can be chosen, from top to bottom."""
        return [line for line in self._lines.lines if isinstance(line, ListItem)]

    @property
    def current_key(self) -> str:
        """Return the key of the current line; empty for none."""
        row = self.currentIndex().row()
        line = self._lines.lines[row] if 0 <= row < len(self._lines.lines) else None
        return line.key if isinstance(line, ListItem) else ""

    @property
    def content_height(self) -> int:
        """Return how many pixels all lines take."""
        return sum(self.sizeHintForRow(row) for row in range(self._lines.rowCount()))

    def show_lines(self, lines: Sequence[ListLine], current: str = "") -> None:
        """Show these lines; the one with the key `current` is the current one, or the first where there is none."""
        if list(lines) != self._lines.lines:
            self._lines.show(lines)
        self.choose(current)

    def choose(self, key: str) -> None:
        """Let the line with this key be the current one, or the first where there is none."""
        rows = [row for row, line in enumerate(self._lines.lines) if isinstance(line, ListItem)]
        wanted = next((row for row in rows if self._key(row) == key), rows[0] if rows else -1)
        index = self._lines.index(wanted) if wanted >= 0 else QModelIndex()
        if index != self.currentIndex():
            self.setCurrentIndex(index)
        if rows and wanted == rows[0]:
            self.scrollToTop()

    def step(self, by: int) -> None:
        """Go on by so many lines, or back; after the last one comes the first."""
        rows = [row for row, line in enumerate(self._lines.lines) if isinstance(line, ListItem)]
        if not rows:
            return
        now = self.currentIndex().row()
        position = rows.index(now) if now in rows else -1 if by > 0 else 0
        self.setCurrentIndex(self._lines.index(rows[(position + by) % len(rows)]))
        self.scrollTo(self.currentIndex())

    def activate_current(self) -> None:
        """Take the current line, as Enter does."""
        self._activate(self.currentIndex().row())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        at = event.globalPosition().toPoint()
        # A list that comes up under a pointer at rest is not pointed at.
        if self._follows and self._pointer is not None and at != self._pointer:
            index = self.indexAt(event.position().toPoint())
            if index.isValid() and isinstance(self._lines.lines[index.row()], ListItem):
                self.setCurrentIndex(index)
                self.pointed.emit()
        self._pointer = at

    def _key(self, row: int) -> str:
        line = self._lines.lines[row]
        return line.key if isinstance(line, ListItem) else ""

    def _activate(self, row: int) -> None:
        if 0 <= row < len(self._lines.lines) and (key := self._key(row)):
            self.item_activated.emit(key)
