"""The entries of the sidebar for Qt's list view."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QLocale,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from studiolo.desktop.chat.sidebar.entries import ChatEntry, Entry, FolderEntry, Heading, HitEntry

Index = QModelIndex | QPersistentModelIndex
ENTRY = Qt.ItemDataRole.UserRole
BUSY = Qt.ItemDataRole.UserRole + 1
_MIME = "application/x-studiolo-chats"


class ChatListModel(QAbstractListModel):
    """ENTRY gives the entry itself, BUSY whether a reply of the chat is under way."""

    renamed = Signal(int, str)
    folder_renamed = Signal(int, str)
    moved = Signal(list, object)
    """Chats (their numbers), and the folder they go into, or None."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._entries: list[Entry] = []
        self._busy: frozenset[int] = frozenset()

    @property
    def entries(self) -> Sequence[Entry]:
        """Return what the list shows, from top to bottom."""
        return self._entries

    def set_entries(self, entries: list[Entry]) -> bool:
        """Return whether they are other than before."""
        if entries == self._entries:
            return False
        self.beginResetModel()
        self._entries = entries
        self.endResetModel()
        return True

    def set_busy(self, chats: frozenset[int]) -> None:
        """Mark the chats in which a reply is being written."""
        changed, self._busy = self._busy ^ chats, chats
        for row, entry in enumerate(self._entries):
            if isinstance(entry, ChatEntry) and entry.chat.id in changed:
                index = self.index(row)
                self.dataChanged.emit(index, index)

    def row_of(self, chat: int | None) -> QModelIndex:
        """Return where a chat is; an invalid index where it is not listed."""
        for row, entry in enumerate(self._entries):
            if isinstance(entry, ChatEntry) and entry.chat.id == chat:
                return self.index(row)
        return QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return self._title(entry)
            case Qt.ItemDataRole.ToolTipRole:
                tags = entry.chat.tags if isinstance(entry, ChatEntry) else ()
                return "\n".join(filter(None, (self._title(entry), ", ".join(tags))))
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(entry)
            case _ if role == ENTRY:
                return entry
            case _ if role == BUSY:
                return isinstance(entry, ChatEntry) and entry.chat.id in self._busy
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        entry = self._entries[index.row()] if index.isValid() else None
        match entry:
            case ChatEntry():
                return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsEditable | flag.ItemIsDragEnabled
            case FolderEntry():
                return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsEditable | flag.ItemIsDropEnabled
            case HitEntry():
                return flag.ItemIsEnabled | flag.ItemIsSelectable
            case Heading():
                return flag.ItemIsEnabled | flag.ItemIsDropEnabled
        return flag.ItemIsDropEnabled

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        entry, name = self._entries[index.row()], str(value).strip()
        if role != Qt.ItemDataRole.EditRole or not name or name == self._title(entry):
            return False
        if isinstance(entry, ChatEntry):
            self.renamed.emit(entry.chat.id, name)
        elif isinstance(entry, FolderEntry):
            self.folder_renamed.emit(entry.folder.id, name)
        return True

    def mimeTypes(self) -> list[str]:
        return [_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        entries = [self._entries[index.row()] for index in indexes]
        numbers = [str(entry.chat.id) for entry in entries if isinstance(entry, ChatEntry)]
        data = QMimeData()
        data.setData(_MIME, QByteArray(" ".join(numbers).encode()))
        return data

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        if not data.hasFormat(_MIME) or not parent.isValid():
            return False
        entry = self._entries[parent.row()]
        chats = [int(number) for number in bytes(data.data(_MIME).data()).split()]
        self.moved.emit(chats, entry.folder.id if isinstance(entry, FolderEntry) else None)
        # The list is read anew; nothing must be removed here.
        return False

    def _title(self, entry: Entry) -> str:
        match entry:
            case ChatEntry(chat=chat):
                return chat.title or self.tr("New chat")
            case FolderEntry(folder=folder):
                return folder.name
            case HitEntry(hit=hit):
                return hit.title or self.tr("New chat")
            case Heading():
                return self._heading(entry)

    def _heading(self, heading: Heading) -> str:
        match heading.period:
            case "pinned":
                return self.tr("Pinned")
            case "today":
                return self.tr("Today")
            case "yesterday":
                return self.tr("Yesterday")
            case "week":
                return self.tr("Previous 7 days")
            case "found":
                return self.tr("In messages")
        assert heading.month
        month = QLocale().standaloneMonthName(heading.month.month)
        return month if heading.month.year == datetime.now().year else f"{month} {heading.month.year}"

    def _spoken(self, entry: Entry) -> str:
        title = self._title(entry)
        match entry:
            case ChatEntry(chat=chat):
                told = [self.tr("answering")] if chat.id in self._busy else []
                told += [self.tr("unread")] if chat.unread else []
                return ", ".join([title, *told])
            case FolderEntry(count=count):
                return self.tr("Folder %1, %n chat(s)", "", count).replace("%1", title)
            case HitEntry(hit=hit):
                return f"{title}: {hit.passage}"
        return title
