"""What the pages beside the chat have in common: a search, and above all a line with the name and what can be done."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.sizes import Resized


class PageHeader(QWidget):
    """`menu_requested`: somebody wants to go elsewhere and sees no list of pages."""

    menu_requested = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.menu = IconButton("menu", self.tr("Pages"), self, size=20)
        self.menu.clicked.connect(self.menu_requested)
        self.menu.hide()
        self.title = QLabel(title, self)
        self.title.setProperty("kind", "title")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(16, 12, 12, 8)
        self._layout.setSpacing(8)
        self._layout.addWidget(self.menu)
        self._layout.addWidget(self.title)
        self._layout.addStretch()

    def add(self, *widgets: QWidget) -> None:
        """Add widgets at the end of the line."""
        for widget in widgets:
            self._layout.addWidget(widget)


class Page(Resized, QWidget):
    """A page of the window beside the chat.

    `search`: where words are written that narrow what it shows; `undo_last` undoes what was done last on it, and is
    False if there is nothing. `fit`: what a narrow page has no room for, it leaves out.
    """

    def __init__(self, title: str, search_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = PageHeader(title, self)
        self.search = QLineEdit(self)
        self.search.setAccessibleName(search_name)
        self.search.setPlaceholderText(search_name)
        self.search.setClearButtonEnabled(True)
        self.undo_last: Callable[[], bool] = lambda: False

    def fit(self) -> None:
        pass

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def take_focus(self) -> None:
        """Let the keys be the page's, where one would begin on it."""
        self.setFocus()

    def lead_to_search(self) -> None:
        """Go where words are written."""
        self.search.setFocus()
        self.search.selectAll()
