"""The sidebar: a new chat, the search, the list, and for a while the way back from a deletion."""

import re
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent, QPalette
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from studiolo.desktop.chat.sidebar.view import ChatList
from studiolo.desktop.dialogs import ask_for_file
from studiolo.desktop.theme import colours, icon

_MARGIN = 12


class SearchField(QLineEdit):
    """Escape empties it, the arrow down leads to what was found."""

    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setPlaceholderText(self.tr("Search chats"))
        self.setAccessibleName(self.tr("Search chats"))
        self.setClearButtonEnabled(True)
        self._sign = QAction(self)
        self.addAction(self._sign, QLineEdit.ActionPosition.LeadingPosition)
        self._sign.setIcon(icon("magnify", colours().muted))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class Sidebar(QWidget):
    """Widgets only; `query_changed` is what is looked for, empty for all."""

    query_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.new_chat = QPushButton(self.tr("New chat"), self)
        self.new_chat.setProperty("kind", "primary")
        self.new_chat.setToolTip(self.tr("New chat (Ctrl+N)"))
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
        top.addWidget(self.new_chat)
        top.addWidget(self.search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        self.search.textChanged.connect(self.query_changed)
        self.search.left.connect(self._enter_list)
        self._dress()

    def tell_empty(self, empty: bool, query: str) -> None:
        """Whether there is nothing to list, and what was looked for."""
        nothing = self.tr("Nothing found for “%1”.").replace("%1", query)
        self.empty.setText(nothing if query else self.tr("Your chats will be listed here."))
        self.empty.setVisible(empty)

    def deleted_text(self, count: int) -> str:
        """What is said when so many chats were deleted."""
        return self.tr("%n chat(s) deleted", "", count)

    async def ask_where_to_export(self, title: str) -> Path | None:
        """The file; None for none."""
        kinds = {".md": "Markdown", ".html": "HTML", ".json": "JSON"}
        name = re.sub(r'[\\/:*?"<>|\0-\x1f]+', " ", title).strip(" .") or self.tr("Chat")
        return await ask_for_file(self, self.tr("Export chat"), name, kinds)

    def name_of_copy(self, title: str) -> str:
        return self.tr("%1 (copy)").replace("%1", title)

    def name_of_folder(self) -> str:
        return self.tr("New folder")

    def _enter_list(self) -> None:
        self.list.setFocus()
        if not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self.list.chats.index(0))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationPaletteChange:
            self._dress()

    def _dress(self) -> None:
        palette = self.palette()
        for role in (QPalette.ColorRole.Window, QPalette.ColorRole.Base):
            palette.setColor(role, QColor(colours().side))
        self.setPalette(palette)
        self.new_chat.setIcon(icon("plus", colours().on_accent))
