"""A list of words that a person adds to and takes from: folders, addresses, names."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.widgets.elided import ElidedLabel
from studiolo.desktop.widgets.icons import IconButton

_MOST_CHARACTERS = 4096


class EntryList(QWidget):
    """Each entry with a button that removes it, and below a field for another.

    Signals:
        entries_changed: Somebody has added one or removed one; all that there are now.
        browse_requested: Somebody wants to choose the next one instead of writing it.
    """

    entries_changed = Signal(list)
    browse_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, browse: str = "") -> None:
        """Make an empty list. browse: the name of a button for choosing an entry; empty for none."""
        super().__init__(parent)
        self._entries: list[str] = []
        self._rows: list[_EntryRow] = []
        self.field = _EntryField(self)
        self.field.setMaxLength(_MOST_CHARACTERS)
        self.add = QPushButton(self.tr("Add"), self)
        self.add.setEnabled(False)
        self.browse = QPushButton(browse, self)
        self.browse.setVisible(bool(browse))
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.field, 1)
        line.addWidget(self.add)
        line.addWidget(self.browse)
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(self._list)
        layout.addLayout(line)
        self.field.textChanged.connect(lambda text: self.add.setEnabled(bool(text.strip())))
        self.field.entered.connect(self._add)
        self.add.clicked.connect(self._add)
        self.browse.clicked.connect(self.browse_requested)

    @property
    def entries(self) -> list[str]:
        """Return what is in the list."""
        return list(self._entries)

    @property
    def removers(self) -> list[QWidget]:
        """Return the button of each entry that removes it."""
        return [row.remove for row in self._rows]

    def set_entries(self, entries: Sequence[str]) -> None:
        """Show others; nobody is told."""
        if self._entries == list(entries):
            return
        self._entries = list(entries)
        had_focus = any(row.isAncestorOf(focus) for row in self._rows if (focus := self.focusWidget()))
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self._rows = [_EntryRow(entry, self) for entry in self._entries]
        for row in self._rows:
            row.remove.clicked.connect(lambda _=False, row=row: self._remove(row))
            self._list.addWidget(row)
        if had_focus:
            self.field.setFocus()

    def add_entry(self, entry: str) -> None:
        """Add an entry as if somebody had written it."""
        if entry and entry not in self._entries:
            self._change([*self._entries, entry])

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.field.setAccessibleName(self.tr("Add to %1").replace("%1", name))

    def _add(self) -> None:
        entry = self.field.text().strip()
        self.field.clear()
        self.add_entry(entry)

    def _remove(self, row: "_EntryRow") -> None:
        number = self._rows.index(row)
        self._change([*self._entries[:number], *self._entries[number + 1 :]])

    def _change(self, entries: list[str]) -> None:
        # At once: the next change may come before anybody has said that this one is in force.
        self.set_entries(entries)
        self.entries_changed.emit(entries)


class _EntryField(QLineEdit):
    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            super().keyPressEvent(event)


class _EntryRow(QFrame):
    def __init__(self, entry: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "chip")
        label = ElidedLabel(entry, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        self.remove = IconButton("close", self.tr("Remove %1").replace("%1", entry), self, size=14)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 0, 2, 0)
        layout.addWidget(label, 1)
        layout.addWidget(self.remove)
