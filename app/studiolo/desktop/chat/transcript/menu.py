"""The menu of a conversation: what can be done with what is selected, and with the message below the mouse."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from studiolo.desktop.chat.transcript.rows import Row
from studiolo.desktop.chat.transcript.selection import Copied, put_on_clipboard


def conversation_menu(
    parent: QWidget, row: Row | None, copied: list[Copied], link: str, *, select_all: Callable[[], object]
) -> QMenu:
    """It does not block and deletes itself once it is shown and closed."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if copied:
        copy = menu.addAction(_tr("Copy"))
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.triggered.connect(lambda: put_on_clipboard(copied))
        menu.addAction(_tr("Copy as Markdown")).triggered.connect(lambda: put_on_clipboard(copied, how="markdown"))
        menu.addAction(_tr("Copy as plain text")).triggered.connect(lambda: put_on_clipboard(copied, how="plain"))
    if link:
        menu.addAction(_tr("Copy link")).triggered.connect(lambda: QGuiApplication.clipboard().setText(link))
    whole = menu.addAction(_tr("Select all"))
    whole.setShortcut(QKeySequence(QKeySequence.StandardKey.SelectAll))
    whole.triggered.connect(select_all)
    if row:
        menu.addSeparator()
        row.fill(menu)
    return menu


def _tr(text: str) -> str:
    return QCoreApplication.translate("ConversationMenu", text)
