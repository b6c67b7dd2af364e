"""Menus and what else opens above the window, and the window as it is when they are gone."""

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QMenu, QWidget


def new_menu(parent: QWidget) -> QMenu:
    """Return a menu that deletes itself once it is closed."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.aboutToHide.connect(settle_hover)
    return menu


def settle_hover() -> None:
    """Let go, soon, of what the pointer has left while something else had it.

    Qt tells a widget neither that a popup took the pointer nor where it is when the popup is gone, so buttons would
    look as if the pointer were still on them.
    """
    QTimer.singleShot(0, _settle)


def _settle() -> None:
    at = QCursor.pos()
    for window in QApplication.topLevelWidgets():
        if not window.isVisible():
            continue
        for widget in window.findChildren(QWidget):
            if widget.underMouse() and not widget.rect().contains(widget.mapFromGlobal(at)):
                widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
                QApplication.sendEvent(widget, QEvent(QEvent.Type.Leave))
                widget.update()
