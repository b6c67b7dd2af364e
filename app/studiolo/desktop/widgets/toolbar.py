"""What can be done with what is chosen in a table: a row of buttons, and the same as a menu."""

from collections.abc import Iterable

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.popups import new_menu

_ICON = 20


class Tools(QWidget):
    """A row of buttons, and the same as a menu; one that is disabled can't be used just now.

    Signals:
        action_requested: The name of the entry.
    """

    action_requested = Signal(str)

    def __init__(self, entries: Iterable[tuple[str, str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.buttons = {name: IconButton(icon, text, self, size=_ICON) for name, icon, text in entries}
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 6)
        row.setSpacing(2)
        for name, button in self.buttons.items():
            row.addWidget(button)
            button.clicked.connect(lambda _=False, name=name: self.action_requested.emit(name))
        row.addStretch()

    def open_menu(self, at: QPoint) -> QMenu:
        """Of what can be done now. It does not block and deletes itself."""
        menu = new_menu(self)
        for name, button in self.buttons.items():
            if button.isEnabled():
                action = QAction(button.accessibleName(), menu)
                action.triggered.connect(lambda _=False, name=name: self.action_requested.emit(name))
                menu.addAction(action)
        menu.popup(at)
        return menu
