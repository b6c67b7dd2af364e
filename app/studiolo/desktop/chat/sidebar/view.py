"""The sidebar's list: opens, renames, pins, moves and deletes what it shows, by mouse, key and menu."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QMenu, QWidget

from studiolo.desktop.chat.sidebar.delegate import EntryDelegate
from studiolo.desktop.chat.sidebar.entries import ChatEntry, Entry, FolderEntry, HitEntry, key_of
from studiolo.desktop.chat.sidebar.model import ENTRY, ChatListModel
from studiolo.desktop.history.records import Chat, Folder
from studiolo.desktop.widgets.popups import new_menu

_BATCH = 200


class ChatList(QListView):
    """Chats and folders are named by their numbers."""

    opened = Signal(int)
    hit_opened = Signal(int, int)
    folder_toggled = Signal(int)
    trash_requested = Signal(list)
    pin_requested = Signal(list, bool)
    duplicate_requested = Signal(int)
    export_requested = Signal(list)
    folder_export_requested = Signal(int)
    move_requested = Signal(list, object)
    tags_requested = Signal(list)
    new_folder_requested = Signal(list)
    folder_removal_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chats = ChatListModel(self)
        self._folders: list[Folder] = []
        self._hit: int | None = None
        self.setModel(self.chats)
        self.setItemDelegate(EntryDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        # Asking ten thousand rows for their height at once would be seen.
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(_BATCH)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Chats"))
        self.viewport().setAutoFillBackground(False)
        self.clicked.connect(self._clicked)
        self.activated.connect(self._open)

    @property
    def hit(self) -> int | None:
        """Return the message of the passage that was opened last."""
        return self._hit

    def set_entries(self, entries: list[Entry], folders: list[Folder], current: int | None) -> None:
        """Show these. What is selected stays so; else `current` is marked: the chat that is on the page."""
        self._folders = folders
        if self.state() == QAbstractItemView.State.EditingState:
            return  # A name that is being typed must not vanish.
        top = self.verticalScrollBar().value()
        chosen = {key_of(index.data(ENTRY)) for index in self.selectedIndexes()}
        if not self.chats.set_entries(entries):
            return
        self.verticalScrollBar().setValue(top)
        again = [self.chats.index(row) for row, entry in enumerate(entries) if key_of(entry) in chosen]
        if not again:
            self.set_current(current)
        for index in again:
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.Select)

    def set_current(self, chat: int | None) -> None:
        """Mark the chat that is on the page."""
        index = self.chats.row_of(chat)
        if index.isValid():
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        else:
            self.selectionModel().clear()

    def step_hit(self, by: int) -> None:
        """Open the next passage that the search found, or with -1 the one before; after the last comes the first."""
        hits = [(row, entry.hit) for row, entry in enumerate(self.chats.entries) if isinstance(entry, HitEntry)]
        if hits:
            messages = [hit.message for _, hit in hits]
            at = messages.index(self._hit) if self._hit in messages else -1 if by > 0 else 0
            row, hit = hits[(at + by) % len(hits)]
            self.scrollTo(self.chats.index(row))
            self._hit = hit.message
            self.hit_opened.emit(hit.chat, hit.message)

    def edit_folder(self, folder: int) -> None:
        """Let its name be typed."""
        for row, entry in enumerate(self.chats.entries):
            if isinstance(entry, FolderEntry) and entry.folder.id == folder:
                self.setCurrentIndex(self.chats.index(row))
                self.edit(self.chats.index(row))

    def chosen(self) -> list[Chat]:
        """Return the chats that are selected, from top to bottom."""
        entries = [index.data(ENTRY) for index in sorted(self.selectedIndexes(), key=QModelIndex.row)]
        return [entry.chat for entry in entries if isinstance(entry, ChatEntry)]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.state() == QAbstractItemView.State.EditingState:
            event.accept()  # The Enter that ended a name comes here, too.
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.chosen():
            self.trash_requested.emit([chat.id for chat in self.chosen()])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if menu := self.menu():
            at = event.globalPos()
            if event.reason() == QContextMenuEvent.Reason.Keyboard:
                at = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
            menu.popup(at)

    def menu(self) -> QMenu | None:
        """Return what can be done with what is selected. It does not block and deletes itself."""
        entry = self.currentIndex().data(ENTRY)
        menu = new_menu(self)
        if chats := self.chosen():
            self._fill_for_chats(menu, chats)
        elif isinstance(entry, FolderEntry):
            folder = entry.folder.id
            menu.addAction(self.tr("Rename")).triggered.connect(lambda: self.edit(self.currentIndex()))
            menu.addAction(self.tr("Export folder…")).triggered.connect(
                lambda: self.folder_export_requested.emit(folder)
            )
            menu.addAction(self.tr("Remove folder, keep its chats")).triggered.connect(
                lambda: self.folder_removal_requested.emit(folder)
            )
        else:
            menu.deleteLater()
            return None
        return menu

    def _fill_for_chats(self, menu: QMenu, chats: list[Chat]) -> None:
        numbers = [chat.id for chat in chats]
        pinned = all(chat.pinned for chat in chats)
        if len(chats) == 1:
            menu.addAction(self.tr("Rename")).triggered.connect(lambda: self.edit(self.currentIndex()))
            menu.addAction(self.tr("Duplicate")).triggered.connect(lambda: self.duplicate_requested.emit(numbers[0]))
        menu.addAction(self.tr("Export…")).triggered.connect(lambda: self.export_requested.emit(numbers))
        menu.addAction(self.tr("Unpin") if pinned else self.tr("Pin")).triggered.connect(
            lambda: self.pin_requested.emit(numbers, not pinned)
        )
        menu.addAction(self.tr("Tags…")).triggered.connect(lambda: self.tags_requested.emit(numbers))
        into = menu.addMenu(self.tr("Move to folder"))
        into.addAction(self.tr("New folder…")).triggered.connect(lambda: self.new_folder_requested.emit(numbers))
        for folder in self._folders:
            into.addAction(folder.name).triggered.connect(
                lambda _=False, number=folder.id: self.move_requested.emit(numbers, number)
            )
        if any(chat.folder is not None for chat in chats):
            into.addAction(self.tr("Out of its folder")).triggered.connect(
                lambda: self.move_requested.emit(numbers, None)
            )
        menu.addSeparator()
        menu.addAction(self.tr("Delete")).triggered.connect(lambda: self.trash_requested.emit(numbers))

    def _clicked(self, index: QModelIndex) -> None:
        if len(self.selectedIndexes()) <= 1:
            self._open(index)

    def _open(self, index: QModelIndex) -> None:
        match index.data(ENTRY):
            case ChatEntry(chat=chat):
                self.opened.emit(chat.id)
            case HitEntry(hit=hit):
                self._hit = hit.message
                self.hit_opened.emit(hit.chat, hit.message)
            case FolderEntry(folder=folder):
                self.folder_toggled.emit(folder.id)
