"""One thing that the window can do, as data."""

import sys
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

Section = Literal["chats", "message", "pages", "view", "server", "application"]

SECTIONS: dict[Section, object] = {
    "chats": QT_TRANSLATE_NOOP("Actions", "Chats"),
    "message": QT_TRANSLATE_NOOP("Actions", "Messages"),
    "pages": QT_TRANSLATE_NOOP("Actions", "Pages"),
    "view": QT_TRANSLATE_NOOP("Actions", "View"),
    "server": QT_TRANSLATE_NOOP("Actions", "Server"),
    "application": QT_TRANSLATE_NOOP("Actions", "Studiolo"),
}
"""The sections by their names, in the order in which they are listed."""


@dataclass(frozen=True, slots=True)
class Action:
    """What an action is called and which keys it has, whoever runs it.

    Attributes:
        id: Names it in files; never changed.
        text: As it is written in the program; `title` has it in the window's language.
        section: Where it is listed.
        keys: The shortcut unless a person chose another, as QKeySequence writes it ("Ctrl+N"); empty for none.
        mac_keys: The same on macOS, where it is another one.
        more_keys: Further ones that hold as long as the shortcut is the default.
        icon: Of widgets/icons.py; empty for none.
        words: Further words that it is found by, in the program's language.
        fixed: Its keys can't be changed: whatever has the focus takes them.
        listed: Whether the palette offers it.
        over_dialogs: Its keys go on to work while a dialog within the window is open.
    """

    id: str
    text: object
    section: Section
    keys: str = ""
    mac_keys: str | None = None
    more_keys: tuple[str, ...] = ()
    icon: str = ""
    words: object = ""
    fixed: bool = False
    listed: bool = True
    over_dialogs: bool = False

    @property
    def title(self) -> str:
        """Return what it is called."""
        return QCoreApplication.translate("Actions", str(self.text))

    @property
    def further_words(self) -> str:
        """Return the further words that it is found by, in the window's language."""
        return QCoreApplication.translate("Actions", str(self.words)) if self.words else ""

    @property
    def default_keys(self) -> str:
        """Return the shortcut that it has on this platform unless a person chose another."""
        return self.mac_keys if self.mac_keys is not None and sys.platform == "darwin" else self.keys


def section_title(section: Section) -> str:
    """Return what a section is called."""
    return QCoreApplication.translate("Actions", str(SECTIONS[section]))
