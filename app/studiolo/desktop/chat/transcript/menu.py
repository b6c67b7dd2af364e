"""The menu of a conversation: what can be done with what is selected, and with the message below the mouse."""

from collections.abc import Callable

from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from studiolo.desktop.chat.transcript.rows import Row
from studiolo.desktop.chat.transcript.selection import Copied, put_on_clipboard
from studiolo.desktop.language import translate
from studiolo.desktop.widgets.popups import new_menu


def conversation_menu(
    parent: QWidget, row: Row | None, copied: list[Copied], link: str, *, select_all: Callable[[], object]
) -> QMenu:
    """Return a menu that does not block and deletes itself once it is shown and closed."""
    menu = new_menu(parent)
    if copied:
        copy = menu.addAction(translate("ConversationMenu", "Copy"))
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.triggered.connect(lambda: put_on_clipboard(copied))
        menu.addAction(translate("ConversationMenu", "Copy as Markdown")).triggered.connect(
            lambda: put_on_clipboard(copied, how="markdown")
        )
        menu.addAction(translate("ConversationMenu", "Copy as plain text")).triggered.connect(
            lambda: put_on_clipboard(copied, how="plain")
        )
    if link:
        menu.addAction(translate("ConversationMenu", "Copy link")).triggered.connect(
            lambda: QGuiApplication.clipboard().setText(link)
        )
    whole = menu.addAction(translate("ConversationMenu", "Select all"))
    whole.setShortcut(QKeySequence(QKeySequence.StandardKey.SelectAll))
    whole.triggered.connect(select_all)
    if row:
        menu.addSeparator()
        row.fill(menu)
    return menu
