"""What can be done with what is chosen in a table: a row of buttons, and the same as a menu."""

from collections.abc import Iterable
from enum import Enum
from typing import Generic, TypeVar

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from studiolo.desktop.widgets.icons import IconButton
from studiolo.desktop.widgets.popups import new_menu

A = TypeVar("A", bound=Enum)

_ICON = 20


class Tools(QWidget, Generic[A]):
    """A row of buttons, and the same as a menu; one that is disabled can't be used just now.

    Args:
        entries: The action, the icon and the text of each.

    Signals:
        action_requested: The action of the entry.
    """

    action_requested = Signal(object)

    def __init__(self, entries: Iterable[tuple[A, str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.buttons = {action: IconButton(icon, text, self, size=_ICON) for action, icon, text in entries}
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 6)
        row.setSpacing(2)
        for action, button in self.buttons.items():
            row.addWidget(button)
            button.clicked.connect(lambda _=False, action=action: self.action_requested.emit(action))
        row.addStretch()

    def open_menu(self, at: QPoint) -> QMenu:
        """Open the menu of what can be done now. It does not block and deletes itself."""
        menu = new_menu(self)
        for action, button in self.buttons.items():
            if button.isEnabled():
                entry = QAction(button.accessibleName(), menu)
                entry.triggered.connect(lambda _=False, action=action: self.action_requested.emit(action))
                menu.addAction(entry)
        menu.popup(at)
        return menu
