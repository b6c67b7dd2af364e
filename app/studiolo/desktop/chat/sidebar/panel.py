"""The sidebar: a new chat, the search, the list, and for a while the way back from a deletion."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.actions.catalog import (
    ABOUT,
    BACK_UP,
    DAILY_BACKUPS,
    IMPORT_CHATS,
    IMPORT_FOLDER,
    NEW_CHAT,
    RESTORE_BACKUP,
    SHORTCUTS,
    TRASH,
)
from studiolo.desktop.actions.registry import ActionRegistry
from studiolo.desktop.chat.sidebar.importing import ImportStatus
from studiolo.desktop.chat.sidebar.view import ChatList
from studiolo.desktop.widgets.dialogs import ask_for_text
from studiolo.desktop.widgets.icons import IconButton, icon, icon_size
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours

_MARGIN = 12
_MENU = (
    (IMPORT_CHATS, IMPORT_FOLDER),
    (BACK_UP, RESTORE_BACKUP, DAILY_BACKUPS),
    (TRASH,),
    (SHORTCUTS, ABOUT),
)
"""What the menu of all chats has, a line between the groups."""


class SearchField(Recoloured, QLineEdit):
    """Escape empties it, the arrow down leads to what was found."""

    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setPlaceholderText(self.tr("Search chats"))
        self.setAccessibleName(self.tr("Search chats"))
        self.setClearButtonEnabled(True)
        self._sign = QAction(self)
        self.addAction(self._sign, QLineEdit.ActionPosition.LeadingPosition)
        self.dress()

    def dress(self) -> None:
        self._sign.setIcon(icon("magnify", colours().muted))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class Sidebar(Recoloured, QWidget):
    """Widgets only; `query_changed` is what is looked for, empty for all."""

    query_changed = Signal(str)
    import_requested = Signal()
    folder_import_requested = Signal()
    backup_requested = Signal()
    restore_requested = Signal()
    daily_requested = Signal()
    trash_requested = Signal()
    toast_requested = Signal(str)
    """Something is to be said in passing."""

    def __init__(self, actions: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self.setAutoFillBackground(True)
        self.new_chat = QPushButton(self.tr("New chat"), self)
        self.new_chat.setProperty("kind", "primary")
        self.new_chat.setToolTip(self.tr("New chat"))
        actions.tip(self.new_chat, NEW_CHAT)
        self.more = IconButton("dots-vertical", self.tr("All chats"), self, size=20)
        self.more.clicked.connect(self.open_menu)
        self.status = ImportStatus(self)
        self.search = SearchField(self)
        self.list = ChatList(self)
        self.empty = QLabel(self)
        self.empty.setProperty("kind", "muted")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.empty.hide()
        top = QVBoxLayout()
        top.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, 4)
        top.setSpacing(8)
        first = QHBoxLayout()
        first.setSpacing(6)
        first.addWidget(self.new_chat, 1)
        first.addWidget(self.more)
        top.addLayout(first)
        top.addWidget(self.search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.status)
        self.search.textChanged.connect(self.query_changed)
        self.search.left.connect(self._enter_list)
        for name, wish in (
            (IMPORT_CHATS, self.import_requested),
            (IMPORT_FOLDER, self.folder_import_requested),
            (BACK_UP, self.backup_requested),
            (RESTORE_BACKUP, self.restore_requested),
            (DAILY_BACKUPS, self.daily_requested),
            (TRASH, self.trash_requested),
        ):
            actions.bind(name, wish.emit)
        self.dress()

    def tell_empty(self, empty: bool, query: str) -> None:
        """Say whether there is nothing to list, and what was looked for."""
        nothing = self.tr("Nothing found for “%1”.").replace("%1", query)
        self.empty.setText(nothing if query else self.tr("Your chats will be listed here."))
        self.empty.setVisible(empty)

    def tagged_text(self, count: int) -> str:
        """Return what is said when so many chats were tagged."""
        return self.tr("%n chat(s) tagged", "", count)

    def deleted_text(self, count: int) -> str:
        """Return what is said when so many chats were deleted."""
        return self.tr("%n chat(s) deleted", "", count)

    @property
    def untitled(self) -> str:
        """Return the name of a chat that has none."""
        return self.tr("Chat")

    @property
    def chats_name(self) -> str:
        """Return what a chat is called in a file dialog."""
        return self.tr("Chats")

    @property
    def exports_name(self) -> str:
        """Return what exported chats are called in a file dialog."""
        return self.tr("Exported chats")

    @property
    def export_title(self) -> str:
        """Return the title of the dialog in which chats are exported."""
        return self.tr("Export")

    @property
    def import_title(self) -> str:
        """Return the title of the dialog in which chats are imported."""
        return self.tr("Import chats")

    @property
    def backup_title(self) -> str:
        """Return the title of the dialog in which a backup is made."""
        return self.tr("Back up everything")

    @property
    def backup_name(self) -> str:
        """Return what a backup is called in a file dialog."""
        return self.tr("Chats of %1").replace("%1", date.today().isoformat())

    @property
    def restore_title(self) -> str:
        """Return the title of the dialog in which a backup is put back."""
        return self.tr("Restore a backup")

    def restore_question(self, name: str) -> tuple[str, str, str]:
        """Return the question, what it means, and the name of the button."""
        return (
            self.tr("Replace all chats with those of %1?").replace("%1", name),
            self.tr("The chats that are here now are kept in a backup of their own, and Undo brings them back."),
            self.tr("Replace"),
        )

    def damage_text(self, *, lost: bool, recovered: int) -> str:
        """Return what is said when the chats were not found as they were."""
        if lost:
            return self.tr("Your chats are not where they were.")
        if recovered:
            return self.tr("The file with your chats was damaged. %n message(s) could be recovered.", "", recovered)
        return self.tr("The file with your chats is damaged, and nothing in it can be read.")

    def kept_text(self, path: str) -> str:
        """Return where the chats are that a backup replaced."""
        return self.tr("The damaged file is kept as %1.").replace("%1", path)

    def backup_offer(self, day: str) -> str:
        """Return the text that offers a backup of a day."""
        return self.tr(
            "There is a backup of %1. What is here now is kept if you put it back, and Undo brings it back."
        ).replace("%1", day)

    @property
    def backup_answers(self) -> tuple[str, str]:
        """Return the names of the buttons that put a backup back, and that do not."""
        return self.tr("Put the backup back"), self.tr("Go on without it")

    @property
    def no_backup_text(self) -> str:
        """Return the text that says that there is no backup."""
        return self.tr("There is no daily backup yet.")

    def daily_text(self, folder: str) -> str:
        """Return where the daily backups go."""
        return self.tr(
            "Studiolo makes a backup of your chats each day that it runs, and keeps the last five in %1."
        ).replace("%1", folder)

    def restored_text(self, name: str) -> str:
        """Return the text that says which backup was put back."""
        return self.tr("Everything is as it was in %1").replace("%1", name)

    def backed_up_text(self, path: str) -> str:
        """Return the text that says where a backup is."""
        return self.tr("Everything is in %1").replace("%1", path)

    def exported_text(self, count: int) -> str:
        """Return the text that says how many chats were exported."""
        return self.tr("%n chat(s) exported", "", count)

    def open_menu(self) -> QMenu:
        """Return what can be done with all chats. It does not block and deletes itself."""
        menu = new_menu(self)
        known = {action.id for action in self._actions.actions}
        for group in _MENU:
            menu.addSeparator()
            menu.addActions([self._actions.entry(name) for name in group if name in known])
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))
        return menu

    async def ask_for_tags(self, before: Sequence[str]) -> list[str] | None:
        """Return what chats are to be found by; None if nobody says."""
        title, label = self.tr("Tags"), self.tr("Separated by commas; the search finds chats by them")
        text = await ask_for_text(self, title, label, ", ".join(before))
        return None if text is None else [tag for tag in (one.strip() for one in text.split(",")) if tag]

    def name_of_copy(self, title: str) -> str:
        """Return the title of a copy of a chat."""
        return self.tr("%1 (copy)").replace("%1", title)

    def name_of_folder(self) -> str:
        """Return the name of a new folder."""
        return self.tr("New folder")

    def _enter_list(self) -> None:
        self.list.setFocus()
        if not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self.list.chats.index(0))

    def dress(self) -> None:
        palette = self.palette()
        for role in (QPalette.ColorRole.Window, QPalette.ColorRole.Base):
            palette.setColor(role, QColor(colours().side))
        self.setPalette(palette)
        self.new_chat.setIconSize(icon_size(18))
        self.new_chat.setIcon(icon("plus", colours().on_accent))
