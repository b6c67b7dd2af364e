"""The way from page to page: below the list of chats, and as a menu where a narrow window has no room for that."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from studiolo.desktop.actions.action import Action
from studiolo.desktop.actions.catalog import SETTINGS
from studiolo.desktop.actions.registry import ActionRegistry
from studiolo.desktop.widgets.icons import IconButton, icon, icon_size
from studiolo.desktop.widgets.popups import new_menu
from studiolo.desktop.widgets.recoloured import Recoloured
from studiolo.desktop.widgets.theme import colours

CHAT, DISCOVER, DOWNLOADS, MODELS, SERVER, TOOLS = "chat", "discover", "downloads", "models", "server", "tools"
PAGES = (CHAT, DISCOVER, DOWNLOADS, MODELS, SERVER, TOOLS)
REQUESTS, USAGE, RUNTIMES, MACHINE = "requests", "usage", "runtimes", "machine"
UPSTREAM_SERVERS = "upstreams"
"""Views of the server's page, beside those of the server itself."""
_ICONS = {
    CHAT: "message-outline",
    DISCOVER: "compass-outline",
    DOWNLOADS: "download-outline",
    MODELS: "cube-outline",
    SERVER: "server",
    TOOLS: "wrench-outline",
}


class Navigation(Recoloured, QWidget):
    """The pages, and below them the way to the settings.

    Signals:
        chosen: Somebody wants to go to a page; its name.
        settings_requested: Somebody wants to see the settings.
    """

    chosen = Signal(str)
    settings_requested = Signal()

    def __init__(self, actions: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self.setAutoFillBackground(True)
        self.buttons: dict[str, QPushButton] = {}
        self._column = layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(2)
        for page in PAGES[1:]:
            button = QPushButton(self)
            button.setText(self.name_of(page))
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setProperty("kind", "page")
            button.clicked.connect(lambda _=False, page=page: self.chosen.emit(page))
            self.buttons[page] = button
            layout.addWidget(button)
        for number, page in enumerate(PAGES, 1):
            actions.add(
                Action(page, self.name_of(page), "pages", f"Ctrl+{number}", icon=_ICONS[page]),
                partial(self.chosen.emit, page),
            )
        self.dress()

    def add(self, *widgets: QWidget) -> None:
        """Add widgets below the pages."""
        for widget in widgets:
            self._column.addWidget(widget)

    def add_foot(self, widget: QWidget) -> None:
        """Add what stays at the foot, with the way to the settings beside it."""
        self.settings = IconButton("cog-outline", self.tr("Settings"), self, size=20)
        self.settings.clicked.connect(self.settings_requested)
        foot = QHBoxLayout()
        foot.setSpacing(2)
        foot.addWidget(widget, 1)
        foot.addWidget(self.settings)
        self._column.addLayout(foot)

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
            entry = self._actions.entry(page)
            entry.setIcon(icon(_ICONS[page], colours().muted))
            menu.addAction(entry)
        if self._actions.is_enabled(SETTINGS):
            menu.addSeparator()
            settings = self._actions.entry(SETTINGS)
            settings.setIcon(icon("cog-outline", colours().muted))
            menu.addAction(settings)
        menu.popup(above.mapToGlobal(above.rect().bottomLeft()))
        return menu

    def dress(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(colours().side))
        self.setPalette(palette)
        for page, button in self.buttons.items():
            button.setIconSize(icon_size(20))
            button.setIcon(icon(_ICONS[page], colours().muted, 20))
