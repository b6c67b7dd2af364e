"""The chats that were deleted, with the way back."""

from datetime import datetime

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studiolo.desktop.history.records import Chat
from studiolo.desktop.widgets.sizes import room_for

RESTORE, EMPTY = 2, 3
"""Results of the dialog."""


class TrashDialog(QDialog):
    """Ends with RESTORE for those that are `chosen`, or EMPTY for all."""

    def __init__(self, chats: list[Chat], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Trash"))
        self.resize(room_for(self, 460, 420))
        explained = QLabel(self.tr("Deleted chats stay here for 30 days."), self)
        explained.setProperty("kind", "muted")
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("Deleted chats"))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        for chat in chats:
            when = datetime.fromtimestamp(chat.trashed or chat.changed)
            day = QLocale().toString(when.date(), QLocale.FormatType.ShortFormat)  # type: ignore[call-overload]
            item = QListWidgetItem(f"{chat.title or self.tr('Untitled')} · {day}", self.list)
            item.setData(Qt.ItemDataRole.UserRole, chat.id)
        self.empty_label = QLabel(self.tr("The trash is empty."), self)
        self.empty_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty_label.setVisible(not chats)
        self.list.setVisible(bool(chats))
        self.restore = QPushButton(self.tr("Restore"), self)
        self.restore.setProperty("kind", "primary")
        self.empty = QPushButton(self.empty_text, self)
        self.empty.setEnabled(bool(chats))
        close = QPushButton(self.tr("Close"), self)
        buttons = QHBoxLayout()
        buttons.addWidget(self.empty)
        buttons.addStretch()
        buttons.addWidget(close)
        buttons.addWidget(self.restore)
        layout = QVBoxLayout(self)
        layout.addWidget(explained)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.empty_label, 1)
        layout.addLayout(buttons)
        self.restore.clicked.connect(lambda: self.done(RESTORE))
        self.empty.clicked.connect(lambda: self.done(EMPTY))
        close.clicked.connect(self.reject)
        self.list.itemActivated.connect(lambda: self.done(RESTORE))
        self.list.itemSelectionChanged.connect(self._refresh)
        if chats:
            self.list.setCurrentRow(0)
        self._refresh()

    @property
    def chosen(self) -> list[int]:
        """Return the chats that are selected."""
        return [item.data(Qt.ItemDataRole.UserRole) for item in self.list.selectedItems()]

    @property
    def empty_text(self) -> str:
        """Return the text of the button that empties the trash."""
        return self.tr("Empty trash")

    @property
    def question(self) -> str:
        """Return what is asked before everything in it is forgotten."""
        return self.tr("Forget %n deleted chat(s) for good?", "", self.list.count())

    def _refresh(self) -> None:
        self.restore.setEnabled(bool(self.list.selectedItems()))
