"""The way from page to page: below the list of chats, and as a menu where a narrow window has no room for that."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from studiolo.desktop.widgets.icons import icon
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours

CHAT, DISCOVER, DOWNLOADS, MODELS, SERVER, TOOLS = "chat", "discover", "downloads", "models", "server", "tools"
PAGES = (CHAT, DISCOVER, DOWNLOADS, MODELS, SERVER, TOOLS)
_ICONS = {
    CHAT: "message-outline",
    DISCOVER: "compass-outline",
    DOWNLOADS: "download-outline",
    MODELS: "cube-outline",
    SERVER: "server",
    TOOLS: "wrench-outline",
}


class Navigation(Recoloured, QWidget):
    """`chosen` carries the name of a page."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.buttons: dict[str, QPushButton] = {}
        self._column = layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(2)
        for page in PAGES[1:]:
            button = QPushButton(self)
            button.setText(self.name_of(page))
            button.setCheckable(True)
            button.setIconSize(QSize(20, 20))
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setProperty("kind", "page")
            button.clicked.connect(lambda _=False, page=page: self.chosen.emit(page))
            self.buttons[page] = button
            layout.addWidget(button)
        self.dress()

    def add(self, *widgets: QWidget) -> None:
        """Add widgets below the pages."""
        for widget in widgets:
            self._column.addWidget(widget)

    def name_of(self, page: str) -> str:
        """Return what a page is called."""
        return {
            CHAT: self.tr("Chats"),
            DISCOVER: self.tr("Discover"),
            DOWNLOADS: self.tr("Downloads"),
            MODELS: self.tr("Models"),
            SERVER: self.tr("Server"),
            TOOLS: self.tr("Tools"),
        }[page]

    def set_current(self, page: str) -> None:
        """Mark the page that is in sight."""
        for name, button in self.buttons.items():
            button.setChecked(name == page)

    def open_menu(self, above: QWidget) -> QMenu:
        """Return all pages. It does not block and deletes itself."""
        menu = new_menu(above)
        for page in PAGES:
            action = menu.addAction(icon(_ICONS[page], colours().muted), self.name_of(page))
            action.triggered.connect(lambda _=False, page=page: self.chosen.emit(page))
        menu.popup(above.mapToGlobal(above.rect().bottomLeft()))
        return menu

    def dress(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(colours().side))
        self.setPalette(palette)
        for page, button in self.buttons.items():
            button.setIcon(icon(_ICONS[page], colours().muted, 20))
